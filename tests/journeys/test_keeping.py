"""Never lose a word, in a real browser: a bad line, a session that ends, two tabs, a double click (I1)."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Session, User
from demo.actions import PASSWORD
from incidents.models import Draft, Report

from .conftest import PHONE
from .test_browser import totp

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
FORM = "/incidents/report/"
AUTHOR = "field@alba.example"
TIME = re.compile(r"\d\d:\d\d")


def kept_texts() -> list[str]:
    return sorted(draft.typed["what"][0] for draft in Draft.objects.for_system("test"))


@pytest.fixture
def open_tab(open_tab):
    """Tabs whose clock can be put forward: nobody waits for the seconds after the last key."""

    def tab(*args, **options):
        made = open_tab(*args, **options)
        made.page.clock.install()
        return made

    return tab


def seconds_pass(page):
    """The time that the form lets pass after the last key."""
    page.clock.fast_forward(3_100)


def wait_until_kept(page):
    """Until the page says when it was saved."""
    seconds_pass(page)
    expect(page.locator("#kept")).to_have_text(TIME, timeout=10_000)


def types(page, text):
    """Add to what happened, as on a keyboard, and forget what the page said of earlier words."""
    page.evaluate("document.getElementById('kept').textContent = ''")
    page.locator("#id_what").press("ControlOrMeta+End")
    page.locator("#id_what").press_sequentially(text)


def test_a_bad_line_and_a_session_that_ends(cast, open_tab, screenshots):
    """At 360 px in French: typed, the line is away and back, the session is gone, and nothing is lost."""
    User.objects.filter(pk=cast[AUTHOR].pk).update(language="fr")
    tab = open_tab(cast[AUTHOR])
    page = tab.go(FORM)
    assert page.get_attribute("html", "lang") == "fr"
    types(page, "Deux véhicules")
    wait_until_kept(page)
    assert kept_texts() == ["Deux véhicules"]

    page.context.set_offline(True)
    types(page, " arrêtés")
    seconds_pass(page)
    expect(page.locator("#kept")).to_have_text(page.get_attribute("#kept", "data-lost"), timeout=10_000)
    assert not tab.is_wider_than_the_screen()
    page.screenshot(path=screenshots / "keeping-offline-360-fr.png", full_page=True)
    page.click("main form[data-watch] button.button-primary")
    assert page.text_content("#kept") == page.get_attribute("#kept", "data-offline")
    assert (tab.path, page.evaluate("document.activeElement.id")) == (FORM, "kept")
    assert page.input_value("#id_what") == "Deux véhicules arrêtés"
    page.context.set_offline(False)
    wait_until_kept(page)
    assert kept_texts() == ["Deux véhicules arrêtés"]

    Session.objects.all().delete()
    types(page, " près de Torit")
    wait_until_kept(page)
    assert kept_texts() == ["Deux véhicules arrêtés près de Torit"]

    types(page, ".")
    tab.press("main form[data-watch] button.button-primary")
    page.fill("input[name=login]", AUTHOR)
    page.fill("input[name=password]", PASSWORD)
    tab.press("main button[type=submit]")
    page.fill("input[name=code]", totp())
    tab.press("main button.button-primary")
    page.wait_for_selector("#id_what")
    assert tab.path.startswith(f"{FORM}?draft=")
    assert page.input_value("#id_what") == "Deux véhicules arrêtés près de Torit."
    assert not tab.is_wider_than_the_screen()
    page.screenshot(path=screenshots / "keeping-back-360-fr.png", full_page=True)
    page.check("input[name=time_precision][value=not_sure]")
    page.click("main form[data-watch] button.button-primary")
    page.wait_for_url("**/receipt/")
    assert (Report.objects.for_system("test").count(), kept_texts()) == (1, [])
    tab.complaints[:] = [said for said in tab.complaints if "ERR_INTERNET_DISCONNECTED" not in said]


@pytest.mark.long
def test_another_language_in_the_middle_of_the_form(cast, open_tab):
    """Once it is saved nothing warns, and the form comes back as it was."""
    tab = open_tab(cast[AUTHOR])
    page = tab.go(FORM)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    types(page, "Half a sentence")
    wait_until_kept(page)
    page.click("form.language button")
    page.wait_for_url("**/?draft=*")
    assert (page.get_attribute("html", "lang"), page.input_value("#id_what"), asked) == ("fr", "Half a sentence", [])


@pytest.mark.long
def test_when_it_was_saved_stays_in_sight_and_covers_nothing(cast, open_tab):
    page = open_tab(cast[AUTHOR]).go(FORM)
    types(page, "begun")
    wait_until_kept(page)
    page.evaluate("for (const box of document.querySelectorAll('main form details')) box.open = true")
    page.focus("#id_persons")
    for _ in range(25):  # back up through the form, as on a keyboard
        page.keyboard.press("Shift+Tab")
        line, field = page.locator("#kept").bounding_box(), page.locator(":focus").bounding_box()
        assert 0 <= line["y"] < PHONE["height"] / 2
        assert field["y"] >= line["y"] + line["height"]


@pytest.mark.long
def test_two_tabs(cast, open_tab):
    tab = open_tab(cast[AUTHOR])
    page = tab.go(FORM)
    types(page, "begun")
    page.click("button[formaction='/incidents/drafts/']:not([name=see])")
    page.wait_for_url("**/?draft=*")
    other = page.context.new_page()
    other.goto(page.url)
    types(page, ", first tab")
    types(other, ", second tab")
    wait_until_kept(page)
    wait_until_kept(other)
    assert kept_texts() == ["begun, first tab", "begun, second tab"]
    page.check("input[name=time_precision][value=not_sure]")
    page.click("main form[data-watch] button.button-primary")
    page.wait_for_url("**/receipt/")
    assert kept_texts() == ["begun, second tab"]


@pytest.mark.parametrize("with_script", [True, pytest.param(False, marks=pytest.mark.long)])
def test_a_double_click_is_one_report_and_no_draft(cast, open_tab, with_script):
    page = open_tab(cast[AUTHOR], java_script_enabled=with_script).go(FORM)
    page.fill("#id_what", "Sent twice")
    page.fill("#id_occurred_on", (timezone.now() - timedelta(days=1)).strftime("%Y-%m-%d"))
    page.check("input[name=time_precision][value=day]")
    page.dblclick("main form[data-watch] button.button-primary", no_wait_after=True)
    page.wait_for_url("**/receipt/")
    assert (Report.objects.for_system("test").count(), kept_texts()) == (1, [])


def test_what_the_form_weighs(cast, open_tab):
    """On a first visit, nothing in the cache: page, styles, scripts (benchmarks/phone.py times it on a bad line)."""
    tab = open_tab(cast[AUTHOR])
    tab.go(FORM)
    requests = [url for url in tab.asked if not url.startswith("data:")]
    print(f"report form: {tab.bytes_over_the_wire} bytes, {len(requests)} requests")
    assert tab.bytes_over_the_wire <= 50_000
    assert len(requests) <= 8
