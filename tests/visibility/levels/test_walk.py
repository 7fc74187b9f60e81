"""Who reads what of levels, reviews, lists and coordination: every address, every object, everybody; every mail.

A new address or a new kind joins by itself: until `world` has an object for it, the walk fails.
"""

import pytest

from tests.sampling import THOROUGH
from tests.visibility import oracle
from tests.visibility.secrets import PEOPLE, walk_mails, walk_pages

from .world import World, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
# In a short run those to whom most is closed of what concerns them.
SHORT = [oracle.ALBA_FIELD, oracle.ICVA, oracle.LOCAL]


@pytest.fixture
def world(cast) -> World:
    """One of everything."""
    return make_world(cast)


@pytest.mark.parametrize("person", PEOPLE if THOROUGH else SHORT)
def test_nobody_reads_a_word_that_is_not_theirs(world, sign_in, person, walked):
    walk_pages(world, sign_in(world.cast[person]), person, lambda: walked("level pages x person"))


def test_every_mail_tells_no_secret_and_its_link_opens_for_who_gets_it(world, sign_in, walked):
    people = PEOPLE if THOROUGH else {*SHORT, oracle.DSS_HQ, oracle.DSS_FIELD, oracle.DO}
    told = walk_mails(world, people, sign_in, lambda: walked("level mails"))
    assert len(told) >= (6 if THOROUGH else 2)
