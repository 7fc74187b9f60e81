"""What is told at once, what waits for the summary, and what is too much for one hour."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from notifications.actions import announce, stop_mails
from notifications.models import DigestEntry, Message, Subject
from notifications.outbox import drain
from notifications.stopping import Stop

from .notices import Item, Notice


@pytest.fixture(autouse=True)
def three_an_hour(settings):
    settings.NOTIFICATIONS_PER_HOUR = 3


def tell(kind, key, *people, **how):
    subject = Subject.objects.create()
    announce(kind, subject=subject, event_key=key, recipients=[user.pk for user in people], **how)
    return subject


def mails(user) -> set[str]:
    return set(Message.objects.filter(recipient=user).values_list("event_key", flat=True))


def entries(user) -> list[tuple]:
    return list(DigestEntry.objects.filter(user=user).order_by("pk").values_list("subject", "is_overflow"))


def test_who_wants_the_summary_gets_no_mail_and_nobody_gets_both(item, person):
    alba, benu = person("alba"), person("benu")
    subject = tell(Item, "a", alba, digest=[alba.pk, benu.pk])
    announce(Item, subject=subject, event_key="a", recipients=[], digest=[benu.pk])
    assert (mails(alba), entries(alba)) == ({"a"}, [])
    assert (mails(benu), entries(benu)) == (set(), [(subject.pk, False)])


def test_a_kind_without_a_line_is_never_lost_in_a_summary(notice, person):
    alba, benu = person("alba"), person("benu")
    tell(Notice, "a", alba, digest=[benu.pk])
    for key in "bcde":
        tell(Notice, key, alba)
    assert (mails(alba), mails(benu)) == (set("abcde"), {"a"})
    assert DigestEntry.objects.count() == 0


def test_when_life_is_at_risk_nobody_waits(item, person):
    alba = person()
    for key in "abcde":
        tell(Item, key, digest=[alba.pk], priority=Message.Priority.LIFE_SAFETY)
    assert (mails(alba), entries(alba)) == (set("abcde"), [])


def test_more_than_that_in_an_hour_goes_into_the_summary(item, person):
    alba, benu = person("alba"), person("benu")
    for key in "abc":
        tell(Item, key, alba)
    fourth = tell(Item, "d", alba, benu)
    assert (mails(alba), entries(alba)) == (set("abc"), [(fourth.pk, True)])
    assert (mails(benu), entries(benu)) == ({"d"}, [])
    tell(Item, "e", alba, priority=Message.Priority.LIFE_SAFETY)
    assert mails(alba) == set("abce")
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        tell(Item, "f", alba)
    assert mails(alba) == set("abcef")


def test_mails_about_life_and_accounts_do_not_count(item, person):
    alba = person()
    for number in range(5):
        tell(Item, f"life {number}", alba, priority=Message.Priority.LIFE_SAFETY)
        tell(Item, f"account {number}", alba, priority=Message.Priority.ACCOUNT)
    tell(Item, "a", alba)
    assert "a" in mails(alba)


def test_told_of_this_event_before_is_not_told_again_in_a_summary(item, person):
    alba = person()
    subject = tell(Item, "a", alba)
    tell(Item, "b", alba)
    tell(Item, "c", alba)
    for later in (timedelta(), timedelta(hours=3)):
        with time_machine.travel(timezone.now() + later):
            announce(Item, subject=subject, event_key="a", recipients=[alba.pk])
    assert (mails(alba), entries(alba)) == (set("abc"), [])


def test_who_stopped_the_summary_is_not_moved_into_one(item, person):
    alba = person()
    stop_mails(Stop(alba.pk, None))
    for key in "abcde":
        tell(Item, key, alba)
    tell(Item, "f", digest=[alba.pk])
    assert (mails(alba), entries(alba)) == (set("abcde"), [])


def test_who_stops_the_summary_gets_as_mails_what_was_only_too_much(item, person, office):
    """They chose it at once, and were told in the mail's page that it still comes at once."""
    alba, benu = person("alba"), person("benu")
    for key in "abc":
        tell(Item, key, alba, benu)
    drain()
    fourth = tell(Item, "d", alba, benu)
    tell(Item, "e", digest=[alba.pk])
    for _ in range(2):
        stop_mails(Stop(alba.pk, None))
    assert (entries(alba), entries(benu)) == ([], [(fourth.pk, True)])
    assert (drain(), Message.objects.get(state="sent", subject=fourth).recipient) == (1, alba)


@pytest.mark.parametrize("people", [1, 3])
def test_the_questions_do_not_grow_with_the_people(item, person, people, django_assert_num_queries):
    chosen = [person(f"p{number}") for number in range(people)]
    subject = Subject.objects.create()
    with django_assert_num_queries(4):  # savepoint, the ceiling, the rows, release of the savepoint
        announce(Item, subject=subject, event_key="a", recipients=[user.pk for user in chosen])


def test_when_life_is_at_risk_no_question_is_asked_first(item, person, django_assert_num_queries):
    subject, alba = Subject.objects.create(), person()
    with django_assert_num_queries(3):
        announce(Item, subject=subject, event_key="a", recipients=[alba.pk], priority=Message.Priority.LIFE_SAFETY)


def test_nothing_is_sent_before_its_time(item, person, office):
    alba, due = person(), timezone.now() + timedelta(minutes=30)
    tell(Item, "a", alba, not_before=due)
    assert (drain(), Message.objects.get().next_attempt_at) == (0, due)
    with time_machine.travel(due + timedelta(seconds=1)):
        assert drain() == 1


@pytest.mark.parametrize("gone", [{"is_active": False}, {"expires_at": timezone.now() - timedelta(days=1)}])
def test_a_mail_to_somebody_who_has_left_is_dropped(item, person, office, gone):
    tell(Item, "a", person(**gone))
    assert (drain(), Message.objects.get().state, office.accepted) == (0, "dropped", [])
