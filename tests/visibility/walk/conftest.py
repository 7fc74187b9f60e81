"""The world of the walk: made once, and gone when the last of these tests has passed."""

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import override_settings

from tests.cast import make_cast, signed_in
from tests.visibility.world import file_things


class World:
    """The cast, what was filed, and a signed-in client for everybody."""

    def __init__(self):
        self.cast = make_cast()
        self.things = file_things(self.cast)
        self.clients = {email: signed_in(user) for email, user in self.cast.people.items()}


@pytest.fixture(scope="package")
def made_world(django_db_setup, django_db_blocker):
    """The world in a transaction around all tests of this folder."""
    with django_db_blocker.unblock():
        cache.clear()
        # Hundreds are filed within the hour: without this what is not about lives would wait for the daily summary.
        with transaction.atomic(), override_settings(NOTIFICATIONS_PER_HOUR=10_000):
            yield World()
            transaction.set_rollback(True)


@pytest.fixture
def world(made_world, db) -> World:
    """The world; what a test changes in it is undone after the test."""
    return made_world
