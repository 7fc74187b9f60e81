"""Reading the tables that people bring: CSV as spreadsheets and data portals write it. Knows no model.

Tolerated: a byte order mark, lines above the header, HXL tag rows and repeated headers anywhere, blank rows, columns in
any order, missing or extra columns. Refused as a whole, with one sentence: what would have to be guessed.
"""

import codecs
import csv
import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

MAX_BYTES = 200 * 1024 * 1024
HEADER_WITHIN = 25  # rows

_TAG = re.compile(r"#[A-Za-z]")
# A control character is damage and must stay visible: dropping it could join two numbers into a third.
_DAMAGE = {code: "\ufffd" for code in [*range(32), *range(127, 160)] if chr(code) not in "\t\n\r\x85"}
_INVISIBLE = dict.fromkeys([0x00AD, 0x200B, 0x2060, 0xFEFF])
_CLEAN = _DAMAGE | _INVISIBLE


class TableError(Exception):
    """The file as a whole cannot be read. The message is one sentence for the person who brought it."""


@dataclass(frozen=True)
class Row:
    """One row of data, numbered as a spreadsheet numbers it. `surplus` are filled cells beyond the last column."""

    number: int
    cells: dict[str, str]
    surplus: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """The rows of a file by column name, and how its columns differ from those asked for."""

    rows: list[Row]
    missing: list[str]
    extra: list[str]
    digest: str


def plain(cell: str) -> str:
    """A cell as one line: white space and tabs around and inside it reduced, invisible characters gone."""
    return " ".join(cell.translate(_CLEAN).split())


def paragraphs(cell: str) -> str:
    """A cell of running text: line breaks stay, white space around it goes."""
    return cell.replace("\r\n", "\n").replace("\r", "\n").translate(_CLEAN).strip()


def read_csv(path: Path, *, required: Sequence[str], optional: Sequence[str] = ()) -> Table:
    """The table in the CSV file at `path`; its columns are found by name, whatever their order, case and spacing.

    Raises TableError if the file is not readable text, no row holds the `required` columns, or a quotation mark is
    not closed, so that where one cell ends and the next begins is unknown.
    """
    data = _content(path)
    records = list(_records(_decoded(data)))
    at, names = _header(records, required, optional)
    header = [plain(cell) for cell in records[at]]
    rows = []
    for number, record in enumerate(records[at + 1 :], start=at + 2):
        if not any(record):  # the sheets that report a million rows
            continue
        cells = [plain(cell) for cell in record]
        if any(cells) and not _is_tag_row(cells) and cells[: len(header)] != header:
            surplus = tuple(cell for cell in cells[len(names) :] if cell)
            rows.append(Row(number, {name: cell for name, cell in zip(names, record, strict=False) if name}, surplus))
    known = {*required, *optional}
    return Table(
        rows=rows,
        missing=[name for name in optional if name not in names],
        extra=[name for name in names if name and name not in known],
        digest=hashlib.sha256(data).hexdigest(),
    )


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise TableError(f"{path.name} is larger than {MAX_BYTES // 1024**2} MB.")
        return path.read_bytes()
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror}.") from error


def _decoded(data: bytes) -> str:
    if data.startswith(b"PK\x03\x04"):
        raise TableError("This is a spreadsheet file, not CSV: save it as “CSV UTF-8” and try again.")
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise TableError("The text of this file is not UTF-8: save it as “CSV UTF-8” and try again.") from error


def _records(text: str) -> Iterator[list[str]]:
    top = text[:10_000]
    delimiter = max(",;\t", key=top.count)
    # Strict: without it an unclosed quotation mark swallows the rows that follow, silently.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from reader
    except csv.Error as error:
        raise TableError(
            f"Near line {reader.line_num} a quotation mark is not closed or a cell is endless: repair that cell."
        ) from error


def _header(records, required, optional) -> tuple[int, list[str]]:
    """Which record is the header, and the names of its columns, the known ones as they are asked for."""
    known = {plain(name).casefold(): name for name in [*required, *optional]}
    fewest_missing = list(required)
    for at, record in enumerate(records[:HEADER_WITHIN]):
        names = [known.get(plain(cell).casefold(), plain(cell)) for cell in record]
        missing = [name for name in required if name not in names]
        if not missing:
            _refuse_twins(names, known.values())
            return at, names
        fewest_missing = min(fewest_missing, missing, key=len)
    some = ", ".join(f"“{name}”" for name in fewest_missing[:5]) + (", …" if len(fewest_missing) > 5 else "")
    raise TableError(f"No row near the top of this file names all the columns it needs; not found: {some}.")


def _refuse_twins(names, known) -> None:
    for name in known:
        if names.count(name) > 1:
            raise TableError(f"This file has two columns “{name}”, and which of them counts is unknown.")


def _is_tag_row(cells: list[str]) -> bool:
    """Whether most of the filled cells are HXL tags, such as #date+year."""
    filled = [cell for cell in cells if cell]
    return 2 * sum(bool(_TAG.match(cell)) for cell in filled) > len(filled)
