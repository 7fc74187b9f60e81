"""What a level asks of an area, line by line: met, not met, not needed, or not known; never a tick alone (L7; annex).

A line is computed from data where the portal has data; else the newest thing counts that somebody who answers for the
area said, as long as it holds; else nobody knows, and the page says so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Max, OuterRef, QuerySet, Subquery, TextChoices, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from areas.models import Area
from coordination.holders import Holder, Picture, Voice
from coordination.models import Assignment, Mechanism
from coordination.picture import pictures
from slt_portal.templatetags.portal import day_text

from .levels import today
from .models import Level, LevelDecision, LevelTask, Line, Statement
from .shared_incidents import shared_systematically

NORMAL = tuple(Line)[:3]
Function = Assignment.Function


class State(TextChoices):
    """How a line stands."""

    MET = "met", gettext_lazy("met")
    GAP = "gap", gettext_lazy("not met")
    UNKNOWN = "unknown", gettext_lazy("unknown")
    NOT_NEEDED = "not_needed", gettext_lazy("not needed here")


MISSING = frozenset({State.GAP, State.UNKNOWN})
SHORT = {  # where there is little room
    Line.REPRESENTATIVES: gettext_lazy("Representatives"),
    Line.DIALOGUE: gettext_lazy("Dialogue"),
    Line.LOGISTICS: gettext_lazy("Logistics and training"),
    Line.FOCAL_POINT: gettext_lazy("SLT focal point"),
    Line.PLATFORM: gettext_lazy("Platform"),
    Line.MEETINGS: gettext_lazy("Meetings"),
    Line.INCIDENTS: gettext_lazy("Incident sharing"),
    Line.ANALYSIS: gettext_lazy("Joint analysis"),
    Line.PLANNING: gettext_lazy("Shared planning"),
    Line.SIOC: gettext_lazy("SIOC"),
    Line.APPEALS: gettext_lazy("Appeals"),
    Line.HOST_COUNTRY: gettext_lazy("Host country"),
    Line.SUPPORT_TEAM: gettext_lazy("Support team"),
}


@dataclass(frozen=True)
class LineState:
    """How one line stands in one area today: why, who says so, since when, and the open task about it."""

    line: str
    state: str
    because: str
    source: str = ""
    since: date | None = None
    task: LevelTask | None = None

    @property
    def label(self) -> str:
        """What is asked."""
        return Line(self.line).label

    @property
    def short(self) -> str:
        """What is asked, in a word."""
        return str(SHORT[Line(self.line)])

    @property
    def state_label(self) -> str:
        """How it stands, in a word."""
        return State(self.state).label

    @property
    def is_missing(self) -> bool:
        """Whether something is left to do or to find out."""
        return self.state in MISSING


@dataclass(frozen=True)
class _Found:
    """What the data say; `is_final`: whatever anybody says."""

    state: str
    because: str
    since: date | None = None
    is_final: bool = True


@dataclass(frozen=True)
class _Facts:
    """The data of one area."""

    picture: Picture | None  # nothing where no line asks for it
    shares: bool


def with_levels(areas: QuerySet[Area], on: date) -> QuerySet[Area]:
    """`areas` with their `level` on a day and `coming`, the one that is decided for later ("" for none): for lists of
    areas whose lines are asked for, in the same query. The rule is that of `LevelDecisionQuerySet`."""
    here = LevelDecision.objects.filter(area=OuterRef("pk"))
    coming = here.to_come(on).order_by("effective_from").values("level")[:1]
    return areas.annotate(
        level=Coalesce(Subquery(here.in_force(on).values("level")), Value(str(Level.NORMAL))),
        coming=Coalesce(Subquery(coming), Value("")),
    )


def lines_of(level: str) -> tuple[Line, ...]:
    """The lines that a level asks for: the reinforced level all of them, in their order."""
    return tuple(Line) if level == Level.REINFORCED else NORMAL


def checklist_of(area: Area, level: str, *, picture: Picture | None = None) -> list[LineState]:
    """The lines of one area at `level`, today; `picture` is who is there, where that is known already."""
    return _checklists({area: lines_of(level)}, picture and {area.pk: picture})[area.pk]


def checklists(levels: Mapping[Area, str]) -> dict[int, list[LineState]]:
    """The lines of many areas by area id, each at the level beside it; as many queries for one as for all."""
    return _checklists({area: lines_of(level) for area, level in levels.items()})


def line_of(area: Area, line: str) -> LineState:
    """How one line stands in one area today, whatever the level of the area."""
    return _checklists({area: (Line(line),)})[area.pk][0]


def _checklists(asked: Mapping[Area, tuple[Line, ...]], there=None) -> dict[int, list[LineState]]:
    """Asks the data only for what the lines need."""
    day, areas = today(), list(asked)
    wanted = {line for lines in asked.values() for line in lines}
    there = there or (pictures(areas) if wanted & LINKED else {})
    sharing = shared_systematically(areas, day) if Line.INCIDENTS in wanted else set()
    said, tasks = _said_and_open(areas)
    found = {}
    for area, lines in asked.items():
        facts = _Facts(there.get(area.pk), area.pk in sharing)
        keys = [(area.pk, str(line)) for line in lines]
        found[area.pk] = [_state(Line(key[1]), facts, said.get(key), tasks.get(key), day) for key in keys]
    return found


@dataclass(frozen=True)
class _Said:
    """The newest statement about a line."""

    says: str
    text: str
    by: str
    on: date
    until: date


def _said_and_open(areas) -> tuple[dict, dict]:
    """By area and line: the newest statement, and the open task; one query."""
    rows = Statement.objects.filter(area__in=areas)
    newest = rows.order_by().values("area", "line").annotate(last=Max("pk")).values("last")
    words = ("area_id", "line", "says", "text", "by__name", "at", "holds_until")
    said = rows.filter(pk__in=newest).order_by().annotate(owner=Value("")).values_list(*words, "owner")
    tasks = LevelTask.objects.filter(area__in=areas, state=LevelTask.State.OPEN).order_by()
    tasks = tasks.annotate(no_text=Value(""), no_name=Value(""))
    open_ = tasks.values_list("area_id", "line", "ref", "no_text", "no_name", "made_at", "due_on", "owner")
    statements, found = {}, {}
    for area, line, what, text, name, at, until, owner in said.union(open_, all=True):
        if owner:
            found[area, line] = LevelTask(area_id=area, line=line, ref=what, owner=owner, due_on=until)
        else:
            statements[area, line] = _Said(what, text, name, at.date(), until)
    return statements, found


def _state(line, facts, statement, task, day) -> LineState:
    data = _DATA[line](facts) if line in _DATA else None
    if data and data.is_final:
        return LineState(line, data.state, data.because, _("From the data of the portal"), data.since, task)
    if statement and statement.until >= day:
        source = _("%(name)s, %(day)s; holds until %(until)s") % {
            "name": statement.by,
            "day": day_text(statement.on),
            "until": day_text(statement.until),
        }
        return LineState(line, State(statement.says), statement.text, source, statement.on, task)
    if data:
        return LineState(line, data.state, data.because, _("From the data of the portal"), data.since, task)
    return LineState(line, State.UNKNOWN, _lapsed(statement), "", None, task)


def _lapsed(statement) -> str:
    if statement is None:
        return _("Nobody has said how it stands.")
    said = {"says": State(statement.says).label, "until": day_text(statement.until)}
    return _("The last who said something said “%(says)s”. That held until %(until)s; nobody has said it again.") % said


def _holders(picture: Picture, *functions: str) -> list[Holder]:
    return [row for post in picture.posts if post.function in functions for row in post.holders]


def _representatives(facts: _Facts) -> _Found:
    """A representative of a community, for every mechanism that there is, and somebody on the UN side (§4)."""
    picture = facts.picture
    voices = [voice for side in picture.sides for voice in side.voices]
    un = _holders(picture, Function.DSS_OFFICE, Function.COUNTRY_FOCAL_POINT)
    if not voices or not any(voice.representatives for voice in voices):
        return _Found(State.GAP, _("No representative of an NGO or IO community is named."))
    if silent := [voice for voice in voices if not voice.representatives]:
        return _Found(State.GAP, _("%(name)s has no representative.") % {"name": silent[0].name})
    if not un:
        return _Found(State.GAP, _("Nobody is named on the UN side."))
    spoken = [row for voice in voices for row in voice.representatives]
    if all(row.is_stale for row in spoken) or all(row.is_stale for row in un):
        return _Found(State.UNKNOWN, _("Named, but nobody has confirmed it for too long."), is_final=False)
    since = max(min(row.since for row in side) for side in (spoken, un))
    return _Found(State.MET, _("Named on the side of the communities and on the UN side."), since)


def _focal_point(facts: _Facts) -> _Found:
    """Named by an assignment; whether the person has other functions too is said (journey 11). Where DSS has no office
    the country security focal point acts as such (§4, note 5)."""
    named = _holders(facts.picture, Function.SLT_FOCAL_POINT)
    if not named and not facts.picture.area.has_dss_office:
        named = _holders(facts.picture, Function.COUNTRY_FOCAL_POINT)
    if not named:
        return _Found(State.GAP, _("DSS has named nobody."))
    fresh = [row for row in named if not row.is_stale]
    if not fresh:
        return _Found(State.UNKNOWN, _("Named, but nobody has confirmed it for too long."), is_final=False)
    if all(row.also for row in fresh):
        because = _("Named; the same person has other functions too.")
    else:
        because = _("Named, and confirmed.")
    return _Found(State.MET, because, min(row.since for row in fresh))


def _is_platform(voice: Voice) -> bool:
    return voice.mechanism is None or voice.mechanism.kind == Mechanism.Kind.PLATFORM


def _platform(facts: _Facts) -> _Found:
    """A mechanism of this kind that somebody recorded as fully operational."""
    platforms = [voice for side in facts.picture.sides for voice in side.voices if _is_platform(voice)]
    recorded = [voice for voice in platforms if voice.mechanism]
    if not platforms:
        return _Found(State.GAP, _("There is no security platform."))
    if working := [voice for voice in recorded if voice.mechanism.is_operational]:
        return _Found(State.MET, _("Recorded as fully operational."), min(voice.since for voice in working))
    if any(voice.mechanism.is_operational is False for voice in recorded):
        return _Found(State.GAP, _("Recorded as not fully operational yet."))
    return _Found(State.UNKNOWN, _("There is one; nobody has said whether it is fully operational."), is_final=False)


def _incidents(facts: _Facts) -> _Found | None:
    """Yes, or not known: with so few that one of them could be told apart, nothing is said (C4)."""
    if facts.shares:
        return _Found(
            State.MET, _("At least five incidents in the last six whole months, by three organisations or more.")
        )
    return _Found(
        State.UNKNOWN,
        _("Too few were shared in the last six whole months to tell, or none: the portal does not say which."),
        is_final=False,
    )


def _sioc(facts: _Facts) -> _Found:
    """Where there is one it counts what is said about it; where there is none, none is needed."""
    centres = _holders(facts.picture, Function.SIOC)
    if not centres:
        return _Found(State.NOT_NEEDED, _("No SIOC is recorded here."), is_final=False)
    return _Found(State.MET, _("A SIOC is recorded here."), min(row.since for row in centres), is_final=False)


_DATA: dict[Line, Callable[[_Facts], _Found | None]] = {
    Line.REPRESENTATIVES: _representatives,
    Line.FOCAL_POINT: _focal_point,
    Line.PLATFORM: _platform,
    Line.INCIDENTS: _incidents,
    Line.SIOC: _sioc,
}
LINKED = frozenset(_DATA) - {Line.INCIDENTS}  # whose data stand on the page of who is there
