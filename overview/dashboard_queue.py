"""What waits for the reader of a dashboard, divided among the parts of the page: each line stands once (G1, G2)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from partners.queues import COUNTED, Line, Office

SHOWN = 15
OF_A_KIND = 3
UNDATED_DAYS = 30  # what nobody set a day for has its place as if it were due so long after it came
_SEATS = frozenset({Office.SEAT, Office.SECRETARIAT, Office.OVERSIGHT_COMMITTEE})
_FIELD = frozenset({Office.DSS_FIELD, Office.OCHA, Office.DESIGNATED_OFFICIAL, Office.AREA_BODY, Office.MECHANISM})


def of_the_committee(line: Line) -> bool:
    """Decisions, and what is put to the Committee."""
    return line.turn.office in _SEATS


def of_the_group(line: Line) -> bool:
    """What waits for a recommendation, and the decisions of its seats."""
    return line.turn.office in _SEATS | {Office.WORKING_GROUP}


def of_headquarters(line: Line) -> bool:
    """What DSS headquarters do, and what the secretariat looks after."""
    return line.turn.office in _SEATS | {Office.DSS_HEADQUARTERS}


def of_the_field(line: Line) -> bool:
    """What offices of an area do."""
    return line.turn.office in _FIELD | _SEATS


def of_an_organisation(line: Line) -> bool:
    """What one's own organisation does."""
    return line.turn.office == Office.ORGANISATION


@dataclass(frozen=True)
class Waiting:
    """The lines of one part of the page: what is overdue first, then by when they are due or how old they are."""

    lines: list[Line]

    @property
    def shown(self) -> list[Line]:
        """The first."""
        return self.lines[:SHOWN]

    @property
    def more(self) -> int:
        """How many are not shown."""
        return len(self.lines) - len(self.shown)

    @property
    def late(self) -> int:
        """How many are overdue."""
        return sum(bool(line.late) for line in self.lines)

    @property
    def kinds(self) -> list["OfKind"]:
        """The same by kind, the kind with most that is overdue first."""
        found: dict[str, list[Line]] = {}
        for line in self.lines:
            found.setdefault(str(line.kind), []).append(line)
        groups = [OfKind(kind, lines) for kind, lines in found.items()]
        return sorted(groups, key=lambda group: (-group.late, group.oldest))


@dataclass(frozen=True)
class OfKind:
    """What waits of one kind."""

    kind: str
    lines: list[Line]

    @property
    def count(self) -> str:
        """How many; of what is counted to so many only, at least."""
        return f"{len(self.lines)}+" if len(self.lines) >= COUNTED else str(len(self.lines))

    @property
    def late(self) -> int:
        """How many are overdue."""
        return sum(bool(line.late) for line in self.lines)

    @property
    def oldest(self) -> datetime:
        """Since when the oldest waits."""
        return min(line.since for line in self.lines)

    @property
    def shown(self) -> list[Line]:
        """The first of them."""
        return self.lines[:OF_A_KIND]


def divided(lines: list[Line], takers: list[Callable[[Line], bool]]) -> list[Waiting]:
    """The lines that each part takes, in the order of the parts; what none takes stands in the first."""
    found: list[list[Line]] = [[] for _ in takers]
    for line in lines:
        place = next((at for at, takes in enumerate(takers) if takes(line)), 0)
        found[place].append(line)
    return [Waiting(sorted(part, key=_urgency)) for part in found]


def _urgency(line):
    return not line.late, line.row.due or line.since + timedelta(days=UNDATED_DAYS)
