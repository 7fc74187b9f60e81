"""The pages of emergency access: for DSS of the area and the originators concerned, absent for everybody else (C8)."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from incidents.export_runs import run_due
from incidents.models import Export
from incidents.readers import reader_log
from sharing.models import EmergencyAccess, Grant, Reading, Release
from tests.factories.emergency import of_dss
from tests.factories.incidents import file_report
from tests.sharing.test_emergency import ALBA, DESK, HQ, REASON

pytestmark = pytest.mark.django_db
PAGE = "/incidents/emergency/"
OTHERS = ["field@benu.example", "wfp.security@un.example", "do@un.example", "admin@portal.example", "csfp@un.example"]


@pytest.fixture(autouse=True)
def today(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    User.objects.update(language="en")


@pytest.fixture
def second(cast):
    return of_dss(cast, "second@un.example")


@pytest.fixture
def closed(cast):
    return file_report(cast, choices=["named_organisations"], organisations=["lake"]).incident.item


def asked(client, **changes):
    page = client.get(PAGE).content.decode()
    submission = re.search(r'name="submission" value="([^"]+)"', page)[1]
    sent = {"submission": submission, "area": "south-sudan", "days": "7", "hours": "4", "reason": REASON}
    return client.post(PAGE, sent | changes)


def test_from_the_question_to_the_report(cast, closed, second, sign_in):
    desk, other, alba = sign_in(cast[DESK]), sign_in(second), sign_in(cast[ALBA])
    assert desk.get(f"/incidents/{closed.ref}/").status_code == 404
    page = asked(desk).url
    assert alba.get(page).status_code == 404  # nothing is opened yet
    assert "Agree" not in desk.get(page).content.decode()
    shown = other.get(page).content.decode()
    assert REASON in shown
    assert closed.ref not in shown  # what would be opened is no business of theirs yet
    assert "1 report" in other.post(f"{page}agree/", follow=True).content.decode()
    for client in (desk, other):
        assert closed.ref in client.get(page).content.decode()
        text = client.get(f"/incidents/{closed.ref}/").content.decode()
        assert "CANARY-PERSONS" in text
        assert "by emergency access" in text
        assert f"/incidents/{closed.ref}/export/" not in text
    told = alba.get(page).content.decode()
    assert REASON in told
    assert closed.ref in told
    assert second.name in told
    assert "emergency" not in alba.get(f"/incidents/{closed.ref}/").content.decode()
    log = alba.get(f"/incidents/{closed.ref}/readers/").content.decode()
    assert second.name in log
    assert "opened by emergency access" in log
    assert "no longer" not in log
    desk.post(f"{page}close/")
    log = alba.get(f"/incidents/{closed.ref}/readers/").content.decode()
    assert log.count("no longer") == 2
    assert log.count("opened by emergency access") == 2
    assert desk.get(f"/incidents/{closed.ref}/").status_code == 404
    assert closed.ref not in desk.get(page).content.decode()


def test_for_others_there_is_nothing(cast, closed, second, sign_in):
    desk, other = sign_in(cast[DESK]), sign_in(second)
    page = asked(desk).url
    other.post(f"{page}agree/")
    for email in OTHERS:
        client = sign_in(cast[email])
        assert client.get(PAGE).status_code == 404, email
        assert client.get(page).status_code == 404, email
        for step in ("agree", "refuse", "close", "x"):
            assert client.post(f"{page}{step}/").status_code == 404, email
        assert client.get(f"/incidents/{closed.ref}/").status_code == 404, email
    headquarters = sign_in(cast[HQ])
    listed = headquarters.get(PAGE).content.decode()
    assert page.split("/")[-2] in listed  # that there was one
    assert REASON not in listed
    assert headquarters.get(page).status_code == 404
    assert sign_in(cast[ALBA]).post(f"{page}close/").status_code == 404
    assert EmergencyAccess.objects.get().state == "open"


def test_the_asker_cannot_be_the_second_person(cast, closed, sign_in):
    desk = sign_in(cast[DESK])
    page = asked(desk).url
    assert "Somebody else" in desk.post(f"{page}agree/", follow=True).content.decode()
    assert desk.get(f"/incidents/{closed.ref}/").status_code == 404


def test_another_area_is_another_dss(cast, closed, second, sign_in):
    page = asked(sign_in(cast[DESK])).url
    chad = sign_in(of_dss(cast, "chad@un.example", "chad"))
    assert chad.get(page).status_code == 404
    assert chad.post(f"{page}agree/").status_code == 404
    assert page.split("/")[-2] not in chad.get(PAGE).content.decode()
    assert asked(chad).status_code == 422


def test_switched_off_it_is_not_there(cast, closed, second, sign_in, settings):
    page = asked(sign_in(cast[DESK])).url
    settings.EMERGENCY_ACCESS = False
    desk = sign_in(second)
    assert desk.get(PAGE).status_code == 404
    assert desk.post(f"{page}agree/").status_code == 404
    assert "Emergency" not in desk.get("/").content.decode()
    assert sign_in(cast[HQ]).get(PAGE).status_code == 404


def test_what_is_missing_is_said_at_the_field_and_what_was_typed_stays(cast, sign_in):
    desk = sign_in(cast[DESK])
    answer = asked(desk, reason="too short", hours="99")
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "too short" in text
    assert asked(desk, reason="x" * 2_000).status_code == 422
    assert not EmergencyAccess.objects.exists()


def test_it_cannot_be_exported(cast, closed, second, sign_in):
    file_report(cast)
    desk = sign_in(cast[DESK])
    sign_in(second).post(f"{asked(desk).url}agree/")
    sent = {"format": "csv", "purpose": "to see"}
    assert closed.ref in desk.get("/incidents/").content.decode()
    desk.post("/incidents/export/", sent)
    desk.post(f"/incidents/{closed.ref}/export/", sent)
    run_due()
    files = Export.objects.for_system("test").filter(state="done")
    assert [export.items for export in files] == [1]


def test_who_was_chosen_for_the_shared_text_reads_all_of_it_and_exports_that(cast, second, sign_in):
    item = file_report(cast, choices=["un_of_area"]).incident.item
    desk, page = sign_in(cast[DESK]), f"/incidents/{item.ref}/"
    assert "CANARY-PERSONS" not in desk.get(page).content.decode()
    sign_in(second).post(f"{asked(desk).url}agree/")
    text = desk.get(page).content.decode()
    assert "CANARY-PERSONS" in text
    assert "in full by emergency access" in text
    assert f"{page}export/" in text
    sent = {"format": "csv", "purpose": "to see"}
    desk.post(f"{page}export/", sent)
    run_due()
    desk.post("/incidents/export/", sent)
    run_due()
    shared = Release.objects.for_system("test").get(item=item, depth=1)
    files = Export.objects.for_system("test").filter(state="done")
    assert [[release for release, *_ in export.releases] for export in files] == [[shared.pk]] * 2
    readings = Reading.objects.filter(item_ref=item.ref, reader=cast[DESK].pk).order_by("pk")
    assert list(readings.values_list("how", "in_emergency")) == [
        ("opened", False),
        ("opened", True),
        ("exported", False),
        ("exported", False),
    ]
    by_desk = [row for row in reader_log(item).rows if row.person == cast[DESK].name]
    assert [(row.how[-2:], row.reads_now) for row in by_desk] == [(["opened by emergency access", "opened"], True)]


def test_what_has_lapsed_waits_for_nobody(cast, closed, second, sign_in):
    page = asked(sign_in(cast[DESK])).url
    other = sign_in(second)
    assert f"{page}agree/" in other.get(page).content.decode()
    EmergencyAccess.objects.update(asked_at=timezone.now() - timedelta(hours=13))
    assert f"{page}agree/" not in other.get(page).content.decode()
    other.post(f"{page}agree/")
    assert EmergencyAccess.objects.get().state == "asked"
    assert other.get(f"/incidents/{closed.ref}/").status_code == 404


def test_the_reader_log_asks_as_often_with_it(cast, closed, second, sign_in, django_assert_num_queries):
    desk = sign_in(cast[DESK])
    sign_in(cast[ALBA]).get(f"/incidents/{closed.ref}/")
    with django_assert_num_queries(6):
        assert not reader_log(closed).others
    sign_in(second).post(f"{asked(desk).url}agree/")
    desk.get(f"/incidents/{closed.ref}/")
    with django_assert_num_queries(6):
        assert [row.reads_now for row in reader_log(closed).others] == [True]


def test_the_list_asks_as_often_for_one_as_for_three(cast, sign_in, django_assert_num_queries):
    desk, counts = sign_in(cast[DESK]), []
    for number in (1, 3):
        while EmergencyAccess.objects.count() < number:
            asked(desk)
        with django_assert_num_queries(11) as asking:
            desk.get(PAGE)
        counts.append(len(asking))
    assert counts[0] == counts[1]


def test_its_hours_end_without_a_worker(cast, closed, second, sign_in):
    desk = sign_in(cast[DESK])
    sign_in(second).post(f"{asked(desk).url}agree/")
    assert desk.get(f"/incidents/{closed.ref}/").status_code == 200
    now = timezone.now()
    grants = Grant.objects.for_system("test")
    grants.update(granted_at=now - timedelta(hours=4), expires_at=now - timedelta(seconds=1))
    assert desk.get(f"/incidents/{closed.ref}/").status_code == 404


def test_its_choices_are_in_the_reader_s_language(cast, sign_in):
    User.objects.filter(pk=cast[DESK].pk).update(language="fr")
    page = sign_in(cast[DESK]).get(PAGE).content.decode()
    assert "le dernier jour" in page
    assert "24 heures" in page
