"""Mails to those who are asked whether an organisation is their partner, and about their answers (P4)."""

from django.urls import reverse
from django.utils import timezone

from accounts.actions import token_of
from notifications.kinds import Kind, register, site_link
from notifications.models import Message
from partners.models import Confirmation
from partners.policies import organisations_of
from sharing.access import access_of


def _confirmation(message):
    rows = Confirmation.objects.for_system("a mail about it")
    rows = rows.select_related(
        "organisation", "entity", "addressee", "asked_by", "link", "application", "passed_from__addressee"
    )
    return rows.get(subject=message.subject_id)


def _page_of(row):
    return site_link(reverse("partners:confirmation", args=[row.ref]))


@register
class ConfirmationAsked(Kind):
    """A named person is asked. The link is made when the mail is written: it is stored nowhere."""

    code = "partners.confirmation_asked"
    priority = Message.Priority.ACCOUNT  # a signed link: it never waits behind what can be read later

    def still_due(self, message):
        """As long as the link works; to nobody but who is asked."""
        row = _confirmation(message)
        if row.addressee_id != message.recipient_id:
            return False
        return row.state in Confirmation.WAITING and row.link.used_at is None and row.due_at > timezone.now()

    def context(self, message):
        """Who asks about which organisation, until when, and the link."""
        row = _confirmation(message)
        return {
            "confirmation": row,
            "link": site_link(reverse("partners:confirm", args=[token_of(row.link)])),
            "passed_by": row.passed_from.addressee if row.passed_from else None,
        }


@register
class ConfirmationReminder(ConfirmationAsked):
    """The same person is asked again, with the same link."""

    code = "partners.confirmation_reminder"


@register
class ConfirmationLate(Kind):
    """The agency's people and its seat learn that a request to a colleague waits (P4)."""

    code = "partners.confirmation_late"

    def still_due(self, message):
        """Until it is answered, cancelled or given up: to who may see it, and to the entity's seat in the Committee."""
        row, access = _confirmation(message), access_of(message.recipient)
        is_seat = row.entity_id in access.offices_for("oversight_committee")
        is_theirs = is_seat and row.organisation_id not in organisations_of(access)
        if not (is_theirs or Confirmation.objects.visible_to(access).filter(pk=row.pk).exists()):
            return False
        return row.state == Confirmation.State.ESCALATED and row.due_at > timezone.now()

    def context(self, message):
        """Who was asked about which organisation, until when; the page for who may answer in the portal."""
        row, access = _confirmation(message), access_of(message.recipient)
        may_open = Confirmation.objects.visible_to(access).filter(pk=row.pk).exists()
        return {
            "confirmation": row,
            "may_answer": row.entity_id in access.offices_for("agency"),
            "link": _page_of(row) if may_open else "",
        }


@register
class ConfirmationSettled(Kind):
    """The Working Group, and who asked, learn what became of a request: every outcome, also none (P4)."""

    code = "partners.confirmation_settled"

    def still_due(self, message):
        """As long as the recipient may see it."""
        rows = Confirmation.objects.visible_to(message.recipient)
        return rows.filter(subject=message.subject_id).exclude(state__in=Confirmation.WAITING).exists()

    def context(self, message):
        """Which request about whom, what came of it, and the page; the words of the answer stand there."""
        row = _confirmation(message)
        page = _page_of(row)
        if row.application:
            page = site_link(reverse("partners:review", args=[row.application.ref]) + "#confirmations")
        return {"confirmation": row, "link": page}
