"""Levels in a real browser, in French on a phone: a partner answers without JavaScript; the whole on a desk."""

import re
from urllib.parse import urlsplit

import pytest
from django.core import mail

from accounts.models import User
from implementation_levels.actions.distribution import send_due
from implementation_levels.actions.lists import publish_due
from implementation_levels.actions.reviews import open_early
from implementation_levels.list_contents import LANGUAGES
from implementation_levels.models import Answer
from notifications.outbox import drain
from tests.factories.levels import a_level, a_pdf, area
from tests.factories.partnership import DSS_CHAIR, GISF, HQ, ICVA, bodies

from .conftest import DESK, PHONE
from .test_browser import words

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
BENU, DSS = "field@benu.example", "dss.field@un.example"


def in_mail(to: str, part: str) -> str:
    """The address with `part` in the newest mail to somebody."""
    drain()
    letter = [sent for sent in mail.outbox if sent.to == [to] and part in sent.body][-1]
    link = urlsplit(re.search(rf"http://\S*{part}\S*", letter.body)[0])
    return f"{link.path}?{link.query}" if link.query else link.path


def test_a_partner_answers_on_the_phone_without_javascript(cast, open_tab, screenshots):
    """§5c: from the mail, in French, 360 px; a change without a reason is asked for it, and what was chosen stays."""
    User.objects.update(language="fr")
    bodies(cast)
    open_early(areas=[area()], why="why", by=cast[ICVA])
    tab = open_tab(cast[BENU], viewport=PHONE, locale="fr-FR", java_script_enabled=False)
    page = tab.go(in_mail(BENU, "/consultation/"))
    tab.press("main tbody th a")
    page.check("input[name=view][value=reinforced]")
    tab.press("main form button[type=submit]")
    assert page.is_checked("input[name=view][value=reinforced]")
    assert page.locator("#id_text_error").is_visible()
    page.fill("#id_text", "Convois arrêtés sur la route de Torit.")
    page.screenshot(path=screenshots / "journey-level-answer-360-fr.png", full_page=True)
    assert not tab.is_wider_than_the_screen()
    tab.press("main form button[type=submit]")
    assert re.search(r"/levels/consultation/REV-\w+/$", tab.path)
    assert Answer.objects.for_system("test").get().view == "reinforced"
    assert "Torit" not in words(tab)
    tab.go("/levels/areas/south-sudan/")
    assert not tab.is_wider_than_the_screen()


@pytest.mark.long
def test_from_the_review_to_the_list_on_a_desk_and_a_phone(cast, open_tab, screenshots):
    """Journeys 10 and 11 in Chromium, at both widths: recommended, put, decided; the list, who got it, the tasks."""
    User.objects.update(language="en")
    bodies(cast)
    a_level(cast, code="chad")
    review = open_early(areas=[area(), area("chad")], why="why", by=cast[ICVA], is_urgent=True)
    wide = {"viewport": DESK, "locale": "en-GB"}
    tab = open_tab(cast[ICVA], **wide)
    page = tab.go(f"/levels/reviews/{review.ref}/")
    page.click("text=Close the consultation now")
    page.fill("#id_reason", "By telephone.")
    page.click("text=Close it")
    page.click("a:has-text('Recommend South Sudan')")
    page.check("input[name=verdict][value=add]")
    page.fill("#id_reasons", "Two convoys were stopped.")
    page.click("text=Save the recommendation")
    page.click("text=Keep the level of the rest")
    page.click("main form button[type=submit]")
    page.click("main a:has-text('Put it to the Oversight Committee')")
    page.screenshot(path=screenshots / "journey-level-put-1280-en.png", full_page=True)
    tab.press("main form button[type=submit]")
    assert "The Oversight Committee decides next" in words(tab)
    decision = in_mail(GISF, "/decisions/")
    for email in (DSS_CHAIR, GISF):
        seat = open_tab(cast[email], viewport=PHONE)
        page = seat.go(decision)
        page.check("input[name=position-choice][value=agree]")
        seat.press("text=Take this position")
        assert not seat.is_wider_than_the_screen()
    page.check("input[name=closing-outcome][value=approve]")
    seat.press("text=Propose this closing")
    other = open_tab(cast[DSS_CHAIR], **wide)
    other.go(decision)
    other.press("text=Confirm these words and close")
    is_sent_and_lived_up_to(cast, open_tab, screenshots)


def is_sent_and_lived_up_to(cast, open_tab, screenshots):
    """The list from its mail on both screens, who opened it, and the tasks of the area on a phone."""
    level_list = publish_due()
    for language in LANGUAGES:
        a_pdf(level_list, language)
    assert send_due()
    for viewport, size in ((PHONE, 360), (DESK, 1280)):
        partner = open_tab(cast["field@alba.example"], viewport=viewport)
        page = partner.go(in_mail("field@alba.example", "/levels/lists/1/"))
        assert "South Sudan" in words(partner)
        assert not partner.is_wider_than_the_screen()
        page.screenshot(path=screenshots / f"journey-list-{size}-en.png", full_page=True)
    hq = open_tab(cast[HQ], viewport=DESK)
    page = hq.go("/levels/")
    hq.press("text=Newest list")
    hq.press("text=To whom it was sent")
    assert "of these 1 by the link of the mail" in words(hq)
    dss = open_tab(cast[DSS], viewport=PHONE)
    page = dss.go(in_mail(DSS, "/levels/tasks/"))
    dss.press("text=Meetings take place regularly")
    page.check("input[name=says][value=met]")
    page.fill("#id_text", "Every second Thursday.")
    dss.press("text=It is done")
    assert "It stands in the check list of the area" in words(dss)
    assert not dss.is_wider_than_the_screen()
