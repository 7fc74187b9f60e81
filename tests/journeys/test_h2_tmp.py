import os
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from accounts.models import User
from tests.factories.coordination import of_coordination
from .conftest import DESK, PHONE
from .looks import LOOKS
pytestmark = pytest.mark.browser

@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", os.environ.get("H2_LANG", "en").split(","))
def test_mine(cast, open_tab, screenshots, language):
    call_command("load_areas", verbosity=0)
    places = of_coordination(cast)
    User.objects.update(language=language)
    wrong, tabs = [], {}
    looks = [look for look in LOOKS if look.name.startswith("coordination:") or (look.name == "areas:detail" and "H2_AREA" in os.environ)]
    for n, look in enumerate(looks):
        tab = tabs.setdefault(look.who, None) or open_tab(cast[look.who], locale=language)
        tabs[look.who] = tab
        page = tab.go(look.path.format(**places), look.status)
        if look.press:
            page.click(look.press)
        for viewport in (PHONE, DESK):
            page.set_viewport_size(viewport)
            if tab.is_wider_than_the_screen():
                wrong.append((look.path, "wide", viewport["width"]))
            page.evaluate(Axe().axe_script)
            found = page.evaluate("axe.run({resultTypes: ['violations'], preload: false})")
            wrong += [(look.path, rule["id"], [node["target"] for node in rule["nodes"]][:3]) for rule in found["violations"]]
            page.screenshot(path=screenshots / f"h2-{n:02}-{look.name.split(':')[1]}-{viewport['width']}-{language}.png", full_page=True)
        print(look.path, tab.bytes_over_the_wire, tab.complaints)
        wrong += tab.complaints
        tab.complaints.clear()
    assert wrong == []
