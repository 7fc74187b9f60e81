"""Tables in whatever file people bring: CSV, a workbook (.xlsx) or JSON, told apart by what is in it, not by its name.

Workbooks and JSON come from strangers: what would make a reader swell, run or wait is refused before it is read.
"""

import codecs
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from django.utils.translation import gettext as _

from .tables import MAX_BYTES, MAX_ROWS, Table, TableError, Tags, csv_records, plain, table_of
from .workbooks import LAST_COLUMN, sheets_of

MAX_CELLS = 10_000_000  # an entry may leave out what others have: two million bytes can say sixty million cells
_ZIP, _OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_table(
    data: bytes, *, required: Sequence[str], optional: Sequence[str] = (), tags: Tags | None = None
) -> Table:
    """The table in `data`; see tables.table_of for `required`, `optional` and `tags`.

    Of a workbook it is the only sheet with the required columns. Raises TableError, with a sentence, when it cannot be
    read. Rows of JSON are numbered from 1 for the first entry, others as a spreadsheet numbers them.
    """
    if len(data) > MAX_BYTES:
        raise TableError(_("This file is larger than %(limit)s MB.") % {"limit": MAX_BYTES // 1024**2})
    wanted = {"required": required, "optional": optional, "tags": tags, "digest": hashlib.sha256(data).hexdigest()}
    if data.startswith(_OLD_OFFICE):
        raise TableError(
            _("This is an old Excel file or one with a password: save it as .xlsx without one and try again.")
        )
    if data.startswith(_ZIP):
        return _only_sheet(sheets_of(data), wanted)
    is_wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if data[:1000].decode("utf-16" if is_wide else "utf-8-sig", "ignore").lstrip()[:1] in {"[", "{"}:
        return table_of(_entries(data), **wanted)
    return table_of(csv_records(data), **wanted)


def _only_sheet(sheets: list[tuple[str, Callable[[], Iterator]]], wanted) -> Table:
    """The table in the one sheet that has it."""
    found, first_error = {}, TableError(_("This workbook has no sheet with rows."))
    for number, (name, records) in enumerate(sheets):
        try:
            found[name] = table_of(records(), **wanted)
        except TableError as error:
            first_error = error if number == 0 else first_error
    if len(found) > 1:
        names = ", ".join(f"“{name}”" for name in found)
        sentence = _("Several sheets have the columns of this data set (%(names)s): keep one of them.")
        raise TableError(sentence % {"names": names})
    if not found:
        raise first_error
    return found.popitem()[1]


def _entries(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """A header and the entries of a JSON list of objects, or of the only list in an object."""
    loaded = _loaded(data)
    if isinstance(loaded, dict):
        lists = [value for value in loaded.values() if isinstance(value, list)]
        loaded = lists[0] if len(lists) == 1 else None
    if not isinstance(loaded, list):
        raise TableError(_("This JSON holds no list of incidents."))
    _refuse_many(loaded, at_most=MAX_ROWS)
    names: dict[str, None] = {}
    for number, entry in enumerate(loaded, start=1):
        if not isinstance(entry, dict):
            sentence = _("Entry %(number)s of this JSON is not an object with names and values.")
            raise TableError(sentence % {"number": number})
        names.update(dict.fromkeys(entry))
        if len(names) > LAST_COLUMN:  # each makes every entry as wide
            sentence = _("The entries of this JSON have more than %(most)s names: it is no list of incidents.")
            raise TableError(sentence % {"most": LAST_COLUMN})
    _refuse_many(loaded, at_most=MAX_CELLS // max(len(names), 1))
    yield 0, [_whole(plain(name)) for name in names]
    for number, entry in enumerate(loaded, start=1):
        yield number, [_cell(entry.get(name), number, name) for name in names]


def _refuse_many(entries, *, at_most) -> None:
    if len(entries) > at_most:
        raise TableError(_("This file has more than %(most)s rows: divide it.") % {"most": f"{at_most:,}"})


def _loaded(data: bytes):
    try:
        # Numbers stay as they are written: 1e400 would become infinity, a million digits would take minutes.
        return json.loads(
            data,
            parse_float=str,
            parse_int=str,
            parse_constant=_no_number,
            object_pairs_hook=_object,
        )
    except RecursionError as error:
        raise TableError(_("This JSON is nested too deep to be a list of incidents.")) from error
    except UnicodeDecodeError as error:
        raise TableError(_("The text of this file is not UTF-8: save it as UTF-8 and try again.")) from error
    except json.JSONDecodeError as error:
        sentence = _("This JSON is damaged or cut off at line %(line)s, sign %(sign)s: fetch the file again.")
        raise TableError(sentence % {"line": error.lineno, "sign": error.colno}) from error


def _no_number(name):
    sentence = _("This JSON holds %(name)s, which is no number: the program that wrote it is at fault.")
    raise TableError(sentence % {"name": name})


def _object(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        [(twice, _count)] = Counter(name for name, _value in pairs).most_common(1)
        sentence = _("An entry of this JSON has “%(name)s” twice, and which of them counts is unknown.")
        raise TableError(sentence % {"name": plain(_whole(twice))[:60]})
    return found


def _cell(value, number, name) -> str:
    if value is None:
        return ""
    if isinstance(value, list | dict):
        sentence = _("Entry %(number)s has several values in “%(name)s”, where there must be one.")
        raise TableError(sentence % {"number": number, "name": plain(_whole(name))[:60]})
    return str(value).lower() if isinstance(value, bool) else _whole(value)


def _whole(text: str) -> str:
    """Halves of characters, which JSON can write and no database takes, shown as damage."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
