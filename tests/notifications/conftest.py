"""A post office, people and a kind of message."""

import pytest

from accounts.models import User
from notifications import kinds
from notifications.models import Subject

from .notices import Item, Notice
from .post_office import post_office


@pytest.fixture
def notice(monkeypatch) -> Notice:
    """The kind of the tests, registered while the test runs."""
    kind = Notice()
    monkeypatch.setitem(kinds._kinds, Notice.code, kind)
    return kind


@pytest.fixture
def item(monkeypatch) -> Item:
    """A kind that may wait for the daily summary, registered while the test runs."""
    kind = Item()
    monkeypatch.setitem(kinds._kinds, Item.code, kind)
    return kind


@pytest.fixture
def office(settings):
    """A real SMTP server, and the settings that send there."""
    with post_office() as (office, port):
        settings.EMAIL_BACKEND = "notifications.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 5
        yield office


@pytest.fixture
def person(db):
    """Makes people: person("alba") is alba@alba.example."""

    def make(name="alba", **fields):
        return User.objects.create_user(f"{name}@{name}.example", name=name.title(), **fields)

    return make


@pytest.fixture
def announced(notice, person):
    """Queues one notice per event key to one person."""
    from notifications.actions import announce

    def queue(*event_keys, to=None, priority=None):
        to = to or person()
        for key in event_keys:
            announce(Notice, subject=Subject.objects.create(), event_key=key, recipients=[to.pk], priority=priority)
        return to

    return queue
