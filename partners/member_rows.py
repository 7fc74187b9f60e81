"""What a reader sees of a platform's list and of its rows: DSS everything, the platform what is its own (P8).

A platform does not learn from its list who is in the register of the world: that a name is known, and as which
organisation, stays with DSS until it is recorded in the area, whose register the platform reads.
"""

from dataclasses import dataclass

from django.db.models import Case, Count, F, Q, Value, When
from django.utils.translation import gettext as _

from organisations.duplicates import Match
from organisations.models import Organisation, Standing
from partners.actions.member_lists import LISTED_KINDS, finder_of_listed, known_to
from partners.models import ListedMember, MemberList

State = ListedMember.State
_WITH_DSS = frozenset({State.MATCHED, State.UNCLEAR, State.NATIONAL})
# Of these the platform knows which organisation it is: it stands, or stood, in the register of the area.
_OPEN_BOOK = frozenset({State.RECORDED, State.KEPT, State.ENDED, State.GONE})
_NOT_RECORDED = (State.REJECTED, State.DOUBLED, State.REFERRED)
_LISTED, _IS_OPEN = Q(number__isnull=False), Q(state__in=ListedMember.OPEN)
_IS_NEW = _LISTED & Q(before=None) & ~Q(state=State.DOUBLED)
_IS_RENAMED = _LISTED & Q(before__isnull=False) & ~Q(name=F("before__name"))


@dataclass(frozen=True)
class Shown:
    """One row as its reader sees it; `organisation` is None where that is not theirs to know, or nobody knows it."""

    row: ListedMember
    label: str
    note: str
    tone: str
    organisation: Organisation | None
    is_suspended: bool
    waits_for_reader: bool
    was: str  # another name under which it was listed before


@dataclass(frozen=True)
class Reader:
    """Who looks at a list: DSS of its area, or who represents its platform; `known`: what the platform may know."""

    is_dss: bool
    known: frozenset[int] = frozenset()

    @classmethod
    def of(cls, row: MemberList, *, is_dss: bool) -> "Reader":
        """The reader of a list."""
        return cls(is_dss, frozenset() if is_dss else frozenset(known_to(row.platform, row.area)))

    def sees(self, organisation_id: int | None, state: str = "") -> bool:
        """Whether the organisation's name may be shown beside a row in `state`."""
        return organisation_id is not None and (self.is_dss or state in _OPEN_BOOK or organisation_id in self.known)

    def waits(self) -> Q:
        """The rows that wait for this reader."""
        return _IS_OPEN if self.is_dss else Q(state=State.LIKELY)


def narrowed(row: MemberList, reader: Reader, *, show: str, words: str):
    """The rows of a list that were asked for, those that wait for the reader first."""
    conditions = {
        "open": reader.waits(),
        "recorded": Q(state__in=[State.RECORDED, State.KEPT]),
        "new": _IS_NEW,
        "renamed": _IS_RENAMED,
        "gone": ~_LISTED,
        "other": Q(state__in=_NOT_RECORDED),
    }
    rows = row.members.filter(conditions.get(show, Q()), name__icontains=words)
    order = Case(When(reader.waits(), then=Value(0)), default=Value(1))
    return rows.select_related("organisation", "before").order_by(order, F("number").asc(nulls_last=True), "pk")


def counts_of(row: MemberList, reader: Reader) -> dict[str, int]:
    """How many rows there are, wait for the reader, and differ from the list before. One query."""
    return row.members.aggregate(
        rows=Count("pk", filter=_LISTED),
        waiting=Count("pk", filter=reader.waits()),
        with_dss=Count("pk", filter=Q(state__in=[*_WITH_DSS, State.GONE])),
        to_record=Count("pk", filter=Q(state__in=[State.MATCHED, State.NATIONAL])),
        recorded=Count("pk", filter=_LISTED & Q(state=State.RECORDED)),
        new=Count("pk", filter=_IS_NEW),
        renamed=Count("pk", filter=_IS_RENAMED),
        gone=Count("pk", filter=~_LISTED),
    )


def shown(rows, reader: Reader, area) -> list[Shown]:
    """The rows as the reader sees them; one query for suspensions."""
    rows = list(rows)
    suspended = suspended_in(area, {row.organisation_id for row in rows if row.organisation_id})
    return [_shown(row, reader, suspended) for row in rows]


def _shown(row, reader, suspended) -> Shown:
    label, note = _outcome(row, reader)
    organisation = row.organisation if reader.sees(row.organisation_id, row.state) else None
    waits = row.state in ListedMember.OPEN if reader.is_dss else row.state == State.LIKELY
    was = row.before.name if row.before and row.number is not None and row.before.name != row.name else ""
    is_suspended = bool(organisation) and organisation.pk in suspended
    return Shown(row, label, note, _tone(row, waits), organisation, is_suspended, waits, was)


def _outcome(row, reader) -> tuple[str, str]:
    """The state in a word, and what it means for the reader."""
    if not reader.is_dss and row.state in _WITH_DSS:
        return _("with DSS"), _("DSS of the area looks at it.")
    if row.state == State.RECORDED and row.organisation.kind == Organisation.Kind.NNGO:
        return _("recorded"), _("Local arrangement.")
    if row.state == State.LIKELY and reader.is_dss:
        return _("likely"), _("Choose, or wait for the platform to choose.")
    if row.state == State.REJECTED and not row.reason:
        return _("not recorded"), _("The Working Group could not establish that it is eligible.")
    return _words()[row.state]


def _words() -> dict[str, tuple[str, str]]:
    return {
        State.MATCHED: (_("known"), _("Waits for DSS to record it.")),
        State.LIKELY: (_("likely"), _("Choose which organisation it is.")),
        State.UNCLEAR: (_("unclear"), _("Say which organisation it is.")),
        State.NATIONAL: (_("national"), _("Waits for DSS to record a local arrangement.")),
        State.GONE: (_("missing"), _("Not on this list any more: DSS ends or keeps it.")),
        State.RECORDED: (_("recorded"), ""),
        State.REFERRED: (_("referred"), _("The Working Group looks at it.")),
        State.REJECTED: (_("not recorded"), ""),
        State.DOUBLED: (_("double"), _("The same as an earlier row.")),
        State.LEFT: (_("missing"), _("Not on this list any more. Nothing rested on it.")),
        State.KEPT: (_("kept"), _("Not on this list any more. DSS keeps it.")),
        State.ENDED: (_("ended"), _("Not on this list any more. DSS has ended it.")),
        State.REPLACED: (_("replaced"), _("It was open when the next list came: see there.")),
    }


def _tone(row, waits) -> str:
    if waits:
        return "strong"
    return "accent" if row.state in {State.RECORDED, State.KEPT} else "neutral"


def suspended_in(area, organisations: set[int]) -> set[int]:
    """Which of some organisations are suspended in an area, in the one it is a part of, or everywhere."""
    places = Q(area=None) | Q(area=area) | Q(area=area.parent_id)
    rows = Standing.objects.on().filter(places, kind=Standing.Kind.SUSPENDED, organisation__in=organisations)
    return set(rows.values_list("organisation", flat=True))


def candidates(row: ListedMember, reader: Reader, *, words: str = "") -> list[Match]:
    """The organisations that a row may mean, as far as the reader may know them: five at most; for DSS also those that
    it looks for by `words`."""
    finder = finder_of_listed()
    found = [m for m in finder.likely(row.name, acronym=row.acronym, limit=20) if reader.sees(m.organisation.pk)][:5]
    if reader.is_dss and words:
        have = {match.organisation.pk for match in found}
        rows = Organisation.objects.filter(kind__in=LISTED_KINDS).exclude(pk__in=have)
        named = rows.filter(Q(name__icontains=words) | Q(acronym__iexact=words) | Q(names__name__icontains=words))
        found += [Match(each, 0, _("You looked for it")) for each in named.distinct().order_by("name")[:10]]
    return found
