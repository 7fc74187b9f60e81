"""The journeys of partnership, played through the pages: joining, the UN link, lists of platforms, suspension.

What comes by mail is followed from the mail. Only the ticks are called, and the clock is moved.
"""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from tests.cast import make_cast, signed_in
from tests.documents.hostile_files import a_plain_pdf, written
from tests.factories.partnership import bodies

from .visitor import Post, Visitor, code_of, link_in

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
HQ, WG, GISF, WFP = "dss.hq@un.example", "wg@icva.example", "chair@gisf.example", "wfp@un.example"
PASSWORD = "a long sentence of mine"
START = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def cast(db):
    """Everybody, reading English; this folder's other fixture of the name wants a live server."""
    made = make_cast()
    User.objects.update(language="en")
    bodies(made)
    return made


@pytest.fixture
def clock():
    """A clock that stands still until it is moved."""
    with time_machine.travel(START, tick=False) as clock:
        yield clock


@pytest.fixture
def visit(cast):
    """A function from an address to somebody who has just signed in."""
    return lambda email, path="/": Visitor(signed_in(User.objects.get(email=email))).go(path)


def a_stranger_asks(**changes) -> Visitor:
    typed = {
        "kind": "An international NGO",
        "name": "Zéphyr Secours",
        "acronym": "ZS",
        "country": "Kenya",
        "has_agreement": "Yes",
        "has_presence": "Yes",
        "contact_name": "Imani Wekesa",
        "email": "imani@zephyr.example",
        "language": "English",
        **changes,
    }
    return Visitor(Client()).go("/join/").send("Send", typed)


def test_from_stranger_to_partner(cast, clock, visit):
    stranger = a_stranger_asks(name="Ingo-Dune", acronym="")
    print(stranger.words)
    post = Post()
    print(post.letters())
    assert 0
