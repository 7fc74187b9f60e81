"""Measures under way (G5): who reads and keeps them, that nothing said is lost, and what stood there on a day."""

import uuid
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Event
from overview.actions.measures import change_measure
from overview.measures import measures_as_of, measures_now
from overview.models import Measure, MeasureEntry
from overview.policies import reads_measures, writes_measures
from sharing.access import access_of
from slt_portal.states import StaleState
from tests.factories.measures import HQ, ICVA, SAID, a_measure

pytestmark = pytest.mark.django_db
ALBA, OCHA, LOCAL = "field@alba.example", "ocha@un.example", "local@nngo.example"
LIST, NEW, TABLE = "/measures/", "/measures/new/", "/measures/table.csv"
READ_NOTHING = {
    *("hq@suspended.example", "applicant@dune.example", "platform@southsudan.example", LOCAL),
    *("handler@un.example", "admin@portal.example", "nobody@elsewhere.example"),
}


def typed(**more):
    return {**SAID, "submission": uuid.uuid4(), "number": 0, "on": "2026-12-01", **more}


def test_who_reads_and_who_writes(cast, sign_in):
    accesses = {email: access_of(user) for email, user in cast.people.items()}
    assert {email for email, access in accesses.items() if not reads_measures(access)} == READ_NOTHING
    assert {email for email, access in accesses.items() if writes_measures(access)} == {HQ, OCHA, ICVA}
    row = a_measure(cast)
    own, change = f"{LIST}{row.ref}/", f"{LIST}{row.ref}/change/"
    for email, expected in ((HQ, [200] * 5), (ALBA, [200, 200, 404, 200, 404]), (LOCAL, [404] * 5)):
        client = sign_in(cast[email])
        assert [client.get(path).status_code for path in (LIST, TABLE, NEW, own, change)] == expected, email
        assert client.post(NEW, typed()).status_code == (302 if email == HQ else 404)
        assert client.post(change, typed(number=1, owner="CANARY")).status_code == (302 if email == HQ else 404)
    assert Measure.objects.count() == 2
    assert sign_in(cast[HQ]).get(f"{LIST}MEA-00000/").status_code == 404
    for page in (own, LIST):  # nobody's name, not even of who wrote it
        assert cast[HQ].name not in sign_in(cast[ALBA]).get(page).content.decode()


def test_each_change_is_a_new_entry_and_an_event(cast):
    row = a_measure(cast)
    change_measure(row, number=1, **SAID | {"state": "done", "on": date(2026, 11, 1)}, by=cast[ICVA])
    change_measure(row, number=1, **SAID | {"state": "done", "on": date(2026, 11, 1)}, by=cast[ICVA])  # pressed twice
    assert list(row.entries.values_list("number", "state", "by")) == [
        (1, "ongoing", cast[HQ].pk),
        (2, "done", cast[ICVA].pk),
    ]
    events = Event.objects.filter(verb="overview.measure_said", object_ref=row.ref).order_by("number")
    assert [event.facts for event in events] == [
        {"number": 1, "state": "ongoing", "on": None},
        {"number": 2, "state": "done", "on": "2026-11-01"},
    ]
    with pytest.raises(StaleState):
        change_measure(row, number=1, **SAID | {"owner": "OCHA"}, by=cast[HQ])
    assert row.entries.count() == 2


def test_a_form_sent_twice_is_one_measure(cast, sign_in):
    client, data = sign_in(cast[HQ]), typed()
    assert [client.post(NEW, data).headers["Location"] for _ in range(2)] == [f"{LIST}{Measure.objects.get().ref}/"] * 2
    assert MeasureEntry.objects.count() == 1


def test_who_comes_too_late_sees_both_versions_and_loses_nothing(cast, sign_in):
    row = a_measure(cast)
    change_measure(row, number=1, **SAID | {"owner": "THEIROWNER"}, by=cast[ICVA])
    client, path = sign_in(cast[HQ]), f"{LIST}{row.ref}/change/"
    page = client.post(path, typed(number=1, owner="MYOWNER", note_en="MYNOTE", note_fr="MANOTE"))
    text = page.content.decode()
    assert all(word in text for word in ("Somebody else changed this first", "THEIROWNER", "MYOWNER", "MYNOTE"))
    assert page.context["form"]["number"].value() == 2
    assert row.entries.count() == 2
    assert client.post(path, typed(number=2, owner="MYOWNER")).status_code == 302  # now it is meant
    shown = client.get(f"{LIST}{row.ref}/").content.decode()
    assert shown.index("MYOWNER") < shown.index("THEIROWNER") < shown.index(SAID["owner"])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title_fr": ""}, "title_fr"),
        ({"title_en": ""}, "title_en"),
        ({"note_en": "One"}, "note_fr"),
        ({"note_fr": "Une"}, "note_en"),
        ({"state": "done", "on": (timezone.now() + timedelta(days=2)).date().isoformat()}, "on"),
        ({"owner": "x" * 2_000}, "owner"),
        ({"title_en": "a\x00b"}, "title_en"),
        ({"state": "nonsense"}, "state"),
        ({"on": "31 Feb"}, "on"),
        ({"number": 2**40}, "number"),
    ],
)
def test_errors_stand_at_the_field(cast, sign_in, changes, field):
    page = sign_in(cast[HQ]).post(NEW, typed(**changes))
    assert (page.status_code, set(page.context["form"].errors)) == (200, {field})
    assert not Measure.objects.exists()


def test_the_table_as_of_a_day(cast):
    first, second = a_measure(cast, title_en="First"), a_measure(cast, title_en="Second", state="planned")
    then = timezone.now()
    change_measure(first, number=1, **SAID | {"title_en": "First", "state": "dropped"}, by=cast[HQ])
    a_measure(cast, title_en="Third")
    assert [(row.title_en, row.state) for row in measures_as_of(then)] == [("First", "ongoing"), ("Second", "planned")]
    assert [row.title_en for row in measures_now()] == ["Third", "Second", "First"]
    assert measures_as_of(second.made_at - timedelta(days=1)) == []


def test_list_filter_file_and_queries(cast, sign_in):
    client = sign_in(cast[ALBA])
    assert "No measures yet" in client.get(LIST).content.decode()
    a_measure(cast, owner="=cmd()", title_fr="Une mesure")
    asked = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        asked.append(len(queries))
        a_measure(cast, state="done"), a_measure(cast, state="planned")
    assert asked == [6, 6]
    assert client.get(f"{LIST}?state=done").content.decode().count('scope="row"') == 2
    assert client.get(f"{LIST}?state=nonsense").status_code == 200
    lines = client.get(f"{TABLE}?state=ongoing").content.decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert '"\'=cmd()"' in lines[1]
    assert '"Une mesure"' in lines[1]
