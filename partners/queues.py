"""One queue per office: what waits, since when, whose turn it is, and the next step (issue "Partnership", point 10).

Whose turn it is stands in one table, TURNS, of which a test asks that it fits the steps of the models. What an
applicant reads of its own application is the public clock (partners.clock), never the internal state.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.core.exceptions import ImproperlyConfigured
from django.db.models import TextChoices
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sharing.access import Access
from slt_portal.templatetags.portal import day_text

from .clock import PUBLIC, PublicState
from .models import Application
from .querysets import areas_of
from .queue_sources import ENDING_DAYS, KINDS, QUEUE_KINDS, Row, register_source, rows_for, watches

SHOWN, COUNTED = 20, 100  # of each turn: the oldest are shown, so many are counted
OLD_DRAFT_DAYS = 30
_SETTLED = frozenset({Application.State.ACTIVE, Application.State.WITHDRAWN})  # nothing to tell on the home page


class Office(TextChoices):
    """Whose turn something is."""

    AGENCY = "agency", gettext_lazy("the UN entity that is asked")
    AREA_BODY = "area_body", gettext_lazy("DSS, OCHA and NGO representatives of the area")
    DESIGNATED_OFFICIAL = "designated_official", gettext_lazy("the Designated Official")
    DSS_FIELD = "dss_field", gettext_lazy("DSS of the area")
    DSS_HEADQUARTERS = "dss_headquarters", gettext_lazy("DSS headquarters")
    MECHANISM = "mechanism", gettext_lazy("the NGO representative")
    OCHA = "ocha", gettext_lazy("OCHA")
    ORGANISATION = "organisation", gettext_lazy("the organisation")
    OVERSIGHT_COMMITTEE = "oversight_committee", gettext_lazy("the Oversight Committee")
    SEAT = "seat", gettext_lazy("your seat")
    SECRETARIAT = "secretariat", gettext_lazy("the secretariat of the Oversight Committee")
    WORKING_GROUP = "working_group", gettext_lazy("the Working Group")


class Kind(NamedTuple):
    """What waits: its name, and the page of one of them."""

    label: str
    page: str


INTEREST = Kind(gettext_lazy("Expression of interest"), "partners:interest")
APPLICATION = Kind(gettext_lazy("Application"), "partners:review")
OWN_APPLICATION = Kind(gettext_lazy("Your application"), "partners:application")
MEMORANDUM = Kind(gettext_lazy("Memorandum"), "partners:memorandum")
CONFIRMATION = Kind(gettext_lazy("Request for confirmation"), "partners:confirmation")
DECISION = Kind(gettext_lazy("Decision"), "governance:decision")
BASIS = Kind(gettext_lazy("Entry in the register"), "partners:basis")
CASE = Kind(gettext_lazy("Question of eligibility"), "partners:case")
LIST = Kind(gettext_lazy("Member list"), "partners:member_list")
SUSPENSION = Kind(gettext_lazy("Suspension"), "partners:suspension")
DOCUMENT = Kind(gettext_lazy("Document"), "operations:status")  # whoever made it: there stands what went wrong

_QUESTIONS = {  # what is put to the bodies, in a word (partners.decisions)
    "partners.admission": gettext_lazy("Admission"),
    "partners.area_suspension": gettext_lazy("Suspension in an area"),
    "partners.lifting": gettext_lazy("Lifting of a suspension"),
    "partners.suspension": gettext_lazy("Suspension"),
}


@dataclass(frozen=True)
class Turn:
    """What is to be done next, and by whom; `step` is the step of the model that it ends with, where it is one."""

    kind: Kind
    office: str
    verb: str
    step: str = ""


TURNS = {
    "interest.received": Turn(INTEREST, Office.DSS_HEADQUARTERS, gettext_lazy("Look at it"), "open"),
    "application.submitted": Turn(APPLICATION, Office.WORKING_GROUP, gettext_lazy("Check and recommend"), "recommend"),
    "application.questioned": Turn(APPLICATION, Office.ORGANISATION, gettext_lazy("Answer a question"), "answer"),
    "application.recommended": Turn(APPLICATION, Office.OVERSIGHT_COMMITTEE, gettext_lazy("Decide")),
    "application.approved": Turn(
        APPLICATION, Office.DSS_HEADQUARTERS, gettext_lazy("Conclude: make the memorandum"), "conclude"
    ),
    "memorandum.dss": Turn(MEMORANDUM, Office.DSS_HEADQUARTERS, gettext_lazy("Sign"), "sign"),
    "memorandum.partner": Turn(MEMORANDUM, Office.ORGANISATION, gettext_lazy("Sign"), "sign_last"),
    "own.sign": Turn(MEMORANDUM, Office.ORGANISATION, gettext_lazy("Sign"), "sign"),
    "own.draft": Turn(OWN_APPLICATION, Office.ORGANISATION, gettext_lazy("Finish it and send it"), "submit"),
    "own.questioned": Turn(OWN_APPLICATION, Office.ORGANISATION, gettext_lazy("Answer a question"), "answer"),
    "own.hearing": Turn(SUSPENSION, Office.ORGANISATION, gettext_lazy("Say what you have to say to it")),
    "confirmation.waiting": Turn(
        CONFIRMATION, Office.AGENCY, gettext_lazy("Confirm, deny, or say that you do not know"), "confirm"
    ),
    "confirmation.late": Turn(
        CONFIRMATION, Office.AGENCY, gettext_lazy("Confirm, deny, or say that you do not know"), "confirm"
    ),
    "confirmation.fruitless": Turn(CONFIRMATION, Office.WORKING_GROUP, gettext_lazy("No answer: ask somebody else")),
    "decision.position": Turn(DECISION, Office.SEAT, gettext_lazy("Say where your seat stands")),
    "decision.confirm": Turn(DECISION, Office.SEAT, gettext_lazy("Confirm the closing, or not")),
    "decision.close": Turn(DECISION, Office.SEAT, gettext_lazy("Somebody objected: propose how to close")),
    "decision.trouble": Turn(
        DECISION, Office.SECRETARIAT, gettext_lazy("See why the outcome could not be carried out")
    ),
    "decision.overdue": Turn(DECISION, Office.SECRETARIAT, gettext_lazy("See whose position is missing")),
    "basis.lapsed": Turn(BASIS, Office.DSS_HEADQUARTERS, gettext_lazy("Renew or end it"), "end"),
    "basis.lapsed_there": Turn(BASIS, Office.DSS_FIELD, gettext_lazy("Renew or end it"), "end"),
    "basis.ending": Turn(BASIS, Office.DSS_HEADQUARTERS, gettext_lazy("Have it confirmed anew"), "renew"),
    "basis.ending_there": Turn(BASIS, Office.DSS_FIELD, gettext_lazy("Have it confirmed anew"), "renew"),
    "case.open": Turn(CASE, Office.WORKING_GROUP, gettext_lazy("Say whether it is eligible there"), "establish"),
    "list.choose": Turn(LIST, Office.MECHANISM, gettext_lazy("Choose among likely organisations"), "choose"),
    "list.chosen": Turn(LIST, Office.MECHANISM, gettext_lazy("Choose among likely organisations"), "choose"),
    "list.record": Turn(LIST, Office.DSS_FIELD, gettext_lazy("Record the rows, or say why not"), "record"),
    "suspension.hearing": Turn(SUSPENSION, Office.ORGANISATION, gettext_lazy("Be heard")),
    "suspension.ask": Turn(
        SUSPENSION, Office.DESIGNATED_OFFICIAL, gettext_lazy("Ask for agreement, or drop it"), "ask"
    ),
    "suspension.put": Turn(SUSPENSION, Office.DSS_HEADQUARTERS, gettext_lazy("Put it to the Committee"), "put"),
    "suspension.agreeing": Turn(SUSPENSION, Office.AREA_BODY, gettext_lazy("Agree or not")),
    "suspension.recommend": Turn(SUSPENSION, Office.WORKING_GROUP, gettext_lazy("Recommend"), "recommend"),
    "suspension.committee": Turn(SUSPENSION, Office.OVERSIGHT_COMMITTEE, gettext_lazy("Decide")),
    "document.failed": Turn(DOCUMENT, Office.DSS_HEADQUARTERS, gettext_lazy("It could not be made: see why")),
}


def register(
    source: Callable, *, kinds: Iterable[str], turns: dict[str, Turn], questions: dict[str, str] | None = None
) -> None:
    """Have the rows of another app stand in the queue: an app below this one calls it in its `queue.py`.

    `source` and `kinds` as in `queue_sources.register_source`; `turns` by code, each code with the app's own prefix;
    `questions` are what the app puts to the bodies, in a word.
    """
    if doubled := TURNS.keys() & turns.keys():
        raise ImproperlyConfigured(f"Turns of another app: {sorted(doubled)}.")
    TURNS.update(turns)
    _QUESTIONS.update(questions or {})
    register_source(source, kinds=kinds)


@dataclass(frozen=True)
class Line:
    """One thing that waits: for whom, since when, and what is to be done next."""

    row: Row
    turn: Turn
    is_mine: bool
    on: datetime

    @property
    def kind(self):
        """What it is, in words."""
        return self.turn.kind.label

    @property
    def about(self) -> str:
        """Whom it is about, and where; of a decision or a task also what is asked."""
        row = self.row
        place = ", ".join(part for part in (row.organisation, row.area) if part)
        question = _QUESTIONS.get(row.named, "")
        words = _("%(question)s: %(name)s") % {"question": question, "name": place}
        return words if question and place else str(question or place)

    @property
    def href(self) -> str:
        """The page where the next step is taken."""
        kind = self.turn.kind
        return reverse(kind.page, args=[] if kind == DOCUMENT else [self.row.ref])

    @property
    def since(self) -> datetime:
        """Since when it waits like this. What ends soon waits since the day from which it is shown."""
        is_to_come = self.row.turn.startswith("basis.ending")
        return self.row.since - timedelta(days=ENDING_DAYS) if is_to_come else self.row.since

    @property
    def owner(self) -> str:
        """Whose turn it is, by name where that is a UN entity or the organisation concerned."""
        if self.is_mine:
            return _("you")
        name = "" if self.row.named in _QUESTIONS else self.row.named  # else it says what is asked
        return name or str(Office(self.turn.office).label)

    @property
    def late(self) -> str:
        """That it is late, in words; empty if it is not."""
        row, turn = self.row, self.row.turn
        if turn.startswith("basis.lapsed"):
            return _("lapsed on %(day)s") % {"day": day_text(row.due)}
        if turn == "own.draft":
            is_old = row.since < self.on - timedelta(days=OLD_DRAFT_DAYS)
            return _("open for more than %(days)d days") % {"days": OLD_DRAFT_DAYS} if is_old else ""
        if turn == "confirmation.late":
            return _("overdue: the seat of the UN entity was told")
        if row.due and row.due < self.on:
            return _("overdue since %(day)s") % {"day": day_text(row.due)}
        return ""

    @property
    def by_when(self) -> str:
        """By when it is to be done, in words; empty where nobody set a day, or it has passed."""
        row = self.row
        if not row.due or self.late:
            return ""
        words = _("ends on %(day)s") if row.turn.startswith("basis") else _("by %(day)s")
        return words % {"day": day_text(row.due)}


@dataclass(frozen=True)
class OwnClock:
    """Where an application of the reader's own organisation stands, in the public words (P11)."""

    row: Row
    public: PublicState
    is_settled: bool

    @property
    def href(self) -> str:
        """The applicant's page."""
        return reverse("partners:application", args=[self.row.ref])


@dataclass(frozen=True)
class Queue:
    """What waits for the reader, what for others (of who watches), oldest first; and the reader's own applications."""

    mine: list[Line]
    others: list[Line]
    clocks: list[OwnClock]


def has_part(access: Access) -> bool:
    """Whether this person has anything to do with partnership: an office, a seat, an application, an area (P8); no
    query."""
    return not KINDS.isdisjoint(name.partition(":")[0] for name in access.principals)


def queue_of(access: Access, *, most: int = COUNTED) -> Queue:
    """The queue of one person, at most `most` of each turn; one query, none for whom nothing can wait."""
    if QUEUE_KINDS.isdisjoint(name.partition(":")[0] for name in access.principals):
        return Queue([], [], [])
    rows = sorted(rows_for(access, most), key=lambda row: (row.since, row.ref))
    lines = [
        Line(row, turn, _is_turn_of(access, turn, row), access.on) for row in rows if (turn := TURNS.get(row.turn))
    ]
    lines.sort(key=lambda line: line.since)
    return Queue(
        [line for line in lines if line.is_mine],
        [line for line in lines if not line.is_mine] if watches(access) else [],
        _clocks(rows),
    )


def shortened(lines: list[Line]) -> tuple[list[Line], list[tuple[Line, int, bool]]]:
    """The lines to show, and for each turn of which there are more: one of its lines, how many more, and whether they
    were counted to the end."""
    count = Counter(line.row.turn for line in lines)
    newest = {line.row.turn: line for line in lines}
    more = [(newest[turn], number - SHOWN, number < COUNTED) for turn, number in count.items() if number > SHOWN]
    return [line for line in lines if line.row.place <= SHOWN], more


def _clocks(rows) -> list[OwnClock]:
    """The newest application of each own organisation."""
    newest = {}
    for row in rows:
        family, _dot, state = row.turn.partition(".")
        if family == "own" and state in PUBLIC:
            newest[row.party] = OwnClock(row, PUBLIC[state], state in _SETTLED)
    return list(newest.values())


def _is_turn_of(access: Access, turn: Turn, row: Row) -> bool:
    """Whether it is this person's turn: they hold the office, where it is one of an area or an organisation, of it."""
    if row.turn.startswith(("own.", "decision.", "feedback.")):
        return True
    if turn.office == Office.MECHANISM and row.party:
        return f"mechanism:{row.party}:{row.area_id}" in access.principals
    if turn.office == Office.MECHANISM:
        return row.area_id in areas_of(access, "mechanism")
    if turn.office == Office.OCHA:
        return "ocha" in access.principals or row.area_id in areas_of(access, "ocha")
    if turn.office == Office.AGENCY:
        return row.party in access.offices_for("agency")
    if turn.office == Office.DSS_FIELD:
        return row.area_id in areas_of(access, "dss")
    if turn.office == Office.DESIGNATED_OFFICIAL:
        return row.area_id in areas_of(access, "designated_official")
    if turn.office == Office.WORKING_GROUP:
        return bool(access.offices_for("working_group"))
    return turn.office == Office.DSS_HEADQUARTERS and "dss_world" in access.principals
