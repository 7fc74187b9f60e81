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
from .furnished import ALBA, BENU, BENU_HQ, FRESH, HALF, HQ, NOBODY, furnish

pytestmark = pytest.mark.browser
FORM_BYTES, PAGE_BYTES = 50_000, 100_000
PLATFORM = "platform@southsudan.example"


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
    Look("incidents:list", HQ, "/incidents/?q=canary&severity=1"),
    Look("incidents:list", HQ, "/incidents/?q=%21"),
    Look("incidents:search_save", HQ, "/incidents/searches/?q=canary"),
    Look("incidents:export_list", HQ, "/incidents/export/"),
    Look("incidents:export_list", HQ, "/incidents/export/", press="main button.button-primary"),
    Look("incidents:export_one", HQ, "/incidents/{ref}/export/"),
    Look("incidents:exports", HQ, "/incidents/exports/"),
    Look("incidents:export", HQ, "/incidents/exports/{export}/"),
    Look("incidents:file", ALBA, "/incidents/report/"),
    Look("incidents:file", ALBA, "/incidents/report/", press=SEND),
    Look("incidents:file", BENU_HQ, "/incidents/report/"),
    Look("incidents:file", BENU, "/incidents/report/?draft={orphan}"),
    Look("incidents:receipt", ALBA, "/incidents/{ref}/receipt/"),
    Look("incidents:detail", ALBA, "/incidents/{ref}/"),
    Look("incidents:detail", BENU, "/incidents/{ref}/"),
    Look("incidents:detail", HQ, "/incidents/{ref}/"),
    Look("incidents:detail", ALBA, "/incidents/{withdrawn}/"),
    Look("incidents:report", ALBA, "/incidents/{ref}/reports/1/"),
    Look("incidents:follow_up", ALBA, "/incidents/{ref}/follow-up/"),
    Look("incidents:follow_up", ALBA, "/incidents/{ref}/follow-up/", press=SEND),
    Look("incidents:follow_up_see", ALBA, "/incidents/{ref}/follow-up/{update}/see-as/"),
    Look("incidents:draft_see", ALBA, "/incidents/drafts/{whole}/see-as/"),
    Look("incidents:audience", ALBA, "/incidents/{ref}/audience/"),
    Look("incidents:audience", ALBA, "/incidents/{ref}/audience/", press="main button[name=see]"),
    Look("incidents:audience", ALBA, "/incidents/{withdrawn}/audience/"),
    Look("incidents:withdraw", ALBA, "/incidents/{ref}/withdraw/"),
    Look("incidents:readers", ALBA, "/incidents/{ref}/readers/"),
    Look("incidents:desk", HQ, "/incidents/desk/"),
    Look("incidents:desk_page", HQ, "/incidents/{ref}/desk/"),
    Look("incidents:desk_page", HQ, "/incidents/{ref}/desk/", press="form[action$='/note/'] button:not([formaction])"),
    Look("incidents:desk_page", ALBA, "/incidents/{ref}/desk/"),
    Look("incidents:propose", HQ, "/incidents/{ref}/desk/text/"),
    Look("incidents:decide", ALBA, "/incidents/{ref}/text/"),
    Look("incidents:ask", BENU_HQ, "/incidents/{ref}/question/"),
    Look("incidents:ask", BENU_HQ, "/incidents/{ref}/question/", press="main button.button-primary"),
    Look("incidents:attachments", ALBA, "/incidents/{ref}/attachments/"),
    Look("incidents:attachments", ALBA, "/incidents/{ref}/attachments/", press="main button.button-primary"),
    Look("incidents:attachment_remove", ALBA, "/incidents/{ref}/attachments/{attachment}/remove/"),
    Look("incidents:draft_discard", ALBA, "/incidents/drafts/{draft}/discard/"),
    Look("areas:list", ALBA, "/areas/"),
    Look("areas:detail", ALBA, "/areas/south-sudan/"),
    Look("overview:statistics", HQ, "/statistics/?period=all"),
    Look("overview:statistics", ALBA, "/statistics/?area=chad&category=x"),
    Look("organisations:people", HQ, "/people/"),
    Look("organisations:people_of", BENU_HQ, "/people/{organisation}/"),
    Look("organisations:invite", BENU_HQ, "/people/{organisation}/invite/"),
    Look("organisations:invite", BENU_HQ, "/people/{organisation}/invite/", press="main button.button-primary"),
    Look("organisations:end_membership", BENU_HQ, "/people/{organisation}/roles/{membership}/end/"),
    Look("organisations:withdraw_invitation", BENU_HQ, "/people/{organisation}/invitations/{invitation}/withdraw/"),
    Look("organisations:people_of", HQ, "/people/{organisation}/"),
    Look("organisations:add_mailbox", BENU_HQ, "/people/{organisation}/mailboxes/add/"),
    Look("organisations:accept", None, "/invitations/{mailbox}/"),
    Look("organisations:add_domain", HQ, "/people/{organisation}/domains/add/"),
    Look("organisations:add_domain", HQ, "/people/{organisation}/domains/add/", press="main button.button-primary"),
    Look("organisations:remove_domain", HQ, "/people/{organisation}/domains/benu.example/remove/"),
    Look("organisations:exceptions", BENU_HQ, "/people/{organisation}/exceptions/"),
    Look("organisations:exceptions", HQ, "/people/{organisation}/exceptions/"),
    Look("organisations:exception_request", BENU_HQ, "/people/{organisation}/exceptions/request/"),
    Look("organisations:exception_decide", HQ, "/people/{organisation}/exceptions/{asked}/decide/"),
    Look("organisations:exception_renew", HQ, "/people/{organisation}/exceptions/{approved}/renew/"),
    Look("organisations:my_roles", BENU, "/roles/"),
    Look("organisations:leave", BENU, "/roles/{membership}/leave/"),
    Look("organisations:rules_of_members", PLATFORM, "/people/rules/"),
    Look("organisations:accept", None, "/invitations/{token}/"),
    Look("organisations:accept", None, "/invitations/wrong/", status=404),
    Look("incidents:imports", HQ, "/incidents/imports/"),
    Look("incidents:import_start", HQ, "/incidents/imports/new/"),
    Look("incidents:import_start", HQ, "/incidents/imports/new/", press="main button.button-primary"),
    Look("incidents:import", HQ, "/incidents/imports/{checked}/"),
    Look("overview:outbox", HQ, "/outbox/"),
    Look("operations:status", HQ, "/status/"),
    Look("overview:told", ALBA, "/notifications/"),
    Look("overview:told", HQ, "/notifications/?area=nowhere"),
    Look("overview:told", NOBODY, "/notifications/"),
    Look("overview:told_area", HQ, "/notifications/areas/south-sudan/"),
    Look("notifications:stop", None, "{stop}"),
    Look("notifications:stop", None, "{stop}", press="main button[type=submit]"),
    Look("notifications:stop", None, "/notifications/stop/wrong/", status=404),
    Look("accounts:profile", ALBA, "/accounts/profile/"),
    Look("accounts:profile", BENU, "/accounts/profile/"),
    Look("accounts:rules", ALBA, "/accounts/rules/"),
    Look("accounts:rules", ALBA, "/accounts/rules/", press="main button.button-primary"),
    Look("account_change_password", ALBA, "/accounts/password/change/"),
    Look("account_reauthenticate", ALBA, "/accounts/reauthenticate/"),
    Look("mfa_index", ALBA, "/accounts/2fa/"),
    Look("mfa_view_recovery_codes", ALBA, "/accounts/2fa/recovery-codes/"),
    Look("mfa_generate_recovery_codes", ALBA, "/accounts/2fa/recovery-codes/generate/"),
    Look("mfa_deactivate_totp", ALBA, "/accounts/2fa/totp/deactivate/"),
    Look("mfa_activate_totp", FRESH, "/accounts/2fa/totp/activate/"),
    Look("mfa_reauthenticate", HALF, "/accounts/2fa/reauthenticate/"),
    Look("accounts:sessions", ALBA, "/accounts/sessions/"),
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
    "overview:statistics_file",
    "healthz",
    "readyz",
    "robots",
    "security_txt",
    "set_language",
    "account_set_password",
    "mfa_authenticate",
    "mfa_download_recovery_codes",
    "overview:follow",
    "overview:unfollow",
    "incidents:draft_save",
    "incidents:draft_keep",
    "incidents:acknowledge",
    "incidents:grade",
    "incidents:note",
    "incidents:answer",
    "incidents:proposal_take_back",
    "incidents:attachment",
    "incidents:export_file",
    "incidents:search_remove",
    "incidents:import_confirm",
    "incidents:import_discard",
    "incidents:import_quarantine",
    "incidents:import_rows",
    "overview:outbox_send_again",
    "organisations:address_right",
    "demo:sign_in",
}


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
        page.set_viewport_size(PHONE)
        if tab.is_wider_than_the_screen():
            self.wrong.append(f"{path}: sideways")
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
    looks = forms + some(others, every=2)
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
