"""The kinds of message that organisations sends."""

from django.urls import reverse
from django.utils import timezone

from accounts.actions import token_of
from notifications.kinds import Kind, register, site_link
from notifications.models import Message

from .models import Invitation


@register
class InvitationMail(Kind):
    """A colleague is asked in. The link is made when the mail is written: it is stored nowhere."""

    code = "organisations.invitation"
    priority = Message.Priority.ACCOUNT

    def still_due(self, message):
        """As long as the invitation can be accepted."""
        return Invitation.objects.filter(
            subject=message.subject_id, link__used_at=None, link__expires_at__gt=timezone.now()
        ).exists()

    def context(self, message):
        """Who asks in, to what, until when, and the link."""
        rows = Invitation.objects.select_related("user", "organisation", "area", "link", "invited_by")
        invitation = rows.get(subject=message.subject_id)
        path = reverse("organisations:accept", kwargs={"token": token_of(invitation.link)})
        return {"invitation": invitation, "link": site_link(path), "recipient_name": invitation.user.name}
