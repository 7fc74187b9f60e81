"""Every page in a real browser: on a phone and a desk, in both languages, light and dark: nothing to complain about.

axe finds nothing, nobody scrolls sideways, the console is silent, no page weighs more than it may.
"""

import os
import uuid
from dataclasses import dataclass

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command

from accounts.actions import token_of
from accounts.models import User
from demo.actions import PASSWORD
from incidents.actions import save_draft
from incidents.models import ReferenceRecord
from notifications.actions import follow
from notifications.models import Message
from notifications.outbox import drain
from organisations.actions import invite
from organisations.models import Membership
from tests.accounts.test_second_factor import addresses, with_password_only
from tests.factories.incidents import file_report
from tests.incidents.test_lists import make_reference

from .conftest import DESK, PHONE

pytestmark = pytest.mark.browser
FORM_BYTES, PAGE_BYTES = 50_000, 100_000
ALBA, BENU, HQ, BENU_HQ = "field@alba.example", "field@benu.example", "dss.hq@un.example", "hq@benu.example"
NOBODY, FRESH, HALF = "nobody@elsewhere.example", "fresh@alba.example", "half@alba.example"


@dataclass(frozen=True)
class Look:
    """A page, whose, where, and what must be done there first (a button to press)."""

    name: str
    who: str | None
    path: str
    press: str = ""
    status: int = 200


SEND = "main form[data-watch] button.button-primary"
# Paths name what `furnish` makes: {ref}, {draft}, {organisation}, {membership}, {invitation}, {token}.
LOOKS = [
    Look("home", BENU, "/"),
    Look("home", ALBA, "/"),
    Look("home", HQ, "/"),
    Look("home", NOBODY, "/"),
    Look("incidents:list", HQ, "/incidents/"),
    Look("incidents:list", HQ, "/incidents/?area=chad&category=x"),
    Look("incidents:list", NOBODY, "/incidents/"),
    Look("incidents:file", ALBA, "/incidents/report/"),
    Look("incidents:file", ALBA, "/incidents/report/", press=SEND),
    Look("incidents:file", BENU_HQ, "/incidents/report/"),
    Look("incidents:receipt", ALBA, "/incidents/{ref}/receipt/"),
    Look("incidents:detail", ALBA, "/incidents/{ref}/"),
    Look("incidents:detail", BENU, "/incidents/{ref}/"),
    Look("incidents:draft_discard", ALBA, "/incidents/drafts/{draft}/discard/"),
    Look("areas:list", ALBA, "/areas/"),
    Look("areas:detail", ALBA, "/areas/south-sudan/"),
    Look("organisations:people", HQ, "/people/"),
    Look("organisations:people_of", BENU_HQ, "/people/{organisation}/"),
    Look("organisations:invite", BENU_HQ, "/people/{organisation}/invite/"),
    Look("organisations:invite", BENU_HQ, "/people/{organisation}/invite/", press="main button.button-primary"),
    Look("organisations:end_membership", BENU_HQ, "/people/{organisation}/roles/{membership}/end/"),
    Look("organisations:withdraw_invitation", BENU_HQ, "/people/{organisation}/invitations/{invitation}/withdraw/"),
    Look("organisations:accept", None, "/invitations/{token}/"),
    Look("organisations:accept", None, "/invitations/wrong/", status=404),
    Look("overview:outbox", HQ, "/outbox/"),
    Look("accounts:profile", ALBA, "/accounts/profile/"),
    Look("account_change_password", ALBA, "/accounts/password/change/"),
    Look("account_reauthenticate", ALBA, "/accounts/reauthenticate/"),
    Look("mfa_index", ALBA, "/accounts/2fa/"),
    Look("mfa_view_recovery_codes", ALBA, "/accounts/2fa/recovery-codes/"),
    Look("mfa_generate_recovery_codes", ALBA, "/accounts/2fa/recovery-codes/generate/"),
    Look("mfa_deactivate_totp", ALBA, "/accounts/2fa/totp/deactivate/"),
    Look("mfa_activate_totp", FRESH, "/accounts/2fa/totp/activate/"),
    Look("mfa_reauthenticate", HALF, "/accounts/2fa/reauthenticate/"),
    Look("usersessions_list", ALBA, "/accounts/sessions/"),
    Look("account_logout", ALBA, "/accounts/logout/"),
    Look("account_login", None, "/accounts/login/"),
    Look("account_login", None, "/accounts/login/", press="main button[type=submit]"),
    Look("account_inactive", None, "/accounts/inactive/"),
    Look("account_reset_password", None, "/accounts/password/reset/"),
    Look("account_reset_password_done", None, "/accounts/password/reset/done/"),
    Look("account_reset_password_from_key", None, "/accounts/password/reset/key/a-b/"),
    Look("account_reset_password_from_key_done", None, "/accounts/password/reset/key/done/"),
    Look("demo:index", None, "/demo/"),
    Look("demo:mail", None, "/demo/mail/"),
    Look("404", ALBA, "/incidents/INC-AAAAAA/", status=404),
    Look("404", None, "/nowhere/", status=404),
]
NO_PAGE = {  # what only acts, downloads, or shows a page of another name
    "healthz",
    "set_language",
    "account_set_password",
    "mfa_authenticate",
    "mfa_download_recovery_codes",
    "notifications:follow",
    "notifications:unfollow",
    "incidents:draft_save",
    "overview:outbox_send_again",
    "demo:sign_in",
}


def test_every_page_is_looked_at():
    assert {look.name for look in LOOKS} - {"404"} | NO_PAGE == {name for name, _ in addresses()}
    assert not {look.name for look in LOOKS} & NO_PAGE


@pytest.fixture
def places(cast) -> dict[str, str]:
    """Something on every page, and all the areas there are; returns what the paths of LOOKS name."""
    call_command("load_areas", verbosity=0)
    ref = file_report(cast).incident.item.ref
    for number in range(26):
        area = "chad" if number % 2 else "south-sudan"
        file_report(cast, by="hq@benu.example", organisation="benu", area=area, marking="TLP:GREEN",
                    choices=["dss_desks", "community"], shows_originator=True)  # fmt: skip
    make_reference(2)
    ReferenceRecord.objects.create(source="awsd", source_id="1", digest="x", year=2020, killed=2)
    draft = save_draft(by=cast[ALBA], submission=uuid.uuid4(), typed={"what": ["half a sentence"]})
    follow(cast.areas["south-sudan"], by=cast[HQ])
    benu = cast.organisations["benu"]
    asked = {"organisation": benu, "area": cast.areas["chad"], "role": "partner_field", "by": cast[BENU_HQ]}
    invited = [invite(email=f"{name}@benu.example", name=name, language="en", **asked) for name in ("one", "two")]
    drain()
    Message.objects.filter(state="sent", pk__in=Message.objects.values("pk")[:3]).update(state="failed", sent_at=None)
    for email in (FRESH, HALF):
        cast.people[email] = User.objects.create_user(email, PASSWORD, name="New")
    TOTP.activate(cast[HALF], "JBSWY3DPEHPK3PXP")
    return {
        "ref": ref,
        "draft": draft.submission,
        "organisation": benu.ref,
        "membership": Membership.objects.get(user=cast["field@benu.example"], area=cast.areas["chad"]).ref,
        "invitation": invited[0].subject_id,
        "token": token_of(invited[1].link),
    }


@dataclass
class Walk:
    """One language: a tab per person, and what is wrong so far."""

    open_tab: object
    cast: object
    language: str
    views: list
    screenshots: object

    def __post_init__(self):
        self.tabs, self.wrong, self.weights = {}, [], {}

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
                page.click("main button[type=submit]")
        return self.tabs[who]

    def look(self, number, look, places):
        """Open one page and look at it from all sides."""
        tab = self.tab_of(look.who)
        path = look.path.format(**places)
        page = tab.go(path, look.status)
        assert tab.path == path, f"{path} leads to {tab.path}"
        self.weights[f"{look.name} {look.who or ''}"] = tab.bytes_over_the_wire
        if look.press:
            page.click(look.press)
        assert page.get_attribute("html", "lang") == self.language, path
        page.evaluate(Axe().axe_script)
        for viewport, scheme in self.views:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size(viewport)
            where = f"{number:02}-{look.name.replace(':', '-')}-{viewport['width']}-{self.language}-{scheme}"
            if viewport == PHONE and tab.is_wider_than_the_screen():
                self.wrong.append(f"{where}: sideways")
            found = page.evaluate("axe.run({resultTypes: ['violations']})")
            self.wrong += [
                f"{where}: {rule['id']} {[node['target'] for node in rule['nodes']][:3]}"
                for rule in found["violations"]
            ]
            if self.screenshots:
                page.screenshot(path=self.screenshots / f"{where}.png", full_page=True)
        self.wrong += [f"{path}: {complaint}" for complaint in tab.complaints]
        tab.complaints.clear()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("language", "views"),
    [("en", [(PHONE, "light"), (DESK, "dark")]), ("fr", [(PHONE, "dark"), (DESK, "light")])],
    ids=["en", "fr"],
)
def test_every_page_from_all_sides(cast, places, open_tab, screenshots, language, views):
    """Of width, language and light, every pair meets on every page."""
    User.objects.update(language=language)
    # Pictures of everything take as long as everything else: only for somebody who wants to look at them.
    walk = Walk(open_tab, cast, language, views, screenshots if "SLT_SCREENSHOTS" in os.environ else None)
    for number, look in enumerate(LOOKS):
        if language == "en" or look.name not in {other.name for other in LOOKS[:number]}:  # once in French is enough
            walk.look(number, look, places)
    print("\nBytes over the wire, compressed, first load:")
    for name, weight in sorted(walk.weights.items(), key=lambda pair: -pair[1]):
        print(f"{weight:8,} {name}")
    assert walk.wrong == []
    heavy = {name: weight for name, weight in walk.weights.items() if weight > PAGE_BYTES}
    forms = {name: weight for name, weight in walk.weights.items() if name.startswith("incidents:file")}
    assert heavy == {}
    assert max(forms.values()) <= FORM_BYTES
