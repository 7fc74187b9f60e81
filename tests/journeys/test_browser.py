"""Journeys in a real browser: filing on a phone without JavaScript, reading, signing in, the keyboard alone."""

import re
import time
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.utils import timezone

from demo.actions import PASSWORD, TOTP_SECRET
from incidents.models import Report
from notifications.outbox import drain
from tests.factories.incidents import file_report

from .conftest import DESK

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
YESTERDAY = timezone.now() - timedelta(days=1)


def words(tab) -> str:
    return " ".join(tab.page.inner_text("main").split())


def test_an_ambush_is_reported_from_a_phone_and_those_concerned_know(cast, open_tab, screenshots):
    """In French, 360 px, without JavaScript; then the mail, the list and the detail of somebody who works there."""
    start = time.monotonic()
    tab = open_tab(cast["field@alba.example"], java_script_enabled=False)
    page = tab.go("/")
    tab.press("button[name=language][value=fr]")
    assert page.get_attribute("html", "lang") == "fr"
    tab.press("main a[href='/incidents/report/']")
    page.fill("#id_occurred_on", YESTERDAY.strftime("%Y-%m-%d"))
    page.fill("#id_occurred_at", "08:30")
    page.fill("#id_what", "CANARY Deux véhicules arrêtés par des hommes armés.")
    page.screenshot(path=screenshots / "journey-report-360-fr.png", full_page=True)
    tab.press("main form[data-watch] button.button-primary")
    ref = re.search(r"INC-\w{6}", words(tab))[0]
    assert tab.path == f"/incidents/{ref}/receipt/"
    page.screenshot(path=screenshots / "journey-receipt-360-fr.png", full_page=True)
    assert time.monotonic() - start < 120
    assert not tab.is_wider_than_the_screen()

    drain()
    to_benu = next(sent for sent in mail.outbox if sent.to == ["field@benu.example"])
    assert "CANARY" not in to_benu.body
    link = urlsplit(re.search(rf"http://\S+/incidents/{ref}/", to_benu.body)[0])

    reader = open_tab(cast["field@benu.example"], viewport=DESK)
    reader.go(link.path)
    assert "CANARY Deux véhicules" in words(reader)
    assert "TLP:AMBER+STRICT" in words(reader)
    assert "Alba" not in words(reader)
    reader.go("/incidents/")
    assert ref in words(reader)
    assert "CANARY" not in words(reader)
    reader.press(f"text={ref}")
    assert reader.path == link.path

    outsider = open_tab(cast["field@cedar.example"])
    outsider.go(link.path, status=404)
    assert ref not in words(outsider)
    outsider.go("/incidents/")
    assert ref not in words(outsider)


def test_a_line_that_breaks_loses_nothing(cast, open_tab):
    """Save a draft without JavaScript, come back on another device, correct a mistake, send it twice."""
    phone = open_tab(cast["field@alba.example"], java_script_enabled=False)
    page = phone.go("/incidents/report/")
    page.fill("#id_what", "Half a sentence ✓")
    phone.press("button[formaction='/incidents/drafts/']")
    assert page.input_value("#id_what") == "Half a sentence ✓"

    desk = open_tab(cast["field@alba.example"], viewport=DESK)
    page = desk.go("/")
    desk.press("text=Draft: Half a sentence ✓")
    page.fill("#id_occurred_on", YESTERDAY.strftime("%Y-%m-%d"))
    page.check("input[name=time_precision][value=exact]")
    desk.press("main form[data-watch] button.button-primary")  # the time is missing
    assert page.locator("#id_occurred_at_error").is_visible()
    assert page.evaluate("document.activeElement.className") == "error-summary"
    assert page.input_value("#id_what") == "Half a sentence ✓"
    page.check("input[name=time_precision][value=day]")
    desk.press("main form[data-watch] button.button-primary")
    receipt = page.url
    assert receipt.endswith("/receipt/")
    page.go_back(wait_until="load")
    desk.press("main form[data-watch] button.button-primary")
    assert page.url == receipt
    assert Report.objects.for_system("test").count() == 1


@pytest.mark.long
def test_the_marking_takes_away_what_it_does_not_allow(cast, open_tab):
    page = open_tab(cast["field@alba.example"]).go("/incidents/report/")
    box = "input[name=audience][value={}]".format
    assert page.is_disabled(box("everyone"))
    assert page.is_checked(box("dss_desks"))
    page.check("input[name=marking][value='TLP:RED']")
    assert page.is_disabled(box("dss_desks"))
    assert not page.is_checked(box("dss_desks"))
    assert page.is_checked(box("named_persons"))
    page.check("input[name=marking][value='TLP:CLEAR']")
    assert page.is_enabled(box("everyone"))
    assert page.is_checked(box("dss_desks"))


def totp() -> str:
    counters = list(yield_hotp_counters_from_time())
    return format_hotp_value(hotp_value(TOTP_SECRET, counters[len(counters) // 2]))


def sign_in_by_hand(tab, email, code):
    page = tab.go("/accounts/login/")
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", PASSWORD)
    tab.press("main button[type=submit]")
    page.fill("input[name=code]", code)
    tab.press("main button.button-primary")
    assert tab.path == "/"


def test_signing_in_by_hand_and_ending_another_session(cast, open_tab, screenshots):
    """Password and authenticator code on one device, a recovery code on another; the first ends the second."""
    email = "hq@alba.example"
    codes = RecoveryCodes(Authenticator.objects.get(user=cast[email], type="recovery_codes")).get_unused_codes()
    office, phone = open_tab(viewport=DESK), open_tab()
    sign_in_by_hand(phone, email, codes[0])
    sign_in_by_hand(office, email, totp())
    page = office.go("/accounts/sessions/")
    page.screenshot(path=screenshots / "journey-sessions-1280-en.png", full_page=True)
    assert len(page.query_selector_all("main tbody tr")) == 2
    office.press("main td form button")
    page.fill("input[name=password]", PASSWORD)  # who ends sessions says once more who they are
    office.press("main button[type=submit]")
    assert office.path == "/accounts/sessions/"
    assert len(page.query_selector_all("main tbody tr")) == 1
    phone.go("/incidents/")
    assert phone.path.startswith("/accounts/login/")
    office.go("/")
    assert office.path == "/"


def focus(page) -> str:
    """What has the focus: name, id or words of it."""
    return page.evaluate("(e => e.name || e.id || e.textContent.trim())(document.activeElement)")


def tab_to(page, name, limit=40) -> list[str]:
    """Press Tab until something with this name has the focus; returns what had it on the way."""
    passed = [focus(page)]
    for _ in range(limit):
        page.keyboard.press("Tab")
        passed.append(focus(page))
        if passed[-1] not in passed[:-1]:  # parts of a date field show their focus themselves
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", passed[-1]
        if passed[-1] == name:
            return passed
    raise AssertionError(f"{name} is not reached by Tab: {passed}")


MORE = "More, if you know it: people hurt, place, who did it"


def test_the_report_by_keyboard_alone(cast, open_tab):
    tab = open_tab(cast["field@alba.example"], viewport=DESK, locale="en-US")
    page = tab.go("/incidents/report/")
    page.keyboard.press("Tab")
    assert focus(page) == "Skip to the content"
    page.keyboard.press("Enter")
    tab_to(page, "occurred_on")
    page.keyboard.type(YESTERDAY.strftime("%m%d%Y"))
    tab_to(page, "occurred_at")
    page.keyboard.type("0830AM")
    way = tab_to(page, "what")
    assert [name for name in way if name in {"time_precision", "clock", "area", "what"}] == [
        "time_precision", "clock", "area", "what",
    ]  # fmt: skip
    page.keyboard.type("Reported without a mouse.")
    assert page.input_value("#id_occurred_on") == YESTERDAY.strftime("%Y-%m-%d")
    way = tab_to(page, "marking")
    assert MORE in way
    assert "category" in way
    assert "place" not in way  # folded away until somebody opens it
    page.keyboard.press("Shift+Tab")
    assert focus(page) == MORE
    page.keyboard.press("Enter")
    tab_to(page, "place")
    page.keyboard.type("Torit")
    page.keyboard.press("Enter")  # sends the report, not the draft
    page.wait_for_url("**/receipt/#main")  # the place that the link for skipping leads to is kept by browsers
    assert "Report received" in words(tab)


@pytest.mark.long
def test_a_dialogue_is_not_needed_to_leave(cast, open_tab):
    """Unsaved text warns before it is lost; a form that was sent does not."""
    tab = open_tab(cast["field@alba.example"])
    page = tab.go("/incidents/report/")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.fill("#id_what", "not saved")
    page.goto(tab.site + "/")
    assert asked == ["beforeunload"]
    tab.go("/incidents/report/").goto(tab.site + "/")
    assert asked == ["beforeunload"]


@pytest.mark.long
def test_filters_on_a_phone(cast, open_tab):
    for area, by, key in [("south-sudan", "field@alba.example", "alba"), ("chad", "field@benu.example", "benu")]:
        file_report(cast, by=by, organisation=key, area=area)
    tab = open_tab(cast["dss.hq@un.example"])
    page = tab.go("/incidents/")
    assert not page.locator("#id_area").is_visible()
    page.click("details.filters summary")
    page.select_option("#id_area", "chad")
    tab.press("details.filters button[type=submit]")
    assert "Found: 1" in words(tab)
    page.click("details.filters summary")  # folded again: the results come first
    tab.press("text=Clear filters")
    assert "Found: 2" in words(tab)
