"""Everybody of the cast at the pages of originators and desks, and before sending: against the oracle."""

import pytest
from django.urls import reverse

from incidents.preview import see_as
from sharing.audiences import chosen_of
from sharing.markings import Depth
from sharing.models import Item
from tests.factories.incidents import an_account
from tests.sampling import THOROUGH, some
from tests.visibility import oracle

from .test_rule import PEOPLE, REF, TOKEN, body_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
FOR_REPORTERS = ("follow_up", "audience", "withdraw")


def is_own(person, thing):
    """Whether the thing is of the person's own organisation."""
    return person in oracle.READS_OWN[thing.originator].get(thing.area, ())


def has_desk(person, thing):
    """Whether the originator let a desk of this person see it; nobody is the desk of their own organisation."""
    asked = "dss_desks" in thing.choices and person in oracle.DESKS[thing.area]
    asked |= "dss_headquarters" in thing.choices and person == oracle.DSS_HQ
    return asked and not is_own(person, thing)


def expected(person, thing) -> dict[str, bool]:
    """Which pages of a thing exist for a person."""
    own, desk = is_own(person, thing), has_desk(person, thing)
    return {
        **dict.fromkeys(FOR_REPORTERS, own and person in oracle.MAY_FILE),
        "readers": own,
        "report": oracle.depth(person, thing) == "full",
        "desk_page": own or desk,
        "propose": desk,
        "decide": False,  # nothing is proposed
    }


@pytest.mark.parametrize("person", some(PEOPLE, 4))
def test_pages_of_originators_and_desks(world, person, walked):
    client, number = world.clients[person], PEOPLE.index(person)
    for ref, thing in world.things.items():
        often = (23 if is_own(person, thing) or has_desk(person, thing) else 61) * (1 if THOROUGH else 4)
        if (thing.number + number) % often:
            continue
        for name, exists in expected(person, thing).items():
            arguments = [ref, 1] if name == "report" else [ref]
            response = client.get(reverse(f"incidents:{name}", args=arguments))
            assert response.status_code == (200 if exists else 404), (person, name, thing)
            body = body_of(response)
            assert set(TOKEN.findall(body)) <= oracle.tokens_open(person, thing), (person, name, thing)
            assert set(REF.findall(body)) <= {ref}
            walked(f"page {name}")


@pytest.mark.parametrize("person", PEOPLE)
def test_the_queue_of_each_desk(world, person, walked):
    client, found, older = world.clients[person], [], ""
    wanted = {ref for ref, thing in world.things.items() if has_desk(person, thing)}
    while True:
        response = client.get(reverse("incidents:desk"), {"before": older} if older else {})
        if person not in {oracle.DSS_HQ, oracle.DSS_FIELD, oracle.CSFP}:
            assert (response.status_code, wanted) == (404, set())
            break
        assert not TOKEN.findall(body_of(response))
        found += [row.release.item.ref for row in response.context["items"]]
        older = response.context["page"].older
        if not older:
            break
    assert len(found) == len(set(found))
    assert set(found) == wanted
    walked("desk queue", len(world.things))


def test_who_is_shown_before_sending(world, walked):
    """The numbers of “see as” are those of the people who then read it, at their depth."""
    for ref, thing in world.things.items():
        if thing.number % 3:
            continue
        item = Item.objects.for_system("test").select_related("originator", "area").get(ref=ref)
        seen = see_as(
            account=an_account(),
            chosen=chosen_of(item),
            shows_originator=thing.shows_originator,
            originator=item.originator,
            area=item.area,
            stage="immediate",
        )
        shown = {one.depth: one.total.persons for one in seen if one.total.persons}
        depths = [oracle.depth(person, thing) for person in oracle.CAST]
        readers = {Depth.FULL: depths.count("full"), Depth.SHARED: depths.count("shared")}
        assert shown == {depth: number for depth, number in readers.items() if number}, thing
        walked("see as", len(oracle.CAST))
