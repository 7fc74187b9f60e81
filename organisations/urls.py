"""The people of organisations, and invitations."""

from django.urls import path

from .views import InvitationAccept, InvitationSend, InvitationWithdraw, MembershipEnd, OrganisationPeople, People

app_name = "organisations"
_OF = "people/<slug:ref>/"
urlpatterns = [
    path("people/", People.as_view(), name="people"),
    path(_OF, OrganisationPeople.as_view(), name="people_of"),
    path(f"{_OF}invite/", InvitationSend.as_view(), name="invite"),
    path(f"{_OF}roles/<slug:membership>/end/", MembershipEnd.as_view(), name="end_membership"),
    path(f"{_OF}invitations/<uuid:invitation>/withdraw/", InvitationWithdraw.as_view(), name="withdraw_invitation"),
    path("invitations/<str:token>/", InvitationAccept.as_view(), name="accept"),
]
