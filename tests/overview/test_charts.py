"""Pictures: well-formed, without style or script, whatever the words; drawn from published figures only."""

import re
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.template import engines
from django.utils import translation

from areas.models import Area
from areas.points import known_points, point_of
from areas.reference import load_reference
from overview import charts
from overview.disclosure import NOT_KNOWN, Figure

HOSTILE = ['<script>alert(1)</script>', "\" onload=\"x", "ذِكْرٌ", "a & b", "{% now 'Y' %}", "]]>", "‮abc"]  # fmt: skip
NONE, SOME, EXACT = Figure(0, 0), Figure(1, 4), Figure(1234, 1234)


def drawn(tag: str, **context) -> ElementTree.Element:
    """A picture as XML; the tag is written as in a template."""
    template = engines["django"].from_string(
        "{% load charts %}{% " + tag + " title=title description=said ident='x' %}"
    )
    return ElementTree.fromstring(template.render({"title": "T", "said": "D", **context}))


def every(picture):
    return [element.tag.rpartition("}")[2] for element in picture.iter()]


@pytest.mark.parametrize("words", HOSTILE)
@pytest.mark.parametrize(
    "tag", ["bar_chart rows", "line_chart labels figures", "symbol_map places"], ids=["bars", "trend", "map"]
)
def test_words_are_words(words, tag):
    """Well-formed with any text; no text becomes an element or an attribute."""
    picture = drawn(
        tag,
        title=words,
        said=words,
        rows=[(words, EXACT, SOME, words)],
        labels=[words, "b"],
        figures=[SOME, EXACT],
        places=[(words, known_points()["SS"], EXACT, SOME)],
    )
    assert set(every(picture)) <= {
        "svg", "title", "desc", "defs", "pattern", "rect", "text", "path", "polyline", "circle", "g", "image",
    }  # fmt: skip
    names = {name for element in picture.iter() for name in element.attrib}
    assert not {name for name in names if name.startswith("on") or name == "style"}
    assert picture.attrib["role"] == "img"
    assert words in picture.itertext()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_numbers_of_the_drawing_are_whole_in_every_language(language):
    with translation.override(language):
        picture = drawn(
            "line_chart labels figures", labels=["1", "2", "3"], figures=[Figure(1500, 1500), NOT_KNOWN, Figure(3, 3)]
        )
    for element in picture.iter():
        for name in {"x", "y", "width", "height", "cx", "cy", "r"} & set(element.attrib):
            assert re.fullmatch(r"\d+", element.attrib[name]), (name, element.attrib)


def test_a_line_has_a_gap_where_nothing_is_known():
    shown = charts.trend(list("abcde"), [Figure(1, 1), Figure(2, 2), NOT_KNOWN, Figure(2, 2), Figure(4, 4)])
    assert len(shown.lines) == 2
    assert len(shown.dots) == 4
    assert charts.trend([], []).dots == []


def test_no_line_leads_to_a_period_that_is_not_whole():
    known = [Figure(number, number) for number in (4, 5, 6, 1)]
    shown = charts.trend(["2022", "2023", "2024", "2025"], known, parts={3: "2025 (to 6 Mar)"})
    assert [len(line.split()) for line in shown.lines] == [3]
    assert (len(shown.dots), len(shown.rings)) == (3, 1)
    assert [(anchor, words) for _x, anchor, words in shown.notes] == [("end", "2025 (to 6 Mar)")]
    assert [words for _x, words in shown.ticks] == ["2022", "2023"]


def test_steps_are_columns_and_the_rest_dots():
    shown = charts.trend(list("abc"), [SOME, NONE, Figure(7, 7)])
    assert (len(shown.possible), len(shown.certain), len(shown.dots), shown.lines) == (1, 1, 2, [])


def test_bars_stay_in_the_picture_and_rows_of_nothing_are_left_out():
    rows = [("a", Figure(10**9, 10**9), SOME, "x"), ("b", NONE, NOT_KNOWN, "0"), ("c", NONE, Figure(0, 4), "0–4")]
    shown = charts.bars(rows)
    assert [bar.label for bar in shown] == ["a", "c"]
    assert all(bar.exact + bar.low + bar.high <= charts.WIDTH for bar in shown)
    assert charts.bars([]) == []


def test_a_symbol_is_as_large_as_the_figure_says_at_least():
    point = known_points()["SS"]
    rows = [("a", point, NONE, Figure(1, 4)), ("b", point, NONE, Figure(20, 24)), ("c", point, NONE, Figure(0, 4))]
    sides = {one.words: one.side for one in charts.symbols(rows)}
    assert 0 == sides["c"] < sides["a"] < sides["b"]


@pytest.mark.parametrize(("number", "top"), [(0, 2), (1, 2), (3, 4), (5, 10), (11, 20), (99, 100), (101, 200)])
def test_scales_end_at_a_round_number(number, top):
    assert charts.top_of_scale(number) == top


@pytest.mark.django_db
def test_every_area_has_its_place_on_the_map():
    load_reference()
    areas = {area.code: point_of(area) for area in Area.objects.prefetch_related("territories")}
    assert [code for code, point in areas.items() if point is None] == []
    assert areas["gaza"] != areas["west-bank"]
    assert all(-90 <= point.latitude <= 90 and -180 <= point.longitude <= 180 for point in areas.values())


@pytest.mark.django_db
def test_an_area_of_ones_own_stands_where_its_country_is(cast):
    own = Area.objects.create(code="own", name_en="Own", name_fr="Own", kind="multi")
    assert point_of(own) is None
    own.territories.create(country_id="TD")
    assert point_of(own) == known_points()["TD"]


def test_the_world_is_small_and_says_whose_it_is():
    text = (settings.BASE_DIR / "static" / "overview" / "world.svg").read_text(encoding="utf-8")
    assert len(text) <= 45_000
    assert "public domain" in text
    ElementTree.fromstring(text)
