"""How exactly readers learn where, when and from what kind of organisation, as the originator chose (C4)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from audit.models import Event
from incidents.account import Limits
from incidents.control import share_with, sharing_of
from incidents.models import IncidentRelease, Proposal
from incidents.proposals import decide
from notifications.outbox import drain
from organisations.models import Organisation, Standing
from sharing.models import Audience, Grant, Release
from sharing.search import matching
from tests.factories.desk import proposed
from tests.factories.incidents import TEXTS, an_account, file_report, followed_up

from .controlling import ALBA, BENU, form, fresh, share

pytestmark = pytest.mark.django_db
DISTRICT = Limits(place="district", time="day_part")
COARSE = Limits(place="country", time="month")
MORNING, DAY = datetime(2026, 3, 14, 4, tzinfo=UTC), datetime(2026, 3, 13, 22, tzinfo=UTC)
NAMED = {"organisations": ["lake"], "marking": "TLP:AMBER", "choices": ["partners_of_area", "named_organisations"]}


def rows(item) -> dict[int, IncidentRelease]:
    found = IncidentRelease.objects.for_system("test").select_related("release__item__data_key")
    return {row.release.depth: row for row in found.filter(release__item=item)}


def dates(item) -> dict[int, set[datetime]]:
    """Every date by which a list could sort it, by depth."""
    found = {1: set(), 2: set()}
    for model, to in ((Release, ""), (Audience, "release__"), (Grant, "content_object__")):
        for depth, at in (
            model.objects.for_system("test").filter(**{f"{to}item": item}).values_list(f"{to}depth", "sort_at")
        ):
            found[depth].add(at)
    return found


def found(item, word) -> list[int]:
    """The depths at which somebody who looks for a word finds it."""
    rows = IncidentRelease.objects.for_system("test").filter(matching(word), release__item=item)
    return list(rows.values_list("release__depth", flat=True))


def limited(cast, limits, **more):
    return file_report(cast, limits=limits, **more).incident.item


def test_the_shared_release_says_where_and_when_no_more_exactly(cast):
    shared, full = (rows(limited(cast, DISTRICT, place_shown="Torit county"))[depth] for depth in (1, 2))
    assert (shared.occurred_from, shared.time_precision, shared.time_zone) == (MORNING, "day_part", "Africa/Juba")
    assert (shared.place_precision, shared.place_type, shared.texts["place"]) == ("district", "road", "Torit county")
    assert (full.time_precision, full.place_precision, full.texts["place"]) == ("about", "exact", TEXTS["place"])
    assert (full.place_limit, full.time_limit) == ("within_25_km", "as_reported")


def test_only_the_area(cast):
    shared = rows(limited(cast, COARSE))[1]
    assert (shared.time_precision, shared.place_precision, shared.place_type) == ("month", "country", "unknown")
    assert "place" not in shared.texts


def test_lists_sort_it_by_the_coarse_time(cast):
    item = limited(cast, DISTRICT, marking="TLP:RED", choices=["named_persons"], persons=["hq@benu.example"])
    assert dates(item) == {1: {MORNING}, 2: {datetime(2026, 3, 14, 6, 30, tzinfo=UTC)}}


def test_undated_it_is_sorted_by_the_coarse_time_of_the_report(cast, now):
    account = an_account(occurred_from=None, time_precision="not_sure")
    [at] = dates(limited(cast, Limits(time="day"), account=account))[1]
    assert (at.hour, at.minute, at.second, at.microsecond) == (22, 0, 0, 0)


def test_it_is_found_by_what_readers_get_only(cast):
    item = limited(cast, DISTRICT, place_shown="Lopa county")
    assert (found(item, "Lopa"), found(item, "CANARY-PLACE")) == ([1], [2])


class TestKind:
    @pytest.fixture
    def third(self, cast):
        """A third international NGO in South Sudan, beside Alba and Benu."""
        row = Organisation.objects.create(name="INGO Third", kind="ingo")
        standings = [("partner", None), ("active", cast.areas["south-sudan"])]
        return row, [Standing.objects.create(organisation=row, kind=kind, area=area) for kind, area in standings]

    def told(self, cast, **more):
        return rows(file_report(cast, **more).incident.item)[1].reported_by

    def test_two_of_a_kind_would_tell_which(self, cast):
        assert self.told(cast) == ""

    def test_three_do_not(self, cast, third):
        assert self.told(cast) == "ingo"
        assert self.told(cast, shows_originator=True) == ""

    @pytest.mark.parametrize("kind", ["partner", "active"])
    def test_who_does_not_take_part_there_does_not_count(self, cast, third, kind):
        Standing.objects.filter(organisation=third[0], kind=kind).delete()
        assert self.told(cast) == ""

    @pytest.mark.parametrize("area", [None, "south-sudan"])
    def test_nor_who_is_suspended(self, cast, third, area):
        Standing.objects.create(organisation=third[0], kind="suspended", area=cast.areas.get(area))
        assert self.told(cast) == ""

    def test_as_it_is_when_it_is_said(self, cast, third):
        report = file_report(cast)
        item = report.incident.item
        Standing.objects.filter(organisation=third[0]).delete()
        assert rows(item)[1].reported_by == "ingo"
        followed_up(cast, report)
        assert rows(item)[1].reported_by == ""

    def test_said_anew_when_the_audience_is_changed(self, cast, third):
        item = file_report(cast, shows_originator=True).incident.item
        usual = sharing_of(fresh(item)).choices
        share(cast, item, usual)
        assert rows(item)[1].reported_by == "ingo"
        Standing.objects.filter(organisation=third[0]).delete()
        version = rows(item)[1].release.version
        share(cast, item, usual)
        assert (rows(item)[1].reported_by, rows(item)[1].release.version) == ("", version + 1)

    def test_one_question(self, cast, django_assert_num_queries):
        from incidents.reported_by import kind_told

        with django_assert_num_queries(1):
            kind_told(cast.organisations["alba"], cast.areas["south-sudan"])


class TestFollowUp:
    def test_limits_stay(self, cast):
        report = file_report(cast, limits=DISTRICT, place_shown="Torit county")
        followed_up(cast, report, what="again", occurred_from=datetime(2026, 3, 14, 10, 30, tzinfo=UTC))
        shared = rows(report.incident.item)[1]
        assert (shared.texts["what"], shared.texts["place"], shared.place_limit) == (
            "again",
            "Torit county",
            "district",
        )
        assert (shared.occurred_from.hour, shared.time_precision, shared.time_limit) == (10, "day_part", "day_part")
        assert dates(report.incident.item)[1] == {shared.occurred_from}

    def test_a_place_left_alone_that_readers_do_not_get_stays_kept_back(self, cast):
        report = file_report(cast, limits=DISTRICT)
        followed_up(cast, report, place_precision="within_25_km")
        assert "place" not in rows(report.incident.item)[1].texts

    def test_another_place_is_told_to_nobody_until_its_originator_says_which(self, cast):
        report = file_report(cast, limits=DISTRICT, place_shown="Torit county")
        followed_up(cast, report, place="Zebrafield village")
        shared = rows(report.incident.item)[1]
        assert "place" not in shared.texts
        assert found(report.incident.item, "Zebrafield") == [2]

    def test_another_place_that_is_coarse_enough_goes_out(self, cast):
        report = file_report(cast, limits=DISTRICT, place_shown="Torit county")
        followed_up(cast, report, place="Ikotos county", place_precision="district")
        assert rows(report.incident.item)[1].texts["place"] == "Ikotos county"


class TestChanged:
    def change(self, cast, item, **changes):
        item = fresh(item)
        return share_with(item, replace(sharing_of(item), **changes), by=cast[ALBA], version=item.version)

    def test_coarser_takes_effect_at_once_as_a_new_version(self, cast):
        item = file_report(cast).incident.item
        before = rows(item)[1].release.version
        self.change(cast, item, limits=DISTRICT, place_shown="Torit county")
        shared = rows(item)[1]
        assert (shared.texts["place"], shared.time_precision, shared.place_precision) == (
            "Torit county", "day_part", "district",
        )  # fmt: skip
        assert (shared.release.version, dates(item)[1]) == (before + 1, {MORNING})
        assert dates(item)[2] == {datetime(2026, 3, 14, 6, 30, tzinfo=UTC)}

    def test_and_back(self, cast):
        item = file_report(cast).incident.item
        as_it_was = {name: value for name, value in vars(rows(item)[1]).items() if name not in {"_state", "sealed"}}
        texts = rows(item)[1].texts
        self.change(cast, item, limits=COARSE)
        self.change(cast, item, limits=Limits())
        shared = rows(item)[1]
        assert {name: vars(shared)[name] for name in as_it_was} == as_it_was
        assert (shared.texts, dates(item)[1]) == (texts, {datetime(2026, 3, 14, 6, 30, tzinfo=UTC)})

    def test_what_was_not_changed_is_no_new_version(self, cast):
        item = limited(cast, DISTRICT, place_shown="Torit county")
        before = rows(item)[1]
        self.change(cast, item, choices=["dss_desks", "ocha"])
        after = rows(item)[1]
        assert (bytes(after.sealed), after.release.version) == (bytes(before.sealed), before.release.version)
        assert sharing_of(fresh(item)).place_shown == "Torit county"

    def test_what_a_desk_edited_stays(self, cast):
        item = file_report(cast).incident.item
        decide(proposed(cast, item, what="edited", place="a road"), by=cast[ALBA], agrees=True)
        self.change(cast, item, limits=DISTRICT)
        assert rows(item)[1].texts == {"what": "edited"}

    def test_a_text_that_was_proposed_before_does_not_bring_the_place_back(self, cast):
        item = file_report(cast).incident.item
        waiting = proposed(cast, item, what="edited", place=TEXTS["place"])
        self.change(cast, item, limits=DISTRICT)
        waiting.refresh_from_db()
        assert waiting.state == Proposal.State.OUTDATED

    def test_the_district_that_was_reported_is_not_kept_for_readers_of_the_province(self, cast):
        """It stood in no field of the form: nobody wrote it for readers."""
        account = an_account(texts=TEXTS | {"place": "Torit"}, coded={"place_precision": "district"})
        item = file_report(cast, account=account, limits=DISTRICT).incident.item
        assert rows(item)[1].texts["place"] == "Torit"
        self.change(cast, item, limits=Limits(place="province"))
        assert "place" not in rows(item)[1].texts

    def test_it_is_written_down_in_codes(self, cast):
        item = file_report(cast).incident.item
        self.change(cast, item, limits=COARSE, place_shown="CANARY-SHOWN", source="host_authority")
        event = Event.objects.filter(verb="incidents.limits_set").get()
        assert event.facts == {
            "limits": {"place": "country", "time": "month"}, "source": "host_authority", "pointed_out": 0,
            "confirmed": True,
        }  # fmt: skip
        assert fresh(item).source == "host_authority"


def test_on_the_page_of_the_audience(cast, sign_in):
    """At once, as nobody gains or loses it; pressed twice it is done once; the page shows it as it is."""
    item, client = fresh(file_report(cast).incident.item), sign_in(cast[ALBA])
    page, limits = f"/incidents/{item.ref}/audience/", {"place_limit": "district", "time_limit": "day"}
    post = form(item, ["dss_desks", "partners_of_area", "un_of_area"], place_shown="Torit county", **limits)
    assert [client.post(page, post).status_code for _ in range(2)] == [302, 302]
    shared = rows(item)[1]
    assert (shared.texts["place"], shared.time_precision, fresh(item).version) == ("Torit county", "day", 2)
    shown = client.get(page).content.decode()
    assert 'value="Torit county"' in shown
    assert "What they were told already cannot be taken back." in shown
    assert client.post(page, post | {"place_limit": "within_25_km"}).context["form"].errors.keys() == {"place_shown"}


def test_when_it_was_reported_is_told_to_the_day(cast, sign_in, now):
    item = limited(cast, Limits(time="day"))
    said = {who: sign_in(cast[who]).get(f"/incidents/{item.ref}/").content.decode() for who in (ALBA, BENU)}
    exact = [" UTC)" in page.partition("<h2>Reports</h2>")[2].partition("</p>")[0] for page in said.values()]
    assert exact == [True, False]


def test_the_source_is_kept(cast):
    assert fresh(file_report(cast, source="diplomatic_mission").incident.item).source == "diplomatic_mission"
    drain()
