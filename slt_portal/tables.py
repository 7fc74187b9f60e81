"""Reading the tables that people bring (CSV as spreadsheets and data portals write it); writing safe ones. No model.

Tolerated: a byte order mark, lines above the header, HXL tag rows and repeated headers anywhere, blank rows, columns in
any order, missing or extra columns. Refused as a whole, with one sentence: what would have to be guessed.
"""

import codecs
import csv
import hashlib
import io
import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from django.utils.translation import gettext as _

MAX_BYTES = 200 * 1024 * 1024
MAX_ROWS = 200_000
HEADER_WITHIN = 25  # rows

Tags = Mapping[str, Sequence[str]]  # HXL tags by the name of a column

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


def read_csv(path: Path, *, required: Sequence[str], optional: Sequence[str] = (), tags: Tags | None = None) -> Table:
    """The table in the CSV file at `path`; its columns are found by name, whatever their order, case and spacing.

    `tags` and errors: see table_of. Raises TableError also if the file is not readable text or a quotation mark is not
    closed, so that where one cell ends and the next begins is unknown.
    """
    data = content_of(path)
    digest = hashlib.sha256(data).hexdigest()
    return table_of(csv_records(data), required=required, optional=optional, tags=tags, digest=digest)


def table_of(
    records: Iterable[tuple[int, Sequence[str]]],
    *,
    required: Sequence[str],
    optional: Sequence[str] = (),
    tags: Tags | None = None,
    digest: str = "",
) -> Table:
    """The table in numbered rows of cells. `tags` are the HXL tags by which a column is known whatever its name.

    Raises TableError, with a sentence, if no row holds the `required` columns, name and tag of a column are those of
    two columns, or there are more rows than anybody publishes.
    """
    records = ((number, record) for number, record in records if any(record))  # sheets that report a million rows
    top = list(itertools.islice(records, HEADER_WITHIN))
    at, header, names = find_header(top, required=required, optional=optional, tags=tags or {})
    known, by_tag, rows = {*required, *optional}, _by_tag(tags or {}), []
    for number, record in itertools.chain(top[at + 1 :], records):
        cells = [plain(cell) for cell in record]
        if is_tag_row(cells):
            _refuse_other_tags(number, cells, names, by_tag)
        elif any(cells) and not (header and cells[: len(header)] == header):
            surplus = tuple(cell for cell in cells[len(names) :] if cell)
            rows.append(Row(number, {name: cell for name, cell in zip(names, record, strict=False) if name}, surplus))
            if len(rows) > MAX_ROWS:
                raise TableError(_("This file has more than %(most)s rows: divide it.") % {"most": f"{MAX_ROWS:,}"})
    return Table(
        rows=rows,
        missing=[name for name in optional if name not in names],
        extra=[name for name in names if name and name not in known],
        digest=digest,
    )


def content_of(path: Path) -> bytes:
    """The bytes of the file at `path`. Raises TableError, with a sentence, if it cannot be read or is too large."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise TableError(_("This file is larger than %(limit)s MB.") % {"limit": MAX_BYTES // 1024**2})
        return path.read_bytes()
    except OSError as error:
        raise TableError(_("%(path)s cannot be read: %(why)s.") % {"path": path, "why": error.strerror}) from error


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xd8\xff", b"\x89PNG")):
        raise TableError(_("This is a picture, not a table."))
    if data.startswith(b"%PDF-"):
        raise TableError(_("This is a PDF, not a table."))
    if data.startswith(b"PK\x03\x04"):
        raise TableError(_("This is a spreadsheet file, not CSV: save it as “CSV UTF-8” and try again."))
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise TableError(_("The text of this file is not UTF-8: save it as “CSV UTF-8” and try again.")) from error


def csv_records(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file with their numbers. Raises TableError, with a sentence, where one cannot be read."""
    text = _decoded(data)
    top = text[:10_000]
    delimiter = max(",;\t", key=top.count)
    # Strict: without it an unclosed quotation mark swallows the rows that follow, silently.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from enumerate(reader, start=1)
    except csv.Error as error:
        sentence = _("Near line %(line)s a quotation mark is not closed or a cell is endless: repair that cell.")
        raise TableError(sentence % {"line": reader.line_num}) from error


def find_header(
    top: Sequence[tuple[int, Sequence[str]]], *, required: Sequence[str], optional: Sequence[str], tags: Tags
) -> tuple[int, list[str], list[str]]:
    """Where in `top` the header ends, its cells, and the names of its columns, the known ones as they are asked for.

    A row of tags counts more than the names above it; names say what the tags do not. Raises TableError if no row has
    all `required` columns.
    """
    known = {plain(name).casefold(): name for name in [*required, *optional]}
    by_tag, above, closest = _by_tag(tags), [], (len(required) + 1, 0, [])
    for at, (number, record) in enumerate(top):
        cells = [plain(cell) for cell in record]
        tagged = is_tag_row(cells)
        names = _combined(number, above, cells, known, by_tag) if tagged else _named(cells, known)
        missing = [name for name in required if name not in names]
        next_is_tagged = at + 1 < len(top) and is_tag_row([plain(cell) for cell in top[at + 1][1]])
        if not missing and (tagged or not next_is_tagged):
            _refuse_twins(names, known.values())
            return at, above if tagged else cells, names
        closest = min(closest, (len(missing), number, missing), key=lambda found: found[0])
        above = cells
    count, number, missing = closest
    some = ", ".join(f"“{name}”" for name in missing[:5] or required[:5]) + (", …" if count > 5 else "")
    if 0 < count < len(required):
        sentence = _("Row %(row)s comes closest to naming the columns of this data set; not found: %(columns)s.")
    else:
        sentence = _("No row near the top of this file names all the columns it needs; not found: %(columns)s.")
    raise TableError(sentence % {"row": number, "columns": some})


def _named(cells, known) -> list[str]:
    return [known.get(cell.casefold(), cell) for cell in cells]


def _combined(number, header, cells, known, by_tag) -> list[str]:
    """The columns' names by their tags in `cells`, otherwise by their names in `header`."""
    width = max(len(header), len(cells))
    header = _named([*header, *[""] * (width - len(header))], known)
    tagged = [by_tag.get(_tag(cell), "") for cell in [*cells, *[""] * (width - len(cells))]]
    for name, tag in zip(header, tagged, strict=True):
        if tag and name != tag and name in known.values():
            sentence = _("A column is named “%(name)s”, but row %(row)s tags it as “%(tag)s”: which is right?")
            raise TableError(sentence % {"name": name, "row": number, "tag": tag})
    return [tag or name for name, tag in zip(header, tagged, strict=True)]


def _by_tag(tags) -> dict[tuple, str]:
    return {_tag(tag): name for name, some in tags.items() for tag in some}


def _tag(cell: str) -> tuple[str, frozenset[str]]:
    """A tag whatever the order of its attributes; which vocabulary it is of and that it is English say nothing."""
    head, *attributes = cell.casefold().replace(" ", "").split("+")
    return head, frozenset(name for name in attributes if name != "i_en" and not name.startswith("v_"))


def _refuse_other_tags(number, cells, names, by_tag) -> None:
    """A later row of tags may repeat the first; if it says something else, what the rows below it mean is unknown."""
    for cell, name in zip(cells, names, strict=False):
        if by_tag.get(_tag(cell), name) != name:
            sentence = _("Row %(row)s tags the column “%(name)s” as “%(tag)s”: divide the file there.")
            raise TableError(sentence % {"row": number, "name": name, "tag": by_tag[_tag(cell)]})


def _refuse_twins(names, known) -> None:
    for name in known:
        if names.count(name) > 1:
            sentence = _("This file has two columns “%(name)s”, and which of them counts is unknown.")
            raise TableError(sentence % {"name": name})


def is_tag_row(cells: Sequence[str]) -> bool:
    """Whether most of the filled cells are HXL tags, such as #date+year."""
    filled = [cell for cell in cells if cell]
    return 2 * sum(bool(_TAG.match(cell)) for cell in filled) > len(filled)


# With these a spreadsheet begins a formula, also in their full-width and small forms; it looks past what stands in
# _SKIPPED, and where it takes another separator than ours a cell may begin in the middle of a text.
_FORMULA = frozenset("=+-@\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20")
_SKIPPED = " \"'\u00a0\u00ad\u200b\u2060\u3000\ufeff"
_SEPARATOR = re.compile("([;\t\r\n])")
_UNPRINTABLE = {code: None for code in [*range(32), *range(127, 160)] if chr(code) not in "\t\n\r"}


def write_csv(rows: Iterable[Sequence], headers: Sequence[str], *, hxl: Sequence[str] | None = None) -> bytes:
    """A CSV file, UTF-8 with byte order mark, that no spreadsheet takes for a program (C9).

    Texts are quoted and disarmed with an apostrophe where they would be a formula; numbers (also negative ones) stay
    numbers, None is an empty cell. `hxl` are the tags of the second row. Raises ValueError for a row of another length.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC)
    for row in itertools.chain([headers], [hxl] if hxl else [], rows):
        if len(row) != len(headers):
            raise ValueError(f"a row of {len(row)} cells in a table of {len(headers)} columns")
        writer.writerow([_safe(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig", "replace")


def _safe(cell):
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        return ""
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        return cell
    pieces = _SEPARATOR.split(str(cell).translate(_UNPRINTABLE))
    text = "".join(f"'{piece}" if piece.lstrip(_SKIPPED)[:1] in _FORMULA else piece for piece in pieces)
    return f"'{text}" if text[:1] in {"\t", "\r", "\n"} else text
