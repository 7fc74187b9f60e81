"""The people of organisations, their addresses, invitations, and one's own roles."""

from django.urls import path

from .views.addresses import (
    AddressRight,
    DomainAdd,
    DomainRemove,
    ExceptionDecide,
    ExceptionRenew,
    ExceptionRequest,
    Exceptions,
)
from .views.names import NameAdd, NameRemove, Rename
from .views.people import (
    InvitationAccept,
    InvitationSend,
    InvitationWithdraw,
    MailboxAdd,
    MembershipEnd,
    OrganisationPeople,
    People,
)
from .views.roles import Leave, MyRoles, RulesOfMembers

app_name = "organisations"
_OF = "people/<slug:ref>/"
urlpatterns = [
    path("people/", People.as_view(), name="people"),
    path("people/rules/", RulesOfMembers.as_view(), name="rules_of_members"),
    path(_OF, OrganisationPeople.as_view(), name="people_of"),
    path(f"{_OF}invite/", InvitationSend.as_view(), name="invite"),
    path(f"{_OF}mailboxes/add/", MailboxAdd.as_view(), name="add_mailbox"),
    path(f"{_OF}roles/<slug:membership>/end/", MembershipEnd.as_view(), name="end_membership"),
    path(f"{_OF}roles/<slug:membership>/address/", AddressRight.as_view(), name="address_right"),
    path(f"{_OF}invitations/<uuid:invitation>/withdraw/", InvitationWithdraw.as_view(), name="withdraw_invitation"),
    path(f"{_OF}domains/add/", DomainAdd.as_view(), name="add_domain"),
    path(f"{_OF}domains/<str:domain>/remove/", DomainRemove.as_view(), name="remove_domain"),
    path(f"{_OF}names/add/", NameAdd.as_view(), name="add_name"),
    path(f"{_OF}names/<int:name>/remove/", NameRemove.as_view(), name="remove_name"),
    path(f"{_OF}rename/", Rename.as_view(), name="rename"),
    path(f"{_OF}exceptions/", Exceptions.as_view(), name="exceptions"),
    path(f"{_OF}exceptions/request/", ExceptionRequest.as_view(), name="exception_request"),
    path(f"{_OF}exceptions/<slug:exception>/decide/", ExceptionDecide.as_view(), name="exception_decide"),
    path(f"{_OF}exceptions/<slug:exception>/renew/", ExceptionRenew.as_view(), name="exception_renew"),
    path("roles/", MyRoles.as_view(), name="my_roles"),
    path("roles/<slug:membership>/leave/", Leave.as_view(), name="leave"),
    path("invitations/<str:token>/", InvitationAccept.as_view(), name="accept"),
]
