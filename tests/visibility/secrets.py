"""Worlds of secrets: objects whose every secret text holds a word that occurs nowhere else, and who may read each.

A world of its own for partnership and for the levels; the walk through all their addresses and mails is one.
"""

import html
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import ClassVar

from django.core.exceptions import ObjectDoesNotExist
from django.urls import reverse

from notifications.kinds import all_kinds, site_link
from notifications.models import Message, Subject
from notifications.rendering import as_read_by
from tests.sampling import THOROUGH
from tests.visibility import oracle
from tests.visibility.arguments import ARGUMENTS
from tests.visibility.test_urls import ALL

PEOPLE = sorted(oracle.CAST)


@dataclass
class SecretWorld:
    """Everything there is: `rows` by what the world's module calls them.

    A subclass says which addresses and kinds of mail are its own, the secret `words` and their `readers` by name, and
    which words mails may hold.
    """

    cast: object
    rows: dict[str, object]

    prefixes: ClassVar[tuple[str, ...]]
    kinds: ClassVar[tuple[str, ...]]
    words: ClassVar[dict[str, str]]
    readers: ClassVar[dict[str, set[str]]]
    in_mails: ClassVar[frozenset[str]] = frozenset()

    @property
    def pools(self) -> dict[str, list]:
        """The objects by the part of an address that stands before them: /partnership/applications/APP-.../."""
        raise NotImplementedError

    @property
    def subjects(self) -> list[Subject]:
        """What mails can be about."""
        return [row.subject for row in self.rows.values() if hasattr(row, "subject")]

    def cases(self, name: str, dummy: dict) -> list[dict]:
        """The arguments with which to call an address: of each object that it can be about. `dummy` are those with
        which another walk calls it; what stands behind no known part of an address stays as it is there."""
        parts = reverse(name, kwargs=dummy).split("/")
        before = {key: parts[_place(parts, str(value)) - 1] for key, value in dummy.items()}
        choices = [[(key, value) for value in self.pools.get(before[key], [dummy[key]])] for key in dummy]
        return [dict(case) for case in product(*choices)]

    def paths(self) -> list[tuple[str, str]]:
        """Every address of this world with every object it can be about, as (name, path)."""
        found = []
        for name in ALL:
            if name.startswith(self.prefixes):
                cases = self.cases(name, ARGUMENTS[name]) if name in ARGUMENTS else [{}]
                found += [(name, reverse(name, kwargs=kwargs)) for kwargs in cases]
        return found

    def words_in(self, response) -> set[str]:
        """Which of the secret words an answer holds, a file included."""
        content = b"".join(response.streaming_content) if response.streaming else response.content
        text = html.unescape(content.decode(errors="replace"))
        return {name for name, word in self.words.items() if word in text}

    def mails(self, *, all_of_them: bool = THOROUGH) -> Iterator[tuple]:
        """Every kind about every object that it can be about, as (kind, message); due to nobody without a part in it.

        In a short run every third kind.
        """
        for kind in all_kinds() if all_of_them else all_kinds()[::3]:
            if not kind.code.startswith(self.kinds):
                continue
            for subject in self.subjects:
                queued = Message.objects.filter(kind=kind.code, subject=subject).first()  # what it says may hang on it
                message = Message(kind=kind.code, subject=subject, event_key=str(uuid.uuid4()))
                message.event_key = queued.event_key if queued else message.event_key
                message.recipient = self.cast[oracle.NOBODY]
                try:
                    has_no_part = not kind.still_due(message)
                except ObjectDoesNotExist:
                    continue
                assert has_no_part, f"{kind.code}: due to somebody who has no part in it"
                yield kind, message


def _place(parts, value):
    """Where in an address an argument stands, also with the ending of a file behind it."""
    return next(place for place, part in enumerate(parts) if part == value or part.startswith(f"{value}."))


def sealed(model, texts, **fields):
    """A row of a confidential model with its texts."""
    row = model(**fields)
    row.write(texts)
    row.save(force_insert=True)
    return row


def walk_pages(world: SecretWorld, client, person: str, count) -> None:
    """`person` opens everything: they find every word that is theirs, and no other."""
    seen, leaks = set(), {}
    for _name, path in [("home", "/"), *world.paths()]:
        response = client.get(path)
        assert response.status_code < 500, path
        words = world.words_in(response)
        seen |= words
        if wrong := {word for word in words if person not in world.readers[word]}:
            leaks[path] = wrong
        count()
    assert leaks == {}, leaks
    missing = {word for word, readers in world.readers.items() if person in readers} - seen
    assert missing == set(), missing


def walk_mails(world: SecretWorld, people, sign_in, count) -> set[str]:
    """Every mail to everybody of `people` to whom it is due: no secret in it, and its link opens for them.

    Returns the codes of the kinds that somebody got.
    """
    told, clients, links = set(), {}, set()
    for kind, found in world.mails():
        for person in people:
            message = Message(kind=kind.code, subject=found.subject, event_key=found.event_key)
            message.recipient = world.cast[person]
            if not kind.still_due(message):
                continue
            try:
                with as_read_by(message.recipient):
                    mail = kind.mail(message)
            except ObjectDoesNotExist:  # a kind that knows only its readers until it is written
                continue
            assert not any(word in mail.subject for word in world.words.values())
            text = f"{mail.text} {mail.html}"
            assert {name for name, word in world.words.items() if word in text} <= world.in_mails, kind.code
            links.add((person, next(part for part in mail.text.split() if part.startswith(site_link("/")))))
            told.add(kind.code)
            count()
    for person, link in sorted(links):
        client = clients.setdefault(person, sign_in(world.cast[person]))
        assert client.get(link.removeprefix(site_link("")), follow=True).status_code == 200, (person, link)
    return told
