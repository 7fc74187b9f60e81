"""Who reads what of incidents that go further than first chosen, or less far: every address, every object, everybody;
every mail. A new address or kind joins by itself: until `world` has an object for it, the walk fails.
"""

import pytest

from tests.sampling import THOROUGH
from tests.visibility import oracle
from tests.visibility.secrets import PEOPLE, walk_mails, walk_pages

from .world import ONE, World, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
# In a short run those to whom it was passed on, who wait for it, who opened it, who chose.
SHORT = [oracle.LAKE, oracle.BENU_FIELD, ONE]


@pytest.fixture
def world(cast, settings, tmp_path) -> World:
    """One of everything."""
    settings.DATA_DIR = tmp_path
    return make_world(cast)


@pytest.mark.parametrize("person", [*PEOPLE, ONE] if THOROUGH else SHORT)
def test_nobody_reads_a_word_that_is_not_theirs(world, sign_in, person, walked):
    walk_pages(world, sign_in(world.cast[person]), person, lambda: walked("incidents in depth, pages x person"))


def test_every_mail_tells_no_secret_and_its_link_opens_for_who_gets_it(world, sign_in, walked):
    people = [*PEOPLE, ONE] if THOROUGH else [*SHORT, oracle.ALBA_FIELD, oracle.DSS_HQ]
    told = walk_mails(world, people, sign_in, lambda: walked("incidents in depth, mails"))
    assert len(told) >= (8 if THOROUGH else 2)
