"""Reading workbooks (.xlsx) as rows of text. A zip of XML can be made to explode, so it is checked first.

Values come as a person sees them: dates as YYYY-MM-DD, 3.0 as 3, a formula as its stored result. A formula without a
stored result stays a formula, for it would otherwise pass as an empty cell.
"""

import io
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from xml.parsers import expat

import openpyxl
import structlog
from django.utils.translation import gettext as _
from openpyxl.utils.datetime import MAC_EPOCH

from .tables import TableError

log = structlog.get_logger(__name__)

MAX_UNPACKED = 150 * 1024 * 1024
MAX_PARTS = 1000
LAST_ROW = 1_048_576  # of a spreadsheet
LAST_COLUMN = 300  # no data set has as many; a cell far out would make every row as wide
ROWS_AT_ONCE = 500

Records = Iterator[tuple[int, list[str]]]


def sheets_of(data: bytes) -> list[tuple[str, Callable[[], Records]]]:
    """The sheets of a workbook: name, and a function that gives its numbered rows.

    Raises TableError, with a sentence, here or while the rows are read: for what is damaged, unpacks to more than
    MAX_UNPACKED, declares XML entities, or counts its dates from 1904.
    """
    has_formulas = _check(data)
    book = _guarded(lambda: openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False))
    if book.epoch == MAC_EPOCH:
        raise TableError(_("This workbook counts its dates from 1904: save it as CSV UTF-8 and try again."))
    written = book
    if has_formulas:
        written = _guarded(lambda: openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False))
    names = [sheet.title for sheet in book.worksheets]
    return [(name, lambda name=name: _rows(book[name], written[name])) for name in names]


def _check(data: bytes) -> bool:
    """Refuse what must not be unpacked; whether any sheet holds formulas."""
    has_formulas = False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            names = parts.infolist()
            # The sizes are those the file declares; unpacking stops at them, so a lie ends as damage.
            if len(names) > MAX_PARTS or sum(part.file_size for part in names) > MAX_UNPACKED:
                sentence = _("This workbook unpacks to more than %(limit)s MB: divide it.")
                raise TableError(sentence % {"limit": MAX_UNPACKED // 1024**2})
            for part in names:
                if part.filename.endswith((".xml", ".rels")):
                    content = parts.read(part)
                    _refuse_entities(content)
                    has_formulas |= "worksheets" in part.filename and (b"<f>" in content or b"<f " in content)
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
        EOFError,
        OSError,
        ValueError,
        zlib.error,
    ) as e:
        raise TableError(_("This workbook is damaged or has a password: save it anew and try again.")) from e
    return has_formulas


class _PrologEnded(Exception):
    """The first element: after it no declaration can follow."""


def _refuse_entities(content: bytes) -> None:
    """Raise TableError for XML with a document type: entities live there, and no workbook needs one."""

    def end(*ignored):
        raise _PrologEnded

    def refuse(*ignored):
        raise TableError(_("This workbook declares XML entities, as no spreadsheet program does: it was not opened."))

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.StartDoctypeDeclHandler = end, refuse
    try:
        parser.Parse(content, True)
    except _PrologEnded:
        return
    except expat.ExpatError as error:
        raise TableError(_("This workbook is damaged: save it anew and try again.")) from error


def _rows(sheet, written) -> Records:
    """The rows of a sheet; `written` is the same sheet with formulas, or the very same if there are none."""
    values = _cells(sheet)
    pairs = ((row, row) for row in values) if written is sheet else zip(values, _cells(written), strict=True)
    number = 0
    while some := _guarded(lambda: list(islice(pairs, ROWS_AT_ONCE))):
        for row, typed in some:
            number += 1
            if typed.count(None) < len(typed):
                width = max(at for at, cell in enumerate(typed, start=1) if cell is not None)
                yield number, [_text(*cells) for cells in zip(row[:width], typed[:width], strict=True)]


def _cells(sheet):
    if not hasattr(sheet, "reset_dimensions"):
        return iter(())  # a chart
    sheet.reset_dimensions()  # those that a sheet reports are often a million rows
    return sheet.iter_rows(max_row=LAST_ROW, max_col=LAST_COLUMN, values_only=True)


def _guarded(read):
    """What `read` gives; whatever the library stumbles over in a damaged workbook is one sentence."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and validations, which nobody asks for
            return read()
    except Exception as error:  # the library has no error of its own for damage: KeyError, TypeError, ParseError, ...
        log.info("workbook_cannot_be_read", error=type(error).__name__)
        raise TableError(_("This workbook is damaged: save it anew and try again.")) from error


def _text(shown, written) -> str:
    value = written if shown is None else shown
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return (value.date() if value.time() == time.min else value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float):
        return _number(value)
    # An array formula is an object with its text; anything else is a text already.
    return getattr(value, "text", None) or str(value)


def _number(value) -> str:
    """A number without the exponent and the .0 that spreadsheets keep to themselves."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    text = f"{Decimal(repr(value)):f}"
    return text if len(text) < 400 else repr(value)
