import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command

from accounts.models import User
from tests.factories.level_reviews import of_recommendations

from .conftest import DESK, PHONE
from .looks import LOOKS

pytestmark = pytest.mark.browser


@pytest.mark.django_db(transaction=True)
def test_h7(cast, open_tab, screenshots):
    call_command("load_areas", verbosity=0)
    places = of_recommendations(cast)
    User.objects.update(language="en")
    tabs, wrong = {}, []
    mine = [look for look in LOOKS if any("{" + name + "}" in look.path for name in places)]
    for n, look in enumerate(mine):
        if look.who not in tabs:
            tabs[look.who] = open_tab(cast[look.who], locale="en")
        tab = tabs[look.who]
        page = tab.go(look.path.format(**places), look.status)
        if look.press:
            page.click(look.press)
        for viewport in (PHONE, DESK):
            page.set_viewport_size(viewport)
            if tab.is_wider_than_the_screen():
                wrong.append((look.path, "sideways", viewport))
            page.evaluate(Axe().axe_script)
            found = page.evaluate("axe.run({resultTypes: ['violations'], preload: false})")
            wrong += [(look.path, r["id"], [x["target"] for x in r["nodes"]][:3]) for r in found["violations"]]
            name = f"h7-{n:02}-{look.name.split(':')[1]}-{viewport['width']}.png"
            page.screenshot(path=screenshots / name, full_page=True)
        print(look.path, tab.bytes_over_the_wire, tab.complaints)
    assert not wrong, wrong
