"""Partnership in a real browser, in French on a phone, by keyboard: the applicant's form, the agency's answer."""

import re
from datetime import date
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import User
from notifications.outbox import drain
from partners.actions.applications import save_draft
from partners.actions.confirmations import ask_confirmation
from partners.models import Application, Confirmation
from tests.factories.applications import ANSWERS, complete
from tests.factories.partnership import DUNE, ICVA, bodies

from .test_browser import focus, tab_to, words

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]


def press(page, name):
    """Go to a link or button by Tab, and press Enter."""
    tab_to(page, name, limit=120)
    with page.expect_navigation(wait_until="load"):
        page.keyboard.press("Enter")


def type_in(page, **typed):
    """Go from field to field by Tab, and type."""
    for name, text in typed.items():
        tab_to(page, name.replace("__", "-"), limit=120)
        page.keyboard.type(text)


def test_the_form_and_the_answer_by_keyboard(cast, open_tab, screenshots):
    """What was missing is filled in, errors lead to their field, it is sent; then WFP confirms without an account."""
    bodies(cast)
    User.objects.update(language="fr")
    row = complete(cast)
    half = ANSWERS | {"presence": [], "signatory": {}, "commitments": ANSWERS["commitments"][1:]}
    half |= {"risk_management": ANSWERS["risk_management"] | {"medical": {"declared": None}}}
    save_draft(row, answers=half, agreements=[], revision=row.revision, is_exception=True, by=cast[DUNE])
    tab = open_tab(cast[DUNE], locale="fr-FR")
    page = tab.go(f"/partnership/applications/{row.ref}/send/")
    assert "Ce qui manque" in words(tab)
    press(page, "Continuer à la remplir")
    type_in(page, presence__0__area="Tchad", presence__0__since="2099", presence__0__staff="40")
    type_in(
        page, presence__0__activity="Eau potable", risk__medical_declared=" ", risk__medical_document="Plan médical"
    )
    type_in(page, signatory__name="نور حداد", signatory__title="Directrice", signatory__email="noor@dune.example")
    tab_to(page, "commitments-commitments")
    page.keyboard.press("Space")
    press(page, "send")
    assert page.evaluate("document.activeElement.className") == "error-summary"
    page.screenshot(path=screenshots / "journey-application-error-360-fr.png", full_page=True)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the error leads to its field
    assert focus(page) == "presence-0-since"
    page.keyboard.press("Control+A")
    page.keyboard.type("2014")
    assert page.input_value("#id_signatory-name") == "نور حداد"
    press(page, "send")
    assert "Assistance médicale au personnel" in words(tab)
    press(page, missing := page.inner_text("main section a"))
    assert focus(page) == "risk-medical_document", missing
    type_in(page, risk__medical_dated="02022026")
    press(page, "send")
    assert all(said in words(tab) for said in ("Tchad", "2014", "Plan médical", "نور حداد"))
    page.screenshot(path=screenshots / "journey-application-send-360-fr.png", full_page=True)
    assert not tab.is_wider_than_the_screen()
    press(page, "Envoyer la candidature")
    assert "Votre candidature a été envoyée" in words(tab)
    assert tab.path.partition("#")[0] == f"/partnership/applications/{row.ref}/"
    answers_by_keyboard(cast, row, open_tab, screenshots)


def answers_by_keyboard(cast, row, open_tab, screenshots):
    """The mail in French, its link on a phone, one answer; the Working Group reads it."""
    application = Application.objects.for_system("asked about").get(pk=row.pk)
    ask_confirmation(
        organisation=application.organisation,
        entity=cast.organisations["wfp"],
        addressee_email="awa@wfp.example",
        addressee_name="Awa Diop",
        language="fr",
        question="",
        by=cast[ICVA],
        application=application,
    )
    drain()
    letter = next(sent for sent in mail.outbox if sent.to == ["awa@wfp.example"])
    tab = open_tab(locale="fr-FR")
    page = tab.go(urlsplit(re.search(r"http://\S+/confirm/\S+", letter.body)[0]).path)
    assert page.get_attribute("html", "lang") == "fr"
    assert not tab.is_wider_than_the_screen()
    tab_to(page, "confirm-relation")
    page.keyboard.press("ArrowDown")
    until = date(timezone.now().year + 1, 9, 9)  # the same in either order of day and month
    type_in(page, confirm__reference="PAM/2026/7", confirm__ends_on=until.strftime("%d%m%Y"))
    page.screenshot(path=screenshots / "journey-confirm-360-fr.png", full_page=True)
    press(page, "Confirmer")
    assert "Merci" in words(tab)
    confirmation = Confirmation.objects.for_system("what was said").get()
    said = (confirmation.state, confirmation.relation, confirmation.ends_on)
    assert said == ("confirmed", "implementing", until)
