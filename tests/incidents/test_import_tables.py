"""Files as people bring them: what the reader of tables puts up with and what it refuses."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slt_portal.tables import TableError, paragraphs, plain, read_csv

REQUIRED = ["Incident ID", "Year"]


def read(tmp_path, content, **options):
    path = tmp_path / "file.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_csv(path, required=REQUIRED, **options)


def cells_of(table):
    return [(row.number, row.cells) for row in table.rows]


EXPECTED = [(2, {"Incident ID": "1", "Year": "1999"})]


@pytest.mark.parametrize(
    "content",
    [
        "Incident ID,Year\n1,1999\n",
        "\ufeffIncident ID,Year\r\n1,1999\r\n",
        "Incident ID;Year\n1;1999\n",
        "Incident ID\tYear\n1\t1999\n",
        '"Incident ID",Year\n"1","1999"\n\n\n,\n',
        " incident  id ,YEAR\t\n1,1999",
        "Incident ID,Year,,\n1,1999,,\n",
        "Incident ID,Year\n1,1999\n".encode("utf-16"),
    ],
    ids=["plain", "mark", "semicolon", "tab", "quoted-blank-rows", "spelling", "trailing", "utf-16"],
)
def test_variants_of_one_file_read_the_same(tmp_path, content):
    table = read(tmp_path, content)
    assert (cells_of(table), table.extra, table.missing) == (EXPECTED, [], [])


def test_lines_above_tag_rows_and_repeated_headers_are_not_data(tmp_path):
    table = read(
        tmp_path,
        "Title of the sheet,\n\nIncident ID,Year\n#event+id,#date+year\n1,1999\n#event+id,\nIncident ID,Year\n2,2000\n",
    )
    assert [(row.number, row.cells["Incident ID"]) for row in table.rows] == [(5, "1"), (8, "2")]


def test_a_row_of_data_may_hold_a_number_sign(tmp_path):
    table = read(tmp_path, "Incident ID,Year,Note\n1,1999,#a tag\n")
    assert table.rows[0].cells == {"Incident ID": "1", "Year": "1999", "Note": "#a tag"}


def test_missing_extra_and_short_are_told_apart(tmp_path):
    table = read(
        tmp_path, "Year,Colour,Incident ID,Day\n1999,red\n2000,blue,7,3,too,,many\n", optional=["Day", "Month"]
    )
    assert (table.missing, table.extra) == (["Month"], ["Colour"])
    assert [row.cells for row in table.rows] == [
        {"Year": "1999", "Colour": "red"},
        {"Year": "2000", "Colour": "blue", "Incident ID": "7", "Day": "3"},
    ]
    assert [row.surplus for row in table.rows] == [(), ("too", "many")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "not found: “Incident ID”, “Year”."),
        ("Year,Month\n1999,1\n", "not found: “Incident ID”."),
        ("Incident ID,Year,year\n1,1999,2000\n", "two columns “Year”"),
        ('Incident ID,Year\n1,"1999\n2,2000\n', "quotation mark is not closed"),
        ('Incident ID,Year\n1,"19"99\n', "quotation mark is not closed"),
        (f"Incident ID,Year\n1,{'9' * 200_000}\n", "a cell is endless"),
        ("Incident ID,Year\n1,Côte\n".encode("latin-1"), "not UTF-8"),
        (b"PK\x03\x04rest of a workbook", "spreadsheet file"),
    ],
)
def test_what_would_have_to_be_guessed_is_refused_with_a_sentence(tmp_path, content, sentence):
    with pytest.raises(TableError, match=sentence) as refusal:
        read(tmp_path, content)
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_not_there_or_is_a_folder(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(TableError, match="cannot be read"):
            read_csv(path, required=REQUIRED)


def test_damage_in_a_number_stays_visible():
    assert plain("1\x002") == "1\ufffd2"
    assert plain("\ufeff 4.5\t\u00a0") == "4.5"
    assert paragraphs(" one\r\n\r\ntwo\t\n") == "one\n\ntwo"


@given(st.lists(st.lists(st.text(max_size=20), max_size=5), max_size=5))
def test_any_cells_are_read_or_refused(tmp_path_factory, records):
    text = io.StringIO(newline="")
    csv.writer(text).writerows([REQUIRED, *records])
    path = tmp_path_factory.mktemp("fuzz") / "file.csv"
    path.write_bytes(text.getvalue().encode(errors="replace"))
    try:
        table = read_csv(path, required=REQUIRED)
    except TableError:
        return
    assert all(set(row.cells) <= set(REQUIRED) for row in table.rows)
