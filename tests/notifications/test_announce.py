"""Queueing: once per person and event, in the announcer's transaction, whatever the broker does."""

import time

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from notifications import kinds
from notifications.actions import announce
from notifications.kinds import UnknownKind, all_kinds, kind_of, register
from notifications.models import Message, Subject
from notifications.tasks import drain_outbox, nudge
from slt_portal.celery import app

from .notices import Notice


def _waiting_jobs():
    with app.connection_for_read() as connection:
        return connection.default_channel.client.llen("celery")


@pytest.fixture
def empty_broker():
    with app.connection_for_write() as connection:
        connection.default_channel.client.delete("celery")


def test_queueing_twice_makes_one_row_for_each_person(notice, person):
    alba, benu, cedar = person("alba"), person("benu"), person("cedar")
    subject = Subject.objects.create()
    announce(Notice, subject=subject, event_key="filed", recipients=[alba.pk, benu.pk, alba.pk])
    announce(Notice, subject=subject, event_key="filed", recipients=[benu.pk, cedar.pk])
    rows = Message.objects.values_list("event_key", "recipient", "state", "priority", "kind")
    expected = {("filed", one.pk, "queued", 5, "notifications.notice") for one in (alba, benu, cedar)}
    assert sorted(rows) == sorted(expected)


def test_another_event_or_priority_is_another_row(announced):
    announced("first", to=announced("second", priority=Message.Priority.LIFE_SAFETY))
    assert set(Message.objects.values_list("event_key", "priority")) == {("first", 5), ("second", 0)}


def test_no_recipients_no_rows_no_nudge(notice, db, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        announce(Notice, subject=Subject.objects.create(), event_key="nobody", recipients=[])
    assert (callbacks, Message.objects.count()) == ([], 0)


def test_an_unknown_kind_cannot_be_announced(person):
    with pytest.raises(UnknownKind):
        announce(Notice, subject=Subject.objects.create(), event_key="x", recipients=[person().pk])
    assert Message.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_the_nudge_is_published_after_the_commit_and_not_without_one(announced, person, empty_broker):
    alba = person()
    with transaction.atomic():
        announced("a", to=alba)
        assert _waiting_jobs() == 0
    assert _waiting_jobs() == 1
    with transaction.atomic():
        announced("b", to=alba)
        transaction.set_rollback(True)
    assert _waiting_jobs() == 1
    assert list(Message.objects.values_list("event_key", flat=True)) == ["a"]


def test_a_nudge_to_a_dead_broker_costs_milliseconds_and_raises_nothing(dead_broker):
    nudge()  # imports and pools are made at the first one
    began = time.monotonic()
    nudge()
    assert time.monotonic() - began < 0.5


@pytest.mark.django_db(transaction=True)
def test_what_was_announced_without_a_broker_goes_out_at_the_next_tick(announced, office, dead_broker):
    announced("in the dark")
    assert office.accepted == []
    drain_outbox()
    assert office.subjects == ["Notice in the dark"]


def test_every_installed_kind_is_found_by_its_code():
    assert [kind_of(kind.code) for kind in all_kinds()] == all_kinds()
    assert "notifications.account" in [kind.code for kind in all_kinds()]


@pytest.mark.parametrize("code", ["notifications.account", "elsewhere.notice", "notifications", "notifications."])
def test_a_doubled_or_homeless_code_is_refused(code, monkeypatch):
    monkeypatch.setattr(kinds, "_kinds", dict(kinds._kinds))
    with pytest.raises(ImproperlyConfigured, match="each code once"):
        register(type("Other", (Notice,), {"code": code}))
