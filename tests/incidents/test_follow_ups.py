"""Updates and final reports: what was filed never changes, what readers get follows, nothing is filed twice (I1)."""

import uuid
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from incidents import codes
from incidents.actions import AlreadyFiled, Overtaken
from incidents.models import AffectedGroup, Draft, IncidentRelease, Report
from incidents.proposals import decide
from organisations.models import Standing
from sharing.models import Audience, Grant, Release
from slt_portal.states import StaleState
from tests.factories.desk import proposed
from tests.factories.incidents import TEXTS, WHEN, file_report, followed_up, typed

pytestmark = pytest.mark.django_db
ALBA, ALBA_HQ, LAKE, DESK = "field@alba.example", "hq@alba.example", "io@lake.example", "dss.field@un.example"
LATER = datetime(2026, 3, 15, 4, 0, tzinfo=UTC)


def reports(item) -> list[Report]:
    rows = Report.objects.for_system("test").filter(incident__item=item)
    return list(rows.select_related("incident__item").order_by("number"))


def row(item, depth) -> IncidentRelease:
    rows = IncidentRelease.objects.for_system("test").select_related("release__item__data_key", "report")
    return rows.get(release__item=item, release__depth=depth)


def dates(item) -> set:
    """Every date by which lists sort this item."""
    found = set()
    for model, path in ((Release, "item"), (Audience, "release__item"), (Grant, "content_object__item")):
        found |= set(model.objects.for_system("test").filter(**{path: item}).values_list("sort_at", flat=True))
    return found


def further(after=1, **changes) -> dict:
    """The follow-up form as a browser sends it."""
    parts = {
        "submission": str(uuid.uuid4()),
        "after": str(after),
        "kind": "update",
        "news": "CANARY-NEWS they are back",
        "occurred_on": "2026-03-14",
        "occurred_at": "08:30",
        "time_precision": "about",
        "clock": "area",
        "what": TEXTS["what"],
        "affected-TOTAL_FORMS": "3",
        "affected-INITIAL_FORMS": "0",
    }
    return {name: value for name, value in {**parts, **changes}.items() if value is not None}


@pytest.fixture(autouse=True)
def today(now):
    """Everybody of the cast is there in the tests' today."""


@pytest.fixture
def report(cast) -> Report:
    return file_report(cast)


@pytest.fixture
def item(report):
    return report.incident.item


@pytest.fixture
def page(item):
    return f"/incidents/{item.ref}/follow-up/"


def test_reports_are_numbered_and_earlier_ones_stay(cast, report, item):
    before = [(one.sealed, one.kind, one.fingerprint) for one in reports(item)]
    followed_up(cast, report)
    followed_up(cast, report, kind="final", by=ALBA_HQ)
    found = reports(item)
    assert [(one.number, str(one.kind), one.author.email) for one in found] == [
        (1, "immediate", ALBA),
        (2, "update", ALBA),
        (3, "final", ALBA_HQ),
    ]
    assert [(one.sealed, one.kind, one.fingerprint) for one in found[:1]] == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE incidents_report SET number = 9",
        "UPDATE incidents_report SET sealed = 'x'",
        "UPDATE incidents_report SET filed_at = now()",
        "DELETE FROM incidents_report",
        "TRUNCATE incidents_report CASCADE",
    ],
)
def test_the_database_itself_refuses_to_change_a_report(report, statement):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_what_readers_get_follows(cast, report, item):
    followed_up(
        cast,
        report,
        what="CANARY-NEW three vehicles",
        exact_place="CANARY-BEND the third",
        place_precision="exact",
        category="abduction",
        groups=[{"outcome": "kidnapped", "staff_of": "un", "nationality": "unknown", "sex": "male", "count": 3}],
    )
    for depth in (1, 2):
        facts = row(item, depth)
        assert (facts.report.number, facts.stage, facts.category) == (2, "update", "abduction")
        assert (facts.severity, facts.consequence) == (codes.Severity.CRITICAL, "kidnapped")
        assert (facts.killed, facts.wounded, facts.kidnapped) == (None, None, 3)
        assert facts.release.version == 2
        assert facts.texts["what"] == "CANARY-NEW three vehicles"
        assert facts.texts["news"] == "CANARY-NEWS they are back"
    assert "CANARY-BEND" in row(item, 2).texts["exact_place"]
    assert set(row(item, 1).texts) <= {"what", "news", "place", "actor_name", "consequences", "actions_taken"}
    assert row(item, 1).place_precision == "within_25_km"
    groups = AffectedGroup.objects.for_system("test").filter(facts__release__item=item)
    assert [(group.facts.release.depth, group.outcome, group.count) for group in groups] == [(2, "kidnapped", 3)]


def test_the_old_words_are_not_found_any_more(cast, report, item, sign_in):
    followed_up(cast, report, what="Everybody came back zebrawise")
    client = sign_in(cast[LAKE])
    found = {
        word: item.ref in client.get("/incidents/", {"q": word}).content.decode()
        for word in ("zebrawise", "CANARY-NEWS", "stopped")
    }
    assert found == {"zebrawise": True, "CANARY-NEWS": True, "stopped": False}


def test_the_time_moves_in_every_list(cast):
    report = file_report(cast, marking="TLP:RED", choices=["named_persons"], persons=[LAKE, "do@un.example"])
    item = report.incident.item
    assert dates(item) == {WHEN}
    followed_up(cast, report, occurred_from=LATER)
    assert dates(item) == {LATER}
    followed_up(cast, report, occurred_from=None, time_precision="not_sure")
    assert dates(item) == {report.filed_at}, "not known after all: the day said before must not find it"


def test_two_at_once_the_second_reads_the_first(cast, report, item, page, sign_in):
    opened = sign_in(cast[ALBA_HQ]).get(page).context["form"]["after"].value()
    followed_up(cast, report)
    answer = sign_in(cast[ALBA_HQ]).post(page, further(after=opened, news="My own words", what="Kept as typed"))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Somebody of your organisation sent a report meanwhile" in text
    assert "My own words" in text
    assert "Kept as typed" in text
    assert len(reports(item)) == 2
    again = answer.context["form"]
    assert again["after"].value() == "2"
    fields = {"submission": again["submission"].value(), "revision": again["revision"].value()}
    sent = sign_in(cast[ALBA_HQ]).post(page, further(after=2, news="My own words", what="Kept as typed", **fields))
    assert sent.status_code == 302
    assert [one.number for one in reports(item)] == [1, 2, 3]
    assert not Draft.objects.of(cast[ALBA_HQ]).exists()


def test_the_action_refuses_what_came_late(cast, report, item):
    followed_up(cast, report)
    with pytest.raises(Overtaken):
        followed_up(cast, report, after=1)
    with pytest.raises(Overtaken):
        followed_up(cast, report, after=7)
    assert len(reports(item)) == 2


def test_after_the_final_report_only_another_final_one(cast, report, item, page, sign_in):
    followed_up(cast, report, kind="final")
    with pytest.raises(StaleState):
        followed_up(cast, report)
    answer = sign_in(cast[ALBA]).post(page, further(after=2))
    assert (answer.status_code, set(answer.context["form"].errors)) == (422, {"kind"})
    assert "CANARY-NEWS" in answer.content.decode()
    assert sign_in(cast[ALBA]).post(page, further(after=2, kind="final")).status_code == 302
    assert [str(one.kind) for one in reports(item)] == ["immediate", "final", "final"]
    assert row(item, 1).stage == "final"


def test_the_final_report_sent_while_the_form_was_open(cast, report, page, sign_in):
    """The page offered “update”; by the time it is sent that is not possible. The words stay, the way on is said."""
    client = sign_in(cast[ALBA])
    assert client.get(page).context["form"]["kind"].value() == "update"
    followed_up(cast, report, kind="final", by=ALBA_HQ)
    answer = client.post(page, further(after=1))
    assert answer.status_code == 422
    assert "CANARY-NEWS" in answer.content.decode()


def test_the_same_form_twice_is_one_report(cast, report, item, page, sign_in):
    client, fields = sign_in(cast[ALBA]), further()
    answers = [client.post(page, fields) for _ in range(3)]
    assert [(one.status_code, one.url) for one in answers] == [(302, f"/incidents/{item.ref}/")] * 3
    assert [one.number for one in reports(item)] == [1, 2]
    assert not Draft.objects.of(cast[ALBA]).exists()


def test_going_back_and_changing_it_makes_another_report(cast, report, item, page, sign_in):
    client, fields = sign_in(cast[ALBA]), further()
    client.post(page, fields)
    answer = client.post(page, {**fields, "news": "Something else"})
    assert answer.status_code == 422
    assert "Something else" in answer.content.decode()
    assert len(reports(item)) == 2
    with pytest.raises(AlreadyFiled):
        followed_up(cast, report, submission=uuid.UUID(fields["submission"]))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"news": None}, "news"),
        ({"what": None}, "what"),
        ({"kind": "immediate"}, "kind"),
        ({"kind": None}, "kind"),
        ({"after": None}, "after"),
        ({"after": "0"}, "after"),
        ({"after": "1; DROP TABLE"}, "after"),
        ({"occurred_on": "2026-13-45"}, "occurred_on"),
        ({"occurred_on": "2031-01-01"}, "occurred_on"),
        ({"time_precision": "never"}, "time_precision"),
        ({"news": "x" * 3001}, "news"),
        ({"submission": "no-uuid"}, "submission"),
        ({"category": "'; --"}, "category"),
    ],
)
def test_damaged_fields(cast, report, item, page, sign_in, changes, field):
    answer = sign_in(cast[ALBA]).post(page, further(**{"actions_taken": "kept as typed", **changes}))
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert "kept as typed" in answer.content.decode()
    assert len(reports(item)) == 1


HOSTILE = "<script>alert(1)</script>\u202e{{ 7|add:7 }}\x0b=cmd|' /C calc'!A0 \U0001f9e8'\"--"


def test_hostile_words_are_words(cast, report, item, page, sign_in):
    answer = sign_in(cast[ALBA]).post(page, further(news=HOSTILE + "\x00", place=HOSTILE))
    assert answer.status_code in {302, 422}
    shown = answer if answer.status_code == 422 else sign_in(cast[LAKE]).get(f"/incidents/{item.ref}/")
    assert "<script>alert" not in shown.content.decode()
    assert "&lt;script&gt;" in shown.content.decode()


def test_only_those_who_report_for_the_originator(cast, item, sign_in):
    pages = [f"/incidents/{item.ref}/{name}/" for name in ("follow-up", "audience", "withdraw")]
    for email in cast.people:
        client, expected = sign_in(cast[email]), 200 if email in {ALBA, ALBA_HQ} else 404
        assert [client.get(page).status_code for page in pages] == [expected] * 3, email
        if expected == 404:
            assert [client.post(page, further()).status_code for page in pages] == [404] * 3, email
    assert len(reports(item)) == 1


def test_a_suspended_organisation_still_reports_on_its_own(cast, report, item, page, sign_in):
    Standing.objects.create(organisation=cast.organisations["alba"], kind="suspended")
    assert sign_in(cast[ALBA]).post(page, further()).status_code == 302
    assert len(reports(item)) == 2


def test_who_left_the_organisation_reports_no_more(cast, item, page, sign_in):
    client = sign_in(cast[ALBA])
    assert client.get(page).status_code == 200
    for membership in cast[ALBA].memberships.all():
        membership.delete()
    assert (client.get(page).status_code, client.post(page, further()).status_code) == (404, 404)


def test_an_earlier_report_is_for_those_who_read_everything(cast, report, item, sign_in):
    followed_up(cast, report, exact_place="CANARY-SECOND bend")
    full = {ALBA, ALBA_HQ, DESK, "dss.hq@un.example"}
    for email in cast.people:
        client = sign_in(cast[email])
        answers = [client.get(f"/incidents/{item.ref}/reports/{number}/") for number in (1, 2, 3, 0)]
        expected = [200, 200, 404, 404] if email in full else [404] * 4
        assert [answer.status_code for answer in answers] == expected, email
        if email in full:
            assert TEXTS["exact_place"] in answers[0].content.decode()
            assert "CANARY-SECOND" not in answers[0].content.decode()


def test_a_text_the_desk_edited_stays_until_the_originator_writes_anew(cast, report, item):
    decide(proposed(cast, item, place="CANARY-VAGUE a road"), by=cast[ALBA], agrees=True)
    edited = row(item, 1).texts
    assert edited == {"what": "CANARY-PROPOSED a vehicle was stopped", "place": "CANARY-VAGUE a road"}
    followed_up(cast, report, consequences="CANARY-NOW two offices closed")
    assert row(item, 1).texts == {
        **edited,
        "news": "CANARY-NEWS they are back",
        "consequences": "CANARY-NOW two offices closed",
    }  # what the desk took out (the group's name) stays out
    followed_up(cast, report, what="CANARY-AGAIN written anew")
    assert row(item, 1).texts["what"] == "CANARY-AGAIN written anew"
    assert row(item, 1).texts["place"] == "CANARY-VAGUE a road"
    assert row(item, 2).texts["place"] == TEXTS["place"]


@pytest.mark.parametrize("depth", [1, 2])
def test_a_text_that_can_no_longer_be_opened_is_written_anew(cast, report, item, page, sign_in, depth):
    rows = IncidentRelease.objects.for_system("test").filter(release__item=item)
    rows.filter(release__depth=depth).update(sealed=b"changed by somebody")
    answer = sign_in(cast[ALBA]).post(page, further(what="CANARY-AGAIN what happened"))
    assert (answer.status_code, len(reports(item))) == (302, 2)
    for told in (1, 2):
        assert row(item, told).texts["what"] == "CANARY-AGAIN what happened"


def test_the_form_begins_with_what_is_known(cast, report, page, sign_in):
    form = sign_in(cast[ALBA]).get(page).context["form"]
    assert form["what"].value() == TEXTS["what"]
    assert form["exact_place"].value() == TEXTS["exact_place"]
    assert form["category"].value() == "road_attack"
    assert (form["news"].value() or "", form["after"].value()) == ("", 1)
    followed_up(cast, report)
    form = sign_in(cast[ALBA]).get(page).context["form"]
    assert (form["news"].value() or "", form["after"].value()) == ("", 2)


def test_what_the_first_form_sends_opens_no_follow_up(cast, item, page, sign_in):
    answer = sign_in(cast[ALBA]).post(page, typed(cast))
    assert answer.status_code == 422
    assert len(reports(item)) == 1


def test_the_form_asks_few_questions(cast, report, page, sign_in, django_assert_num_queries):
    client = sign_in(cast[ALBA])
    client.get(page)
    with django_assert_num_queries(FORM_QUERIES):
        client.get(page)
    followed_up(cast, report)
    with django_assert_num_queries(FORM_QUERIES):
        client.get(page)


FORM_QUERIES = 10
