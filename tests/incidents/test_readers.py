"""The reader log: everybody who got to know of a report, as who they were then, for its originator alone (C6)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import User
from incidents import desk as desks
from incidents.control import take_back
from incidents.readers import PAGE, reader_log, readers_now
from notifications.actions import choose
from notifications.digests import make_digests
from notifications.outbox import drain
from organisations.models import Membership
from sharing.models import Item, Reading
from tests.documents.hostile_files import a_png
from tests.factories.attachments import add
from tests.factories.desk import desk_of_area
from tests.factories.incidents import USUAL, an_account, file_report, followed_up

from .exporting import made

pytestmark = pytest.mark.django_db
ALBA, ALBA_HQ, BENU, LAKE = "field@alba.example", "hq@alba.example", "field@benu.example", "io@lake.example"
DESK, HQ, DO, OCHA = "dss.field@un.example", "dss.hq@un.example", "do@un.example", "ocha@un.example"
PLATFORM, BENU_HQ, CEDAR = "platform@southsudan.example", "hq@benu.example", "field@cedar.example"
NOT_URGENT = {"coded": {"category": "robbery"}, "groups": []}


@pytest.fixture(autouse=True)
def today(now, settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def report(cast):
    User.objects.update(language="en")
    return file_report(cast, account=an_account(**NOT_URGENT), choices=[*USUAL, "named_organisations"],
                       organisations=["platform"])  # fmt: skip


@pytest.fixture
def item(report) -> Item:
    return report.incident.item


@pytest.fixture
def page(item):
    return f"/incidents/{item.ref}/readers/"


def lines(item, **which) -> set[tuple]:
    """The log as (person's address, what)."""
    by_name = {user.name: user.email for user in User.objects.all()}
    return {(by_name[row.person], how) for row in reader_log(item, **which).rows for how in row.how}


def test_every_reader_is_in_it(cast, item, sign_in):
    """Own people, desk, headquarters, platform, Designated Official, partners: nobody reads unseen."""
    readers = {ALBA, ALBA_HQ, DESK, HQ, DO, BENU, BENU_HQ, LAKE, PLATFORM, "wfp.security@un.example"}
    for email in cast.people:
        status = sign_in(cast[email]).get(f"/incidents/{item.ref}/").status_code
        assert (status == 200) is (email in readers), email
    assert lines(item) == {(email, "opened") for email in readers}
    assert readers_now(item) == len(readers) - 2


def test_somebody_named_in_person(cast, sign_in):
    item = file_report(cast, marking="TLP:RED", choices=["named_persons"], persons=[CEDAR]).incident.item
    sign_in(cast[CEDAR]).get(f"/incidents/{item.ref}/")
    [row] = reader_log(item).rows
    assert (row.person, row.organisation, row.versions) == (cast[CEDAR].name, "INGO Cedar", [1])


def test_each_way_of_reading(cast, report, item, sign_in):
    number = add(cast, item, a_png(), is_shared=True).number
    client = sign_in(cast[LAKE])
    client.get(f"/incidents/{item.ref}/attachments/{number}/")
    made(cast, LAKE, ref=item.ref)
    made(cast, OCHA)  # of a list that does not hold it
    followed_up(cast, report)
    sign_in(cast[DESK]).get(f"/incidents/{item.ref}/reports/1/")
    assert lines(item) == {(LAKE, "attachment downloaded"), (LAKE, "exported"), (DESK, "opened")}
    assert {version for row in reader_log(item).rows for version in row.versions} == {1, 2}


def test_mails_and_summaries(cast, sign_in):
    area = cast.areas["south-sudan"]
    User.objects.update(language="en")
    choose(area, by=cast[BENU_HQ], choice="follow", delivery="digest")
    choose(area, by=cast[LAKE], choice="life_safety")
    report = file_report(cast, account=an_account(**NOT_URGENT), choices=["partners_of_area", "dss_desks"])
    item = report.incident.item
    assert reader_log(item).rows == []  # nothing has gone out
    drain()
    assert lines(item) == {(BENU, "told by e-mail"), (DESK, "told by e-mail")}
    with time_machine.travel(datetime(2026, 3, 22, 12, tzinfo=UTC)):
        make_digests()
        drain()
        assert (BENU_HQ, "told in the daily summary") in lines(item)
        assert LAKE not in {email for email, _ in lines(item)}


def test_told_of_the_work_of_a_desk_too(cast, item):
    """Mails about entries, questions and recalls are ways to know of it as well."""
    desks.acknowledge(item, by=cast[DESK], desk=desk_of_area(cast))
    drain()
    assert (ALBA, "told by e-mail") in lines(item)
    take_back(item, by=cast[ALBA], version=item.version)
    drain()
    assert reader_log(item).persons == len({email for email, _ in lines(item)})


def test_who_they_were_then_and_not_who_they_are_now(cast, item, sign_in):
    drain()
    sign_in(cast[LAKE]).get(f"/incidents/{item.ref}/")
    moved = timezone.now() + timedelta(seconds=1)
    Membership.objects.filter(user=cast[LAKE]).update(ends_at=moved)
    Membership.objects.create(
        user=cast[LAKE],
        organisation=cast.organisations["benu"],
        area=cast.areas["south-sudan"],
        role="partner_field",
        starts_at=moved,
    )
    cast.organisations["benu"].name = "INGO Renamed"
    cast.organisations["benu"].save()
    with time_machine.travel(moved + timedelta(hours=1)):
        sign_in(cast[LAKE]).get(f"/incidents/{item.ref}/")
        mine = [row for row in reader_log(item).rows if row.person == cast[LAKE].name]
    assert [(row.organisation, row.how, row.times) for row in mine] == [
        ("INGO Renamed", ["opened"], 1),
        ("IO Lake", ["opened", "told by e-mail"], 2),
    ]
    assert len({row.role for row in mine}) == 1


def test_who_belongs_nowhere_any_more_stays_in_it(cast, item, sign_in):
    sign_in(cast[LAKE]).get(f"/incidents/{item.ref}/")
    Membership.objects.filter(user=cast[LAKE]).delete()
    cast[LAKE].is_active = False
    cast[LAKE].save()
    [row] = reader_log(item).rows
    assert (row.person, row.organisation) == (cast[LAKE].name, "IO Lake")


def test_told_as_who_they_are_in_the_area(cast, item):
    """Somebody with a role in Chad, given earlier, and one here: the mail about South Sudan went to the latter."""
    was = Membership.objects.get(user=cast[LAKE])
    terms = {"role": was.role, "starts_at": was.starts_at, "user": cast[LAKE]}
    here = {"organisation": was.organisation, "area": was.area}
    was.organisation, was.area = cast.organisations["cedar"], cast.areas["chad"]
    was.save()
    Membership.objects.create(**here, **terms)
    drain()
    [row] = [row for row in reader_log(item).rows if row.person == cast[LAKE].name]
    assert (row.organisation, row.how) == ("IO Lake", ["told by e-mail"])


def test_one_row_for_each_person_with_first_and_last_time(cast, item, sign_in):
    with time_machine.travel(datetime(2026, 3, 21, 8, tzinfo=UTC), tick=False) as clock:
        for minutes in (0, 30, 31):
            clock.move_to(datetime(2026, 3, 21, 8, minutes, tzinfo=UTC))
            sign_in(cast[LAKE]).get(f"/incidents/{item.ref}/")
    [row] = reader_log(item).rows
    assert (row.first, row.last) == (datetime(2026, 3, 21, 8, tzinfo=UTC), datetime(2026, 3, 21, 8, 31, tzinfo=UTC))
    assert (row.times, row.how) == (Reading.objects.filter(item_ref=item.ref).count(), ["opened"])


def test_says_who_can_no_longer_read_it(cast, item, page, sign_in):
    for email in (LAKE, DESK):
        sign_in(cast[email]).get(f"/incidents/{item.ref}/")
    Membership.objects.filter(user=cast[LAKE]).update(ends_at=timezone.now())
    assert {row.person: row.reads_now for row in reader_log(item).rows} == {
        cast[LAKE].name: False,
        cast[DESK].name: True,
    }
    assert sign_in(cast[ALBA]).get(page).content.decode().count("no longer</b>") == 1


def test_own_people_are_folded(cast, item, page, sign_in):
    for email in (LAKE, ALBA, ALBA_HQ):
        sign_in(cast[email]).get(f"/incidents/{item.ref}/")
    answer = sign_in(cast[ALBA]).get(page)
    folded = answer.content.decode().partition('<details class="framed">')[2].partition("</details>")[0]
    assert [cast[email].name in folded for email in (LAKE, ALBA, ALBA_HQ)] == [False, True, True]
    assert [row.person for row in answer.context["page"].others] == [cast[LAKE].name]


def test_only_the_originator_sees_it(cast, item, page, sign_in):
    for email in cast.people:
        client = sign_in(cast[email])
        expected = 200 if email in {ALBA, ALBA_HQ} else 404
        assert (client.get(page).status_code, client.post(page).status_code) == (
            expected,
            405 if expected == 200 else 404,
        )
    assert not Reading.objects.filter(item_ref=item.ref).exists()  # looking at the log is not reading the report


def test_a_reader_of_the_shared_release_gets_no_hint_of_it(cast, item, sign_in):
    text = sign_in(cast[LAKE]).get(f"/incidents/{item.ref}/").content.decode()
    assert "readers/" not in text


def fill(cast, item, number):
    Reading.objects.bulk_create(
        Reading(
            item_ref=item.ref,
            release=1,
            reader=[cast[BENU].pk, cast[LAKE].pk, cast[DO].pk][each % 3],
            organisation=f"then {each}",
            role="partner_field",
            how="opened",
            version=1,
            at=timezone.now() - timedelta(minutes=each),
        )
        for each in range(number)
    )


def test_pages_newest_first(cast, item, page, sign_in):
    fill(cast, item, 2 * PAGE + 1)
    client = sign_in(cast[ALBA])
    shown = [client.get(page, {"page": number}).context["page"] for number in (1, 2, 3)]
    assert [len(one.rows) for one in shown] == [PAGE, PAGE, 1]
    assert [one.has_more for one in shown] == [True, True, False]
    assert [row.organisation for one in shown for row in one.rows] == [f"then {each}" for each in range(2 * PAGE + 1)]
    assert {one.persons for one in shown} == {3}


@pytest.mark.parametrize("number", ["0", "-1", "x", "", "9" * 40, "4", "1.5", "٣"])
def test_a_page_that_is_none(cast, item, page, sign_in, number):
    fill(cast, item, 3)
    assert sign_in(cast[ALBA]).get(page, {"page": number}).status_code == 200


def test_hostile_names_are_names(cast, item, page, sign_in):
    cast[LAKE].name = '<script>alert("x")</script>\u202e'
    cast[LAKE].save()
    sign_in(cast[LAKE]).get(f"/incidents/{item.ref}/")
    assert "<script>alert" not in sign_in(cast[ALBA]).get(page).content.decode()


def test_it_asks_the_same_few_questions(cast, item, page, sign_in, django_assert_num_queries):
    drain()
    client = sign_in(cast[ALBA])
    client.get(page)
    for number in (1, 3, PAGE):
        fill(cast, item, number)
        with django_assert_num_queries(11):
            client.get(page)
