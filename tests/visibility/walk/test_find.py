"""Everybody of the cast searches, filters and exports: nothing is found that the oracle does not open."""

import csv
import io

import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from incidents.export_rows import Stamp, dossier_context, entries_of
from incidents.export_runs import rows_of, run_due
from incidents.exports import ask_export
from incidents.models import Export, IncidentRelease
from sharing.access import access_of
from sharing.models import SearchToken
from sharing.search import words_of
from slt_portal.crypto import keyed_digest
from tests.sampling import THOROUGH, some
from tests.visibility import oracle

from .test_rule import PEOPLE, REF, TOKEN, body_of, listed, visible

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def tokens_of(world, person):
    """Every secret word that `person` may get to see."""
    return set().union(*(oracle.tokens_open(person, thing) for thing in visible(world, person).values()))


@pytest.mark.parametrize("person", some(PEOPLE, 4))
def test_each_secret_word_leads_where_it_may_be_read(world, person, walked):
    """Every word and every person at once: the tokens of what a person may read are those of the words they may see."""
    access = access_of(world.cast[person])
    readable = IncidentRelease.objects.visible_to(access).values("release")
    tokens = SearchToken.objects.for_system("test").filter(release__in=readable)
    held = set(tokens.values_list("token", flat=True))
    secrets = {word: thing for thing in world.things.values() for word in thing.tokens.values()}
    (one,) = words_of(next(iter(secrets)))
    assert one in secrets
    found = {word for word in secrets if keyed_digest("search word", word)[:16] in held}
    assert found == tokens_of(world, person)
    walked("searched word", len(secrets))


@pytest.mark.parametrize("person", some(PEOPLE, 4))
def test_a_search_for_a_secret_word(world, person, walked):
    """Through the page: open words lead to their incident, hidden ones of the same incident to nothing."""
    step = 61 if THOROUGH else 244
    things = list(world.things.items())[PEOPLE.index(person) % step :: step]
    for ref, thing in things:
        open_words = oracle.tokens_open(person, thing)
        for word in thing.tokens.values():
            found, count = listed(_Quiet(world.clients[person]), q=word)
            assert (found, count) == (([ref], "1") if word in open_words else ([], "0")), (person, thing)
            walked("search page")
        found, _count = listed(_Quiet(world.clients[person]), q=ref)
        assert found == ([ref] if oracle.depth(person, thing) else [])
        walked("search page")


class _Quiet:
    """A client whose pages are given without the question itself, which the search box repeats to who asked it."""

    def __init__(self, client):
        self._client = client

    def get(self, address, query):
        """The page; what was typed is taken out of it."""
        response = self._client.get(address, query)
        response.content = response.content.replace(query["q"].encode(), b"")
        if refs := [row.release.item.ref for row in response.context["items"]]:
            response.content += " ".join(refs).encode()
        return response


def _by_number(thing):
    """Made-up codes by the number of the thing, other ones for the full release than for the shared one."""
    return {
        "shared": {"severity": thing.number % 5, "credibility": ["", "1", "2"][thing.number % 3], "actor": "police",
                   "consequence": "killed", "stage": "update", "is_near_miss": False},
        "full": {"severity": (thing.number + 1) % 5, "credibility": ["1", "2", ""][thing.number % 3],
                 "actor": "criminal", "consequence": "missing", "stage": "final", "is_near_miss": True},
    }  # fmt: skip


NEW_FILTERS = [
    ({"severity": "3"}, lambda codes: codes["severity"] >= 3),
    ({"verification": "1"}, lambda codes: codes["credibility"] == "1"),
    ({"verification": "none"}, lambda codes: codes["credibility"] == ""),
    ({"actor": "police"}, lambda codes: codes["actor"] == "police"),
    ({"actor": "criminal"}, lambda codes: codes["actor"] == "criminal"),
    ({"consequence": "killed"}, lambda codes: codes["consequence"] == "killed"),
    ({"consequence": "missing"}, lambda codes: codes["consequence"] == "missing"),
    ({"stage": "final"}, lambda codes: codes["stage"] == "final"),
    ({"near_miss": "yes"}, lambda codes: codes["is_near_miss"]),
    ({"near_miss": "no", "severity": "2"}, lambda codes: not codes["is_near_miss"] and codes["severity"] >= 2),
]


@pytest.fixture
def coded(world):
    """The world with codes in every release."""
    rows = list(IncidentRelease.objects.for_system("test").select_related("release__item"))
    for row in rows:
        codes = _by_number(world.things[row.release.item.ref])[{1: "shared", 2: "full"}[row.release.depth]]
        for name, value in codes.items():
            setattr(row, name, value)
    IncidentRelease.objects.for_system("test").bulk_update(
        rows, ["severity", "credibility", "actor", "consequence", "stage", "is_near_miss"], batch_size=200
    )
    return world


def test_filters_ask_the_readers_own_release(coded, walked):
    """The full release says something else than the shared one: no filter finds by what its reader does not read."""
    for person in some(PEOPLE, 4):
        seen = visible(coded, person)
        for asked, fits in NEW_FILTERS[PEOPLE.index(person) % 5 :: 5]:
            expected = {ref for ref, thing in seen.items() if fits(_by_number(thing)[oracle.depth(person, thing)])}
            found, count = listed(coded.clients[person], **asked)
            assert set(found) == expected, (person, asked)
            assert count == f"{len(expected):,}"
            walked("filtered list", len(coded.things))


@pytest.mark.parametrize("person", some(PEOPLE, 4))
def test_an_export_is_what_its_maker_sees(world, person, walked):
    """All of it, at the right depth; absent for who may not export."""
    client, seen = world.clients[person], visible(world, person)
    page = client.get(reverse("incidents:export_list"))
    assert page.status_code == (200 if person in oracle.MAY_FILE else 404)
    assert not REF.findall(body_of(page))
    if person not in oracle.MAY_FILE:
        assert (
            client.post(reverse("incidents:export_list"), {"purpose": "planning", "format": "csv"}).status_code == 404
        )
        walked("export", len(world.things))
        return
    User.objects.update(language="en")
    export = ask_export(by=world.cast[person], format="csv", purpose="The walk over everything")
    assert run_due() == 1
    answers = {
        other: client.get(reverse("incidents:export_file", args=[export.pk]))
        for other, client in world.clients.items()
        if THOROUGH or other in {person, oracle.DSS_HQ, oracle.ADMIN, oracle.ALBA_HQ, oracle.BENU_HQ}
    }
    assert {other for other, answer in answers.items() if answer.status_code == 200} == {person}
    text = answers[person].content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == len(seen)
    assert {row["Reference"] for row in rows} == set(REF.findall(text)) == set(seen)
    for row in rows:
        thing = world.things[row["Reference"]]
        assert set(TOKEN.findall(str(row))) == oracle.tokens_open(person, thing)
        shown = oracle.depth(person, thing) == "full" or thing.shows_originator
        name = world.cast.organisations[thing.originator].name
        assert row["Originator"] == (name if shown else "withheld")
        walked("exported item")
    walked("export", len(world.things))
    held = {release for release, *_rest in Export.objects.of(world.cast[person]).get().releases}
    assert len(held) == len(seen)


@pytest.mark.parametrize("person", sorted(oracle.MAY_FILE)[::3])
def test_a_dossier_is_what_its_maker_sees(world, person, walked):
    """The text of which the PDF is made."""
    rows = list(rows_of(access_of(world.cast[person])).with_release())
    stamp = Stamp("The walk over everything", "Somebody", timezone.now())
    text = render_to_string("incidents/export_dossier.html", dossier_context(entries_of(rows), stamp)) if rows else ""
    assert set(REF.findall(text)) == set(visible(world, person))
    assert set(TOKEN.findall(text)) == tokens_of(world, person)
    walked("dossier", len(world.things))
