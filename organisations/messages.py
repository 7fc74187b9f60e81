"""The kinds of message that organisations sends."""

from django.urls import reverse
from django.utils import timezone

from accounts.actions import token_of
from notifications.kinds import Kind, register, site_link
from notifications.models import Message

from .models import Invitation
from .policies import is_still_given


@register
class InvitationMail(Kind):
    """A colleague is asked in. The link is made when the mail is written: it is stored nowhere."""

    code = "organisations.invitation"
    priority = Message.Priority.ACCOUNT

    def still_due(self, message):
        """As long as the invitation can be accepted."""
        rows = Invitation.objects.filter(link__used_at=None, link__expires_at__gt=timezone.now())
        invitation = rows.select_related("invited_by", "organisation").filter(subject=message.subject_id).first()
        return invitation is not None and is_still_given(invitation)

    def context(self, message):
        """Who asks in, to what, until when, and the link."""
        rows = Invitation.objects.select_related("user", "organisation", "area", "link", "invited_by")
        invitation = rows.get(subject=message.subject_id)
        path = reverse("organisations:accept", kwargs={"token": token_of(invitation.link)})
        return {"invitation": invitation, "link": site_link(path), "recipient_name": invitation.user.name}
