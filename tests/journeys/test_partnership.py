"""Journeys 1 and 2 through the pages: from stranger to partner and out again, the UN link, and the refusal.

What comes by mail is followed from the mail. Only the ticks are called, and the clock is moved.
"""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import User
from documents.models import DocumentOrder
from documents.tasks import make_documents
from governance.tasks import close_due
from organisations.models import Membership
from partners import tasks
from partners.models import Application
from tests.cast import signed_in
from tests.documents.hostile_files import a_plain_pdf, written
from tests.documents.test_pdf import text_of
from tests.factories.applications import complete
from tests.factories.incidents import TEXTS, file_report
from tests.factories.memoranda import made
from tests.factories.partnership import DSS_CHAIR as CHAIR
from tests.factories.partnership import DUNE, GISF, HQ, WFP
from tests.factories.partnership import ICVA as WG

from .visitor import START, Post, Visitor, code_of, link_in, visit, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
OCHA, FIELD = "ocha@un.example", "field@benu.example"
IMANI, GONE, SECOND, THIRD = "imani@zephyr.example", "gone@wfp.example", "second@wfp.example", "third@wfp.example"
SECRET = "internalcanary"
PASSWORD = "a long sentence of mine"
PLANS = ("contingency", "emergency", "evacuation", "medical")


def signs_in_again(new) -> Visitor:
    """The same browser after days: the session has ended."""
    new.client = signed_in(User.objects.get(email=IMANI))
    return new


def a_paper(name="plan.pdf"):
    return SimpleUploadedFile(name, written(a_plain_pdf()))


def a_stranger_asks(**changes) -> Visitor:
    """The public page, filled in and sent."""
    typed = {
        "kind": "An international NGO",
        "name": "Zephyr Relief Dune",
        "country": "Kenya",
        "has_agreement": "Yes",
        "has_presence": "Yes",
        "contact_name": "Imani Wekesa",
        "email": IMANI,
        "language": "English",
    }
    return Visitor(Client()).go("/join/").send("Send", typed | changes)


def an_account(letter) -> Visitor:
    """From the invitation to the first page: password, second factor, recovery codes, rules."""
    new = Visitor(Client()).go(link_in(letter, "/invitations/"))
    new.send("Accept", {"new_password1": PASSWORD, "new_password2": PASSWORD})
    new.secret = words_of(new.page.find_class("key")[0])
    new.send("Connect the app", {"code": code_of(new.secret)}).follow("I have kept them")
    return new.send("I agree", {"agreed": "I have read"})


FIRST_VISIT = {"presence-0-area": "Chad", "presence-0-since": "2014", "identity-legal_form": "Association 4711"}
SECOND_VISIT = {
    "presence-0-staff": "40",
    "presence-0-activity": "Water for refugees",
    "agreements-0-entity": "World Food Programme",
    "agreements-0-relation": "implementing",
    "agreements-0-kind": "Field-level agreement",
    "agreements-0-reference": "FLA/TD/2026/07",
    "agreements-0-starts_on": "2026-01-01",
    "risk-procedures_declared": "Yes",
    **{f"risk-{item}_declared": "Yes" for item in PLANS},
    **{f"risk-{item}_document": "Security plan" for item in PLANS},
    **{f"risk-{item}_dated": "2026-02-01" for item in PLANS},
    "contacts-1-name": "Bat",
    "contacts-1-email": "bat@zephyr.example",
    "signatory-name": "Imani Wekesa",
    "signatory-title": "Director",
    "signatory-email": IMANI,
    "commitments-commitments": ["arrangements", "information", "training", "operations", "resources", "ground_rules"],
}


def joins(post) -> tuple[Visitor, str]:
    """A stranger is asked in. Returns their browser, at their application, and its reference."""
    stranger = a_stranger_asks()
    assert stranger.has("Received: EOI-", "by 15 Jun 2026")
    hq = visit(HQ, link_in(post.to(HQ), "EOI-"))
    assert hq.has("Is it known already?", "INGO Dune")
    hq.send("Open the application", status=422)
    assert hq.has("Say whether it is one of those that we know")
    hq.send("Open the application", {"open-organisation": "It is another one", "open-notes_domain": "The domain"})
    new = an_account(post.to(IMANI)).follow("Finish it and send it")
    return new, new.path.split("/")[3]


def fills_in(new):
    """In two visits, with a document; what is missing is listed, what was typed is kept, and it is sent once."""
    new.follow("Go on filling it in").send("Save the draft", FIRST_VISIT)
    assert new.has("The draft is saved")
    new.go("/").follow("Finish it and send it").follow("See what is missing")
    assert new.has("Area 1: how many staff", "Contact 2: name", "Evacuation of staff: yes or no")
    assert "since when" not in new.words
    new.follow("Go on filling it in").send("Save and go on to send", SECOND_VISIT)
    assert new.has("What is missing", "Internal security procedures: a document, or its title and date")
    new.follow("Back to APP").follow("Documents")
    new.send("Add the document", {"item": "Internal security procedures", "file": a_paper("plan.pdf")})
    new.follow("Back to the application").send("Save and go on to send")
    assert new.has("Association 4711", "FLA/TD/2026/07", "plan.pdf", "Chad, since 2014, staff: 40")
    new.send("Send the application")
    for _ in range(2):
        assert new.has("This page is your receipt", "Checked by the Working Group", "until 13 Jul 2026")
        new.again()


def is_confirmed(ref, post, clock):
    """One named person of WFP never answers; the other one passes it on, and the colleague confirms."""
    wg = visit(WG, link_in(post.to(WG), ref))
    assert wg.has("Whose turn: the Working Group", "No UN entity has confirmed the partnership yet")
    for email in (GONE, SECOND):
        asked = {"agreement": "World Food Programme", "name": email, "email": email, "language": "English"}
        wg.follow("Ask a UN entity").send("Send the request", asked)
    letters = post.come()
    second = Visitor(Client()).go(link_in(letters[SECOND][0], "/confirm/"))
    assert second.has("FLA/TD/2026/07", "Zephyr Relief Dune")
    second.send("Ask my colleague", {"pass_on-name": "Third", "pass_on-email": THIRD}).again(404)
    third = Visitor(Client()).go(link_in(post.to(THIRD), "/confirm/"))
    assert "Ask my colleague" not in third.buttons
    third.send("Confirm", {"confirm-ends_on": "2026-05-01"}, status=422)
    assert third.has("the agreement has ended")
    third.send("Confirm", {"confirm-reference": "FLA/TD/2026/07-A", "confirm-ends_on": "2027-08-31"}).again(404)
    assert set(post.come()) == {WG}
    for day, told in ((8, GONE), (15, WFP), (29, WG)):
        clock.move_to(START + timedelta(days=day))
        for _ in range(2):
            tasks.remind_of_confirmations()
        assert list(post.come()) == [told]
    Visitor(Client()).go(link_in(letters[GONE][0], "/confirm/"), 404)


def is_asked(new, ref, post):
    """A question, answered once; beside it the applicant sees what it has sent already."""
    visit(WG, f"/partnership/applications/{ref}/review/").follow("Ask the applicant").send(
        "Send the question", {"text": "Who carries out your medical plan in Chad?"}
    )
    signs_in_again(new).go(link_in(post.to(IMANI), ref))
    assert new.has("Question to you", "your organisation", "until 30 Jul 2026", "plan.pdf", "Medical assistance")
    new.follow("Answer").send("Send the answer", {"text": "Our own doctor.", "file": a_paper("doctor.pdf")})
    new.again()
    assert new.has("Your answer is sent", "Checked by the Working Group", "Our own doctor.", "plan.pdf", "doctor.pdf")
    assert set(post.come()) == {WG, HQ}


def is_recommended(ref, verdict="admit", checked="met"):
    """The check list, then the recommendation. It takes checks, and for a good one what UN entities said."""
    wg = visit(WG, f"/partnership/applications/{ref}/review/")
    for criterion in ("Partner of a UN entity", "Established presence in the field", "Security risk management"):
        wg.follow(f"Check: {criterion}").send("Save the check", {"verdict": checked, "comment": SECRET})
    wg.follow("Recommend").send("Send the recommendation", {"verdict": verdict, "reasons": SECRET})
    assert wg.has("The recommendation is with the Oversight Committee")


def test_from_stranger_to_partner_and_out_again(people, clock, settings):
    """Journeys 1 and 2."""
    settings.INSTRUMENT_EN = "Letter of cooperation"
    post = Post()
    new, ref = joins(post)
    fills_in(new)
    is_confirmed(ref, post, clock)
    is_asked(new, ref, post)
    is_recommended(ref)
    is_decided(new, ref, post, clock)
    is_concluded(new, post)
    item = is_partner(new, people, post)
    lapses(item, post, clock)


def is_decided(new, ref, post, clock):
    """One seat recuses itself, one agrees and is then held by somebody else, one is silent to the end."""
    letters = post.come()
    assert set(letters) == {CHAIR, GISF, WFP}
    new.go(f"/partnership/applications/{ref}/")
    assert new.has("Before the Oversight Committee", "until 14 Jul 2026")
    assert SECRET not in new.words
    decision = link_in(letters[WFP][0], "DEC-")
    assert SECRET in visit(WFP, decision).follow("See what it is about").words
    wfp = visit(WFP, decision).send("Take this position", {"position-choice": "Recuse the seat"})
    assert wfp.buttons == []
    visit(GISF, decision).send("Take this position", {"position-choice": "Agree"})
    assert "Global Interagency" not in wfp.go(decision).words
    assert SECRET not in wfp.go(f"/partnership/applications/{ref}/review/").words
    clock.shift(timedelta(days=12, hours=1))
    seat = Membership.objects.get(user__email=GISF, role="oversight_committee_member")
    Membership.objects.filter(pk=seat.pk).update(ends_at=timezone.now())
    after = User.objects.get(email="nobody@elsewhere.example")
    Membership.objects.create(user=after, organisation=seat.organisation, role=seat.role)
    visit(GISF).go(decision, 404)
    assert visit(after.email, decision).has("agree Hannah Whitfield", "Change your position")
    close_due()
    assert list(post.come()) == [CHAIR], "who has said nothing is asked once more, who recused is not"
    clock.move_to(START + timedelta(days=43, minutes=-1))
    close_due()
    assert visit(HQ, decision).has("if nobody objects before")
    clock.shift(timedelta(minutes=2))
    for _ in range(2):
        close_due()
    assert visit(HQ, decision).has(": admit.")


def is_concluded(new, post):
    """DSS issues the instrument under the name in the settings; one side types its signature, the other uploads it."""
    letters = post.come()
    assert WFP not in letters
    hq = visit(HQ, link_in(letters[HQ][0], "/conclude/"))
    assert hq.has("Chad")
    signs = {"partner_name": "Imani Wekesa", "partner_title": "Director", "dss_title": "Chief of section"}
    hq.send("Issue the memorandum", signs).again()
    order = DocumentOrder.objects.get(language="en")
    assert order.title == f"Letter of cooperation {order.number}"
    made(order.number)
    signs_in_again(new).go(link_in(post.last(IMANI), "/memoranda/"))
    assert new.client.get(new.link("In English")).content.startswith(b"%PDF")
    new.follow("Sign here").send("Sign", {"title": "Director", "agreed": "I sign", "code": "000000"}, status=422)
    new.send("Sign", {"code": code_of(new.secret)}).again()
    assert new.has("You have signed", "it waits for the other one")
    hq.go(link_in(post.to(HQ), "/memoranda/")).follow("Upload a signed copy")
    hq.send("Send the signed copy", {"file": a_paper("signed.pdf")}).again()
    assert hq.has("Both sides have signed", "Copy signed by DSS")
    assert set(post.come()) == {HQ, IMANI, "bat@zephyr.example"}, "the second contact is asked in"


def is_partner(new, cast, post) -> str:
    """In the registers and on the mailed list; reads what is shared in its area. Returns the address of that."""
    assert "Zephyr Relief Dune" in visit(HQ, "/partnership/register/").words
    assert visit("csfp@un.example", "/partnership/register/areas/chad/").has("Zephyr Relief Dune", "INGO Cedar")
    for _ in range(2):
        tasks.send_global_list()
    letters = post.come()
    assert {len(letters[email]) for email in (HQ, OCHA, "do@un.example", "csfp@un.example")} == {1}
    assert "Zephyr" not in letters[OCHA][0].subject + letters[OCHA][0].body
    assert "Zephyr Relief Dune" in visit(OCHA, link_in(letters[OCHA][0], "/lists/")).words
    chad, juba = (file_report(cast, by=FIELD, organisation="benu", area=area) for area in ("chad", "south-sudan"))
    address = f"/incidents/{chad.incident.item.ref}/"
    assert TEXTS["what"] in new.go(address).words
    new.go(f"/incidents/{juba.incident.item.ref}/", 404)
    return address


def lapses(item, post, clock):
    """The agreement of the UN entity ends: reminders, a lapse that takes nothing away, a decision that does."""
    post.forget()
    told = {}
    for left in (91, 90, 60, 30, 7, 0, -1, -20):
        clock.move_to(datetime(2027, 8, 31, 6, 0, tzinfo=UTC) - timedelta(days=left))
        for _ in range(2):
            tasks.remind_of_bases()
        told[left] = list(post.come().get(HQ, ()))
    assert [left for left, letters in told.items() if letters] == [90, 30, 7, -1]
    reader = visit(IMANI, item).send("I agree", {"agreed": "I have read"})  # the rules, once a year
    assert TEXTS["what"] in reader.words
    hq = visit(HQ, link_in(told[-1][0], "/bases/"))
    assert hq.has("A decision is needed", "Access stays until DSS decides", "World Food Programme")
    hq.follow("End it").send("End it now", {"reason": "The agreement was not renewed."})
    reader.go(item, 404)
    assert "Zephyr" not in visit(HQ, "/partnership/register/").words


REASONS = "Vous ne travaillez sur le terrain que depuis un an."


def test_refused_in_the_language_of_the_applicant(people, clock):
    """Journey 1, the other end: an objection stops silence, the chairs close; the letter has their reasons only."""
    ref = complete(people).ref
    Application.objects.for_system("it was opened so").update(language="fr")
    User.objects.filter(email=DUNE).update(language="fr")
    post = Post()
    dune = visit(DUNE).follow(ref).follow("La relire et l’envoyer").send("Envoyer la candidature")
    post.forget()
    is_recommended(ref, "refuse", "not met")
    decision = link_in(post.last(GISF), "DEC-")
    wfp = visit(WFP, decision)
    assert wfp.has("Silence does not decide this")
    wfp.send("Take this position", {"position-choice": "Object"})
    assert wfp.has("Write why your seat objects")
    wfp.send("Take this position", {"position-choice": "Object", "position-reasons": SECRET})
    assert wfp.has("The silence procedure is stopped")
    for seat in (CHAIR, GISF):
        visit(seat, decision).send("Take this position", {"position-choice": "Agree"})
    clock.shift(timedelta(days=20))
    close_due()
    chair = visit(CHAIR, decision).send("Propose this closing", {"closing-outcome": "refuse"})
    assert chair.has("This outcome needs written reasons")
    chair.send("Propose this closing", {"closing-reasons": REASONS})
    assert "Confirm these words and close" not in chair.buttons, "nobody signs twice"
    dune = visit(DUNE, f"/partnership/applications/{ref}/")
    assert REASONS not in dune.words
    post.forget()
    visit(GISF, decision).send("Confirm these words and close")
    make_documents()
    letter = post.last(DUNE)
    assert letter.subject == f"Candidature {ref} : lettre du Comité de contrôle"
    assert REASONS not in letter.body
    dune.go(link_in(letter, ref))
    assert dune.has("Lettre LET-2026-0001", REASONS)
    paper = "".join(text_of(dune.client.get(dune.link("Télécharger la lettre")).content))
    assert REASONS in paper
    for told in (dune.words, paper, dune.go(f"/partnership/applications/{ref}/").words):
        assert not any(words in told for words in (SECRET, "DEC-", "Whitfield", "Okonkwo", "GISF"))
