"""Feedback in a real browser, on a phone: sent without JavaScript and with it, and the receipt."""

import re

import pytest

from accounts.models import User
from tests.factories.partnership import bodies

from .conftest import PHONE
from .test_browser import words

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
BENU = "field@benu.example"


def test_a_partner_sends_feedback_on_the_phone_with_and_without_javascript(cast, open_tab, screenshots):
    """F1: two minutes, 360 px; what is missing is said at its field, and nothing typed is lost."""
    User.objects.update(language="en")
    bodies(cast)
    for script in (False, True):
        tab = open_tab(cast[BENU], viewport=PHONE, locale="en-GB", java_script_enabled=script)
        page = tab.go("/feedback/new/")
        page.check("input[name=answer][value=no]")
        tab.press("main form button[type=submit]")
        page.check("input[name=kind][value=concern]")
        page.check("input[name=about][value=office]")
        page.select_option("select[name=area]", "south-sudan")
        page.fill("#id_title", "We get nothing from DSS here")
        page.fill("#id_text", "No briefing since May.")
        page.check("input[name=route][value=dss]")
        tab.press("main form button[type=submit]")
        assert page.locator("#id_office_error").is_visible()
        assert page.input_value("#id_text") == "No briefing since May."
        assert not tab.is_wider_than_the_screen()
        page.select_option("select[name=office]", "dss_field")
        page.screenshot(path=screenshots / f"journey-feedback-{script}-360-en.png", full_page=True)
        tab.press("main form button[type=submit]")
        assert re.fullmatch(r"/feedback/cases/FBK-\w+/", tab.path)
        assert "Sent. Its number is FBK-" in words(tab)
        assert not tab.is_wider_than_the_screen()
