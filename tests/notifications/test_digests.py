"""The daily summary: once a day, in the morning of its reader, with what they may still see and still want."""

import subprocess
import sys
import threading
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.conf import settings as project
from django.db import connection
from django.utils import timezone

from areas.models import Area
from notifications.actions import announce, choose, stop_mails, unfollow
from notifications.digests import make_digests
from notifications.models import Digest, DigestEntry, Message, Subject
from notifications.outbox import drain, render
from notifications.querysets import mailed
from notifications.stopping import Stop
from notifications.tasks import send_digests

from .notices import Item
from .post_office import text_of

EVENING = datetime(2026, 3, 14, 20, tzinfo=UTC)
MORNING = datetime(2026, 3, 15, 6, tzinfo=UTC)


def put_aside(*people, at=EVENING, overflow=False) -> Subject:
    """Something for the next summary of some people."""
    subject = Subject.objects.create()
    rows = [
        DigestEntry(user=user, subject=subject, kind=Item.code, created_at=at, is_overflow=overflow) for user in people
    ]
    DigestEntry.objects.bulk_create(rows)
    return subject


def ref(subject) -> str:
    return f"INC-{str(subject.pk)[:8]}"


def send(at=MORNING):
    """The tick at a moment, and then the mails."""
    with time_machine.travel(at, tick=False):
        made = make_digests()
        drain()
    return made


def where_it_is_noon() -> str:
    """A time zone in which the hour of the summary has struck, whenever the tests run."""
    ahead = 12 - timezone.now().hour
    return f"Etc/GMT{-ahead:+d}"  # their signs point west


def refs_in(mail) -> list[str]:
    return [line.split()[1] for line in text_of(mail).splitlines() if line.startswith("[TLP:")]


def days() -> list[date]:
    return list(Digest.objects.order_by("pk").values_list("on", flat=True))


@pytest.mark.parametrize(
    ("zone", "too_early", "due"),
    [
        ("UTC", "2026-03-15T05:59:59+00:00", "2026-03-15T06:00:00+00:00"),
        ("Africa/Juba", "2026-03-15T03:59:59+00:00", "2026-03-15T04:00:00+00:00"),
        ("Asia/Kathmandu", "2026-03-15T00:14:59+00:00", "2026-03-15T00:15:00+00:00"),
        ("Pacific/Kiritimati", "2026-03-15T15:59:59+00:00", "2026-03-15T16:00:00+00:00"),
        ("Pacific/Pago_Pago", "2026-03-15T16:59:59+00:00", "2026-03-15T17:00:00+00:00"),
        ("No/Such_Zone", "2026-03-15T05:59:59+00:00", "2026-03-15T06:00:00+00:00"),
    ],
)
def test_it_comes_at_six_on_the_readers_own_clock(item, person, zone, too_early, due):
    alba = person(time_zone=zone)
    due = datetime.fromisoformat(due)
    put_aside(alba, at=due - timedelta(hours=1))
    assert make_digests(datetime.fromisoformat(too_early)) == 0
    assert make_digests(due) == 1
    assert make_digests(due + timedelta(hours=1)) == 0


@pytest.mark.parametrize(
    ("day", "six"),
    [
        ("2026-03-28", "2026-03-28T05:00:00+00:00"),
        ("2026-03-29", "2026-03-29T04:00:00+00:00"),  # the clock went forward in the night
        ("2026-10-24", "2026-10-24T04:00:00+00:00"),
        ("2026-10-25", "2026-10-25T05:00:00+00:00"),  # and back
    ],
)
def test_it_comes_at_six_on_the_days_on_which_the_clock_changes(item, person, day, six):
    alba, six = person(time_zone="Europe/Paris"), datetime.fromisoformat(six)
    put_aside(alba, at=six - timedelta(hours=8))
    assert make_digests(six - timedelta(seconds=1)) == 0
    assert (make_digests(six), days()) == (1, [date.fromisoformat(day)])


def test_what_comes_after_six_waits_for_the_next_day(item, person, office):
    alba = person()
    first = put_aside(alba)
    assert send() == 1
    second = put_aside(alba, at=MORNING + timedelta(minutes=1))
    assert send(MORNING + timedelta(hours=17)) == 0
    assert send(MORNING + timedelta(days=1)) == 1
    assert [refs_in(mail) for mail in office.accepted] == [[ref(first)], [ref(second)]]


def test_what_comes_first_thing_after_six_waits_too(item, person):
    put_aside(person(), at=MORNING + timedelta(minutes=1))
    assert make_digests(MORNING + timedelta(minutes=5)) == 0


def test_each_person_gets_their_own_and_who_waits_for_nothing_gets_none(item, person, office):
    alba, benu = person("alba"), person("benu", time_zone="Africa/Juba")
    person("cedar")
    both, one = put_aside(alba, benu), put_aside(benu, at=EVENING + timedelta(minutes=1))
    assert send() == 2
    assert {mail["To"]: refs_in(mail) for mail in office.accepted} == {
        "alba@alba.example": [ref(both)],
        "benu@benu.example": [ref(both), ref(one)],
    }


def test_who_flies_west_gets_no_second_summary_of_the_same_day(item, person):
    alba = person(time_zone="Pacific/Kiritimati")
    put_aside(alba, at=datetime(2026, 3, 14, 15, tzinfo=UTC))
    assert make_digests(datetime(2026, 3, 14, 16, 30, tzinfo=UTC)) == 1  # it is the 15th there
    put_aside(alba, at=datetime(2026, 3, 14, 16, 40, tzinfo=UTC))
    type(alba).objects.update(time_zone="Pacific/Pago_Pago")
    assert make_digests(datetime(2026, 3, 14, 17, 30, tzinfo=UTC)) == 0  # and the 14th here
    assert make_digests(datetime(2026, 3, 16, 17, 30, tzinfo=UTC)) == 1
    assert days() == [date(2026, 3, 15), date(2026, 3, 16)]


def test_the_whole_mail(item, person, office):
    subject = put_aside(person(time_zone="Africa/Juba"))
    send()
    [mail] = office.accepted
    said = " ".join(text_of(mail).split())
    assert mail["Subject"] == "Saving Lives Together: your daily summary, 15 Mar 2026"
    assert said.startswith("Alba, This was shared with you, or changed, since your last summary.")
    assert (
        f"[TLP:GREEN] {ref(subject)} · Kenya · new · 14 Mar 2026, 22:00 (20:00 UTC) "
        f"http://testserver/incidents/{ref(subject)}/ "
        "Everything that waits for you is on your home page: http://testserver/ --" in said
    )
    assert "Change which mails you get: http://testserver/notifications/" in said
    assert "Stop mails like this one, without signing in: http://testserver/notifications/stop/" in said
    html = mail.get_payload(1).get_payload(decode=True).decode()
    assert f'<a href="http://testserver/incidents/{ref(subject)}/">{ref(subject)}</a>' in html
    assert "late" not in said


@pytest.mark.parametrize(("hours", "late"), [(0, False), (2, False), (4, True), (24 * 5, True)])
def test_after_a_stand_still_it_is_one_mail_and_says_that_it_is_late(item, person, office, hours, late):
    alba = person()
    subjects = [put_aside(alba)]
    subjects += [put_aside(alba, at=EVENING + timedelta(days=day)) for day in range(1, 1 + hours // 24)]
    assert send(MORNING + timedelta(hours=hours)) == 1
    [mail] = office.accepted
    assert refs_in(mail) == [ref(subject) for subject in subjects]
    assert (mail["Subject"].endswith(", late"), "This summary is late" in text_of(mail)) == (late, late)


def test_what_came_after_six_is_not_late_the_next_morning(item, person, office):
    put_aside(person(), at=MORNING + timedelta(minutes=1))
    send(MORNING + timedelta(days=1))
    assert office.subjects == ["Saving Lives Together: your daily summary, 16 Mar 2026"]


def test_what_one_may_no_longer_see_is_not_in_it(item, person, office):
    alba = person()
    gone, kept = put_aside(alba), put_aside(alba, at=EVENING + timedelta(minutes=1))
    with time_machine.travel(MORNING, tick=False):
        make_digests()
    item.gone.add(gone.pk)
    with time_machine.travel(MORNING, tick=False):
        drain()
    [mail] = office.accepted
    assert refs_in(mail) == [ref(kept)]
    assert str(gone.pk)[:8] not in text_of(mail)
    assert [row[0] for row in mailed([gone.pk, kept.pk])] == [alba.pk]
    assert mailed([gone.pk]) == []


def test_without_a_line_left_nothing_is_sent(item, person, office):
    item.gone.add(put_aside(person()).pk)
    assert send() == 1
    assert (office.accepted, Message.objects.get().state) == ([], "dropped")
    assert send(MORNING + timedelta(days=1)) == 0


def test_who_has_left_gets_none(item, person, office):
    subject = put_aside(person(is_active=False))
    send()
    assert (office.accepted, Message.objects.get().state, mailed([subject.pk])) == ([], "dropped", [])


@pytest.fixture
def about(item, cast):
    """Two things in parts of South Sudan for somebody who follows it, and the person."""
    user, area = cast["hq@benu.example"], cast.areas["south-sudan"]
    part = Area.objects.create(code="jonglei", name_en="Jonglei", kind="part", parent=area)
    choose(area, by=user, choice="follow", delivery="digest")
    for category, severity in (("robbery", 1), ("abduction", 4)):
        subject = put_aside(user, at=EVENING + timedelta(minutes=severity))
        item.about[subject.pk] = {"area_ids": part.places, "category": category, "severity": severity}
    return user, area, part


CHANGES = [
    (lambda user, area, part: None, 2),
    (lambda user, area, part: choose(area, by=user, choice="life_safety"), 0),
    (lambda user, area, part: choose(area, by=user, choice="follow", categories=["robbery"]), 1),
    (lambda user, area, part: choose(area, by=user, choice="follow", min_severity=2), 1),
    (lambda user, area, part: choose(area, by=user, choice="follow", categories=["robbery"], min_severity=2), 0),
    (lambda user, area, part: choose(part, by=user, choice="life_safety"), 0),
    (lambda user, area, part: unfollow(area, by=user), 0),
    (lambda user, area, part: stop_mails(Stop(user.pk, part.pk)), 0),
    (lambda user, area, part: stop_mails(Stop(user.pk, None)), 0),
]


@pytest.mark.parametrize(("change", "left"), CHANGES)
def test_what_one_chose_meanwhile_holds_for_what_waits(about, office, change, left):
    change(*about)
    send()
    assert [len(refs_in(mail)) for mail in office.accepted] == ([left] if left else [])


def test_who_works_there_still_wants_it_without_a_choice(about, item, office):
    user, area, _ = about
    for facts in item.about.values():
        facts["works_there"] = True
    unfollow(area, by=user)
    send()
    assert [len(refs_in(mail)) for mail in office.accepted] == [2]


def test_what_was_too_much_for_an_hour_is_not_filtered_as_a_summary(about, office):
    DigestEntry.objects.update(is_overflow=True)
    user, area, _ = about
    choose(area, by=user, choice="follow", categories=["robbery"])
    send()
    assert [len(refs_in(mail)) for mail in office.accepted] == [2]


def test_what_cannot_be_read_now_holds_up_nothing_and_comes_the_next_day(item, person, office, caplog):
    alba = person()
    broken, kept = put_aside(alba), put_aside(alba, at=EVENING + timedelta(minutes=1))
    item.unreadable.add(broken.pk)
    send()
    assert [refs_in(mail) for mail in office.accepted] == [[ref(kept)]]
    assert "SECRET-CANARY" not in caplog.text
    item.unreadable.clear()
    assert send(MORNING + timedelta(days=1)) == 1
    assert [refs_in(mail) for mail in office.accepted][1:] == [[ref(broken)]]


def test_what_could_not_be_read_and_came_again_meanwhile_is_one_line(item, person, office):
    alba = person()
    broken = put_aside(alba)
    item.unreadable.add(broken.pk)
    with time_machine.travel(MORNING, tick=False):
        make_digests()
        announce(Item, subject=broken, event_key="again", recipients=[], digest=[alba.pk])
        drain()
    item.unreadable.clear()
    assert send(MORNING + timedelta(days=1)) == 1
    assert [refs_in(mail) for mail in office.accepted] == [[ref(broken)]]
    assert send(MORNING + timedelta(days=2)) == 0


def test_several_things_about_one_incident_are_one_line(item, person, office):
    subject = put_aside(person())
    DigestEntry.objects.create(user=person("benu"), subject=subject, kind=Item.code, created_at=EVENING)
    row = DigestEntry.objects.filter(user__email="alba@alba.example").get()
    DigestEntry.objects.create(user=row.user, subject=subject, kind="notifications.gone", created_at=EVENING)
    send()
    assert [refs_in(mail) for mail in office.accepted] == [[ref(subject)]] * 2


def test_the_reader_log_learns_who_was_sent_what_and_how(item, person, office):
    alba, benu = person("alba"), person("benu")
    subject = put_aside(alba)
    other = Subject.objects.create()
    with time_machine.travel(EVENING, tick=False):
        announce(Item, subject=subject, event_key="a", recipients=[benu.pk])
        announce(Item, subject=other, event_key="b", recipients=[alba.pk])
    assert mailed([subject]) == []
    send()
    rows = mailed([subject.pk])
    assert sorted((user, how) for user, _, how in rows) == sorted([(alba.pk, "digest"), (benu.pk, "mail")])
    assert {at for _, at, _ in rows} <= set(Message.objects.values_list("sent_at", flat=True))
    assert [(user, how) for user, _, how in mailed([other])] == [(alba.pk, "mail")]


@pytest.mark.parametrize("people", [1, 3])
def test_asking_who_is_due_is_one_question(item, person, people, django_assert_num_queries):
    put_aside(*[person(f"p{number}") for number in range(people)], at=MORNING)
    with django_assert_num_queries(1):
        assert make_digests(MORNING + timedelta(minutes=5)) == 0


@pytest.mark.parametrize("number", [1, 3])
def test_a_summary_asks_its_own_questions_once(item, person, number, django_assert_num_queries):
    alba = person()
    for minute in range(number):
        put_aside(alba, at=EVENING + timedelta(minutes=minute))
    make_digests(MORNING)
    message = Message.objects.select_related("recipient").get()
    with django_assert_num_queries(2):  # what waits, what the person chose
        assert len(refs_in_text(render(message))) == number


def refs_in_text(mail):
    return [line for line in mail.text.splitlines() if line.startswith("[TLP:")]


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_four_ticks_at_once_make_one_summary_each(item, person, office):
    people = [person(f"p{number}") for number in range(8)]
    put_aside(*people)
    made, errors = [], []

    def work():
        try:
            made.append(make_digests(MORNING))
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert (errors, sum(made), Digest.objects.count(), Message.objects.count()) == ([], 8, 8, 8)
    assert DigestEntry.objects.filter(digest=None).count() == 0


@pytest.mark.slow
@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("point", ["summary begun", "summary made"])
def test_a_worker_killed_between_loses_nothing_and_makes_no_second(item, person, office, point):
    alba = person(time_zone=where_it_is_noon())
    subject = put_aside(alba, at=timezone.now() - timedelta(days=2))
    command = [sys.executable, "-m", "tests.notifications.worker", point, connection.settings_dict["NAME"], "0"]
    worker = subprocess.run(command, cwd=project.BASE_DIR, capture_output=True, text=True, timeout=60, check=False)
    assert worker.returncode == -9, worker.stderr
    assert Digest.objects.count() == Message.objects.count() == (point == "summary made")
    make_digests()
    drain()
    assert [refs_in(mail) for mail in office.accepted] == [[ref(subject)]]


@pytest.mark.django_db(transaction=True)
def test_the_tick_makes_and_sends_them(item, person, office, dead_broker):
    put_aside(person(time_zone=where_it_is_noon()), at=timezone.now() - timedelta(days=2))
    send_digests()
    assert Message.objects.count() == 1
