"""Who is shown, who is not any more, what is missing, and what is said of double hats (§4; K1)."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override

from accounts.models import User
from areas.models import Area
from coordination.models import Assignment
from coordination.picture import picture_of, pictures
from organisations.models import Membership, Standing
from tests.factories.coordination import (
    CHAD,
    DO,
    GRACE,
    SOUTH_SUDAN,
    a_mechanism,
    an_assignment,
    days_ago,
)

ALBA, BENU, CSFP, LAKE = "field@alba.example", "field@benu.example", "csfp@un.example", "io@lake.example"
GAPS_OF_SOUTH_SUDAN = ["No mechanism of the IO community", "Nobody named for OCHA"]


def there(cast, code=SOUTH_SUDAN, on=None):
    return picture_of(cast.areas[code], on)


def names(post):
    return [row.name for row in post.holders]


def represented(picture, community="ngo"):
    return {voice.name: [row.name for row in voice.representatives] for voice in picture.side(community).voices}


def test_what_roles_say_is_not_typed_again(cast):
    picture = there(cast)
    assert names(picture.post("dss_office")) == ["Josephine Achol Deng"]
    assert names(picture.post("designated_official")) == ["Thandiwe Mokoena"]
    assert represented(picture) == {"NGO Security Platform South Sudan": ["Grace Keji Wani"]}
    assert [row.is_confirmed for row in picture.holders] == [False, False, False]
    assert (picture.unconfirmed, picture.stale) == (4, 0)
    assert [str(gap) for gap in picture.gaps] == GAPS_OF_SOUTH_SUDAN


@pytest.mark.parametrize(
    ("code", "gaps", "only_reinforced"),
    [
        (SOUTH_SUDAN, GAPS_OF_SOUTH_SUDAN, ["No SLT focal point named"]),
        # DSS has no office there: its country security focal point acts as SLT focal point.
        (CHAD, ["No mechanism of the NGO community", "No mechanism of the IO community", "Nobody named for OCHA",
                "No Designated Official named"], []),
        ("kenya", ["No mechanism of the NGO community", "No mechanism of the IO community", "Nobody named for OCHA",
                   "No country security focal point named", "No Designated Official named"], []),
    ],
)  # fmt: skip
def test_gaps_depend_on_the_level_and_on_the_office_of_dss(cast, code, gaps, only_reinforced):
    picture = there(cast, code)
    reinforced = picture.gaps_at(is_reinforced=True)
    assert sorted(map(str, picture.gaps)) == sorted(gaps)
    assert sorted(map(str, reinforced)) == sorted(gaps + only_reinforced)
    with override("fr"):
        assert len({str(gap) for gap in reinforced}) == len(gaps + only_reinforced)


def test_an_assignment_takes_the_place_of_the_role(cast):
    mechanism = a_mechanism(cast, organisation=cast.organisations["platform"])
    assert represented(there(cast)) == {"NGO Security Platform": ["Grace Keji Wani"]}
    an_assignment(cast, mechanism=mechanism, who=GRACE)
    an_assignment(cast, "dss_office")
    an_assignment(cast, who=None, name="Focal point", email="slt@un.example", phone="+211 1")
    picture = there(cast)
    assert represented(picture) == {"NGO Security Platform": ["Grace Keji Wani"]}
    assert names(picture.post("dss_office")) == ["Josephine Achol Deng"]
    (focal_point,) = picture.post("slt_focal_point").holders
    assert (focal_point.name, focal_point.email, focal_point.phone) == ("Focal point", "slt@un.example", "+211 1")
    assert picture.unconfirmed == 1  # the Designated Official
    assert not [gap for gap in picture.gaps_at(is_reinforced=True) if gap.only_reinforced]


def test_several_mechanisms_and_one_that_nobody_represents(cast):
    a_mechanism(cast, name="Forum of Malakal", place="Malakal", kind="forum")
    a_mechanism(cast, community="io", name="IO focal point", kind="focal_point")
    picture = there(cast)
    assert set(represented(picture)) == {"Forum of Malakal", "NGO Security Platform South Sudan"}
    assert [str(gap) for gap in picture.gaps] == [
        "Nobody represents “Forum of Malakal”", "Nobody represents “IO focal point”", "Nobody named for OCHA",
    ]  # fmt: skip


# --- Who does not count any more ---------------------------------------------------------------------------------


def end_membership(cast):
    Membership.objects.filter(user=cast[ALBA]).update(ends_at=timezone.now() - timedelta(seconds=1))


def end_account(cast):
    User.objects.filter(pk=cast[ALBA].pk).update(is_active=False)


def let_account_expire(cast):
    User.objects.filter(pk=cast[ALBA].pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def suspend(area):
    def act(cast):
        place = cast.areas[area] if area else None
        Standing.objects.create(organisation=cast.organisations["alba"], area=place, kind="suspended")

    return act


def end_partnership(cast):
    Standing.objects.filter(organisation=cast.organisations["alba"], kind="partner").update(ends_at=timezone.now())


def end_assignment(cast):
    Assignment.objects.update(ended_on=days_ago(0))


@pytest.mark.parametrize(
    ("act", "stays"),
    [
        (end_membership, False),
        (end_account, False),
        (let_account_expire, False),
        (suspend(None), False),
        (suspend(SOUTH_SUDAN), False),
        (suspend(CHAD), True),
        (end_partnership, False),
        (end_assignment, False),
        (lambda cast: None, True),
    ],
)
def test_whoever_no_longer_counts_is_gone_at_once(cast, act, stays):
    mechanism = a_mechanism(cast, name="SLT focal point of NGOs", kind="focal_point")
    an_assignment(cast, mechanism=mechanism, who=ALBA)
    act(cast)
    picture = there(cast)
    shown = represented(picture)["SLT focal point of NGOs"]
    assert shown == (["Peter Lokiru Ochan"] if stays else [])
    assert ("Nobody represents “SLT focal point of NGOs”" in map(str, picture.gaps)) is not stays


def test_nobody_speaks_for_a_suspended_organisation_with_or_without_an_account(cast):
    mechanism = a_mechanism(cast, organisation=cast.organisations["platform"])
    an_assignment(cast, mechanism=mechanism, who=None, name="Somebody of theirs")
    assert represented(there(cast))["NGO Security Platform"] == ["Somebody of theirs", "Grace Keji Wani"]
    Standing.objects.create(organisation=cast.organisations["platform"], area=cast.areas[SOUTH_SUDAN], kind="suspended")
    assert represented(there(cast)) == {"NGO Security Platform": []}


# --- Days that are gone, old confirmations -----------------------------------------------------------------------


def test_a_day_that_is_gone_stands_as_it_was(cast):
    an_assignment(cast, who=None, name="The first", ended_on=days_ago(10), since=days_ago(40))
    an_assignment(cast, who=None, name="The second", since=days_ago(10))
    a_mechanism(cast, name="Forum", kind="forum", since=days_ago(20), ended_on=days_ago(5))
    shown = {day: names(there(cast, on=days_ago(day)).post("slt_focal_point")) for day in (50, 40, 11, 10, 0)}
    assert shown == {50: [], 40: ["The first"], 11: ["The first"], 10: ["The second"], 0: ["The second"]}
    assert ["Forum" in represented(there(cast, on=days_ago(day))) for day in (21, 20, 6, 5)] == [
        False,
        True,
        True,
        False,
    ]
    Membership.objects.filter(user=cast[DO]).update(ends_at=timezone.now() - timedelta(days=3))
    assert [names(there(cast, on=days_ago(day)).post("designated_official")) for day in (4, 0)] == [
        ["Thandiwe Mokoena"],
        [],
    ]


def test_representatives_are_over_with_their_mechanism(cast):
    mechanism = a_mechanism(cast, name="Forum", ended_on=days_ago(1))
    an_assignment(cast, mechanism=mechanism, who=ALBA)
    assert not there(cast).post("slt_focal_point").holders
    assert "Peter Lokiru Ochan" not in [row.name for row in there(cast).holders]


@pytest.mark.parametrize(("days", "is_stale"), [(182, False), (183, True)])
def test_what_nobody_confirmed_for_half_a_year_says_so(cast, settings, days, is_stale):
    assert settings.CONFIRMED_DAYS == 182
    a_mechanism(cast, confirmed_on=days_ago(days))
    an_assignment(cast, confirmed_on=days_ago(days))
    picture = there(cast)
    assert picture.post("slt_focal_point").holders[0].is_stale is is_stale
    assert picture.stale == 2 * is_stale


# --- The same person twice ---------------------------------------------------------------------------------------


def hats(row):
    return sorted((str(label), area.code) for label, area in row.also)


def test_the_same_person_in_two_functions_or_two_areas_is_said(cast):
    an_assignment(cast, who=DO)  # the Designated Official is the SLT focal point, too
    an_assignment(cast, "ocha", who=None, name="One of OCHA", email="one@ocha.example")
    an_assignment(cast, "ocha", who=None, name="One of OCHA", email="one@ocha.example", code=CHAD)
    an_assignment(cast, "sioc", who=None, name="SIOC", email="")
    an_assignment(cast, "sioc", who=None, name="SIOC", email="", code=CHAD)  # a name alone says nothing
    picture = there(cast)
    assert hats(picture.post("slt_focal_point").holders[0]) == [("Designated Official", SOUTH_SUDAN)]
    assert hats(picture.post("designated_official").holders[0]) == [("SLT focal point named by DSS", SOUTH_SUDAN)]
    assert hats(picture.post("ocha").holders[0]) == [("OCHA", CHAD)]
    assert hats(picture.post("sioc").holders[0]) == []


def test_whoever_of_the_office_is_named_focal_point_has_one_hat(cast):
    """The role is of the office, the assignment says what they do there."""
    an_assignment(cast)
    picture = there(cast)
    assert hats(picture.post("slt_focal_point").holders[0]) == []
    assert names(picture.post("dss_office")) == ["Josephine Achol Deng"]  # else its office would look empty
    an_assignment(cast, "dss_office", who=None, name="The head", email="head@un.example")
    assert names(there(cast).post("dss_office")) == ["The head"]
    an_assignment(cast, "dss_office")
    assert hats(there(cast).post("slt_focal_point").holders[0]) == [("Head of the DSS office", SOUTH_SUDAN)]


# --- Wholes and parts, many at once ------------------------------------------------------------------------------


def test_who_works_in_the_whole_works_in_its_parts(cast):
    whole = cast.areas[SOUTH_SUDAN]
    part = Area.objects.create(code="malakal", name_en="Malakal", name_fr="Malakal", kind="part", parent=whole)
    mechanism = a_mechanism(cast, name="Forum", kind="forum")
    an_assignment(cast, mechanism=mechanism, who=ALBA)
    picture = picture_of(part)
    assert [(row.name, row.area) for row in picture.post("dss_office").holders] == [("Josephine Achol Deng", whole)]
    assert represented(picture)["Forum"] == ["Peter Lokiru Ochan"]
    Standing.objects.create(organisation=cast.organisations["alba"], area=part, kind="suspended")
    assert represented(picture_of(part))["Forum"] == []  # closed there
    assert represented(there(cast))["Forum"] == ["Peter Lokiru Ochan"]


def test_many_areas_cost_no_more_than_one(cast, django_assert_num_queries):
    for code in (SOUTH_SUDAN, CHAD):
        mechanism = a_mechanism(cast, code=code)
        an_assignment(cast, mechanism=mechanism, who=BENU, code=code)
        an_assignment(cast, who=CSFP, code=code)
    for areas in ([cast.areas[SOUTH_SUDAN]], list(Area.objects.all())):
        with django_assert_num_queries(4):
            found = pictures(areas)
        assert set(found) == {area.pk for area in areas}
    # Who represents two areas is said in both.
    assert hats(found[cast.areas[CHAD].pk].side("ngo").voices[0].representatives[0]) == [
        ("Representative of the mechanism", SOUTH_SUDAN)
    ]


def test_an_area_looks_the_same_alone_and_among_others(cast):
    mechanism = a_mechanism(cast)
    an_assignment(cast, mechanism=mechanism, who=BENU)
    an_assignment(cast, who=BENU, code=CHAD)
    together = pictures(Area.objects.all())
    for area in cast.areas.values():
        assert picture_of(area) == together[area.pk]
