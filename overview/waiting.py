"""What waits for the reader of the home page, each thing with where it is done and since when it waits."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from incidents.codes import Category
from incidents.models import Draft, IncidentRelease
from notifications.querysets import failed_messages
from organisations.models import AddressException

RULES_SHOWN_DAYS = 30  # before they have to be acknowledged again


@dataclass(frozen=True)
class Task:
    """Something that waits for the reader, with its age."""

    title: str
    href: str
    since: datetime
    note: str = ""
    marking: str = ""


def to_finish(draft: Draft) -> Task:
    """A report that is being written."""
    href = f"{reverse('incidents:file')}?draft={draft.submission}"
    if draft.item:
        return Task(_("Finish your further report"), href, draft.saved_at, draft.item.ref)
    return Task(_("Finish your draft report"), href, draft.saved_at)


def to_read(row: IncidentRelease) -> Task:
    """What others shared, or what is new in it."""
    title = _("New: %(category)s, %(area)s") if row.report.number == 1 else _("News: %(category)s, %(area)s")
    return _about(row, title)


def to_receive(row: IncidentRelease) -> Task:
    """A report that no desk has acknowledged, or a question that waits for the desk."""
    if row.has_questions:
        return _about(row, _("Answer a question: %(category)s, %(area)s"), "incidents:desk_page")
    return _about(row, _("Acknowledge: %(category)s, %(area)s"))


def to_report_on(row: IncidentRelease) -> Task:
    """A proposed text that waits for an answer, or a final report that is due."""
    if row.has_proposal:
        return _about(row, _("Compare a proposed text: %(category)s, %(area)s"), "incidents:decide")
    return _about(row, _("Send the final report: %(category)s, %(area)s"), "incidents:follow_up")


def _about(row, title, page="incidents:detail"):
    item = row.release.item
    known = row.category != Category.UNKNOWN
    what = row.get_category_display() if known else _("incident")
    words = title % {"category": what, "area": row.release.area}
    return Task(words, reverse(page, args=[item.ref]), row.report.filed_at, item.ref, item.marking)


def to_decide(exception: AddressException) -> Task:
    """A personal address that an organisation asks leave for (I7)."""
    href = reverse("organisations:exception_decide", args=[exception.organisation.ref, exception.ref])
    return Task(_("Decide on a personal address"), href, exception.requested_at, exception.organisation.name)


def outbox() -> list[Task]:
    """Messages that were given up."""
    oldest = failed_messages().order_by("created_at").first()
    if oldest is None:
        return []
    return [Task(_("Messages could not be sent"), reverse("overview:outbox"), oldest.created_at)]


def rules(until: datetime | None) -> list[Task]:
    """The confidentiality rules, when they have to be acknowledged again soon (C9)."""
    shown_from = until - timedelta(days=RULES_SHOWN_DAYS) if until else None
    if shown_from is None or shown_from > timezone.now():
        return []
    return [Task(_("Acknowledge the confidentiality rules again"), reverse("accounts:rules"), shown_from)]
