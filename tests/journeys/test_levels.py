"""Journeys 10 and 11 through the pages: a level from the request of the field to the tasks of the area, and back again.

What comes by mail is followed from the mail. Only the ticks are called, and the clock is moved.
"""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import User
from governance.tasks import close_due
from implementation_levels.list_contents import LANGUAGES
from implementation_levels.models import LevelList
from implementation_levels.tasks import look_after_reviews, look_after_tasks, publish_and_send, try_other_contacts
from notifications.models import Message
from organisations.models import Membership
from tests.factories.levels import a_pdf
from tests.factories.partnership import DSS_CHAIR as CHAIR
from tests.factories.partnership import GISF, HQ, WFP
from tests.factories.partnership import ICVA as WG

from .visitor import Post, link_in, visit

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
DSS, DO, CSFP = "dss.field@un.example", "do@un.example", "csfp@un.example"
ALBA, ALBA_HQ, BENU, CEDAR = "field@alba.example", "hq@alba.example", "field@benu.example", "field@cedar.example"
SECRET = "internalcanary"
WHY = "Two convoys were stopped on the road to Torit."


def is_asked_for(post) -> str:
    """The Designated Official asks from the page of the area; the Working Group takes it up. Returns the review."""
    field = visit(DO, "/levels/").follow("South Sudan").follow("Ask for a review of this level")
    field.send("Ask for a review", {"level": "reinforced", "why": WHY}).again()
    assert field.has("Sent. You get a mail", "The Working Group opens an early review, or declines")
    group = visit(WG, link_in(post.last(WG), "RRQ-"))
    group.follow("Open an early review").send("Open the review", {"second": "Kenya", "third": "Chad", "why": WHY})
    return group.path


def partners_answer(review, post):
    """From their mails: the field on its phone, its headquarters by another page; who works elsewhere is not asked."""
    letters = post.come()
    asked = {to for to, rows in letters.items() if any("answer by" in row.subject for row in rows)}
    assert {ALBA, ALBA_HQ, BENU} <= asked
    assert {CHAIR, WG, DO} & asked == set()
    assert "Your request" in letters[DO][0].body
    alba = visit(ALBA, link_in(letters[ALBA][0], "/consultation/"))
    assert alba.has("1 area waits for your answer")
    alba.follow("South Sudan").send("Send the answer", {"view": "reinforced"})
    assert alba.has("Say why the level should change")
    alba.send("Send the answer", {"text": SECRET}).again()
    assert alba.has("You have answered everything")
    assert "Level of your areas" not in alba.go("/").words
    assert "Level of your areas" in visit(BENU).words
    cedar = visit(CEDAR, "/levels/").follow("Areas you are asked about")
    assert "South Sudan" not in cedar.words, "it does not work there"
    cedar.go("/levels/areas/chad/").follow("Say what you think").send("Send the answer", {"view": "keep"})
    assert "You are asked" not in cedar.go("/levels/areas/south-sudan/").words
    assert visit(WG, "/levels/areas/chad/").follow("REV-").path == review


def is_recommended(review, post, clock):
    """The answers are in; evidence; one change, the rest kept in bulk; put once."""
    clock.shift(timedelta(days=22))
    for _ in range(2):
        look_after_reviews()
    group = visit(WG, link_in(post.last(WG), "REV-"))
    assert group.has("The answers are in", "1 against")
    assert group.follow("South Sudan").has(SECRET, WHY)
    group.go(review).follow("Recommend South Sudan").send("Save the recommendation", {"verdict": "add"}, status=422)
    assert group.has("Write the reasons")
    group.send("Save the recommendation", {"reasons": WHY, "internal": SECRET})
    group.follow("Keep the level of the rest").send("Keep the level of 2 areas")
    group.follow("Put it to the Oversight Committee").send("Put it to the Oversight Committee")
    assert group.has("The Oversight Committee decides next")


def is_decided(review, post, clock):
    """A seat takes one area out and the chairs close it; silence decides the list."""
    wfp = visit(WFP, link_in(post.last(WFP), "DEC-"))
    assert wfp.has("South Sudan (from the day of the decision)", "Level stays 2 areas")
    wfp.follow("See what it is about").follow("Take out of the list Chad")
    wfp.send("Take it out", {"text": "Chad is worse than in May."})
    assert wfp.has("Say here where your seat stands", "Implementation level: Chad")
    wfp.send("Take this position", {"position-choice": "Object", "position-reasons": "Chad is worse than in May."})
    own = wfp.path
    closing = {"closing-outcome": "reinforced", "closing-reasons": "It is worse than in May."}
    for seat in (GISF, CHAIR):
        chair = visit(seat, own).send("Take this position", {"position-choice": "Agree"})
    assert "Level of one area: Chad" in chair.go("/").words
    chair.go(own).send("Propose this closing", closing)
    visit(GISF, own).send("Confirm these words and close")
    clock.shift(timedelta(days=14, hours=1))
    close_due()


def is_sent(post) -> dict:
    """List 1 with its paper, once to each; opened by its link; where it came back it goes to somebody else."""
    publish_and_send()
    for language in LANGUAGES:
        a_pdf(LevelList.objects.get(), language)
    for _ in range(2):
        publish_and_send()
    letters = post.come()
    [letter] = [row for row in letters[ALBA] if row.attachment]
    [french] = [row for row in letters[BENU] if row.attachment]
    assert "South Sudan" in letter.body
    assert SECRET not in letter.body + french.body
    alba = visit(ALBA, link_in(letter, "/levels/lists/1/"))
    assert alba.has("List 1 of", "In force since", "2 areas", WHY)
    assert "To whom it was sent" not in alba.words
    hq = visit(HQ, "/levels/").follow("Newest list").follow("To whom it was sent")
    assert hq.has("2, of these 1 by the link of the mail")
    mails = Message.objects.filter(kind="implementation_levels.list", recipient__email=CEDAR)
    mails.update(state="bounced")
    colleague = User.objects.create_user("hq@cedar.example", name="Cedar headquarters")
    organisation = Membership.objects.get(user__email=CEDAR).organisation
    Membership.objects.create(user=colleague, organisation=organisation, role="partner_headquarters")
    for _ in range(2):
        try_other_contacts()
    assert list(post.come()) == [colleague.email]
    assert hq.go(hq.path).has("came back", "Tried instead: Cedar headquarters")
    hq.send("Send again field@cedar.example").again()
    assert list(post.come()) == [CEDAR]
    return letters


def is_lived_up_to(letters, post):
    """Tasks from the mail to done; a line that the data of the portal answer is mended there; all of it compared."""
    [given] = [row for row in letters[DSS] if "what is to be done" in row.subject]
    dss = visit(DSS, link_in(given, "/levels/tasks/"))
    assert dss.has("Meetings take place regularly", "21 Jul 2026")
    assert "Meetings take place regularly: South Sudan" in dss.go("/").words
    dss.go("/levels/").follow("Tasks in reinforced areas").follow("Meetings take place").send("It is done")
    dss.send("It is done", {"says": "met", "text": "Every second Thursday at DSS."})

    assert dss.has("It stands in the check list of the area", "Every second Thursday")
    dss.go("/levels/tasks/").follow("DSS has named an SLT focal point")
    dss.send("It is done", {"says": "met", "text": "I do it."})
    assert dss.has("The portal's own data still say otherwise: DSS has named nobody.")
    task = dss.path
    dss.follow("Who is there").follow("Name somebody: SLT focal point")
    dss.send("Record it", {"person": "Josephine Achol Deng, DSS field", "since": "2026-07-07"})
    assert "Nobody named as SLT focal point" not in dss.words
    dss.go(task).send("It is done")  # what the portal knows stands there
    assert dss.has("It stands in the check list of the area")
    for _ in range(2):
        look_after_tasks()
    chair = visit(CHAIR, "/levels/").follow("Whether levels are applied consistently")
    assert chair.has(
        "2 areas are reinforced", "4. DSS has named an SLT focal point 2 0", "6. Meetings take place regularly 1 0"
    )
    assert set(post.come()) == {CSFP}, "who still has something to do in Chad in a week"


def test_from_the_request_of_the_field_to_what_the_area_lives_up_to(people, clock):
    """Journeys 10 and 11."""
    post = Post()
    review = is_asked_for(post)
    partners_answer(review, post)
    is_recommended(review, post, clock)
    is_decided(review, post, clock)
    is_lived_up_to(is_sent(post), post)
    was_in_force()


def was_in_force():
    """Anybody who reads levels proves later what was in force on a day, and that a copy is genuine."""
    partner = visit(ALBA_HQ, "/levels/lists/").send("Show", {"on": "2026-07-07"})
    assert partner.has("List 1")
    partner.follow("List 1").go(partner.link("Data (JSON)"))
    digest = hashlib.sha256(partner.client.get(partner.path).content).hexdigest()
    partner.go("/levels/lists/").follow("Check a file").send("Check", {"digest": digest})
    assert partner.has("This file is ours, and its list is in force")
    assert partner.send("Check", {"digest": "0" * 64}).has("This is no file of ours")
    before = partner.go("/levels/areas/south-sudan/?on=2026-07-06")
    assert before.has("Level on 6 Jul 2026 normal")


@pytest.mark.long
def test_in_urgency_within_minutes_and_for_later(people, clock):
    """Journey 10: asked, closed early, recommended and decided in an hour; what comes later is announced."""
    post = Post()
    hq = visit(HQ, "/levels/").follow("Chad").follow("Open an early review")
    hq.send("Open the review", {"why": WHY, "is_urgent": "It is urgent"})
    group = visit(WG, hq.path).follow("Close the consultation now").send("Close it", {"reason": "By telephone."})
    group.follow("Recommend Chad")
    group.send("Save the recommendation", {"verdict": "add", "reasons": WHY, "effective_from": "2026-06-11"})
    group.follow("Put it to the Oversight Committee")
    assert group.has("asked about one area")
    group.send("Put it to the Oversight Committee")
    decision = link_in(post.last(CHAIR), "DEC-")
    for seat in (CHAIR, GISF):
        chair = visit(seat, decision).send("Take this position", {"position-choice": "Agree"})
    chair.send("Propose this closing", {"closing-outcome": "reinforced"})
    visit(CHAIR, decision).send("Confirm these words and close")
    publish_and_send()
    letters = post.come()
    [notice] = [row for row in letters[CEDAR] if "changes on 11 Jun 2026" in row.subject]
    cedar = visit(CEDAR, link_in(notice, "/levels/"))
    assert cedar.has("Decided, and still to come 11 Jun 2026 · Chad becomes reinforced")
    assert "Nobody has decided" not in cedar.words
    assert cedar.follow("Chad").has("reinforced from 11 Jun 2026", "Level today normal")
    [given] = [row for row in letters[CSFP] if "TSK" in row.body]
    assert "Chad" in given.subject
    clock.move_to(datetime(2026, 6, 11, 0, 1, tzinfo=UTC))
    publish_and_send()
    assert visit(CEDAR, "/levels/").follow("Newest list: 1").has("Chad", WHY)


def test_who_is_there_and_the_areas_themselves(people, clock):
    """K1 and L1: a mechanism is recorded and confirmed; an ad-hoc area has an end; a name and a split keep history."""
    dss = visit(DSS, "/levels/areas/south-sudan/").follow("Who is there")
    assert dss.has("No mechanism of the IO community")
    dss.follow("Record a mechanism: IO community")
    dss.send("Record it", {"kind": "forum", "name": "IO security cell", "since": "2026-05-01"})
    assert dss.has("IO security cell", "Nobody represents")
    clock.shift(timedelta(days=400))
    dss = visit(DSS, dss.path)
    assert dss.has("confirmed too long ago")
    dss.send("Still so: IO security cell")
    assert dss.has("confirmed on 6 Jul 2027")
    hq = visit(HQ, "/areas/").follow("Add an area")
    typed = {"kind": "ad-hoc area", "name_en": "Lake camps", "name_fr": "Camps du lac", "country_1": "Chad"}
    hq.send("Add the area", typed)
    assert hq.has("Say until when it is there")
    hq.send("Add the area", {"ends": "2027-12-31"})
    assert hq.has("Lake camps")
    hq.follow("Rename it").send("Go on", {"name_en": "Lake camps (north)", "reason": "The south has closed."})
    hq.send("Rename")
    assert hq.has("Lake camps (north)")
    hq.go("/areas/kenya/").follow("Split it into several")
    names = {"name_en_1": "North Kenya", "name_fr_1": "Nord", "name_en_2": "South Kenya", "name_fr_2": "Sud"}
    hq.send("Go on", names | {"on": "2027-08-01", "reason": "Two posts."}).send("Split")
    clock.shift(timedelta(days=60))
    partner = visit(ALBA_HQ, "/levels/")
    assert partner.has("North Kenya", "South Kenya", "Lake camps (north)")
    assert partner.go("/levels/?on=2027-07-31").has("Kenya", "Lake camps (north)")
    assert "North Kenya" not in partner.words
    assert partner.go("/levels/areas/kenya/").has("This area existed until 31 Jul 2027")
