"""Workbooks, JSON and HXL tags as people and enemies bring them: the same rows, or one sentence."""

import contextlib
import io
import json
import re
import time
import zipfile
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.datetime import MAC_EPOCH

from slt_portal.table_files import read_table
from slt_portal.tables import TableError
from slt_portal.workbooks import LAST_COLUMN

REQUIRED = ["Id", "Year"]
OPTIONAL = ["Killed", "Day", "Place"]
TAGS = {
    "Id": ("#event+id",),
    "Year": ("#date+year",),
    "Killed": ("#affected+killed", "#affected+total+killed"),
    "Place": ("#loc+name",),
}


def read(data, **options):
    data = data.encode() if isinstance(data, str) else data
    return read_table(data, **{"required": REQUIRED, "optional": OPTIONAL, "tags": TAGS} | options)


def cells_of(data):
    return [(row.number, row.cells) for row in read(data).rows]


def workbook(*rows, name="Data", book=None):
    """A workbook with these rows; with `book` one more sheet of it."""
    book, sheet = (book, book.create_sheet(name)) if book else _new_book(name)
    for row in rows:
        sheet.append(row)
    return book


def _new_book(name):
    book = openpyxl.Workbook()
    book.active.title = name
    return book, book.active


def saved(book) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def rewritten(data, **parts) -> bytes:
    """A workbook whose parts with these ends of name are changed by functions."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            content = old.read(part)
            for end, change in parts.items():
                content = change(content) if part.filename.endswith(f"{end}.xml") else content
            new.writestr(part.filename, content)
    return out.getvalue()


# Cells of a workbook know no zone.
MOMENT = datetime(2024, 2, 26, 13, 30)  # noqa: DTZ001
HEADER = ["Id", "Year", "Killed"]


def test_a_workbook_and_json_give_the_rows_of_the_csv():
    rows = [(2, {"Id": "1", "Year": "1999", "Killed": "2"}), (3, {"Id": "2", "Year": "2000", "Killed": ""})]
    assert cells_of("Id,Year,Killed\n1,1999,2\n2,2000,\n") == rows
    in_sheet = cells_of(saved(workbook(HEADER, [1, "1999", 2.0], ["2", 2000, None])))
    assert [(number, {"Killed": "", **cells}) for number, cells in in_sheet] == rows
    entries = [{"Id": 1, "Year": "1999", "Killed": 2}, {"Id": "2", "Year": 2000, "Killed": None}]
    assert [(number + 1, cells) for number, cells in cells_of(json.dumps(entries))] == rows
    assert cells_of(json.dumps({"count": 2, "data": entries})) == cells_of(json.dumps(entries))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(encoding):
    for text in ("Id,Year,Place\n1,1999,Côte\n", '[{"Id": 1, "Year": 1999, "Place": "Côte"}]'):
        assert read(text.encode(encoding)).rows[0].cells["Place"] == "Côte"
        with pytest.raises(TableError, match="not UTF-8"):
            read(text.encode("latin-1"))


def test_dates_numbers_and_formulas_of_a_workbook_are_what_a_person_sees():
    book = workbook(["Id", "Year", "Day", "Killed", "Place"])
    book.active.append([7.0, date(2024, 2, 26), MOMENT, True, 0.00001234])
    book.active.append([2, 45348, "=1+1", "=HYPERLINK(1)", 1e308])
    first, second = read(saved(book)).rows
    assert first.cells == {"Id": "7", "Year": "2024-02-26", "Day": "2024-02-26T13:30:00", "Killed": "true",
                           "Place": "0.00001234"}  # fmt: skip
    # Nobody has computed these formulas: they stay what they are, and no reader takes them for a number.
    assert (second.cells["Day"], second.cells["Killed"]) == ("=1+1", "=HYPERLINK(1)")
    assert second.cells["Year"] == "45348"


def test_a_formula_with_its_stored_result_is_the_result():
    data = saved(workbook(HEADER, [1, "=1998+1", 3]))
    data = rewritten(data, sheet1=lambda xml: re.sub(rb"(</f>)<v ?(/>|></v>)", rb"\1<v>1999</v>", xml))
    assert read(data).rows[0].cells["Year"] == "1999"


def test_a_sheet_that_reports_a_million_rows_is_read_at_once():
    def claim(xml):
        start, _, rest = xml.partition(b'<dimension ref="')
        return start + b'<dimension ref="A1:XFD1048576' + rest[rest.index(b'"') :]

    def far(xml):
        last = b'<row r="1048576"><c r="A1048576"/></row><row r="99999999"><c r="XFD99999999"/></row>'
        return claim(xml).replace(b"</sheetData>", last + b"</sheetData>")

    data = saved(workbook(HEADER, [1, 1999, 2]))
    for change in (claim, far):
        start = time.monotonic()
        assert len(read(rewritten(data, sheet1=change)).rows) == 1
        assert time.monotonic() - start < 10


def test_the_one_sheet_with_the_columns_is_read_and_of_two_neither():
    book = workbook(["About this file"], ["Fetched in March"], name="Notes")
    workbook(HEADER, [1, 1999, 2], name="Data", book=book)
    assert len(read(saved(book)).rows) == 1
    workbook(HEADER, [2, 1999, 2], name="Copy", book=book)
    with pytest.raises(TableError, match="Several sheets have the columns of this data set .“Data”, “Copy”."):
        read(saved(book))


def test_a_workbook_from_1904_is_refused_since_its_plain_numbers_mean_other_days():
    book = workbook(HEADER, [1, 1999, 2])
    book.epoch = MAC_EPOCH
    with pytest.raises(TableError, match="1904"):
        read(saved(book))


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as parts:
        for number in range(4):
            parts.writestr(f"xl/worksheets/sheet{number}.xml", b" " * 50 * 1024 * 1024)
    return out.getvalue()


def with_entities() -> bytes:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    declare = f"<?xml version='1.0'?><!-- hm --><!DOCTYPE x [{laughs}]>".encode()
    return rewritten(
        saved(workbook(HEADER, [1, 1999, 2])), sheet1=lambda xml: declare + xml[xml.index(b"<worksheet") :]
    )


def entries(some) -> str:
    return json.dumps(list(some))


DEEP = "[" * 100_000


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (bomb, "unpacks to more than 150 MB"),
        (with_entities, "declares XML entities"),
        (lambda: saved(workbook(HEADER, [1, 1999, 2]))[:900], "damaged"),
        (lambda: rewritten(saved(workbook(HEADER)), sheet1=lambda xml: xml[:-30]), "damaged|No row near the top"),
        (lambda: rewritten(saved(workbook(HEADER)), workbook=lambda xml: b"<a/>"), "damaged|no sheet"),
        (lambda: b"PK\x03\x04" + b"\0" * 500, "damaged"),
        (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500, "old Excel file"),
        (lambda: saved(workbook([])), "No row near the top"),
        (lambda: '[{"Id": 1, "Year": 1999}, {"Id": 2, "Ye', "damaged or cut off at line 1"),
        (lambda: DEEP, "nested too deep|damaged or cut off"),
        (lambda: '[{"a":' * 50_000, "nested too deep|damaged or cut off"),
        (lambda: '[{"Id": 1, "Year": NaN}]', "holds NaN"),
        (lambda: '[{"Id": 1, "Year": -Infinity}]', "holds -Infinity"),
        (lambda: '[{"Id": 1, "Year": 1999, "Id": 2}]', "“Id” twice"),
        (lambda: "[{" + ",".join(f'"n{n}": 1' for n in range(60_000)) + ', "n59999": 2}]', "“n59999” twice"),
        (lambda: entries({f"n{n}": 1} for n in range(3000)), "more than 300 names"),
        (lambda: entries([{f"n{n}": 1 for n in range(300)}, *[{}] * 40_000]), "more than 33,333 rows"),
        (lambda: entries([*[{}] * 1_000_000, {"Id": 1, "Year": 1999}]), "more than 200,000 rows"),
        (lambda: '[{"Id": 1, "Year": {"from": 1999}}]', "Entry 1 has several values in “Year”"),
        (lambda: '[{"Id": 1, "Year": 1999}, 7]', "Entry 2 of this JSON is not an object"),
        (lambda: '{"Id": 1, "Year": 1999}', "no list of incidents"),
        (lambda: "[]", "not found: “Id”, “Year”"),
        (lambda: '[{"Id": 1}]', "comes closest to naming the columns of this data set; not found: “Year”"),
        (lambda: b"%PDF-1.7 \xe2\xe3\xcf\xd3", "a PDF, not a table"),
        (lambda: b"\xff\xd8\xff\xe0\0\x10JFIF", "a picture, not a table"),
        (lambda: b"\x89PNG\r\n\x1a\n", "a picture, not a table"),
        (lambda: b"Id,Year\n\xe9,1999", "not UTF-8"),
        (lambda: b"x" * 10 * 1024 * 1024, "endless|No row"),
        (lambda: b"\n" * 10 * 1024 * 1024, "No row"),
        (lambda: b"Id,Year\n" + b"1,2\n" * 200_001, "more than 200,000 rows"),
    ],
)
def test_what_cannot_be_read_is_one_sentence_and_soon(data, sentence):
    start = time.monotonic()
    with pytest.raises(TableError, match=sentence) as refusal:
        read(data())
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 300
    assert time.monotonic() - start < 20


def test_entries_as_wide_as_a_workbook_are_read():
    names = [*HEADER, *(f"n{n}" for n in range(LAST_COLUMN - len(HEADER)))]
    assert len(read(entries([dict.fromkeys(names, 1)] * 2)).rows) == 2


def test_numbers_of_json_stay_as_written():
    cells = read('[{"Id": 1, "Year": 1e400, "Killed": -3, "Day": 1.50, "Place": "\\ud800\\u0000"}]').rows[0].cells
    assert cells == {"Id": "1", "Year": "1e400", "Killed": "-3", "Day": "1.50", "Place": "\ufffd\x00"}
    assert read('[{"Id": ' + "9" * 100_000 + ', "Year": true}]').rows[0].cells["Year"] == "true"


def test_tags_name_the_columns_whatever_their_header():
    tagged = "Ref,An,Colour,Tués,Day\n#event+id,#date+year,,#affected+killed,\n1,1999,red,2,5\n"
    table = read(f"{tagged}#event +id,,,,\n2,2000,blue,3,6\n")
    assert [row.cells for row in table.rows] == [
        {"Id": "1", "Year": "1999", "Colour": "red", "Killed": "2", "Day": "5"},
        {"Id": "2", "Year": "2000", "Colour": "blue", "Killed": "3", "Day": "6"},
    ]
    assert (table.missing, table.extra) == (["Place"], ["Colour"])
    alone = read("#event+ID,#date+year+i_en,#affected+Killed+total+v_x\n1,1999,2\n")
    assert alone.rows[0].cells == {"Id": "1", "Year": "1999", "Killed": "2"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Year,B\n#event+id,#date+year\n1,1999\n", "A column is named “Year”, but row 2 tags it as “Id”"),
        ("A,B\n#event+id,#event+id\n1,1999\n", "not found: “Year”"),
        ("A,B,C\n#event+id,#event+id,#date+year\n1,2,1999\n", "two columns “Id”"),
        ("A,B\n#event+id,#date+year\n1,1999\n#date+year,#event+id\n", "Row 4 tags the column “Id” as “Year”"),
        ("Title\nId,Jahr\n1,1999\n", "Row 2 comes closest to naming the columns of this data set; not found: “Year”"),
    ],
)
def test_tags_and_names_that_say_different_things_are_not_guessed(text, sentence):
    with pytest.raises(TableError, match=sentence):
        read(text)


@given(st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", b"[", b'[{"Id":1,"Year":', b"Id,Year\n"]))
def test_any_bytes_are_read_or_refused(data, start):
    with contextlib.suppress(TableError):
        read(start + data)
