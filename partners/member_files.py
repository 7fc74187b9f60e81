"""Reading the file in which a security platform brings its members: a table with names, CSV or a workbook (P8)."""

import io
import zipfile
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from slt_portal.table_files import read_table
from slt_portal.tables import Table, TableError, plain

MAX_ROWS = 2_000  # no platform has as many members
MAX_UNPACKED = 2 * 1024 * 1024  # a workbook of so many rows has a third of it; it is read once for each header tried
SHOWN = 5  # errors that are named; the others are counted
# By which header each column is found: the first of them that the file has.
NAMES = ("organisation", "organization", "name of organisation", "member", "membre", "ngo", "ong", "name", "nom")
ACRONYMS = ("acronym", "sigle", "abbreviation")
KINDS = ("type", "kind", "type of organisation", "type of organization", "organisation type", "organization type")
MORE = ("website", "headquarters", "hq", "country of headquarters", "site web", "siège")
TAGS = {"acronym": ["#org+acronym"], "type": ["#org+type", "#org+type+name"]}
LENGTHS = {"name": 200, "acronym": 40, "said_kind": 100, "said_more": 200}
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True)
class Listing:
    """One row of a list as it was written."""

    number: int
    name: str
    acronym: str = ""
    said_kind: str = ""
    said_more: str = ""


def read_members(data: bytes) -> list[Listing]:
    """The rows of the file `data` (CSV or a workbook), in its order.

    Raises TableError, with a sentence for the person who brought it: no table, no column with names, no rows or too
    many, rows without a name, formulas where names should be, cells that are longer than a name can be.
    """
    _check(data)
    header, table = _table(data)
    if not table.rows:
        raise TableError(_("This list has no members: there is nothing below its header."))
    if len(table.rows) > MAX_ROWS:
        raise TableError(_("This list has more than %(most)s rows.") % {"most": f"{MAX_ROWS:,}"})
    listings = [_listing(row, header) for row in table.rows]
    errors = [error for listing in listings for error in _errors(listing)]
    if errors:
        more = len(errors) - SHOWN
        if more > 0:
            more_text = ngettext("%(count)s more row like this.", "%(count)s more rows like this.", more)
            errors[SHOWN:] = [more_text % {"count": more}]
        raise TableError(" ".join(errors))
    return listings


def _check(data):
    """What read_table would take, and no platform's list is."""
    if not data.strip():
        raise TableError(_("This file is empty."))
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"[", b"{"}:
        raise TableError(_("This is no table. Save it as CSV or as an Excel workbook (.xlsx)."))
    if data.startswith(_ZIP):
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as parts:
                unpacked = sum(part.file_size for part in parts.infolist())
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise TableError(_("This workbook is damaged: save it again and try again.")) from error
        if unpacked > MAX_UNPACKED:
            sentence = _("This workbook unpacks to more than %(limit)s MB: keep only the sheet with the members.")
            raise TableError(sentence % {"limit": MAX_UNPACKED // 1024**2})


def _table(data) -> tuple[str, Table]:
    """The header of the column of names, and the table. Beside “Organisation”, “Name” may be that of a person."""
    errors = {}
    for header in NAMES:
        tags = TAGS | {header: ["#org", "#org+name"]}
        try:
            table = read_table(data, required=[header], optional=(*ACRONYMS, *KINDS, *MORE), tags=tags)
        except TableError as error:
            errors[header] = error
        else:
            return header, table
    raise next((error for header, error in errors.items() if f"“{header}”" not in str(error)), errors["name"])


def _first(cells, headers) -> str:
    return next((plain(cells[header]) for header in headers if plain(cells.get(header, ""))), "")


def _listing(row, header) -> Listing:
    more = " · ".join(dict.fromkeys(filter(None, (plain(row.cells.get(header, "")) for header in MORE))))
    return Listing(
        number=row.number,
        name=_first(row.cells, [header]),
        acronym=_first(row.cells, ACRONYMS),
        said_kind=_first(row.cells, KINDS),
        said_more=more,
    )


def _errors(listing):
    where = {"row": listing.number}
    if not listing.name:
        yield _("Row %(row)s has no name.") % where
    elif listing.name.startswith("="):
        yield _("Row %(row)s has a formula where the name should be.") % where
    elif not any(sign.isalnum() for sign in listing.name):
        yield _("Row %(row)s has no letters in its name.") % where
    for cell, most in LENGTHS.items():
        if len(getattr(listing, cell)) > most:
            yield _("Row %(row)s has a cell of more than %(most)s characters.") % {**where, "most": most}
