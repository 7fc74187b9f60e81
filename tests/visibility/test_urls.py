"""Every address of the portal, everybody of the cast: who gets a page, and that no page holds what it should not."""

import re

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from incidents.drafts import save_draft
from incidents.models import Draft
from tests.cast import signed_in
from tests.sampling import THOROUGH

from . import oracle
from .arguments import ARGUMENTS
from .oracle import ALBA_FIELD, ALBA_HQ, CAST
from .plain_urls import BUTTONS, NOBODY_SIGNED_IN, OWN_ACCOUNT, PUBLIC, SIGNING_IN
from .urls import CLASSES, OBJECTS, expected_status
from .world import file_thing, make_thing

pytestmark = pytest.mark.slow
TOKEN = re.compile(r"tk\d+x[0-9a-f]{10}")
DRAFT = "tk999x0123456789"


def names_of(resolver, namespace=""):
    """The names of all addresses below a resolver, with their namespaces; an address without a name is an error."""
    found = set()
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            found |= names_of(pattern, inner)
        else:
            assert pattern.name, f"{pattern.pattern} has no name"
            found.add(namespace + pattern.name)
    return found


ALL = sorted(names_of(get_resolver()))
# Signing in, one's own account, public pages and buttons do not depend on roles: a few people open those.
ALL_BUT_OWN = [name for name in ALL if name not in SIGNING_IN | OWN_ACCOUNT | PUBLIC | BUTTONS]
OBJECTS_IN_ORDER = sorted(OBJECTS)
EVERYWHERE = {NOBODY_SIGNED_IN, ALBA_FIELD, oracle.DSS_HQ, oracle.ADMIN, oracle.NOBODY}


def test_every_address_is_classified_once():
    classified = [name for some in CLASSES for name in some]
    assert sorted(classified) == ALL, "classify it in tests/visibility/urls.py"


@pytest.fixture
def secrets(cast):
    """A few incidents, nobody's but Alba's, and a draft of Alba's focal point."""
    things = [
        make_thing(number, "alba", ALBA_FIELD, oracle.SS, marking, (), ())
        for number, marking in enumerate(oracle.ALLOWED)
    ]
    save_draft(
        by=cast[ALBA_FIELD],
        submission="7b0d5a52-0a5e-4f86-9f0e-4a3f6f6d0001",
        typed={"what": [f"draft {DRAFT}"]},
    )
    return {file_thing(cast, thing): thing for thing in things}


def test_addresses_by_person(cast, secrets, walked):
    clients = {email: signed_in(user) for email, user in cast.people.items()} | {NOBODY_SIGNED_IN: Client()}
    wrong = []
    for number, (person, client) in enumerate(clients.items()):
        names = ALL if person in EVERYWHERE else ALL_BUT_OWN
        for name in names if THOROUGH else names[number % 5 :: 5]:  # the others are for the next persons
            response = client.get(reverse(name, kwargs=ARGUMENTS.get(name)))
            if response.status_code not in expected_status(name, person):
                wrong.append((name, person, response.status_code))
            if name == "account_logout":
                continue
            body = response.content.decode()
            if person == ALBA_FIELD and name in {"home", "incidents:file"}:  # how their own draft begins
                body = body.replace(DRAFT, "")
            assert not TOKEN.search(body), (name, person)
            if person not in {ALBA_FIELD, ALBA_HQ}:
                assert not any(ref in body for ref in secrets), (name, person)
            walked("address by person")
    assert wrong == []


@pytest.mark.parametrize("name", OBJECTS_IN_ORDER)
def test_absent_objects_look_alike_to_everybody(cast, name, walked):
    people = list(cast.people)
    for person in people if THOROUGH else people[OBJECTS_IN_ORDER.index(name) % 6 :: 6]:
        assert signed_in(cast[person]).get(reverse(name, kwargs=ARGUMENTS[name])).status_code == 404, person
        walked("absent object")


def test_a_draft_is_its_owners(cast, secrets, walked):
    draft = Draft.objects.of(cast[ALBA_FIELD]).get()
    pages = [
        reverse("incidents:draft_discard", args=[draft.submission]),
        f"{reverse('incidents:file')}?draft={draft.submission}",
    ]
    for person in CAST:
        client = signed_in(cast[person])
        answers = [client.get(page) for page in pages]
        if person == ALBA_FIELD:
            assert [answer.status_code for answer in answers] == [200, 200]
            assert DRAFT in answers[1].content.decode()
        else:
            answers.append(client.post(pages[0]))
            assert {answer.status_code for answer in answers} == {404}, person
            assert not any(TOKEN.search(answer.content.decode()) for answer in answers)
        walked("draft page", len(answers))
    assert Draft.objects.of(cast[ALBA_FIELD]).count() == 1
