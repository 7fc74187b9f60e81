"""Who reads what of partnership: every address of it, every object, everybody of the cast; and every kind of mail.

A new address or a new kind joins by itself: until `world` has an object for it, the walk fails.
"""

import html
import uuid

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.urls import reverse

from notifications.kinds import all_kinds, site_link
from notifications.models import Message
from notifications.rendering import as_read_by
from tests.sampling import THOROUGH
from tests.visibility import oracle
from tests.visibility.test_urls import ALL
from tests.visibility.urls import ARGUMENTS

from .world import READERS, WORDS, World, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
OURS = ("partners:", "governance:")


@pytest.fixture
def world(cast) -> World:
    """One of everything."""
    return make_world(cast)


def paths(world) -> list[tuple[str, str]]:
    """Every address of partnership with every object it can be about, as (name, path)."""
    found = []
    for name in ALL:
        if name.startswith(OURS):
            cases = world.cases(name, ARGUMENTS[name]) if name in ARGUMENTS else [{}]
            found += [(name, reverse(name, kwargs=kwargs)) for kwargs in cases]
    return found


def words_in(response) -> set[str]:
    """Which of the secret words an answer holds, a file included."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    text = html.unescape(content.decode(errors="replace"))
    return {name for name, word in WORDS.items() if word in text}


# In a short run those to whom most is closed of what concerns them.
SHORT = [oracle.ALBA_HQ, oracle.WFP, oracle.PLATFORM]
PEOPLE = sorted(oracle.CAST)


@pytest.mark.parametrize("person", PEOPLE if THOROUGH else SHORT)
def test_nobody_reads_a_word_that_is_not_theirs(world, sign_in, person, walked):
    client = sign_in(world.cast[person])
    seen, leaks = set(), {}
    for _name, path in [("home", "/"), *paths(world)]:
        response = client.get(path)
        assert response.status_code < 500, path
        words = words_in(response)
        seen |= words
        if wrong := {word for word in words if person not in READERS[word]}:
            leaks[path] = wrong
        walked("partnership pages x person")
    assert leaks == {}
    assert seen == {word for word, readers in READERS.items() if person in readers}, "what is theirs they find"


def mails(world):
    """Every kind of ours about every object that it can be about, as a message to nobody yet."""
    kinds = all_kinds() if THOROUGH else all_kinds()[::3]
    for kind in kinds:
        if kind.code.startswith(("partners.", "governance.")):
            for subject in world.subjects:
                message = Message(kind=kind.code, subject=subject, event_key=str(uuid.uuid4()))
                message.recipient = world.cast[oracle.NOBODY]
                try:
                    has_no_part = not kind.still_due(message)
                except ObjectDoesNotExist:
                    continue
                assert has_no_part, f"{kind.code}: due to somebody who has no part in it"
                yield kind, message


def test_every_mail_tells_no_secret_and_its_link_opens_for_who_gets_it(world, sign_in, walked):
    told, clients, links = set(), {}, set()
    for kind, message in mails(world):
        for person in PEOPLE if THOROUGH else {*SHORT, oracle.DSS_HQ, oracle.ICVA, oracle.DO}:
            message.recipient = world.cast[person]
            if not kind.still_due(message):
                continue
            try:
                with as_read_by(message.recipient):
                    mail = kind.mail(message)
            except ObjectDoesNotExist:  # a kind that knows only its readers until it is written
                continue
            assert not any(word in mail.subject for word in WORDS.values())
            text = f"{mail.text} {mail.html}"  # which may name an organisation of the registers
            assert {name for name, word in WORDS.items() if word in text} <= {"register", "register-area"}, kind.code
            links.add((person, next(part for part in mail.text.split() if part.startswith(site_link("/")))))
            told.add(kind.code)
            walked("partnership mails")
    for person, link in sorted(links):
        client = clients.setdefault(person, sign_in(world.cast[person]))
        assert client.get(link.removeprefix(site_link("")), follow=True).status_code == 200, (person, link)
    assert len(told) >= (15 if THOROUGH else 4)
