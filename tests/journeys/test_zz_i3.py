from pathlib import Path
import pytest
from accounts.models import User
from tests.factories.handling import of_handling
from tests.journeys.handling_looks import HANDLING_LOOKS
from tests.journeys.test_pages import Walk, PHONE, DESK
pytestmark = pytest.mark.browser

@pytest.mark.django_db(transaction=True)
def test_i3(cast, open_tab):
    User.objects.update(language="en")
    out = Path("/tmp/plan/pics7/i3"); out.mkdir(exist_ok=True, parents=True)
    walk = Walk(open_tab, cast, "en", [(PHONE, "light"), (DESK, "light")], out)
    places = of_handling(cast)
    for number, look in enumerate(HANDLING_LOOKS):
        try:
            walk.look(number, look, places)
        except Exception as error:
            walk.wrong.append(f"{look.path}: {str(error)[:300]}")
    print(walk.weights)
    assert walk.wrong == []
