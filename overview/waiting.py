"""What waits for the reader of the home page, each thing with where it is done and since when it waits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Exists, Value
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from incidents.coarser import filed_day
from incidents.codes import Category
from incidents.models import Draft, IncidentRelease
from notifications.querysets import failed_messages
from organisations.models import AddressException, Organisation
from organisations.querysets import addresses_to_correct
from partners.queues import Line
from sharing.markings import Depth
from sharing.models import Item
from slt_portal.templatetags.portal import day_text

RULES_SHOWN_DAYS = 30  # before they have to be acknowledged again


@dataclass(frozen=True)
class Task:
    """Something that waits for the reader, with its age."""

    title: str
    href: str
    since: datetime | None
    note: str = ""
    marking: str = ""
    is_urgent: bool = False


def to_finish(draft: Draft, *, may_send: bool) -> Task:
    """A report that is being written, by its first words; of one that its author may not send any more, nothing that
    could be of the incident."""
    href, words = f"{reverse('incidents:file')}?draft={draft.submission}", draft.first_words
    if not may_send:
        return Task(_("Copy or discard your unsent text"), href, draft.saved_at)
    unnamed = _("Finish your further report") if draft.item else _("Finish your draft report")
    title = _("Draft: %(words)s") % {"words": words} if words else unnamed
    return Task(title, href, draft.saved_at, draft.item.ref if draft.item else "")


def to_read(row: IncidentRelease) -> Task:
    """What others shared, or what is new in it; `row` with lives_at_risk."""
    if row.release.depth == Depth.CONSENT:  # not when it was reported: that may not be among what was passed on
        return replace(
            _about(row, _("Passed on to you: %(category)s, %(area)s")), since=None, is_urgent=row.lives_at_risk
        )
    is_new, day = row.report.number == 1, filed_day(row)
    if row.lives_at_risk:
        urgent = _("New, lives may be at risk: %(category)s, %(area)s")
        title = urgent if is_new else _("News, lives may be at risk: %(category)s, %(area)s")
    else:
        title = _("New: %(category)s, %(area)s") if is_new else _("News: %(category)s, %(area)s")
    task = replace(_about(row, title), is_urgent=row.lives_at_risk)
    # How old it is to the minute would tell more than its readers are told of time.
    return replace(task, since=None, note=f"{task.note} · {day_text(day)}") if day else task


def to_receive(row: IncidentRelease) -> Task:
    """A report that no desk has acknowledged, or a question that waits for the desk."""
    if row.has_questions:
        task = _about(row, _("Answer a question: %(category)s, %(area)s"), "incidents:desk_page")
        return replace(task, since=row.asked_at)
    return _about(row, _("Acknowledge: %(category)s, %(area)s"))


def to_report_on(row: IncidentRelease) -> Task:
    """A request to pass it on, a proposed text that waits for an answer, a final report that is due, or what is still
    withheld."""
    if row.release.item.state == Item.State.WITHHELD:
        return _about(row, _("Still withheld: %(category)s, %(area)s"))
    if row.consent_asked:
        task = _about(row, _("May it be passed on? %(category)s, %(area)s"))
        href = reverse("incidents:consent", args=[row.consent_asked])
        return replace(task, since=row.consent_asked_at, href=href)
    if row.has_proposal:
        task = _about(row, _("Compare a proposed text: %(category)s, %(area)s"), "incidents:decide")
        return replace(task, since=row.proposed_at)
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


def in_partnership(line: Line) -> Task:
    """A line of the reader's queue in partnership: what to do, with what, and whether it is late."""
    named = f"{line.kind} {line.row.ref}"
    note = " · ".join(part for part in (line.about, line.late or line.by_when) if part)
    title = _("%(what)s: %(next_step)s") % {"what": named, "next_step": line.turn.verb}
    return Task(title, line.href, line.since, note)


def mail(held: Sequence[tuple[str, int]], *, watches: bool, most: int) -> list[Task]:
    """Organisations whose people mail does not reach, and for who `watches` messages that were given up; one query.

    Not since when: beside an address it would say who reported what (C1).
    """
    rows = addresses_to_correct(held)
    if watches and held:  # one row, of an organisation that is certainly there, if there is any such message
        own = Organisation.objects.filter(Exists(failed_messages()), pk=held[0][1])
        rows = rows.union(own.order_by().values_list(Value(""), Value("")))
    found = sorted(rows, key=lambda row: row[1])
    tasks = [Task(_("Messages could not be sent"), reverse("overview:outbox"), None) for ref, _name in found if not ref]
    words, people = _("Mail to a colleague comes back"), [(ref, name) for ref, name in found if ref][:most]
    return tasks + [Task(words, reverse("organisations:people_of", args=[ref]), None, name) for ref, name in people]


def rules(until: datetime | None) -> list[Task]:
    """The confidentiality rules, when they have to be acknowledged again soon (C9)."""
    shown_from = until - timedelta(days=RULES_SHOWN_DAYS) if until else None
    if shown_from is None or shown_from > timezone.now():
        return []
    return [Task(_("Acknowledge the confidentiality rules again"), reverse("accounts:rules"), shown_from)]
