"""How coarse a time and a place become: each limit against each precision, on every clock (C4)."""

from datetime import UTC, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.coarser import (
    is_place_kept_back,
    place_codes_said,
    place_said,
    sorted_at,
    time_said,
)
from incidents.codes import PlaceLimit, PlacePrecision, TimeLimit, TimePrecision

JUBA = "Africa/Juba"
ZONES = [JUBA, "America/Bogota", "Asia/Kathmandu", "America/Havana", "Africa/Cairo", "Asia/Beirut", "UTC"]
MOMENTS = st.integers(800_000_000, 1_900_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
EVENING = datetime(2026, 11, 14, 17, 40, tzinfo=UTC)  # 19:40 in Juba


@pytest.mark.parametrize(
    ("precision", "limit", "begins", "said"),
    [
        ("about", "as_reported", EVENING, "about"),
        ("exact", "day_part", datetime(2026, 11, 14, 16, tzinfo=UTC), "day_part"),
        ("about", "day_part", datetime(2026, 11, 14, 16, tzinfo=UTC), "day_part"),
        ("about", "day", datetime(2026, 11, 13, 22, tzinfo=UTC), "day"),
        ("about", "month", datetime(2026, 10, 31, 22, tzinfo=UTC), "month"),
        ("day", "day_part", datetime(2026, 11, 13, 22, tzinfo=UTC), "day"),
        ("day", "month", datetime(2026, 10, 31, 22, tzinfo=UTC), "month"),
        ("month", "day", datetime(2026, 10, 31, 22, tzinfo=UTC), "month"),
        ("year", "month", datetime(2025, 12, 31, 22, tzinfo=UTC), "year"),
        ("not_sure", "day", datetime(2026, 11, 13, 22, tzinfo=UTC), "not_sure"),
        ("not_sure", "month", datetime(2026, 10, 31, 22, tzinfo=UTC), "not_sure"),
    ],
)
def test_when(precision, limit, begins, said):
    assert time_said(EVENING, precision, limit, JUBA) == (begins, said)


def test_of_what_nobody_knows_nothing_is_said():
    assert {time_said(None, "not_sure", limit, JUBA) for limit in TimeLimit} == {(None, "not_sure")}


@pytest.mark.parametrize(("hour", "begins"), [(0, 0), (5, 0), (6, 6), (11, 6), (12, 12), (17, 12), (18, 18), (23, 18)])
def test_parts_of_the_day_on_the_clock_of_the_place(hour, begins):
    local = datetime(2026, 3, 14, hour, 59, 59, tzinfo=ZoneInfo(JUBA))
    moment, _ = time_said(local.astimezone(UTC), "exact", "day_part", JUBA)
    assert moment.astimezone(ZoneInfo(JUBA)) == local.replace(hour=begins, minute=0, second=0)


def test_an_hour_that_comes_twice_does_not_tell_which_it_was():
    first = datetime(2026, 11, 1, 4, 30, tzinfo=UTC)  # 00:30 in Havana, and again an hour later
    for limit in ("day_part", "day", "month"):
        assert time_said(first, "exact", limit, "America/Havana") == time_said(
            first + timedelta(hours=1), "exact", limit, "America/Havana"
        )


@given(MOMENTS, st.sampled_from(ZONES), st.sampled_from(list(TimeLimit)[1:]), st.sampled_from(list(TimePrecision)))
def test_coarser_twice_is_coarser_once(moment, zone, limit, precision):
    """Nothing of the exact time is left: what is said, and sorted by, depends on the coarse time alone."""
    said, how = time_said(moment, precision, limit, zone)
    assert said <= moment
    assert time_said(said, how, limit, zone) == (said, how)
    assert sorted_at(moment, limit, zone) == sorted_at(time_said(moment, "exact", limit, zone)[0], limit, zone)


@given(MOMENTS, st.sampled_from(ZONES))
def test_a_month_is_sorted_into_itself(moment, zone):
    """On the clock of the place, and in UTC, in which figures are counted."""
    at, local = sorted_at(moment, "month", zone), moment.astimezone(ZoneInfo(zone))
    assert (at.year, at.month) == (local.year, local.month)
    there = at.astimezone(ZoneInfo(zone))
    assert (there.year, there.month) == (local.year, local.month)


FINE = {PlacePrecision.EXACT, PlacePrecision.WITHIN_25_KM, PlacePrecision.LINEAR, PlacePrecision.UNKNOWN}


def test_which_places_are_kept_back():
    kept = {pair for pair in product(PlacePrecision, PlaceLimit) if is_place_kept_back(*pair)}
    coarse = [PlaceLimit.DISTRICT, PlaceLimit.PROVINCE, PlaceLimit.COUNTRY]
    assert kept == {
        *product(FINE, coarse),
        *product([PlacePrecision.DISTRICT], coarse[1:]),
        (PlacePrecision.PROVINCE, PlaceLimit.COUNTRY),
    }


@pytest.mark.parametrize(
    ("precision", "limit", "said"),
    [
        ("exact", "within_25_km", {"place_precision": "within_25_km"}),
        ("linear", "within_25_km", {}),
        ("unknown", "within_25_km", {}),
        ("within_25_km", "district", {"place_precision": "district"}),
        ("linear", "district", {"place_precision": "district"}),
        ("province", "district", {}),
        ("unknown", "province", {"place_type": "unknown"}),
        ("exact", "country", {"place_precision": "country", "place_type": "unknown"}),
    ],
)
def test_codes_of_the_place(precision, limit, said):
    assert place_codes_said({"place_precision": precision, "place_type": "health"}, limit) == said


@pytest.mark.parametrize(
    ("precision", "limit", "shown", "said"),
    [
        ("exact", "within_25_km", "", "Torit"),
        ("exact", "within_25_km", "the county", "Torit"),
        ("exact", "district", "", ""),
        ("unknown", "district", "", ""),
        ("unknown", "district", "the county", "the county"),
        ("district", "district", "", "Torit"),
        ("district", "district", "the county", "the county"),
        ("district", "country", "", ""),
    ],
)
def test_the_place_in_words(precision, limit, shown, said):
    assert place_said("Torit", precision, limit, shown) == said
