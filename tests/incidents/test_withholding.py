"""Keeping a report back: nobody else gets or learns anything; of a warning they get its words alone (C5, §6)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from incidents.account import Sharing
from incidents.actions import AlreadyFiled
from incidents.codes import Category
from incidents.control import share_with, sharing_of
from incidents.kept_back import NotAsked, Warned, Withheld
from incidents.minimal_warning import facts_warned
from incidents.models import IncidentRelease, ReportCodes, Withholding
from incidents.withholding import give_warning, withdraw_report
from notifications.models import DigestEntry, Message
from overview.figures.counted_incidents import known_by
from sharing.audiences import audience_of, readers_of
from sharing.markings import ALLOWED, AudienceChoice, Depth, Marking, principals_for
from sharing.models import Item, SearchToken
from sharing.search import token_of
from slt_portal.states import StaleState
from tests.factories.incidents import USUAL, an_account, file_report, followed_up
from tests.factories.withholding import WORDS, withheld_report

from .controlling import ALBA, BENU, DESK, LAKE, NOT_URGENT, fresh, recalled, sent, share

pytestmark = pytest.mark.django_db
ROAD = {"category": "road_attack"}


@pytest.fixture(autouse=True)
def today(now, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    User.objects.update(language="en")


def rows_of(item) -> dict[int, IncidentRelease]:
    rows = IncidentRelease.objects.for_system("test").with_release().filter(release__item=item)
    return {row.release.depth: row for row in rows}


def codes_of(item):
    rows = ReportCodes.objects.for_system("test").filter(item=item).order_by("number")
    return list(rows.values_list("number", "category", "consequence", "is_near_miss"))


def withheld(text="", sharing=None, **how) -> Withheld:
    sharing = sharing or Sharing("TLP:AMBER+STRICT", USUAL)
    return Withheld("risk", **{"was_asked_again": True, **how}, warning=Warned(text, sharing) if text else None)


def taken_back(cast, item, **how):
    item = fresh(item)
    return withdraw_report(item, withheld(**how), by=cast[ALBA], version=item.version)


# Withheld at filing


@pytest.mark.sqlite
def test_only_the_originator_reads_it_and_nobody_is_told(cast):
    item = withheld_report(cast).incident.item
    principals, persons = audience_of(item)
    assert {name.split(":")[0] for name in principals} == {"originator", "originator_in_area"}
    assert (item.state, persons, Message.objects.count(), DigestEntry.objects.count()) == ("withheld", set(), 0, 0)
    assert codes_of(item) == []
    [kept] = Withholding.objects.for_system("test")
    assert (kept.of, kept.ground, kept.was_asked_again, kept.gave_warning) == ("report", "risk", True, False)
    event = Event.objects.get(verb="incidents.filed")
    assert (event.facts["withheld"], event.facts["audience"]) == ("risk", [])
    assert "CANARY" not in str(event.facts)


@pytest.mark.parametrize(
    ("account", "others", "asks"),
    [
        (NOT_URGENT, False, False),
        (NOT_URGENT, True, True),
        ({"coded": {"category": "road_attack"}, "groups": []}, False, True),
        ({}, False, True),
        ({"coded": {}, "groups": []}, False, True),  # nobody knows how grave it was
    ],
)
def test_lives_at_stake_are_never_passed_over(cast, account, others, asks):
    kept = Withheld("risk", others_need_it=others)
    try:
        kept.check(an_account(**account))
    except NotAsked:
        assert asks
    else:
        assert not asks


def test_further_reports_stay_with_the_originator(cast):
    report = withheld_report(cast)
    followed_up(cast, report, category="abduction")
    item = report.incident.item
    assert (Message.objects.count(), codes_of(item), fresh(item).state) == (0, [], "withheld")


def test_shared_later_it_is_a_new_report_and_counts_from_then(cast):
    report = withheld_report(cast)
    followed_up(cast, report, category="abduction")
    item = report.incident.item
    share(cast, item, USUAL)
    assert codes_of(item) == [(1, "abduction", "killed", False)]
    assert ReportCodes.objects.for_system("test").get(item=item).filed_at > report.filed_at
    assert {BENU, DESK} <= set(sent())
    assert readers_of(fresh(item))[cast[DESK].pk].depth == Depth.FULL
    followed_up(cast, report, category="robbery")
    assert [row[:2] for row in codes_of(item)] == [(1, "abduction"), (2, "robbery")]


def test_figures_as_of_a_moment_stay_what_they_were(cast):
    item, then, later = withheld_report(cast).incident.item, datetime(2026, 4, 2, tzinfo=UTC), timedelta(days=30)
    with time_machine.travel(then):
        assert not known_by(timezone.now()).exists()
        share(cast, item, USUAL)
    assert not known_by(then).exists(), "as it was known then"
    assert known_by(then + later).count() == 1


# The warning


def test_the_warning_says_nothing_else(cast):
    item = withheld_report(cast, text=WORDS).incident.item
    full, shared = rows_of(item)[Depth.FULL], rows_of(item)[Depth.SHARED]
    assert shared.texts == {"what": WORDS}
    said = {field.attname: getattr(shared, field.attname) for field in IncidentRelease._meta.fields}
    for name in ("release_id", "report_id", "sealed", "occurred_from", "credit", "place_limit", "time_limit"):
        del said[name]
    assert said == {
        "category": "road_attack",
        "severity": full.severity,
        "is_minimal": True,
        "stage": "immediate",
        **dict.fromkeys(("means", "context", "actor", "place_type", "place_precision", "consequence"), "unknown"),
        **dict.fromkeys(("killed", "wounded", "kidnapped", "detained")),
        "reliability": "",
        "credibility": "",
        "reported_by": "",
        "is_near_miss": False,
        "time_precision": "day",
        "time_zone": "Africa/Juba",
    }
    midnight = datetime(2026, 3, 13, 22, tzinfo=UTC)
    assert (shared.occurred_from, shared.release.sort_at) == (midnight, midnight)
    assert not shared.release.shows_originator
    assert codes_of(item) == [(1, "road_attack", "unknown", False)]
    tokens = SearchToken.objects.for_system("test").filter(release=shared.release)
    assert tokens.filter(token=token_of("plover")).exists()
    assert not tokens.filter(token__in=[token_of("vehicles"), token_of("canary")]).exists()


def test_nobody_but_the_originator_reads_it_in_full(cast):
    item = withheld_report(cast, text=WORDS).incident.item
    principals, _ = audience_of(item)
    assert {name for name, depth in principals.items() if depth == Depth.FULL} == set(
        principals_for([], marking=item.marking, originator_id=item.originator_id, area=item.area)
    )
    assert readers_of(item)[cast[DESK].pk].depth == Depth.SHARED
    urgent = Message.objects.filter(priority=Message.Priority.LIFE_SAFETY).values_list("recipient__email", flat=True)
    assert {BENU, DESK} <= set(urgent)


@pytest.mark.parametrize("choice", AudienceChoice)
@pytest.mark.parametrize("marking", Marking)
def test_every_marking_and_audience(cast, marking, choice):
    named = {"organisation_ids": [7], "originator_id": 1, "area": cast.areas["south-sudan"], "marking": marking}
    if choice not in ALLOWED[marking]:
        return
    found = principals_for([choice], deepest=Depth.SHARED, **named)
    assert {name for name, depth in found.items() if depth == Depth.FULL} == set(principals_for([], **named))
    assert found.keys() == principals_for([choice], **named).keys()


def test_a_person_who_is_named_gets_the_warning(cast):
    item = withheld_report(cast, text=WORDS, marking="TLP:RED", choices=["named_persons"], persons=[LAKE]).incident.item
    assert readers_of(item)[cast[LAKE].pk].depth == Depth.SHARED


def test_further_reports_leave_it_as_it_is(cast):
    report = withheld_report(cast, text=WORDS)
    item = report.incident.item
    before = rows_of(item)[Depth.SHARED]
    sent()
    followed_up(cast, report, what="HERON they came back", category="abduction", kind="final")
    after = rows_of(item)[Depth.SHARED]
    assert (after.texts, after.category, after.stage, after.report) == (
        before.texts,
        *ROAD.values(),
        "immediate",
        report,
    )
    assert after.release.version == before.release.version
    assert codes_of(item) == [(1, "road_attack", "unknown", False)]
    assert set(sent()) <= {"hq@alba.example"}


def test_it_is_shared_in_full_after_all(cast):
    report = withheld_report(cast, text=WORDS)
    item = report.incident.item
    followed_up(cast, report, category="abduction")
    sent()
    item = fresh(item)
    share_with(item, sharing_of(item), by=cast[ALBA], version=item.version)
    shared = rows_of(item)[Depth.SHARED]
    assert "CANARY-WHAT" in shared.texts["what"]
    assert (shared.is_minimal, shared.category, shared.stage, shared.killed) == (False, "abduction", "update", 1)
    assert readers_of(fresh(item))[cast[DESK].pk].depth == Depth.FULL
    assert codes_of(item) == [(1, "road_attack", "unknown", False), (2, "abduction", "killed", False)]
    assert {BENU, DESK} <= set(sent())


# Withdrawing


def test_withdrawing_keeps_its_ground(cast):
    item = file_report(cast).incident.item
    with pytest.raises(NotAsked):
        taken_back(cast, item, was_asked_again=False)
    assert fresh(item).state == Item.State.SHARED
    taken_back(cast, item)
    [kept] = Withholding.objects.for_system("test")
    assert (fresh(item).state, kept.of, kept.ground) == ("withdrawn", "withdrawal", "risk")


def test_a_warning_instead_takes_the_rest_back_from_everybody(cast, sign_in):
    report = file_report(cast)
    item = report.incident.item
    followed_up(cast, report)
    sent()
    for email in (BENU, DESK):
        assert "CANARY-WHAT" in sign_in(cast[email]).get(f"/incidents/{item.ref}/").content.decode()
    taken_back(cast, item, text=WORDS)
    found = sent()
    for email in (BENU, DESK):
        assert [mail.subject for mail in found[email]] == [f"You can see less of {item.ref} than before"]
        page = sign_in(cast[email]).get(f"/incidents/{item.ref}/").content.decode()
        assert "PLOVER-WARNING" in page
        assert "CANARY" not in page
        assert "Warning: the originator withholds the rest." in page
    assert recalled(item) == set()
    assert codes_of(item)[-1] == (3, "road_attack", "unknown", False)
    assert rows_of(item)[Depth.SHARED].report_id == report.pk, "how often it was reported is not told"


def test_somebody_was_faster(cast):
    report = file_report(cast)
    item = fresh(report.incident.item)
    share(cast, item, ["dss_desks"])
    with pytest.raises(StaleState):
        withdraw_report(item, withheld(text=WORDS), by=cast[ALBA], version=item.version)
    assert not rows_of(item)[Depth.SHARED].is_minimal
    assert not Withholding.objects.for_system("test").exists()
    followed_up(cast, report)
    taken_back(cast, item)
    followed_up(cast, report)
    assert set(readers_of(fresh(item))) <= {cast[ALBA].pk, cast["hq@alba.example"].pk}


def test_a_warning_of_what_was_withheld_and_another_one(cast):
    item = withheld_report(cast).incident.item
    give_warning(fresh(item), withheld(text=WORDS), by=cast[ALBA], version=1)
    assert {BENU, DESK} <= set(sent())
    give_warning(fresh(item), withheld(text="PLOVER-WARNING it is over"), by=cast[ALBA], version=2)
    assert rows_of(item)[Depth.SHARED].texts == {"what": "PLOVER-WARNING it is over"}
    assert {BENU, DESK} <= set(sent())
    assert [kept.of for kept in Withholding.objects.for_system("test").order_by("pk")] == ["report", "report"]


def test_the_same_form_is_one_report(cast):
    first = withheld_report(cast, text=WORDS)
    assert withheld_report(cast, text=WORDS, submission=first.submission) == first
    for other in ({}, {"text": "PLOVER-WARNING other words"}, {"text": WORDS, "ground": "duty"}):
        with pytest.raises(AlreadyFiled):
            withheld_report(cast, submission=first.submission, **other)
    assert Item.objects.for_system("test").count() == 1


@pytest.mark.parametrize("category", Category)
def test_no_category_lets_more_through(category):
    said = facts_warned(an_account(coded={"category": category, "place_type": "road"}), "Africa/Juba")
    assert (said["category"], said["place_type"], said["killed"]) == (category, "unknown", None)


def test_what_happened_at_an_unknown_time_is_sorted_by_the_day_of_the_report(cast):
    report = withheld_report(cast, text=WORDS, account=an_account(occurred_from=None, time_precision="not_sure"))
    at = rows_of(report.incident.item)[Depth.SHARED].release.sort_at
    assert at <= report.filed_at < at + timedelta(days=1)
