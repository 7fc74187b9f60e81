"""How many questions the pages ask of the database: never more than twelve, each asked for the first time."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.cast import signed_in

from .furnished import HALF, furnish
from .looks import LOOKS

MOST = 12
FRAMES = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.long]


def test_no_page_asks_more_than_twelve_questions(cast):
    places, asked = furnish(cast), {}
    for look in LOOKS:
        if look.who == HALF or look.status != 200:
            continue
        client = signed_in(cast[look.who]) if look.who else Client()
        path = look.path.format(**places)
        with CaptureQueriesContext(connection) as found:
            client.get(path)
        asked[f"{path} {look.who or ''}"] = sum(not query["sql"].startswith(FRAMES) for query in found)
    assert {page: number for page, number in asked.items() if number > MOST} == {}
