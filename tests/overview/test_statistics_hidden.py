"""What the statistics show of shared incidents: steps, and so little of few that nobody tells which they are (C4)."""

import csv
import re

import pytest
import time_machine

from incidents.codes import Category
from tests.factories.statistics import make_incidents

from .test_statistics import FILE, PAGE, rows_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel("2026-03-20T12:00:00Z", tick=True):
        yield


@pytest.fixture
def reader(cast, sign_in):
    """The field focal point of IO Lake, in South Sudan."""
    return sign_in(cast["io@lake.example"])


@pytest.fixture
def alba(cast):
    return cast.organisations["alba"]


def test_the_page_shows_steps_and_never_the_exact_figure(cast, reader, alba):
    make_incidents([{"area": cast.areas["chad"], "killed": 41}] * 67, originator=alba)
    make_incidents([{"area": cast.areas["kenya"]}] * 23)
    response = reader.get(PAGE)
    assert rows_of(response, "area") == {"Chad": ("0", "65–69"), "Kenya": ("23", "0")}
    for body in (response.content.decode(), reader.get(FILE).content.decode("utf-8-sig")):
        assert "65–69" in body
        words = re.sub(r"<[^>]*>", " ", body)  # without the numbers of the drawing
        assert not re.search(r"\b(67|90|2,?747)\b", words)
    assert len(rows_of(response, "period")) == 24


def test_a_second_cell_and_the_total_do_not_give_the_first_away(reader, alba):
    """Five and four ones: in steps of five they would be nine together, so the steps are ten wide."""
    codes = [Category.ROBBERY] * 5 + [Category.THREAT, Category.SAFETY, Category.ACCESS, Category.ASSAULT]
    make_incidents([{"category": code} for code in codes], originator=alba)
    response = reader.get(PAGE)
    assert response.context["shown"].step == 10
    assert set(rows_of(response, "category").values()) == {("0", "1–9")}
    assert "the widest step here is 10" in response.content.decode()


def test_few_are_not_broken_down_and_rows_do_not_tell_which(cast, reader, alba):
    make_incidents([{"area": cast.areas["chad"], "category": "robbery", "killed": 9}] * 4, originator=alba)
    response = reader.get(PAGE)
    assert (rows_of(response, "area"), rows_of(response, "category")) == ({}, {})
    assert set(rows_of(response, "period").values()) == {("0", "0–4")}
    assert str(response.context["shown"].total.figures["shared"]["incidents"]) == "1–4"
    assert "they are not broken down" in response.content.decode()


@pytest.mark.parametrize("shared", [0, 4])
def test_on_a_page_that_a_filter_leaves_few_look_like_none(cast, reader, alba, shared):
    """Four incidents of four categories: one page per category must not say which these are, nor its file."""
    codes = [Category.ROBBERY, Category.THREAT, Category.SAFETY, Category.ACCESS][:shared]
    make_incidents([{"category": code, "killed": 7, "area": cast.areas["chad"]} for code in codes], originator=alba)
    make_incidents([{"category": "robbery", "killed": 2, "area": cast.areas["kenya"]}])
    for query in ("?category=robbery", "?period=12-months", "?area=chad", "?source=shared", "?near_miss=no"):
        response = reader.get(PAGE + query)
        page, total = response.context["shown"], response.context["shown"].total.figures["shared"]
        assert [str(total[name]) for name in ("incidents", "killed", "detained")] == ["0–4", "not shown", "not shown"]
        assert {cell[1] for name in page.rows for cell in rows_of(response, name).values()} <= {"0–4"}
        assert page.sides == ([] if query in {"?area=chad", "?source=shared"} else ["public"])
        assert "match, or none: they are not shown." in response.content.decode()
        assert "it is not said whether there are any" in response.content.decode()
        [in_all] = [
            row for row in csv.reader(reader.get(FILE + query).content.decode().splitlines()) if "In all" in row[0]
        ]
        assert in_all[-5:] == ["0–4", *["not shown"] * 4]
    assert rows_of(reader.get(PAGE + "?category=robbery"), "area") == {"Kenya": ("1", "0–4")}
    assert reader.get(PAGE + "?source=public").context["shown"].sides == ["public"]
