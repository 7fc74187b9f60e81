import pytest
from accounts.models import User
from tests.journeys.test_pages import *  # noqa
from tests.journeys.test_pages import Walk, LOOKS, PHONE, DESK
from pathlib import Path

del test_every_page_is_looked_at, test_every_page_from_all_sides

@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["en"])
def test_i5(cast, places, open_tab, language):
    User.objects.update(language=language)
    out = Path("/tmp/plan/pics7_i5"); out.mkdir(exist_ok=True)
    walk = Walk(open_tab, cast, language, [(PHONE, "light"), (DESK, "light")], out)
    for number, look in enumerate(l for l in LOOKS if l.name == "overview:figure"):
        walk.look(number, look, places)
    print(walk.weights)
    assert walk.wrong == []
