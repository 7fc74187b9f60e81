import pytest
from pathlib import Path
from accounts.models import User
from .conftest import DESK, PHONE
from .furnished import furnish
from .looks import LOOKS
from .test_pages import Walk
pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]
MINE = ("implementation_levels:checklist","implementation_levels:consistency","overview:level_evidence")

@pytest.mark.django_db(transaction=True)
def test_mine(cast, open_tab):
    places = furnish(cast)
    User.objects.update(language="en")
    out = Path("/tmp/plan/pics6/h8b"); out.mkdir(exist_ok=True, parents=True)
    walk = Walk(open_tab, cast, "en", [(PHONE, "dark"), (DESK, "light")], out)
    for number, look in enumerate([l for l in LOOKS if l.name in MINE]):
        try:
            walk.look(number, look, places)
        except Exception as e:
            walk.wrong.append(f"{look}: {e!r}"[:600])
    assert walk.wrong == []
