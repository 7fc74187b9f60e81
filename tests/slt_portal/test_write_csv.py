"""Tables that leave the portal: read back as they were, and no cell is a formula to any spreadsheet."""

import csv
import io
from decimal import Decimal

import pytest
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st

from slt_portal.tables import write_csv

FORMULA = "=+-@＝＋－＠﹦﹢﹣﹫"
SKIPPED = " \"'\u00a0\u00ad\u200b\u2060\u3000\ufeff"
numbers = st.one_of(
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.decimals(-180, 180, places=5),
)
hostile = st.text(st.sampled_from("=+-@\t\r\n;,\"' aé٣＝桥\u200b\x00\x1b|"), max_size=12)


def read_back(data, delimiter=","):
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def is_formula(cell):
    return cell[:1] in {*"\t\r\n"} or cell.lstrip(SKIPPED)[:1] in set(FORMULA)


def disarmed(cell):
    """Begins with an apostrophe, as spreadsheets want it, or with nothing dangerous."""
    return cell.startswith("'") or not is_formula(cell)


@given(st.lists(st.tuples(hostile | st.text(max_size=20), numbers, st.none()), min_size=1, max_size=5))
def test_whatever_is_written(rows):
    data = write_csv(rows, ["a", "b", "c"])
    for (text, number, _none), (cell, figure, nothing) in zip(rows, read_back(data)[1:], strict=True):
        assert disarmed(cell)
        assert Decimal(figure) == Decimal(str(number))
        assert nothing == ""
        plain = "".join(char for char in text if char in "\t\r\n" or not (ord(char) < 32 or 127 <= ord(char) < 160))
        assert cell.replace("'", "") == plain.encode("utf-8", "replace").decode().replace("'", "")


@given(hostile)
def test_nor_where_a_spreadsheet_takes_another_separator(text):
    """Cells that begin in the middle of a text, because the reader's spreadsheet splits at semicolons or tabs."""
    data = write_csv([["x", text, "y"]], ["a", "b", "c"]).decode("utf-8-sig").split("\r\n", 1)[1]
    for separator in ";\t":
        for line in data.splitlines():
            for piece in line.split(separator)[1:]:
                assert piece.startswith("'") or piece.lstrip(SKIPPED)[:1] not in set(FORMULA)


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "-1.5", "@SUM(A1)", "\t=1", "\rx", "  =1", '"=1', "'=1", "＝1", "－1", "﹢1", "\u200b=1",
     "\u00a0-1",     "=cmd|' /C calc'!A0", '=HYPERLINK("http://x.example","y")', "a;=1", "a\n=1", "a\t@x"],
)  # fmt: skip
def test_formulas_are_disarmed(text):
    [[cell]] = read_back(write_csv([[text]], ["a"]))[1:]
    assert cell != text
    assert "'" in cell
    assert disarmed(cell)


@pytest.mark.parametrize("text", ["", "a-b", "Torit = far", "1–4", "é", "桥", "a, b", 'say "so"', "two\nlines", "#tag"])
def test_harmless_texts_stay(text):
    assert read_back(write_csv([[text]], ["a"]))[1:] == [[text]]


def test_negative_numbers_are_numbers():
    assert write_csv([[-4.41, Decimal("-32.57"), -1]], "abc").endswith(b"-4.41,-32.57,-1\r\n")


def test_what_is_no_number_is_empty():
    assert read_back(write_csv([[float("nan"), float("inf"), None]], "abc"))[1] == ["", "", ""]


def test_headings_lazy_texts_and_tags():
    data = write_csv([[gettext_lazy("Area"), True]], [gettext_lazy("Area"), "b"], hxl=["#adm1+name", "#x"])
    assert read_back(data) == [["Area", "b"], ["#adm1+name", "#x"], ["Area", "True"]]


def test_a_lone_surrogate_is_no_error():
    assert read_back(write_csv([["\ud800"]], ["a"]))[1] == ["?"]


@pytest.mark.parametrize("row", [[1], [1, 2, 3]])
def test_a_row_of_another_length_is_refused(row):
    with pytest.raises(ValueError, match="columns"):
        write_csv([row], ["a", "b"])


def test_a_long_hostile_text_takes_no_time():
    assert len(write_csv([["\n " * 200_000 + "="]], ["a"])) > 400_000
