"""The kinds of message that organisations sends."""

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from accounts.actions import token_of
from notifications.kinds import Kind, register, site_link
from notifications.models import Message

from .addresses import can_be_accepted
from .models import AddressException, Invitation, Membership
from .policies import can_decide_exception, has_role, roles_to_give
from .querysets import FEWEST_CONTACTS, contacts_left, not_renewed


@register
class InvitationMail(Kind):
    """A colleague is asked in. The link is made when the mail is written: it is stored nowhere."""

    code = "organisations.invitation"
    priority = Message.Priority.ACCOUNT

    def still_due(self, message):
        """As long as the invitation can be accepted."""
        rows = Invitation.objects.filter(link__used_at=None, link__expires_at__gt=timezone.now())
        rows = rows.select_related("invited_by", "organisation", "user")
        invitation = rows.filter(subject=message.subject_id).first()
        return invitation is not None and can_be_accepted(invitation)

    def context(self, message):
        """Who asks in, to what, until when, and the link."""
        rows = Invitation.objects.select_related("user", "organisation", "area", "link", "invited_by")
        invitation = rows.get(subject=message.subject_id)
        path = reverse("organisations:accept", kwargs={"token": token_of(invitation.link)})
        return {"invitation": invitation, "link": site_link(path), "recipient_name": invitation.user.name}


@register
class MailboxMail(InvitationMail):
    """A functional mailbox is asked whether it wants the mails of its scope (item 10)."""

    code = "organisations.mailbox"


@register
class SuccessorWanted(Kind):
    """A contact has gone and too few remain: who follows? (I6)"""

    code = "organisations.successor"

    def _membership(self, message):
        rows = Membership.objects.select_related("organisation", "area")
        return rows.get(successor_subject=message.subject_id)

    def still_due(self, message):
        """As long as too few are there, and the recipient is one who may name another."""
        row = self._membership(message)
        may_name = row.role in roles_to_give(message.recipient, row.organisation)
        return may_name and message.recipient_id != row.user_id and contacts_left(row) < FEWEST_CONTACTS

    def context(self, message):
        """Which role where, how many are left, and the form to invite with both filled in. Not who has gone."""
        row = self._membership(message)
        terms = {"role": row.role, "area": row.area.code if row.area else ""}
        path = reverse("organisations:invite", args=[row.organisation.ref])
        link = site_link(f"{path}?{urlencode({name: value for name, value in terms.items() if value})}")
        return {"membership": row, "left": contacts_left(row), "link": link}


def _exception_of(message):
    return AddressException.objects.select_related("organisation").get(subject=message.subject_id)


def _exceptions_page(organisation):
    return site_link(reverse("organisations:exceptions", args=[organisation.ref]))


@register
class ExceptionRequested(Kind):
    """DSS headquarters is asked to let a personal address be used (I7)."""

    code = "organisations.exception_requested"

    def still_due(self, message):
        """Until somebody has decided."""
        row = _exception_of(message)
        return row.state == AddressException.State.REQUESTED and can_decide_exception(message.recipient, row)

    def context(self, message):
        """Which organisation, and the page to decide on. The address and the reason stand there."""
        row = _exception_of(message)
        path = reverse("organisations:exception_decide", args=[row.organisation.ref, row.ref])
        return {"exception": row, "link": site_link(path)}


@register
class ExceptionDecided(Kind):
    """Who asked for an exception learns what was decided (I7)."""

    code = "organisations.exception_decided"

    def still_due(self, message):
        """As long as they look after the organisation."""
        return bool(roles_to_give(message.recipient, _exception_of(message).organisation))

    def context(self, message):
        """What was decided, until when, and the page with the next step."""
        row = _exception_of(message)
        is_approved = row.state == AddressException.State.APPROVED
        return {"exception": row, "is_approved": is_approved, "link": _exceptions_page(row.organisation)}


@register
class ExceptionsEnding(Kind):
    """One summary a day of the exceptions that end within two weeks (I7)."""

    code = "organisations.exceptions_ending"

    def _rows(self, message):
        rows = AddressException.objects.filter(reminder__subject=message.subject_id, expires_at__gt=timezone.now())
        if not has_role(message.recipient, "dss_headquarters"):
            own = Membership.objects.on().filter(user=message.recipient, role="partner_headquarters")
            rows = rows.filter(Exists(own.filter(organisation=OuterRef("organisation"))))
        return not_renewed(rows).select_related("organisation").order_by("organisation__name", "expires_at", "pk")

    def still_due(self, message):
        """As long as one of them is the recipient's business, has not ended and was not renewed."""
        return self._rows(message).exists()

    def context(self, message):
        """Organisation and day of each, as few as the recipient looks after, and where to go on."""
        rows = list(self._rows(message))
        organisations = {row.organisation for row in rows}
        one = organisations.pop() if len(organisations) == 1 else None
        return {
            "exceptions": rows,
            "link": _exceptions_page(one) if one else site_link(reverse("organisations:people")),
        }
