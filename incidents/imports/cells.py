"""Reading the cells of one row: a value that can be true is returned, any other is noted and left out."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from incidents.models import QuarantinedValue
from slt_portal.tables import Row, paragraphs, plain

Reason = QuarantinedValue.Reason

MAX_COUNT = 100_000  # more people than all aid organisations have in any one place
_WHOLE_NUMBER = re.compile(r"\d{1,12}(\.0+)?", re.ASCII)  # spreadsheets write 3 as 3.0
_BELOW_ZERO = re.compile(r"-\s?\d+(\.\d+)?", re.ASCII)
_DEGREES = re.compile(r"[+-]?\d{1,3}(\.\d{1,20})?", re.ASCII)
# What is noted is stored in the clear, so a text that strayed into another column must not be repeated there.
_LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Note:
    """What is wrong with the value of a column; `is_kept` when it is only flagged."""

    column: str
    value: str
    reason: Reason
    is_kept: bool = False


class Cells:
    """The cells of one row and the notes made while reading them."""

    def __init__(self, row: Row):
        self.row = row
        self.notes: list[Note] = []

    def raw(self, column: str) -> str:
        """The cell as one line; empty if the file has no such column."""
        return plain(self.row.cells.get(column, ""))

    def note(self, column: str, reason: Reason, *, value: str | None = None, is_kept: bool = False) -> None:
        """Remember what is wrong with `column`, unless something already is."""
        if not self.has_note(column):
            self.notes.append(Note(column, shown(self.raw(column) if value is None else value), reason, is_kept))

    def has_note(self, column: str) -> bool:
        """Whether something is wrong with `column`."""
        return any(note.column == column for note in self.notes)

    def text(self, column: str, *, longest: int) -> str:
        """A name, on one line."""
        return self._not_too_long(column, self.raw(column), longest)

    def narrative(self, column: str, *, longest: int) -> str:
        """A running text with its line breaks."""
        return self._not_too_long(column, paragraphs(self.row.cells.get(column, "")), longest)

    def number(self, column: str, *, lowest: int = 0, highest: int = MAX_COUNT) -> int | None:
        """A whole number; None for an empty cell and for what cannot be true."""
        value = self.raw(column)
        if not value:
            return None
        if not _WHOLE_NUMBER.fullmatch(value):
            self.note(column, Reason.NEGATIVE if _BELOW_ZERO.fullmatch(value) else Reason.NOT_A_NUMBER)
            return None
        number = int(value.partition(".")[0])
        if lowest <= number <= highest:
            return number
        self.note(column, Reason.TOO_LARGE if highest == MAX_COUNT else Reason.OUT_OF_RANGE)
        return None

    def degrees(self, column: str, *, limit: int) -> str:
        """Decimal degrees as published, from -limit to limit; empty for an empty cell and for what cannot be true."""
        value = self.raw(column)
        if value and not _DEGREES.fullmatch(value):
            self.note(column, Reason.NOT_A_NUMBER)
        elif value and abs(float(value)) > limit:
            self.note(column, Reason.OUT_OF_RANGE)
        return "" if self.has_note(column) else value

    def label(self, column: str, spellings: Mapping[str, str]) -> str:
        """The code list's own label for a cell, by its spellings in lower case; empty if it is not in the list."""
        value = self.raw(column)
        label = spellings.get(value.casefold(), "")
        if value and not label:
            self.note(column, Reason.UNKNOWN_CODE)
        return label

    def labels(self, column: str, spellings: Mapping[str, str]) -> list[str]:
        """The same for several labels between commas; none if one of them is not in the list."""
        value = self.raw(column)
        parts = [value] if value.casefold() in spellings else [part.strip() for part in value.split(",")]
        labels = [spellings.get(part.casefold(), "") for part in parts]
        if value and not all(labels):
            self.note(column, Reason.UNKNOWN_CODE)
        return labels if value and all(labels) else []

    def _not_too_long(self, column, value, longest):
        if len(value) <= longest:
            return value
        self.note(column, Reason.TOO_LONG, value=value)
        return ""


def spellings(labels: Iterable[str], variants: Mapping[str, str]) -> dict[str, str]:
    """Every known spelling of `labels` in lower case, and the label it stands for."""
    own = {label.casefold(): label for label in labels}
    return own | {spelling: label for spelling, label in variants.items() if label in own.values()}


def shown(value: str) -> str:
    """A value as it may be repeated in a note."""
    return value if len(value) <= _LONGEST_SHOWN else f"({len(value)} characters)"
