"""Changing an audience and withdrawing: rows and grants, races, and reading back what was chosen (C1, C6)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from audit.models import Event
from sharing.access import access_of
from sharing.actions import create_item, log_reading, release_item
from sharing.audiences import audience_of, chosen_of, readers_of
from sharing.control import change_audience, withdraw
from sharing.grants import grant
from sharing.markings import ALLOWED, CHOSEN_DEPTHS, AudienceChoice, AudienceRefused, Depth, Marking
from sharing.models import Item, Kind, Reading, Recall, Release
from slt_portal.states import StaleState
from tests.cast import make_cast
from tests.factories.sharing import LONG_AGO

ALBA, LAKE, CEDAR, DO, OCHA = (
    "field@alba.example",
    "io@lake.example",
    "field@cedar.example",
    "do@un.example",
    "ocha@un.example",
)
DESK = "dss.field@un.example"
USUAL = ["dss_desks", "un_of_area", "partners_of_area"]


def make(cast, *, marking="TLP:AMBER+STRICT", choices=USUAL, organisations=(), persons=(), area="south-sudan") -> Item:
    item = create_item(
        kind=Kind.INCIDENT, originator=cast.organisations["alba"], area=cast.areas[area], marking=marking
    )
    releases = release_item(
        item,
        choices=choices,
        organisation_ids=[cast.organisations[key].pk for key in organisations],
        sort_at=dict.fromkeys(CHOSEN_DEPTHS, LONG_AGO),
    )
    grant(releases[Depth.SHARED], [cast[email] for email in persons], by=cast[ALBA])
    return item


def change(cast, item, *, marking=None, choices=USUAL, organisations=(), persons=(), shows=False, **more):
    return change_audience(
        item,
        marking=marking or item.marking,
        choices=choices,
        organisation_ids=[cast.organisations[key].pk for key in organisations],
        persons=[cast[email] for email in persons],
        shows_originator=shows,
        by=cast[ALBA],
        version=more.pop("version", item.version),
        **more,
    )


def addresses(cast, ids) -> set[str]:
    by_id = {user.pk: email for email, user in cast.people.items()}
    return {by_id[pk] for pk in ids}


def stored(item):
    releases = Release.objects.for_system("test").filter(item=item).order_by("depth")
    return audience_of(item), list(releases.values("depth", "sort_at", "shows_originator", "version", "area"))


@pytest.fixture
def item(cast) -> Item:
    return make(cast)


def test_wider(cast, item):
    before = set(readers_of(item))
    shift = change(cast, item, choices=[*USUAL, "ocha"])
    assert addresses(cast, shift.gained) == {OCHA}
    assert shift.lost == set()
    assert set(readers_of(item)) == before | shift.gained
    assert not Recall.objects.for_system("test").exists()


def test_narrower(cast, item):
    before = set(readers_of(item))
    shift = change(cast, item, choices=["dss_desks"])
    assert {LAKE, DO} <= addresses(cast, shift.lost)
    assert (shift.gained, set(readers_of(item))) == (set(), before - shift.lost)


def test_who_goes_from_everything_to_the_shared_text_has_lost_the_rest(cast, item):
    """Depth changes, access stays: the full text is closed at once, and who knew of it gets a notice of its own."""
    shift = change(cast, item, choices=["un_of_area"], told=[user.pk for user in cast.people.values()])
    desk = readers_of(item)[cast[DESK].pk]
    assert desk.depth == Depth.SHARED
    assert (addresses(cast, shift.less), shift.more, shift.gained) == ({DESK}, set(), set())
    assert addresses(cast, shift.lost) == {"dss.hq@un.example", "hq@benu.example", "field@benu.example", LAKE}
    notices = Recall.objects.for_system("test").select_related("subject")
    told = {row.depth: set(row.subject.messages.values_list("recipient__email", flat=True)) for row in notices}
    assert told == {
        Depth.FULL: {DESK, "dss.hq@un.example"},
        Depth.SHARED: {"hq@benu.example", "field@benu.example", LAKE},
    }


def test_who_goes_from_the_shared_text_to_everything_gains(cast, item):
    change(cast, item, choices=["un_of_area"])
    shift = change(cast, item)
    assert (addresses(cast, shift.more), shift.less, shift.lost) == ({DESK}, set(), set())


def test_recalled_are_those_who_knew(cast, item):
    shared = Release.objects.for_system("test").select_related("item").get(item=item, depth=Depth.SHARED)
    log_reading(shared, reader=cast[LAKE], how=Reading.How.EXPORTED, access=access_of(cast[LAKE]))
    log_reading(shared, reader=cast[ALBA], how=Reading.How.OPENED, access=access_of(cast[ALBA]))
    change(cast, item, choices=["dss_desks"], told=[cast[DO].pk, cast[OCHA].pk, cast["dss.field@un.example"].pk])
    recall = Recall.objects.for_system("test").select_related("subject").get()
    told = recall.subject.messages.values_list("recipient__email", flat=True)
    assert set(told) == {LAKE, DO}


def test_the_version_decides_between_two(cast, item):
    change(cast, item, choices=["dss_desks"], version=1)
    before = stored(item)
    other = Item.objects.for_system("test").get(pk=item.pk)
    for version in (1, 0, 3, 99):
        with pytest.raises(StaleState):
            change(cast, other, choices=USUAL, version=version)
        with pytest.raises(StaleState):
            withdraw(other, by=cast[ALBA], version=version)
    other.refresh_from_db()
    assert (other.version, stored(other)) == (2, before)


def test_withdrawn_only_the_originator_is_left(cast, item):
    shift = withdraw(item, by=cast[ALBA], version=1)
    assert addresses(cast, readers_of(item)) == {ALBA, "hq@alba.example"}
    assert LAKE in addresses(cast, shift.lost)
    with pytest.raises(StaleState):
        withdraw(item, by=cast[ALBA], version=2)


def test_grants_go_with_it_and_come_back(cast):
    item = make(cast, marking="TLP:RED", choices=["named_persons"], persons=[LAKE, CEDAR])
    withdraw(item, by=cast[ALBA], version=1)
    assert audience_of(item)[1] == set()
    change(cast, item, choices=["named_persons"], persons=[LAKE], version=2)
    assert addresses(cast, audience_of(item)[1]) == {LAKE}
    item.refresh_from_db()
    assert (str(item.state), item.version) == ("shared", 3)


def test_what_the_marking_forbids_changes_nothing(cast, item):
    before = stored(item)
    for marking in Marking:
        for choice in set(AudienceChoice) - ALLOWED[marking]:
            with pytest.raises(AudienceRefused):
                change(cast, item, marking=marking, choices=[choice])
    item.refresh_from_db()
    assert (item.version, item.marking, stored(item)) == (1, "TLP:AMBER+STRICT", before)


def test_each_change_is_in_the_audit_log(cast, item):
    change(cast, item, choices=["dss_desks", "named_organisations"], organisations=["lake"], shows=True)
    withdraw(item, by=cast[ALBA], version=item.version)
    verbs = Event.objects.filter(object_ref=item.ref).order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["sharing.audience_changed", "sharing.withdrawn"]
    changed, withdrawn = (event.facts for event in Event.objects.filter(object_ref=item.ref).order_by("pk"))
    assert withdrawn["lost"] > 0
    assert changed["audience"] == ["dss_desks", "named_organisations"]
    assert (changed["organisations"], changed["shows_originator"]) == ([cast.organisations["lake"].ref], True)


NAMES = ["benu", "lake", "wfp", "platform", "cedar"]
PEOPLE = [LAKE, CEDAR, DO, OCHA, "dss.field@un.example"]


@st.composite
def sharings(draw):
    """A marking with choices that it allows; names where the choice asks for names."""
    marking = draw(st.sampled_from(list(Marking)))
    choices = draw(st.sets(st.sampled_from(sorted(ALLOWED[marking])), min_size=0))
    named, persons = AudienceChoice.NAMED_ORGANISATIONS in choices, AudienceChoice.NAMED_PERSONS in choices
    if {AudienceChoice.DSS_DESKS, AudienceChoice.DSS_HEADQUARTERS} <= choices:
        choices -= {AudienceChoice.DSS_HEADQUARTERS}  # desks include headquarters: the same audience, one way to say it
    return {
        "marking": str(marking),
        "choices": sorted(map(str, choices)),
        "organisations": sorted(draw(st.sets(st.sampled_from(NAMES), min_size=1))) if named else [],
        "persons": sorted(draw(st.sets(st.sampled_from(PEOPLE), min_size=1))) if persons else [],
    }


class WayBack(TestCase):
    """chosen_of reads back what principals_for wrote, whatever was chosen before."""

    @classmethod
    def setUpTestData(cls):
        cls.cast = make_cast()

    def assert_chosen(self, item, wanted):
        chosen = chosen_of(item)
        assert chosen.marking == wanted["marking"]
        assert chosen.choices == set(wanted["choices"])
        assert chosen.organisation_ids == {self.cast.organisations[key].pk for key in wanted["organisations"]}
        assert chosen.person_ids == {self.cast[email].pk for email in wanted["persons"]}

    @given(first=sharings(), second=sharings(), area=st.sampled_from(["south-sudan", "chad", "part"]))
    def test_what_was_chosen_is_read_back(self, first, second, area):
        areas = self.cast.areas
        if area == "part":
            whole = areas["south-sudan"]
            areas["part"] = type(whole).objects.create(code="part", name_en="Part", kind="part", parent=whole)
        item = make(self.cast, area=area, **first)
        self.assert_chosen(item, first)
        fresh = make(self.cast, area=area, **second)
        change(self.cast, item, **second)
        self.assert_chosen(item, second)
        assert stored(item)[0] == stored(fresh)[0]  # by whatever way it came there

    def test_both_ways_to_name_headquarters_are_one_audience(self):
        item = make(self.cast, choices=["dss_desks", "dss_headquarters"])
        assert chosen_of(item).choices == {"dss_desks"}
