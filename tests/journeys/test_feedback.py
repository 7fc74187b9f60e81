"""Journey 13 through the pages: "we get nothing from DSS here", from the field to the lesson, and where it fails.

What comes by mail is followed from the mail. Only the ticks are called, and the clock is moved. Journey 12 ends here.
"""

from datetime import timedelta

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile

from feedback.models import Case
from feedback.tasks import look_after_cases
from governance.tasks import close_due
from overview.tasks import refresh_figures
from tests.factories.partnership import DSS_CHAIR, GISF, HQ, WFP
from tests.factories.partnership import ICVA as WG

from .visitor import Post, link_in, visit

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
BENU, BENU_HQ, ALBA, ALBA_HQ = "field@benu.example", "hq@benu.example", "field@alba.example", "hq@alba.example"
DSS, DO, PLATFORM, OCHA = "dss.field@un.example", "do@un.example", "platform@southsudan.example", "ocha@un.example"
TITLE, TEXT, NOTE = "We get nothing from DSS here", "canarytext: no briefing since May.", "canarynote"
QUESTION, ANSWER = "How do partners get briefings in Juba?", "canaryanswer: the post is vacant."
FIRST, SECOND, WHY = "DSS sends a weekly mail.", "A briefing every second Thursday.", "canarywhy"
REASONS = "The briefing is owed by the framework."
TYPED = {"kind": "A concern", "title": TITLE, "text": TEXT}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000000100000001080200000090"
    "7753de0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


def files(who: str, **typed):
    """Somebody sends feedback from the page of feedback; returns where they are then."""
    sender = visit(who, "/feedback/").follow("Send feedback").send("Continue", {"answer": "No"})
    return sender.send("Send it", TYPED | typed)


def finds_nothing(who: str, *refs: str) -> None:
    """Not on the way, not by address, not in a number: neither feedback nor what is decided about it."""
    client = visit(who).client
    for path in ("/", "/feedback/", "/feedback/intake/?state=all", "/dashboard/", "/decisions/"):
        found = client.get(path)
        page = found.content.decode() if found.status_code == 200 else ""
        assert not [word for word in (*refs, TITLE, "canary") if word in page], f"{who} {path}"
    for ref in refs:
        for path in (f"/feedback/cases/{ref}/", f"/decisions/{ref}/"):
            assert client.get(path).status_code == 404, f"{who} {path}"


def told(letters, ref: str) -> set[str]:
    """Who got a mail with this number."""
    return {to for to, rows in letters.items() if any(ref in row.subject + row.body for row in rows)}


def is_taken_in(post):
    """Number and receipt at once; both offices have it in their queue; the desk takes it and hands it over."""
    sender = files(
        BENU,
        about="An office",
        area="South Sudan",
        office="DSS office",
        route=["DSS headquarters", "Global Interagency"],
        files=SimpleUploadedFile("map.png", PNG, "image/png"),
    )
    case, ref = sender.path, Case.objects.for_system("a test").get().ref
    assert sender.has(f"Its number is {ref}", "DSS headquarters and the desk of Global", "By when 6 Jun", "map.png")
    assert sender.has("the sender is not named", "You need do nothing")
    assert sender.again().path == case
    letters = post.come()
    assert told(letters, ref) == {BENU, HQ, GISF}
    assert all(TITLE not in row.subject + row.body for rows in letters.values() for row in rows)
    assert visit(BENU, link_in(letters[BENU][0], "FBK-")).path == case
    assert visit(HQ, "/feedback/intake/").has(ref, "Not classified", "nobody yet")
    desk = visit(GISF, link_in(letters[GISF][0], "FBK-")).follow("Take it in").send("Take it in")
    desk.follow("Say what it is about").send("Save", {"category": "sharing of information"})
    desk.follow("Hand it to the Working Group").send("Hand it over", {"note": NOTE}).again()
    assert desk.has("The Working Group is told", "With the Working Group")
    return case, ref


def is_asked(case, ref, post):
    """The area is asked through the Designated Official, in the handler's words: no sender, no number, no text."""
    letters = post.come()
    assert told(letters, ref) == {WG}
    group = visit(WG, link_in(letters[WG][0], "FBK-"))
    assert group.has(TEXT, NOTE, "the sender is not named")
    asked = group.follow("Ask an office").send("Ask them", {"level": "Designated Official", "question": f"{ref}?"})
    assert asked.has("Take out the reference")
    asked.send("Ask them", {"question": "INGO Benu gets nothing."})
    assert asked.has("Take out what tells who sent the case: INGO Benu")
    asked.send("Ask them", {"question": QUESTION}).again()
    letters = post.come()
    [letter] = letters[DO]
    assert list(letters) == [DO]
    official = visit(DO, link_in(letter, "INQ-"))
    assert official.has(QUESTION, "South Sudan", "DSS office of the area", "Answer by")
    for words in (ref, "FBK", TITLE, TEXT, NOTE, "Benu", "Abakar", "Noémie", "GISF"):
        assert words not in official.words + letter.subject + letter.body
    assert "Question to your office" in official.go("/").words
    official = visit(DO, link_in(letter, "INQ-")).send("Send the answer", {"text": ANSWER}).again()
    assert official.has("Your office has answered")
    official.go(case, 404)
    assert visit(WG, link_in(post.to(WG), "FBK-")).has(ANSWER)


def is_proposed_twice(case, post):
    """The sender reads an office, never a name, and refuses; writes; gets another proposal, and refuses again."""
    for proposal, answer in ((FIRST, "A mail is no briefing."), (SECOND, "There is no room.")):
        visit(WG, case).follow("Propose a resolution").send("Send to the sender", {"text": proposal}).again()
        sender = visit(BENU, link_in(post.to(BENU), "FBK-"))
        assert sender.has(proposal, "the Working Group", "By when")
        assert "Answer the proposed resolution" in visit(BENU).words
        for words in (NOTE, ANSWER, QUESTION, "Noémie", "Whitfield", "Designated Official"):
            assert words not in sender.words
        sender.follow("Do not accept").send("Send", {"text": answer}).again()
        assert sender.has(answer, "With the Working Group")
        assert visit(WG, link_in(post.last(WG), "FBK-")).has(answer)
        post.come()


def is_decided(case, ref, post):
    """Put to the Committee, whose chairs decide otherwise, with reasons that the sender reads."""
    put = {"proposal": SECOND, "why": WHY}
    group = visit(WG, case).follow("Put it to the Oversight Committee").send("Put it to the Committee", put).again()
    assert group.has("Before the Oversight Committee")
    letters = post.come()
    seat = visit(WFP, link_in(letters[WFP][0], "DEC-"))
    assert seat.has("Feedback case", ref)
    assert TITLE not in seat.words
    assert seat.follow("See what it is about").has(TEXT, SECOND, WHY)
    decision = link_in(letters[WFP][0], "DEC-")
    assert WHY not in visit(BENU, case).words
    visit(BENU, case).go(decision, 404)
    for chair in (GISF, DSS_CHAIR):
        seat = visit(chair, decision).send("Take this position", {"position-choice": "Agree"})
    seat.send("Propose this closing", {"closing-outcome": "other", "closing-reasons": REASONS})
    visit(GISF, decision).send("Confirm these words and close")
    sender = visit(BENU, link_in(post.last(BENU), "FBK-"))
    assert sender.has(REASONS, "the Oversight Committee", "Closed")
    assert not any(words in sender.words for words in (WHY, "DEC-", "Okonkwo"))


def is_learnt(case, post):
    """A lesson without names, read by a second person before it is out; another partner finds it."""
    texts = {f"{name}_{tongue}": f"Briefings {name} {tongue}" for name in ("title", "text") for tongue in ("en", "fr")}
    author = visit(GISF, case).follow("Write a lesson")
    author.send("Keep as a draft", texts | {"text_en": "INGO Benu had none."})
    assert author.path.endswith("/lesson/"), "a name is refused"
    author.send("Keep as a draft", {"text_en": "Agree on a day."})
    author.go(f"{author.path}publish/", 404)
    visit(WG, link_in(post.last(WG), "LES-")).follow("Publish").send("Publish").again()
    reader = visit(ALBA, "/feedback/").follow("All lessons").follow("Briefings title en")
    assert reader.has("Agree on a day.", "June 2026")
    assert not any(words in reader.words for words in ("FBK", "Benu", "Noémie", "Whitfield"))


def comes_up_again(case, ref, clock):
    """Within 60 days it is opened again with one sentence, by the same people; later only anew."""
    clock.shift(timedelta(days=59))
    sender = visit(BENU, case).follow("Open it again").send("Open it again", {"text": "Still nothing."}).again()
    assert sender.has("Still nothing.", "With the Working Group", REASONS)
    assert visit(WG, "/feedback/intake/").has(ref, "nobody yet")
    sender.follow("Take it back").send("Take it back")
    clock.shift(timedelta(days=61))
    sender = visit(BENU, case)
    assert "Open it again" not in sender.words
    assert sender.has("send feedback again, and give this number")
    sender.go(f"{case}reopen/", 404)


def test_from_nothing_from_dss_to_the_lesson(people, clock):
    """Journey 13."""
    post = Post()
    case, ref = is_taken_in(post)
    is_asked(case, ref, post)
    is_proposed_twice(case, post)
    is_decided(case, ref, post)
    finds_nothing(DSS, ref)
    is_learnt(case, post)
    comes_up_again(case, ref, clock)


def test_who_is_complained_about_finds_nothing_whatever_they_hold(people, clock):
    """The person at the desk, with a seat, is named in the text; headquarters are kept out for fear of reprisal."""
    post = Post()
    typed = {"about": "An office", "area": "South Sudan", "office": "DSS office", "headquarters": "Only I read it"}
    both = ["DSS headquarters", "Global Interagency"]
    case = files(BENU, route=both, persons_text="hannah WHITFIELD", **typed).path
    ref = case.split("/")[3]
    assert told(post.come(), ref) == {BENU, HQ}
    kept_out = (GISF, BENU_HQ, DSS)
    taken = visit(HQ, case).follow("Hand it to the Working Group").send("Hand it over")
    visit(WG, case).follow("Put it to the Oversight Committee").send(
        "Put it to the Committee", {"proposal": FIRST, "why": WHY}
    )
    letters = post.come()
    assert not set(kept_out) & set(letters)
    decision = link_in(letters[DSS_CHAIR][0], "DEC-")
    clock.shift(timedelta(days=14, hours=1))
    close_due()
    assert not set(kept_out) & set(post.come())
    assert visit(BENU, case).has(FIRST, "Closed")
    for who in kept_out:
        finds_nothing(who, ref, decision.split("/")[2])
    assert "Whitfield" not in taken.go(f"{case}people/").words.partition("must not")[0]


def test_about_dss_headquarters_the_desk_keeps_it(people, clock):
    """F3: DSS headquarters cannot take it in, and nobody of DSS ever learns of it, whatever seat they hold."""
    post = Post()
    sender = files(BENU, about="The framework", is_dss_concerned="It is about DSS", route=["DSS headquarters"])
    assert sender.has("they cannot take it in")
    case = sender.send("Send it", {"route": ["Global Interagency"]}).path
    ref = case.split("/")[3]
    assert told(post.come(), ref) == {BENU, GISF}
    visit(GISF, case).follow("Hand it to the Working Group").send("Hand it over")
    assert "DSS headquarters" not in visit(WG, case).follow("Ask an office").words, "they are not asked either"
    put = {"proposal": FIRST, "why": WHY}
    visit(WG, case).follow("Put it to the Oversight Committee").send("Put it to the Committee", put)
    letters = post.come()
    assert not {HQ, DSS, DSS_CHAIR} & set(letters)
    decision = link_in(letters[WFP][0], "DEC-").split("/")[2]
    for who in (HQ, DSS, DSS_CHAIR):
        finds_nothing(who, ref, decision)


def test_what_is_late_is_said_and_what_was_said_is_found_again(people, clock):
    """Reminded before and after; overdue for those who handle it and for the bodies; next year it is there to read."""
    post = Post()
    area = {"about": "How we work together", "area": "South Sudan", "kind": "A question"}
    case = files(ALBA, route=["DSS headquarters"], **area).path
    ref = case.split("/")[3]
    post.come()
    clock.shift(timedelta(days=3))
    for _ in range(2):
        look_after_cases()
    assert ref in post.to(HQ).subject
    clock.shift(timedelta(days=4))
    for _ in range(2):
        look_after_cases()
    hq = visit(HQ, link_in(post.to(HQ), "FBK-"))
    assert hq.has("overdue")
    assert visit(HQ, "/feedback/intake/?overdue=yes").has(ref, "Overdue")
    assert visit(HQ, "/dashboard/").has("1 is overdue", ref)
    assert visit(ALBA, "/dashboard/").has(ref, "overdue since")
    hq.go(case).follow("Hand it to the Working Group").send("Hand it over")
    clock.shift(timedelta(days=31))
    look_after_cases()
    assert visit(WG, link_in(post.last(WG), "FBK-")).has("overdue")
    refresh_figures()
    late = visit(DSS_CHAIR, "/figures/feedback.states/")
    assert late.has("with the Working Group 0–4 0–4")
    assert ref not in late.words
    assert visit(WG, "/dashboard/").has("1 is overdue", ref)
    assert ref not in visit(DSS_CHAIR, "/dashboard/").words
    visit(WG, case).follow("Propose a resolution").send("Send to the sender", {"text": FIRST})
    clock.shift(timedelta(days=300))
    assert visit(ALBA, case).has("A resolution is proposed", "overdue"), "nothing closes by itself"
    group = visit(WG, case).follow("Close it with reasons").send("Close the case", {"reasons": REASONS})
    assert group.has("Closed")
    assert visit(WG, "/feedback/intake/?state=closed").has(ref)
    assert visit(ALBA_HQ, "/feedback/").has(ref, TITLE)
    assert visit(ALBA_HQ, case).has(FIRST, REASONS, "Keep it as a PDF")


def test_what_has_mandatory_channels_is_never_kept(people, clock):
    """C10: at the first step; nothing is stored, not that somebody asked."""
    sender = visit(BENU, "/feedback/").follow("Send feedback")
    before = counts()
    sender.send("Continue", {"answer": "Yes, or it may be"})
    assert sender.has("Where to report it", "The portal has stored nothing")
    assert counts() == before


def counts() -> dict[str, int]:
    """How many rows each table has."""
    return {model._meta.label: model._base_manager.count() for model in apps.get_models()}
