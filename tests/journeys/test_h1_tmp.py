import os
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from accounts.models import User
from tests.factories.areas import of_areas
from tests.factories.levels import a_level
from .conftest import DESK, PHONE
from .looks import LOOKS
pytestmark = pytest.mark.browser

@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_h1(cast, open_tab, screenshots, language):
    call_command("load_areas", verbosity=0)
    of_areas(cast); a_level(cast)
    User.objects.update(language=language)
    tabs, wrong = {}, []
    def shoot(tab, n, name):
        page = tab.page
        for viewport in (PHONE, DESK):
            page.set_viewport_size(viewport)
            if tab.is_wider_than_the_screen(): wrong.append((name, "sideways", viewport))
            page.evaluate(Axe().axe_script)
            found = page.evaluate("axe.run({resultTypes: ['violations'], preload: false})")
            wrong.extend((name, rule["id"], [node["target"] for node in rule["nodes"]][:3]) for rule in found["violations"])
            page.screenshot(path=screenshots / f"h1-{n:02}-{name}-{viewport['width']}-{language}.png", full_page=True)
        print(name, tab.bytes_over_the_wire, tab.complaints)
    for n, look in enumerate(look for look in LOOKS if look.path in ("/areas/eastern-caribbean/", "/areas/add/", "/areas/unficyp/history/", "/areas/untso/change/")):
        tab = tabs.setdefault(look.who, None) or open_tab(cast[look.who], locale=language)
        tabs[look.who] = tab
        page = tab.go(look.path, look.status)
        if look.press: page.click(look.press)
        shoot(tab, n, look.name.split(":")[1])
    tab = tabs["dss.hq@un.example"]
    page = tab.go("/areas/south-sudan/split/")
    for k, v in {"on": "2026-12-01", "reason": "Two officials", "name_en_1": "North", "name_fr_1": "Nord", "name_en_2": "South", "name_fr_2": "Sud"}.items():
        page.fill(f"[name={k}]", v)
    page.click("main form button.button-primary")
    shoot(tab, 90, "confirm-split")
    page.click("button[name=confirm]")
    shoot(tab, 91, "confirm-not-understood")
    page.check("[name=understood]")
    page.click("button[name=confirm]")
    shoot(tab, 92, "split-done")
    page = tab.go("/areas/chad/rename/")
    page.fill("[name=name_en]", "Tchad"); page.fill("[name=reason]", "x"); page.click("main form button.button-primary")
    shoot(tab, 93, "confirm-rename")
    print(wrong)
    assert not wrong
