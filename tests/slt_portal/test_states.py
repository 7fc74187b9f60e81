"""State changes: all states by all states of the one table there is, and two who want the same row."""

import uuid

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from notifications.models import Message, Subject
from slt_portal.states import StaleState, move

pytestmark = pytest.mark.django_db
State = Message.State
BY_HAND = {
    (State.QUEUED, State.SENDING),
    (State.SENDING, State.SENDING),
    (State.SENDING, State.SENT),
    (State.SENDING, State.QUEUED),
    (State.SENDING, State.DROPPED),
    (State.SENDING, State.FAILED),
    (State.FAILED, State.QUEUED),
    (State.SENT, State.BOUNCED),
    (State.BOUNCED, State.QUEUED),
}


def belongs_to(state) -> dict:
    """What a row of this state has beside it."""
    if state == State.SENDING:
        return {"lease": uuid.uuid4(), "leased_until": timezone.now(), "sent_at": None}
    return {
        "lease": None,
        "leased_until": None,
        "sent_at": timezone.now() if state in {State.SENT, State.BOUNCED} else None,
    }


@pytest.fixture
def message(db):
    user = User.objects.create_user("a@b.example", name="A")
    return lambda state: Message.objects.create(
        kind="x", subject=Subject.objects.create(), event_key=str(uuid.uuid4()), recipient=user, state=state,
        **belongs_to(state),
    )  # fmt: skip


@pytest.mark.parametrize("to", State)
@pytest.mark.parametrize("old", State)
def test_every_state_by_every_state(message, old, to):
    row = message(old)
    if (old, to) in BY_HAND:
        move(row, to, **belongs_to(to))
        assert (row.state, Message.objects.get().state) == (to, to)
    else:
        with pytest.raises(StaleState, match="is not followed by"):
            move(row, to, **belongs_to(to))
        assert (row.state, Message.objects.get().state) == (old, old)


def test_every_state_has_a_row_in_the_table():
    assert set(Message.NEXT) == set(State)


def test_whoever_is_second_is_told(message):
    first = message(State.QUEUED)
    second = Message.objects.get()
    move(first, State.SENDING, **belongs_to(State.SENDING))
    with pytest.raises(StaleState, match="somebody else"):
        move(second, State.SENDING, **belongs_to(State.SENDING))
    assert second.state == State.QUEUED
    assert Message.objects.get().lease == first.lease


def test_a_condition_that_does_not_hold(message):
    row = message(State.SENDING)
    with pytest.raises(StaleState):
        move(row, State.SENT, where={"lease": uuid.uuid4()}, **belongs_to(State.SENT))
    move(row, State.SENT, where={"lease": row.lease}, **belongs_to(State.SENT))


def test_a_row_that_is_gone(message):
    row = message(State.QUEUED)
    Message.objects.all().delete()
    with pytest.raises(StaleState):
        move(row, State.SENDING, **belongs_to(State.SENDING))


def test_the_database_holds_what_belongs_to_a_state(message):
    """What `move` is given must fit the state: a constraint says so, and nothing is written."""
    row = message(State.QUEUED)
    with pytest.raises(IntegrityError), transaction.atomic():
        move(row, State.SENDING)
    assert (row.state, Message.objects.get().state) == (State.QUEUED, State.QUEUED)


def test_changes_are_on_the_row_as_in_the_table(message):
    row = message(State.FAILED)
    move(row, State.QUEUED, attempts=0, last_error="why")
    assert (row.last_error, Message.objects.get().last_error) == ("why", "why")
