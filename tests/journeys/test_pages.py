"""Every page in a real browser: on a phone and a desk, in both languages, light and dark: nothing to complain about.

axe finds nothing, nobody scrolls sideways, the console is silent, no page weighs more than it may.
"""

import os
from dataclasses import dataclass

import pytest
from axe_playwright_python.sync_playwright import Axe

from accounts.models import User
from demo.actions import PASSWORD
from tests.accounts.test_second_factor import addresses, with_password_only
from tests.sampling import THOROUGH, some

from .conftest import DESK, PHONE
from .furnished import ALBA, FRESH, HALF, furnish
from .looks import LOOKS
from .no_pages import NO_PAGE

pytestmark = pytest.mark.browser
FORM_BYTES, PAGE_BYTES = 50_000, 100_000
OF_PYTHON = "'None', 'True', 'False', '[]', '{}'"  # what a template shows of what it was not given


def test_every_page_is_looked_at():
    assert {look.name for look in LOOKS} - {"404"} | NO_PAGE == {name for name, _ in addresses()}
    assert not {look.name for look in LOOKS} & NO_PAGE


@pytest.fixture
def places(cast) -> dict[str, object]:
    """What the paths of LOOKS name."""
    return furnish(cast)


@dataclass
class Walk:
    """One language: a tab per person, and what is wrong so far."""

    open_tab: object
    cast: object
    language: str
    views: list
    screenshots: object

    def __post_init__(self):
        self.tabs, self.wrong, self.weights, self.known = {}, [], {}, set()

    def tab_of(self, who):
        """Their tab; strangers' browsers ask for the language, others have it in their account."""
        if who not in self.tabs:
            self.tabs[who] = self.open_tab(who and self.cast[who], locale=self.language)
            if who == HALF:
                cookie = with_password_only(self.cast[who]).cookies["sessionid"].value
                self.tabs[who].page.context.add_cookies(
                    [{"name": "sessionid", "value": cookie, "url": self.tabs[who].site}]
                )
            elif who in {ALBA, FRESH}:  # pages about the second factor want the password once more
                page = self.tabs[who].go("/accounts/reauthenticate/")
                page.fill("input[name=password]", PASSWORD)
                self.tabs[who].press("main button[type=submit]")
        return self.tabs[who]

    def look(self, number, look, places):
        """Open one page and look at it from all sides."""
        tab = self.tab_of(look.who)
        path = look.path.format(**places)
        page = tab.go(path, look.status)
        assert tab.path == path, f"{path} leads to {tab.path}"
        self.weights[f"{look.name} {look.who or ''}"] = tab.bytes_over_the_wire
        if look.press:
            (page.click if "summary" in look.press else tab.press)(look.press)
        assert page.get_attribute("html", "lang") == self.language, path
        page.set_viewport_size(PHONE)
        if tab.is_wider_than_the_screen():
            self.wrong.append(f"{path}: sideways")
        if page.evaluate(f"[{OF_PYTHON}].some(word => document.body.innerText.split('\\n').includes(word))"):
            self.wrong.append(f"{path}: a value of Python")
        self._axe(page, number, look)
        self.wrong += [f"{path}: {complaint}" for complaint in tab.complaints]
        tab.complaints.clear()

    def _axe(self, page, number, look):
        """What axe finds: in each view in a long run. Else in one of them, once for each page and each pressed button;
        the words do not matter to it: in English."""
        views = self.views
        if not THOROUGH and not self.screenshots:
            is_new = look.press or look.name not in self.known
            views = [views[number % len(views)]] if is_new and self.language == "en" else []
        self.known.add(look.name)
        if views:
            page.evaluate(Axe().axe_script)
        for viewport, scheme in views:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size(viewport)
            where = f"{number:02}-{look.name.replace(':', '-')}-{viewport['width']}-{self.language}-{scheme}"
            found = page.evaluate("axe.run({resultTypes: ['violations'], preload: false})")
            self.wrong += [
                f"{where}: {rule['id']} {[node['target'] for node in rule['nodes']][:3]}"
                for rule in found["violations"]
            ]
            if self.screenshots:
                page.screenshot(path=self.screenshots / f"{where}.png", full_page=True)


@pytest.mark.slow
@pytest.mark.timeout(1200)  # all pages, from all sides, in a long run
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("language", "views"),
    [
        pytest.param("en", [(PHONE, "light"), (DESK, "dark")], id="en"),
        pytest.param("fr", [(PHONE, "dark")], id="fr", marks=pytest.mark.long),
    ],
)
def test_every_page_from_all_sides(cast, places, open_tab, screenshots, language, views):
    """A phone and a desk, light and dark; in French on a phone, where long words are wider than the screen."""
    User.objects.update(language=language)
    # Pictures of everything take as long as everything else: only for somebody who wants to look at them.
    walk = Walk(open_tab, cast, language, views, screenshots if "SLT_SCREENSHOTS" in os.environ else None)
    forms = [look for look in LOOKS if look.name == "incidents:file"]
    others = [look for look in LOOKS if look not in forms]
    looks = forms + some(others, every=12)
    for number, look in enumerate(looks):
        if language == "en" or look.name not in {other.name for other in looks[:number]}:  # once in French is enough
            walk.look(number, look, places)
    print("\nBytes over the wire, compressed, first load:")
    for name, weight in sorted(walk.weights.items(), key=lambda pair: -pair[1]):
        print(f"{weight:8,} {name}")
    assert walk.wrong == []
    heavy = {name: weight for name, weight in walk.weights.items() if weight > PAGE_BYTES}
    assert heavy == {}
    assert max(weight for name, weight in walk.weights.items() if name.startswith("incidents:file")) <= FORM_BYTES
