"""Nobody finds a word or a reference of the restricted track but its sender and those whom they chose: on every page of
the portal, in every mail (C10). The other worlds ask their own addresses; here all of them are opened."""

import pytest
from django.urls import reverse

from notifications.models import Message
from tests.sampling import THOROUGH
from tests.visibility import oracle
from tests.visibility.arguments import ARGUMENTS
from tests.visibility.oracle import ALBA_HQ, DSS_HQ, HANDLER
from tests.visibility.plain_urls import BUTTONS, SIGNING_IN
from tests.visibility.secrets import PEOPLE, walk_mails, walk_pages
from tests.visibility.test_urls import ALL

from .world import SECOND, World, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
SHORT = [DSS_HQ, oracle.ADMIN, HANDLER, oracle.ALBA_FIELD]
EVERYWHERE = [DSS_HQ, oracle.ADMIN, ALBA_HQ, oracle.ICVA]
ELSEWHERE = [name for name in ALL if name not in SIGNING_IN | BUTTONS | {"account_logout"}]


@pytest.fixture
def world(cast) -> World:
    """Three reports."""
    return make_world(cast)


@pytest.mark.parametrize("person", [*(PEOPLE if THOROUGH else SHORT), SECOND])
def test_nobody_reads_a_word_that_is_not_theirs(world, sign_in, person, walked):
    walk_pages(world, sign_in(world.cast[person]), person, lambda: walked("restricted pages x person"))


@pytest.mark.parametrize("person", EVERYWHERE if THOROUGH else EVERYWHERE[:1])
def test_no_page_of_the_portal_holds_a_word(world, sign_in, person, walked):
    """Nor a reference: that there is something is told nowhere."""
    client, leaks = sign_in(world.cast[person]), {}
    refs = [row.ref for row in world.rows.values()]
    for name in ELSEWHERE:
        response = client.get(reverse(name, kwargs=ARGUMENTS.get(name)))
        if found := world.words_in(response):
            leaks[name] = found
        assert response.streaming or not any(ref.encode() in response.content for ref in refs), name
        walked("restricted words elsewhere")
    assert leaks == {}


def test_mails_go_to_those_who_were_chosen_and_say_nothing(world, sign_in, walked):
    told = walk_mails(world, [*PEOPLE, SECOND], sign_in, lambda: walked("restricted mails"))
    assert told <= {"notifications.matter_waits"}
    rows = set(Message.objects.filter(kind="notifications.matter_waits").values_list("recipient__email", flat=True))
    assert rows == {HANDLER, SECOND}
    assert not Message.objects.filter(kind__startswith="restricted").exists()
