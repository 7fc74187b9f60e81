"""The audit chain: what anybody did to it is found, and one command says so."""

import threading
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import User
from audit.actions import record
from audit.chain import event_hash, faults
from audit.models import ChainHead, Event
from tests.support.management.commands.flush import _replica_role, _triggers_dropped

pytestmark = pytest.mark.django_db


def without_triggers():
    """As somebody who owns the database and has taken the triggers away."""
    return {"postgresql": _replica_role, "sqlite": _triggers_dropped}[connection.vendor](connection)


@pytest.fixture
def chain(db) -> list[Event]:
    """Five events of an unknown past."""
    assert not Event.objects.exists()
    return [
        record("thing.done", by=None, object_type="thing", object_ref=f"T-{number}", facts={"step": number, "ü": "€"})
        for number in range(1, 6)
    ]


def verify(**options) -> str:
    """What `verify_audit` says, whether it ends well or with an error."""
    out = StringIO()
    try:
        call_command("verify_audit", stdout=out, **options)
    except CommandError as error:
        return f"ERROR {error}"
    return out.getvalue().strip()


def test_an_empty_chain_is_intact(db):
    assert verify() == "0 events, chain intact. Head: 0:"


def test_an_intact_chain(chain):
    assert verify() == f"5 events, chain intact. Head: 5:{chain[-1].hash}"
    assert [event.number for event in chain] == [1, 2, 3, 4, 5]
    assert [event.previous_hash for event in chain] == ["", *(event.hash for event in chain[:-1])]
    assert all(event.hash == event_hash(event) for event in Event.objects.all())


@pytest.mark.parametrize(
    "change",
    [
        {"verb": "thing.undone"},
        {"actor": "7"},
        {"object_ref": "T-9"},
        {"object_type": "other"},
        {"facts": {"step": 4}},
        {"at": "2020-01-01T00:00:00Z"},
        {"hash": "0" * 64},
    ],
    ids=str,
)
@pytest.mark.sqlite
def test_a_changed_event_is_found(chain, change):
    with without_triggers():
        Event.objects.filter(number=3).update(**change)
    assert "Event 3 was changed." in verify()


def test_a_changed_and_newly_hashed_event_is_found(chain):
    """Only this installation's key makes a hash; whoever has it would still have to make all later events again."""
    event = chain[2]
    event.verb = "thing.undone"
    with without_triggers():
        Event.objects.filter(number=3).update(verb=event.verb, hash=event_hash(event))
    assert verify() == "ERROR Event 4 does not follow event 3: one was inserted or replaced."


def test_removed_events_are_found(chain):
    with without_triggers():
        Event.objects.filter(number__in=[2, 3]).delete()
    assert verify().startswith("ERROR Events 2 to 3 are missing.")


def test_an_event_removed_and_the_rest_renumbered_is_found(chain):
    with without_triggers():
        Event.objects.filter(number=2).delete()
        for number in (3, 4, 5):
            Event.objects.filter(number=number).update(number=number - 1)
    found = verify()
    assert "Event 2 does not follow event 1" in found
    assert "Event 4 was changed." in found


def test_an_inserted_event_is_found(chain):
    with without_triggers():
        for number in (5, 4, 3):
            Event.objects.filter(number=number).update(number=number + 1)
        forged = Event(
            number=3, verb="thing.forged", object_type="thing", object_ref="T-0", previous_hash=chain[1].hash
        )
        forged.hash = event_hash(forged)
        forged.save(force_insert=True)
    assert "Event 4 does not follow event 3: one was inserted or replaced." in verify()


def test_an_event_added_behind_the_head_is_found(chain):
    forged = Event(number=6, verb="thing.forged", object_type="thing", object_ref="T-0", previous_hash=chain[-1].hash)
    forged.hash = event_hash(forged)
    forged.save(force_insert=True)
    assert verify() == "ERROR The chain ends at event 6, but its head says 5."


def test_two_events_in_each_others_place_are_found(chain):
    with without_triggers():
        Event.objects.filter(number=2).update(number=99)
        Event.objects.filter(number=4).update(number=2)
        Event.objects.filter(number=99).update(number=4)
    found = verify()
    for number in (2, 4):
        assert f"Event {number} was changed." in found


def test_a_cut_end_is_found(chain):
    with without_triggers():
        Event.objects.filter(number=5).delete()
    assert verify() == "ERROR The chain ends at event 4, but its head says 5."


def test_a_cut_end_and_a_forged_head_are_found_with_a_head_that_was_kept(chain):
    kept = f"5:{chain[-1].hash}"
    assert verify(head=kept).startswith("5 events, chain intact.")
    with without_triggers():
        Event.objects.filter(number=5).delete()
        ChainHead.objects.update(number=4, hash=chain[3].hash)
    assert verify().startswith("4 events, chain intact.")
    assert verify(head=kept) == "ERROR The head 5 that you kept is no longer in the chain."


def test_an_earlier_head_stays_good_while_the_chain_grows(chain):
    kept = f"5:{chain[-1].hash}"
    record("thing.done", by=None, object_type="thing", object_ref="T-6")
    assert verify(head=kept).startswith("6 events, chain intact.")


@pytest.mark.parametrize("kept", ["5", "5:", ":x", "six:x", "5:" + "0" * 64, "99999999999999999999:x"])
def test_a_head_that_never_was(chain, kept):
    assert "is no longer in the chain" in verify(head=kept)


def test_everything_removed_is_found(chain):
    with without_triggers():
        Event.objects.all().delete()
    assert verify() == "ERROR The chain ends at event 0, but its head says 5."
    ChainHead.objects.all().delete()
    assert verify(head=f"5:{chain[-1].hash}") == "ERROR The head 5 that you kept is no longer in the chain."


def test_another_installations_key_finds_every_event_changed(chain, settings):
    settings.DIGEST_KEY = "another installation"
    assert len(list(faults(Event.objects.order_by("number"), ChainHead.objects.get()))) == 5


def test_rotated_keys_keep_the_chain(chain, settings):
    settings.SECRET_KEY = "rotated" * 10
    settings.MASTER_KEYS = ["new:" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=", *settings.MASTER_KEYS]
    assert verify().startswith("5 events, chain intact.")


def test_what_an_event_keeps(db):
    user = User.objects.create_user("a@b.example", name="A")
    event = record("thing.done", by=user, object_type="thing", object_ref="T-1", facts={"code": "x"})
    kept = Event.objects.get()
    assert (kept.number, kept.actor, kept.verb, kept.object_type, kept.object_ref, kept.facts) == (
        1, str(user.pk), "thing.done", "thing", "T-1", {"code": "x"},
    )  # fmt: skip
    assert str(event) == "1 thing.done T-1"
    assert "a@b.example" not in str(vars(kept))


@pytest.mark.sqlite
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_chain():
    """From the very first event on: the head is made by whoever comes first."""
    together, failed = threading.Barrier(6), []

    def write(name):
        try:
            together.wait(10)
            for number in range(5):
                record("thing.done", by=None, object_type="thing", object_ref=f"{name}-{number}")
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcdef"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert verify().startswith("30 events, chain intact.")
    assert Event.objects.values("object_ref").distinct().count() == 30
