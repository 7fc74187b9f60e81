"""Fields of the report form by themselves: what they take, what they refuse, and when something happened."""

from datetime import UTC, date, datetime, time

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from incidents.fields import Coordinates, Narrative, PlainText, local_moment


@pytest.mark.parametrize(
    "text",
    [
        "انفجار قرب السوق",
        "‮txet desrever",
        "👩🏿‍🚒 fire 🔥",
        '=CMD("calc")',
        "<script>alert(1)</script>",
        "first line\nsecond\tline",
        "Ẕ̵̢̛͖͇͇̝̣̲̊̐͑͜a̸l̷g̶o",
        "½ ﷽ \u200d",
    ],
)
def test_text_in_any_script_stays_as_it_is(text):
    assert PlainText().clean(text) == text
    assert Narrative().clean(text) == text


def test_control_characters_are_dropped():
    every = "".join(map(chr, range(32))) + "\x7f"
    assert PlainText().clean(f"a{every}b") == "a\t\n\rb"


@pytest.mark.parametrize("text", ["", " ", "\x00", "\n\t"])
def test_nothing_but_blanks_is_nothing(text):
    with pytest.raises(ValidationError, match="required"):
        PlainText().clean(text)
    assert PlainText(required=False).clean(text) == ""


def test_the_limit_is_a_limit():
    assert PlainText(max_length=5).clean("12345") == "12345"
    with pytest.raises(ValidationError, match="at most 5"):
        PlainText(max_length=5).clean("123456")


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("4.85, 31.58", (4.85, 31.58)),
        ("-4.85,-31.58", (-4.85, -31.58)),
        (" 4 ; 31 ", (4.0, 31.0)),
        ("4.85 31.58", (4.85, 31.58)),
        ("90, 180", (90.0, 180.0)),
        ("-90, -180", (-90.0, -180.0)),
        ("0, 0", (0.0, 0.0)),
        ("", None),
    ],
)
def test_positions(text, pair):
    assert Coordinates(required=False).clean(text) == pair


@pytest.mark.parametrize(
    "text", ["4.85", "4,85, 31,58", "N 4.85 E 31.58", "90.1, 0", "0, 180.1", "1e1, 2", "nan, nan", "=1, 2", "999, 999"]
)
def test_what_is_no_position(text):
    with pytest.raises(ValidationError, match="atitude"):
        Coordinates(required=False).clean(text)


@pytest.mark.parametrize(
    ("day", "clock", "zone", "moment"),
    [
        (date(2026, 3, 14), time(8, 30), "Africa/Juba", datetime(2026, 3, 14, 6, 30, tzinfo=UTC)),
        (date(2024, 2, 29), time(23, 59), "UTC", datetime(2024, 2, 29, 23, 59, tzinfo=UTC)),
        # Of the hour that comes twice, the first.
        (date(2025, 10, 25), time(1, 30), "Asia/Gaza", datetime(2025, 10, 24, 22, 30, tzinfo=UTC)),
        (date(2026, 3, 14), None, "Asia/Kathmandu", datetime(2026, 3, 13, 18, 15, tzinfo=UTC)),
        # The day began at one o'clock: only the day was asked for, and it did exist.
        (date(2023, 4, 28), None, "Africa/Cairo", datetime(2023, 4, 27, 22, 0, tzinfo=UTC)),
    ],
)
def test_local_moments(day, clock, zone, moment):
    assert local_moment(day, clock, zone) == moment


@pytest.mark.parametrize(
    ("day", "clock", "zone", "meant"),
    [
        (date(2025, 4, 12), time(2, 30), "Asia/Gaza", "03:30"),
        (date(2023, 4, 28), time(0, 0), "Africa/Cairo", "01:00"),
        (date(2026, 3, 29), time(1, 15), "Europe/London", "02:15"),
    ],
)
def test_a_time_that_a_clock_change_skipped_is_said(day, clock, zone, meant):
    with pytest.raises(ValidationError) as refused:
        local_moment(day, clock, zone)
    assert meant in refused.value.messages[0]
    assert zone in refused.value.messages[0]


@pytest.mark.parametrize(("day", "zone"), [(date(1, 1, 1), "Asia/Tokyo"), (date(9999, 12, 31), "America/New_York")])
def test_the_ends_of_the_calendar(day, zone):
    with pytest.raises(ValidationError, match="cannot be used"):
        local_moment(day, time(23 if day.year > 1 else 0), zone)


@given(st.dates(), st.none() | st.times(), st.sampled_from(["Asia/Gaza", "Africa/Cairo", "Pacific/Apia", "UTC"]))
def test_any_day_is_a_moment_or_a_sentence(day, clock, zone):
    try:
        moment = local_moment(day, clock, zone)
    except ValidationError:
        moment = None
    assert moment is None or moment.utcoffset().total_seconds() == 0
