"""Everybody of the cast walks over everything, against the oracle written by hand."""

import re

import pytest
from django.core import mail
from django.urls import reverse

from incidents.models import Report
from notifications.models import Message
from notifications.outbox import drain
from sharing.models import Release
from tests.sampling import THOROUGH, some
from tests.visibility import oracle
from tests.visibility.world import FOLLOWS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
REF = re.compile(r"INC-[0-9A-Z]{5,}")
TOKEN = re.compile(r"tk\d+x[0-9a-f]{10}")
PEOPLE = sorted(oracle.CAST)


def visible(world, person):
    """The references `person` should see, with what they name."""
    return {ref: thing for ref, thing in world.things.items() if oracle.depth(person, thing)}


def body_of(response):
    return response.content.decode()


def listed(client, **filters):
    """References on all pages of the list, and the count it says."""
    found, older, seen = [], "", 0
    while True:
        query = {**filters, **({"before": older} if older else {})}
        response = client.get(reverse("incidents:list"), query)
        assert response.status_code == 200, filters
        body = body_of(response)
        page = [row.release.item.ref for row in response.context["items"]]
        assert set(REF.findall(body)) == set(page)
        assert not TOKEN.findall(body), "a list shows no narrative"
        found += page
        seen += 1
        older = response.context["older"]
        if not older or seen > 40:
            return found, response.context["count_label"]


def test_the_oracle_knows_everybody(world):
    assert set(world.cast.people) == oracle.CAST


@pytest.mark.parametrize("person", PEOPLE)
def test_the_rule(world, person, walked):
    access = Release.objects.visible_to(world.cast[person])
    found = {}
    for ref, depth in access.values_list("item__ref", "depth"):
        found[ref] = max(found.get(ref, 0), depth)
    expected = {
        ref: {"shared": 1, "full": 2}[oracle.depth(person, thing)] for ref, thing in visible(world, person).items()
    }
    assert found == expected
    walked("rule", len(world.things))


@pytest.mark.parametrize("person", some(PEOPLE, 4))
def test_the_list_and_its_count(world, person, walked):
    found, count = listed(world.clients[person])
    expected = visible(world, person)
    assert len(found) == len(set(found))
    assert set(found) == set(expected)
    assert count == f"{len(expected):,}"
    walked("list", len(world.things))


def _filters():
    for area in (oracle.SS, oracle.TD):
        yield {"area": area}, lambda person, thing, area=area: thing.area == area
    for marking in oracle.ALLOWED:
        yield {"marking": marking}, lambda person, thing, marking=marking: thing.marking == marking
    for category, life in (("road_attack", True), ("robbery", False)):
        yield {"category": category}, lambda person, thing, life=life: thing.life_safety == life
    yield {"whose": "own"}, _is_own
    yield {"whose": "shared"}, lambda person, thing: not _is_own(person, thing)
    yield {"since": "2026-03-11", "until": "2026-03-20"}, lambda person, thing: 10 <= thing.number % 40 <= 19


def _is_own(person, thing):
    return person in oracle.READS_OWN[thing.originator].get(thing.area, ())


FILTERS = list(_filters())


@pytest.mark.parametrize("query", range(len(FILTERS)), ids=lambda number: "-".join(FILTERS[number][0]))
def test_filters_only_narrow(world, query, walked):
    asked, fits = FILTERS[query]
    step = 4 if THOROUGH else 12  # pairwise: each person meets a quarter of the filters, or a twelfth
    for person in PEOPLE[query % step :: step]:
        expected = {ref for ref, thing in visible(world, person).items() if fits(person, thing)}
        found, count = listed(world.clients[person], **asked)
        assert set(found) == expected, person
        assert count == f"{len(expected):,}", person
        walked("filtered list", len(world.things))


def test_filter_choices_are_the_same_for_everybody(world, walked):
    """What can be chosen tells nothing of what exists."""
    offered = {}
    for person in PEOPLE:
        form = world.clients[person].get(reverse("incidents:list")).context["filter_form"]
        choices = {
            name: [str(value) for value, _ in getattr(field, "choices", [])] for name, field in form.fields.items()
        }
        offered[person] = {name: sorted(values) for name, values in choices.items()}  # sorted by name in each language
        walked("filter choices", len(choices))
    assert all(choices == offered[oracle.NOBODY] for choices in offered.values())


def _chosen(person_number, thing):
    """Pairwise, so that it takes seconds: single audiences more often than pairs. (The list walks everything.)"""
    often = 2 if thing.originator == "alba" else 7
    often = 32 if len(thing.choices) == 2 else often
    return (thing.number + person_number) % (often if THOROUGH else 6 * often) == 0


@pytest.mark.parametrize("person", PEOPLE if THOROUGH else PEOPLE[1::4])
def test_the_page_of_an_incident(world, person, walked):
    client, number = world.clients[person], PEOPLE.index(person)
    names = {key: row.name for key, row in world.cast.organisations.items()}
    own = {row.organisation.name for row in world.cast[person].memberships.select_related("organisation")}
    for ref, thing in world.things.items():
        if not _chosen(number, thing):
            continue
        depth = oracle.depth(person, thing)
        response = client.get(reverse("incidents:detail", args=[ref]))
        body = body_of(response)
        assert response.status_code == (200 if depth else 404), (person, ref, thing)
        assert set(TOKEN.findall(body)) == oracle.tokens_open(person, thing), (person, ref, thing)
        assert set(REF.findall(body)) <= {ref}
        shown = {name for name in names.values() if name in body} - own
        assert shown <= _names_open(names, person, thing, depth), (person, ref, thing)
        walked("detail page")


def _names_open(names, person, thing, depth):
    """The organisations that a page may name: the originator, and to the originator those it named."""
    if depth is None:
        return set()
    open_ = {names[thing.originator]} if depth == "full" or thing.shows_originator else set()
    if _is_own(person, thing) and "named_organisations" in thing.choices:
        open_ |= {names[key] for key in thing.organisations}
    return open_


def test_a_404_is_the_same_for_what_does_not_exist(world, walked):
    for person in PEOPLE:
        hidden = next(ref for ref, thing in world.things.items() if not oracle.depth(person, thing))
        client = world.clients[person]
        answers = {
            _without_address(client.get(reverse(f"incidents:{page}", args=[ref])))
            for page in ("detail", "receipt")
            for ref in (hidden, "INC-00000")
        }
        assert len(answers) == 1, person
        walked("absent page", 4)


def _without_address(response):
    """An answer without what differs between any two: the address asked for, and one-time values."""
    assert response.status_code == 404
    body = body_of(response).replace(response.request["PATH_INFO"], "")
    return re.sub(r'value="[A-Za-z0-9]{64}"', "", body), str(sorted(response.headers))


@pytest.mark.parametrize("person", PEOPLE if THOROUGH else PEOPLE[1::4])
def test_the_receipt_is_for_the_originator(world, person, walked):
    for ref, thing in list(world.things.items())[PEOPLE.index(person) % 23 :: 23]:
        response = world.clients[person].get(reverse("incidents:receipt", args=[ref]))
        mine = _is_own(person, thing) and person in oracle.MAY_FILE
        assert response.status_code == (200 if mine else 404), (person, ref)
        assert set(TOKEN.findall(body_of(response))) <= oracle.tokens_open(person, thing)
        walked("receipt")


@pytest.mark.parametrize("person", PEOPLE)
def test_home_shows_only_what_is_visible(world, person, walked):
    response = world.clients[person].get(reverse("home"))
    assert response.status_code == 200
    assert set(REF.findall(body_of(response))) <= set(visible(world, person))
    assert not TOKEN.findall(body_of(response))
    walked("home page", len(world.things))


def test_mails(world, walked):
    """Told are exactly those whom the audience and their own choices concern; no mail holds a word of the text."""
    queued = {}
    for recipient, subject in Message.objects.values_list("recipient__email", "subject"):
        queued.setdefault(subject, set()).add(recipient)
    refs = _subjects(world)
    different = {}
    for ref, thing in world.things.items():
        expected, found = oracle.told(thing, FOLLOWS), queued.get(refs[ref], set())
        if expected != found:
            different[ref] = (thing, found - expected, expected - found)
        walked("mail recipients", len(oracle.CAST))
    assert different == {}


def test_mail_texts(world, walked):
    few = [
        subject for ref, subject in _subjects(world).items() if world.things[ref].number % (6 if THOROUGH else 12) == 0
    ]
    Message.objects.exclude(subject__in=few).delete()
    drain()
    assert Message.objects.exclude(state="sent").count() == 0
    assert mail.outbox
    for message in mail.outbox:
        whole = message.message().as_bytes().decode() + message.subject + message.body + str(message.alternatives)
        assert not TOKEN.search(whole)
        (ref,) = set(REF.findall(message.subject + message.body))
        thing, person = world.things[ref], message.to[0]
        assert oracle.depth(person, thing)
        assert thing.marking in message.subject
        assert not any(row.name in message.body for row in world.cast.organisations.values())
        walked("mail")


def _subjects(world):
    rows = Report.objects.for_system("test").values_list("incident__item__ref", "subject")
    return dict(rows)
