"""Who reads what of feedback, measures and reports: every address, every object, everybody; every mail.

A new address or a new kind joins by itself: until `world` has an object for it, the walk fails.
"""

import pytest

from tests.sampling import THOROUGH
from tests.visibility import oracle
from tests.visibility.secrets import PEOPLE, walk_mails, walk_pages

from .world import World, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
# In a short run those to whom most is closed of what concerns them.
SHORT = [oracle.GISF_CHAIR, oracle.DSS_HQ, oracle.BENU_FIELD]


@pytest.fixture
def world(cast) -> World:
    """One of everything."""
    return make_world(cast)


@pytest.mark.parametrize("person", PEOPLE if THOROUGH else SHORT)
def test_nobody_reads_a_word_that_is_not_theirs(world, sign_in, person, walked):
    walk_pages(world, sign_in(world.cast[person]), person, lambda: walked("feedback pages x person"))


def test_every_mail_tells_no_secret_and_its_link_opens_for_who_gets_it(world, sign_in, walked):
    people = PEOPLE if THOROUGH else {*SHORT, oracle.ICVA, oracle.DO}
    told = walk_mails(world, people, sign_in, lambda: walked("feedback mails"))
    assert len(told) >= (6 if THOROUGH else 2)
