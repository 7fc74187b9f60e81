"""What one reader sees of one case: the page of the sender, of those who handle it, and the printed one (F1-F3).

The sender never reads an internal note, nor which person of those who handle it said what: an office speaks. Nobody
reads here but who sees the case (CaseQuerySet.visible_to): the caller has asked.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, Min, OuterRef
from django.utils.translation import gettext as _

from governance.models import Decision
from sharing.access import Access
from slt_portal.states import steps_open

from .codes import EntryKind, Office, Side
from .handlers import grants_of
from .links import Linked, links_of
from .models import Case, CaseFile, CaseReading, Entry, Escalation, Inquiry
from .offices import levels_of
from .policies import parties_to_case
from .suspension_history import History, history_of

RELATED = (*("area", "organisation", "desk", "about_organisation", "sender", "owner"), "data_key", "subject")
State = Case.State
_WHY = "what the reader of a case sees of it"


@dataclass(frozen=True)
class FileOf:
    """One file: the id in its address, the name that it came with."""

    uid: str
    name: str


@dataclass(frozen=True)
class Said:
    """One contribution. `who` is an office to the sender; to those who handle it also a name."""

    who: str
    kind: str
    text: str
    at: datetime
    files: tuple[FileOf, ...] = ()
    is_internal: bool = False
    is_mine: bool = False  # of the reader's side
    is_proposal: bool = False


@dataclass(frozen=True)
class Asked:
    """A question that was put to an office, with its answer; only for those who handle the case."""

    ref: str
    office: str
    state: str
    question: str
    answer: str
    due_at: datetime
    is_open: bool
    is_overdue: bool


@dataclass(frozen=True)
class Turn:
    """What happens next: by whom (to whom it lies), what, and by when."""

    who: str
    what: str
    until: datetime | None
    is_overdue: bool = False


@dataclass(frozen=True)
class CasePage:
    """All of it. `steps` are those of Case.STEPS that the reader may take now."""

    case: Case
    parties: frozenset[str]
    title: str
    text: str
    about: str
    about_text: str
    persons: str
    files: tuple[FileOf, ...]
    said: list[Said]
    steps: list[str]
    turn: Turn
    seen_by: list[str]
    opened_by: list[tuple[str, datetime]]
    asked: list[Asked]
    links: list[Linked]
    decisions: list[Decision]
    suspension: History | None

    @property
    def is_sender(self) -> bool:
        """Whether the reader is on the sender's side."""
        return "sender" in self.parties

    @property
    def is_gone(self) -> bool:
        """Whether it went to the mandatory channels: nothing of it is kept (C10)."""
        return self.case.outcome == "diverted"

    @property
    def is_emptied(self) -> bool:
        """Whether its texts were kept no longer (operations.retention): the rest stays."""
        return not self.is_gone and self.case.data_key.destroyed_at is not None


def page_of(access: Access, case: Case) -> CasePage:
    """What `access` sees of `case`, which they see, loaded with RELATED."""
    given = grants_of(case)
    parties = parties_to_case(access, case, given)
    is_sender = "sender" in parties
    texts, offices = case.texts, _Offices(case, given)
    files, put = _files_of(case), [] if is_sender else _put(access, case)
    return CasePage(
        case=case,
        parties=parties,
        title=texts.get("title", ""),
        text=texts.get("text", ""),
        about=about_words(case),
        about_text=texts.get("about", ""),
        persons=texts.get("persons", ""),
        files=tuple(files[None]),
        said=_said(case, is_sender=is_sender, offices=offices, files=files, put=put),
        steps=steps_open(case, parties),
        turn=turn_of(case, is_sender=is_sender, now=access.on),
        seen_by=seen_by(case, is_sender=is_sender),
        opened_by=_opened_by(case, offices) if is_sender else [],
        asked=[] if is_sender else _asked(case, now=access.on),
        links=[] if is_sender else links_of(access, case),
        decisions=[row.decision for row in put if row.is_to_be_opened],
        suspension=history_of(access, case),
    )


def about_words(case: Case) -> str:
    """What it is about: the office with its area, the organisation, the area, or in general."""
    parts = [Office(case.office).label if case.office else "", case.about_organisation, case.area]
    named = ", ".join(str(part) for part in parts if part)
    return named or case.get_about_display()


# --- What happens next -------------------------------------------------------------------------------------------


def turn_of(case: Case, *, is_sender: bool, now: datetime) -> Turn:
    """What happens next with `case`, by whom and by when, in words for the sender's side or for the others."""
    until = case.due_at
    if case.state == State.CLOSED:
        ends = case.closed_at + timedelta(days=settings.FEEDBACK_REOPEN_DAYS)
        until = ends if case.sender_id and case.outcome != "diverted" and ends > now else None
    what = _to_sender(case, may_reopen=until is not None) if is_sender else _to_others(case)
    if case.suspension_id:
        what = _of_suspension(case)
    return Turn(_whose(case, is_sender), what, until, case.is_overdue(now))


def taken_in_by(case: Case) -> str:
    """The offices to which it went, in words."""
    desk = _("the desk of %(name)s") % {"name": case.desk} if case.desk else ""
    dss = _("DSS headquarters") if case.to_dss else ""
    if dss and desk:
        return _("%(one)s and %(other)s") % {"one": dss, "other": desk}
    return dss or desk


def _whose(case, is_sender):
    return {
        State.RECEIVED: taken_in_by(case),
        State.HANDLING: _("the Working Group"),
        State.PROPOSED: _("you") if is_sender else _("the sender"),
        State.COMMITTEE: _("the Oversight Committee"),
        State.CLOSED: _("nobody: it is closed"),
    }[case.state]


def _to_sender(case, *, may_reopen):
    return {
        State.RECEIVED: _("It is taken in and handed to the Working Group. You need do nothing."),
        State.HANDLING: _("The Working Group looks into it and proposes a resolution. It may ask you here."),
        State.PROPOSED: _("Read the proposed resolution and say whether you accept it. Nothing closes by itself."),
        State.COMMITTEE: _("The Oversight Committee decides. You get a mail when it has, and read its reasons here."),
        State.CLOSED: (
            _("It is closed. If it comes up again, open it again with one sentence.")
            if may_reopen
            else _("It is closed. If it comes up again, send feedback again, and give this number.")
        ),
    }[case.state]


def _to_others(case):
    return {
        State.RECEIVED: _("Whoever takes it in says what it is about and hands it to the Working Group."),
        State.HANDLING: _("The Working Group proposes a resolution, or puts it to the Oversight Committee."),
        State.PROPOSED: _(
            "The sender accepts or not. If no answer comes in time, close it with reasons or put it to the Committee."
        ),
        State.COMMITTEE: _("The Oversight Committee decides; the outcome closes the case, or sends it back."),
        State.CLOSED: _("It is closed. It can be opened again for some time."),
    }[case.state]


def _of_suspension(case):
    return {
        State.HANDLING: _("The Working Group recommends to the Oversight Committee, on the page of the suspension."),
        State.COMMITTEE: _("The Oversight Committee decides on the suspension."),
    }.get(case.state, _("The suspension is decided: the case is closed."))


def seen_by(case: Case, *, is_sender: bool) -> list[str]:
    """Who can see it now, in words: offices, and the organisation of the sender."""
    found = []
    if case.sender_id:
        found = [_("you") if is_sender else _("the sender")]
        if case.headquarters_read:
            found.append(_("headquarters of %(name)s") % {"name": case.organisation})
    if (case.to_dss or case.suspension_id) and not case.is_dss_concerned:
        found.append(_("DSS headquarters"))
    if case.desk:
        found.append(_("the desk of %(name)s") % {"name": case.desk})
    if case.handed_over_at:
        found.append(_("the Working Group"))
    if case.escalated_at:
        found.append(_("the Oversight Committee"))
    return found


# --- Who said what -----------------------------------------------------------------------------------------------


class _Offices:
    """By which offices people handle `case`, as words."""

    def __init__(self, case, given):
        self.case, self._kinds = case, defaultdict(set)
        for user, principal in given:
            self._kinds[user].add(principal.partition(":")[0])

    def word(self, user_id, *, at=None, party=""):
        """The office for which somebody spoke (at a moment) or read (as `party`)."""
        kinds = self._kinds[user_id]
        was_intake = party == "intake" or (at and (not self.case.handed_over_at or at < self.case.handed_over_at))
        order = ["dss_world", "consortium_desk", "working_group"]
        if not was_intake:
            order = ["working_group", "dss_world", "consortium_desk"]
        if party == "committee":
            order = ["oversight_committee", *order]
        kind = next((kind for kind in order if kind in kinds), "" if was_intake else "working_group")
        return self._words().get(kind) or taken_in_by(self.case)

    def _words(self):
        desk = self.case.desk
        return {
            "dss_world": _("DSS headquarters"),
            "consortium_desk": _("the desk of %(name)s") % {"name": desk} if desk else "",
            "working_group": _("the Working Group"),
            "oversight_committee": _("the Oversight Committee"),
        }


def _said(case, *, is_sender, offices, files, put) -> list[Said]:
    rows = Entry.objects.for_system(_WHY).filter(case=case).select_related("by").order_by("pk")
    if is_sender:
        rows = rows.filter(is_internal=False)
    words, found = {row.uid: _put_in_words(row) for row in put}, []
    for row in rows:
        row.case = case  # its key is there already
        found.append(
            Said(
                who=_who(row, is_sender, offices),
                kind=row.get_kind_display(),
                text=row.texts.get("text", ""),
                at=row.at,
                files=tuple(files[row.pk]),
                is_internal=row.is_internal,
                is_mine=(row.side == Side.SENDER) == is_sender,
                is_proposal=row.kind in {EntryKind.PROPOSAL, EntryKind.OUTCOME},
            )
        )
        if row.uid in words:
            found.append(replace(found[-1], text=words[row.uid], is_internal=True))
    return found


def _put(access, case) -> list[Escalation]:
    """What the Committee was asked, with the uid of the entry that says so, and whether the reader may open its
    decision; the sender reads none of it."""
    if not case.escalated_at:
        return []
    theirs = Exists(Decision.objects.visible_to(access).filter(pk=OuterRef("decision")))
    rows = Escalation.objects.for_system(_WHY).filter(case=case).annotate(is_to_be_opened=theirs)
    rows = list(rows.select_related("decision").order_by("pk"))
    for row in rows:
        row.case = case
    return rows


def _put_in_words(row):
    texts = row.texts
    words = _("Proposed: %(proposal)s\n\nWhy the Committee has to decide: %(why)s")
    return words % {"proposal": texts.get("proposal", ""), "why": texts.get("why", "")}


def _who(row, is_sender, offices):
    if row.side == Side.PORTAL or row.by_id is None:
        decided = row.kind == EntryKind.OUTCOME or row.is_internal
        return _("the Oversight Committee") if decided else _("the portal")
    if row.side == Side.SENDER:
        return _isolated(row.by.name, "" if is_sender else row.case.organisation)
    office = offices.word(row.by_id, at=row.at)
    return office if is_sender else _isolated(row.by.name, office)


def _isolated(name, office):
    """A name may be written from right to left."""
    return f"\u2068{name}\u2069, {office}" if office else f"\u2068{name}\u2069"


def _files_of(case) -> dict[int | None, list[FileOf]]:
    rows = CaseFile.objects.for_system(_WHY).filter(case=case).exclude(file=None)
    found = defaultdict(list)
    for row in rows.select_related("file__data_key").order_by("pk"):
        found[row.entry_id].append(FileOf(str(row.file_id), row.file.name))
    return found


def _opened_by(case, offices) -> list[tuple[str, datetime]]:
    """The offices that opened it, each with when first."""
    rows = CaseReading.objects.filter(case_ref=case.ref).exclude(party="sender")
    first: dict[str, datetime] = {}
    for row in rows.values("reader", "party").annotate(at=Min("at")).order_by("at"):
        first.setdefault(offices.word(row["reader"], party=row["party"]), row["at"])
    return list(first.items())


def _asked(case, *, now) -> list[Asked]:
    rows = list(Inquiry.objects.of_cases(Case.objects.for_system(_WHY).filter(pk=case.pk)).order_by("pk"))
    names = {level.principal: level.label for level in levels_of(case)} if rows else {}
    found = []
    for row in rows:
        row.case = case
        texts, is_open = row.texts, row.state == Inquiry.State.OPEN
        found.append(
            Asked(
                ref=row.ref,
                office=names.get(row.principal, _("an office")),
                state=row.get_state_display(),
                question=texts.get("question", ""),
                answer=texts.get("answer", ""),
                due_at=row.due_at,
                is_open=is_open,
                is_overdue=is_open and row.due_at < now,
            )
        )
    return found
