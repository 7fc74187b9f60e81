"""Every page in a real browser: on a phone and a desk, in both languages, light and dark: nothing to complain about.

axe finds nothing, nobody scrolls sideways, the console is silent, no page weighs more than it may.
"""

import os
import uuid
from dataclasses import dataclass
from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from django.utils import timezone

from accounts.actions import token_of
from accounts.models import User
from demo.actions import PASSWORD
from incidents.control import take_back
from incidents.drafts import save_draft
from incidents.export_runs import run_due
from incidents.exports import ask_export
from incidents.imports.runs import run_due as check_imports
from incidents.models import ReferenceRecord
from incidents.searches import save_search
from notifications.actions import follow
from notifications.models import Message
from notifications.outbox import drain
from notifications.stopping import area_topic, stop_link
from organisations.actions import add_mailbox, invite
from organisations.address_actions import add_domain, approve_exception, request_exception
from organisations.models import Membership
from tests.accounts.test_second_factor import addresses, with_password_only
from tests.factories.attachments import add
from tests.factories.desk import worked_on
from tests.factories.incidents import as_lists, file_report, followed_up, typed
from tests.incidents.awsd_files import brought, incident
from tests.incidents.test_lists import make_reference
from tests.sampling import THOROUGH, some

from .conftest import DESK, PHONE

pytestmark = pytest.mark.browser
FORM_BYTES, PAGE_BYTES = 50_000, 100_000
ALBA, BENU, HQ, BENU_HQ = "field@alba.example", "field@benu.example", "dss.hq@un.example", "hq@benu.example"
PLATFORM = "platform@southsudan.example"
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
UNDATED = {"occurred_on": None, "occurred_at": None, "time_precision": "not_sure"}
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
    Look("incidents:desk_page", HQ, "/incidents/{ref}/desk/", press="main form[action$='/note/'] button"),
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
    Look("overview:told", ALBA, "/notifications/"),
    Look("overview:told", HQ, "/notifications/?area=nowhere"),
    Look("overview:told", NOBODY, "/notifications/"),
    Look("overview:told_area", HQ, "/notifications/areas/south-sudan/"),
    Look("notifications:stop", None, "{stop}"),
    Look("notifications:stop", None, "{stop}", press="main button[type=submit]"),
    Look("notifications:stop", None, "/notifications/stop/wrong/", status=404),
    Look("accounts:profile", ALBA, "/accounts/profile/"),
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
    "overview:statistics_file",
    "healthz",
    "set_language",
    "account_set_password",
    "mfa_authenticate",
    "mfa_download_recovery_codes",
    "notifications:follow",
    "notifications:unfollow",
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
    "overview:outbox_send_again",
    "demo:sign_in",
}


def test_every_page_is_looked_at():
    assert {look.name for look in LOOKS} - {"404"} | NO_PAGE == {name for name, _ in addresses()}
    assert not {look.name for look in LOOKS} & NO_PAGE


def withdrawn_of(cast):
    """A report of Alba that nobody else sees any more."""
    item = file_report(cast).incident.item
    take_back(item, by=cast[ALBA], version=item.version)
    return item


def drafts_of(cast, item):
    """Drafts of Alba: half a sentence, a whole report, and an update on `item`."""
    kept = (
        ({"what": "half a sentence"}, None),
        (typed(cast, **UNDATED), None),
        (typed(cast, **UNDATED, kind="update", after="2", news="They are back."), item),
    )
    return [
        save_draft(by=cast[ALBA], submission=data.get("submission", uuid.uuid4()), typed=as_lists(data), item=of)
        for data, of in kept
    ]


@pytest.fixture
def places(cast) -> dict[str, str]:
    """Something on every page, and all the areas there are; returns what the paths of LOOKS name."""
    call_command("load_areas", verbosity=0)
    item, withdrawn = worked_on(cast, followed_up(cast, file_report(cast)).incident.item), withdrawn_of(cast)
    attachment = add(cast, item)
    for number in range(26):
        area = "chad" if number % 2 else "south-sudan"
        file_report(cast, by="hq@benu.example", organisation="benu", area=area, marking="TLP:GREEN",
                    choices=["dss_desks", "community"], shows_originator=True)  # fmt: skip
    make_reference(2)
    ReferenceRecord.objects.create(source="awsd", source_id="1", digest="x", year=2020, killed=2)
    draft, whole, update = drafts_of(cast, item)
    export = ask_export(by=cast[HQ], format="csv", purpose="Planning of the week")
    run_due()
    save_search(by=cast[HQ], name="Near Torit", query="q=torit")
    follow(cast.areas["south-sudan"], by=cast[HQ])
    checked = brought([incident(1, Day="31"), incident(1)], by=cast[HQ])
    check_imports()
    benu = cast.organisations["benu"]
    asked = {"organisation": benu, "area": cast.areas["chad"], "role": "partner_field", "by": cast[BENU_HQ]}
    invited = [invite(email=f"{name}@benu.example", name=name, language="en", **asked) for name in ("one", "two")]
    add_domain(organisation=benu, domain="benu.example", by=cast[HQ])
    mailbox = {"email": "duty@benu.example", "name": "Duty, N'Djamena", "language": "fr", "by": cast[BENU_HQ]}
    mailbox = add_mailbox(**mailbox, organisation=benu, area=cast.areas["chad"])
    wanted = [request_exception(organisation=benu, email=f"{name}@personal.example", reason="No server in Chad yet.",
                                by=cast[BENU_HQ]) for name in ("one", "two")]  # fmt: skip
    approve_exception(wanted[1], until=timezone.now() + timedelta(days=30), by=cast[HQ])
    drain()
    Message.objects.filter(state="sent", pk__in=Message.objects.values("pk")[:3]).update(state="failed", sent_at=None)
    for email in (FRESH, HALF):
        cast.people[email] = User.objects.create_user(email, PASSWORD, name="New")
    TOTP.activate(cast[HALF], "JBSWY3DPEHPK3PXP")
    return {
        "ref": item.ref,
        "withdrawn": withdrawn.ref,
        "export": export.pk,
        "draft": draft.submission,
        "whole": whole.submission,
        "update": update.submission,
        "attachment": attachment.number,
        "organisation": benu.ref,
        "membership": Membership.objects.get(user=cast["field@benu.example"], area=cast.areas["chad"]).ref,
        "invitation": invited[0].subject_id,
        "token": token_of(invited[1].link),
        "mailbox": token_of(mailbox.link),
        "asked": wanted[0].ref,
        "approved": wanted[1].ref,
        "checked": checked.ref,
        "stop": stop_link(cast[HQ].pk, area_topic(cast.areas["south-sudan"].pk)),
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
        page.set_viewport_size(PHONE)
        if tab.is_wider_than_the_screen():
            self.wrong.append(f"{path}: sideways")
        self._axe(page, number, look)
        self.wrong += [f"{path}: {complaint}" for complaint in tab.complaints]
        tab.complaints.clear()

    def _axe(self, page, number, look):
        """What axe finds: in each view in a long run, else in one of them. The words do not matter to it: English."""
        views = self.views
        if not THOROUGH and not self.screenshots:
            views = [views[number % len(views)]] if self.language == "en" else []
        if views:
            page.evaluate(Axe().axe_script)
        for viewport, scheme in views:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size(viewport)
            where = f"{number:02}-{look.name.replace(':', '-')}-{viewport['width']}-{self.language}-{scheme}"
            found = page.evaluate("axe.run({resultTypes: ['violations']})")
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
    [("en", [(PHONE, "light"), (DESK, "dark")]), ("fr", [(PHONE, "dark")])],
    ids=["en", "fr"],
)
def test_every_page_from_all_sides(cast, places, open_tab, screenshots, language, views):
    """A phone and a desk, light and dark; in French on a phone, where long words are wider than the screen."""
    User.objects.update(language=language)
    # Pictures of everything take as long as everything else: only for somebody who wants to look at them.
    walk = Walk(open_tab, cast, language, views, screenshots if "SLT_SCREENSHOTS" in os.environ else None)
    for number, look in enumerate(LOOKS if language == "en" else some(LOOKS, every=2)):
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
