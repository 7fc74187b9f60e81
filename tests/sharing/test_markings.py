"""The marking x audience table: all markings x all choices, and what each choice means."""

from itertools import combinations

import pytest

from areas.models import Area
from sharing.markings import AudienceChoice, AudienceRefused, Depth, Marking, principals_for

STRICT = {"dss_desks", "dss_headquarters", "un_of_area", "partners_of_area", "ocha", "named_organisations"}
# By hand from the architecture, section 3.
ALLOWED = {
    "TLP:RED": {"named_persons"},
    "TLP:AMBER+STRICT": STRICT,
    "TLP:AMBER": STRICT,
    "TLP:GREEN": STRICT | {"community"},
    "TLP:CLEAR": STRICT | {"community", "everyone"},
}
AREA = Area(pk=7, code="seven", parent_id=None)
PART = Area(pk=8, code="eight", parent_id=7)
ORIGINATOR = {"originator:3": Depth.FULL, "originator_in_area:3:7": Depth.FULL}
MEANING = {
    "dss_desks": {"dss_world": Depth.FULL, "dss:7": Depth.FULL},
    "dss_headquarters": {"dss_world": Depth.FULL},
    "un_of_area": {"un:7": Depth.SHARED, "designated_official:7": Depth.SHARED},
    "partners_of_area": {"area_partners:7": Depth.SHARED},
    "ocha": {"ocha": Depth.SHARED, "ocha:7": Depth.SHARED},
    "named_organisations": {"organisation:5": Depth.SHARED, "organisation_in_area:5:7": Depth.SHARED},
    "community": {"community": Depth.SHARED},
    "everyone": {"everyone": Depth.SHARED},
    "named_persons": {},
}


def compile_(choices, marking, area=AREA, originator=3):
    return principals_for(choices, marking=marking, originator_id=originator, area=area, organisation_ids=[5])


def test_the_codes_are_those_of_the_standard():
    assert set(Marking.values) == set(ALLOWED)
    assert set(AudienceChoice.values) == set(MEANING)


@pytest.mark.parametrize("choice", MEANING)
@pytest.mark.parametrize("marking", ALLOWED)
def test_each_choice(marking, choice):
    if choice in ALLOWED[marking]:
        assert compile_([choice], marking) == ORIGINATOR | MEANING[choice]
    else:
        with pytest.raises(AudienceRefused, match=choice):
            compile_([choice], marking)


@pytest.mark.parametrize("pair", list(combinations(sorted(MEANING), 2)), ids="+".join)
@pytest.mark.parametrize("marking", ALLOWED)
def test_each_pair(marking, pair):
    if set(pair) <= ALLOWED[marking]:
        assert compile_(pair, marking) == ORIGINATOR | MEANING[pair[0]] | MEANING[pair[1]]
    else:
        with pytest.raises(AudienceRefused):
            compile_(pair, marking)


@pytest.mark.parametrize("marking", ALLOWED)
def test_without_a_choice_only_the_originator_reads(marking):
    assert compile_([], marking) == ORIGINATOR


@pytest.mark.parametrize("marking", ["TLP:WHITE", "AMBER", "", None])
def test_a_marking_that_does_not_exist_is_refused(marking):
    with pytest.raises((ValueError, AudienceRefused)):
        compile_([], marking)


def test_an_unknown_choice_is_refused():
    with pytest.raises(AudienceRefused):
        compile_(["all_my_friends"], "TLP:CLEAR")


def test_who_works_in_the_whole_area_reads_what_happens_in_a_part():
    assert compile_(["dss_desks"], "TLP:AMBER", area=PART).keys() >= {"dss:7", "dss:8", "dss_world"}
    assert compile_(["un_of_area"], "TLP:AMBER", area=PART).keys() & {"un:7", "un:8"} == {"un:7", "un:8"}
    assert compile_(["partners_of_area"], "TLP:AMBER", area=AREA).keys() & {"area_partners:8"} == set()


def test_an_item_without_an_area_has_no_readers_by_area():
    everything = compile_(sorted(ALLOWED["TLP:CLEAR"]), "TLP:CLEAR", area=None, originator=None)
    assert everything == {
        "dss_world": Depth.FULL, "ocha": Depth.SHARED, "organisation:5": Depth.SHARED,
        "community": Depth.SHARED, "everyone": Depth.SHARED,
    }  # fmt: skip
