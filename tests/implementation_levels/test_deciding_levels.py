"""What a decision of the Committee does to levels: as recommended, otherwise, sent back, overtaken (L3, L8)."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from areas.models import Area
from audit.models import Event
from governance.actions import close_due
from governance.boards import board_of
from governance.policies import is_recused
from implementation_levels.actions import outcomes
from implementation_levels.actions.recommendations import keep_the_rest, put, take_out
from implementation_levels.levels import history_of, last_number, level_of, today
from implementation_levels.models import Level, LevelDecision, LevelTask, Review, ReviewedArea
from notifications.models import Message
from notifications.outbox import drain
from sharing.access import access_of
from slt_portal.states import StaleState
from tests.factories.at_once import at_once
from tests.factories.deciding import closed_by_chairs, closed_by_silence, confirm, now_of, propose, say_all, seat_of
from tests.factories.levels import CHAD, SOUTH_SUDAN, a_level, a_review, area
from tests.factories.partnership import CANARY, GISF, ICVA, WFP, bodies
from tests.sampling import some

from .test_recommend import ADD, KEEP, KENYA, REMOVE, row_of, say_it

pytestmark = pytest.mark.django_db
AS_IS, WHY = "Fighting since May.", "Reasons for everybody."


def put_one(cast, verdict, *, code=SOUTH_SUDAN, begins=None, is_urgent=False):
    """One area before the Committee."""
    bodies(cast)
    review = a_review(cast, codes=(code,), state="recommending", kind="early", is_urgent=is_urgent)
    say_it(cast, review, verdict, code, begins=begins, reasons="" if verdict == KEEP else AS_IS)
    return review, put(review, by=cast[ICVA])


def put_list(cast, *, begins=None):
    """An addition, a removal and two levels that stay, one of which was never decided, before the Committee."""
    bodies(cast)
    a_level(cast, Level.REINFORCED, code=CHAD)
    review = a_review(cast, codes=(SOUTH_SUDAN, CHAD, KENYA), state="recommending")
    say_it(cast, review, ADD, begins=begins)
    keep_the_rest(review, by=cast[ICVA])
    return review, put(review, by=cast[ICVA])


def states(review):
    """The state of each area of the review, and of the review."""
    rows = ReviewedArea.objects.for_system("a test looks").filter(review=review)
    found = dict(rows.values_list("area__code", "state"))
    return found, Review.objects.for_system("a test looks").get(pk=review.pk).state


def sent(name):
    """The mails of one kind, sent, whatever else waits."""
    kind = f"implementation_levels.{name}"
    Message.objects.exclude(kind=kind).delete()
    drain()
    return Message.objects.filter(kind=kind).select_related("recipient")


# Level now, level to come, what is recommended from when, what the Committee decides ("": silence) -> level and day
# written down (None: nothing), the reasons of it.
NOW, LATER = 0, 7
CASES = [
    (None, None, ADD, NOW, "", ("reinforced", NOW, AS_IS)),
    (None, None, ADD, LATER, "", ("reinforced", LATER, AS_IS)),
    (None, None, ADD, LATER, "reinforced", ("reinforced", LATER, WHY)),
    (None, None, ADD, LATER, "normal", ("normal", NOW, WHY)),
    (None, None, KEEP, NOW, "", ("normal", NOW, "")),
    ("reinforced", None, KEEP, NOW, "", ("reinforced", NOW, "why")),  # the reasons for it stay those it was given
    ("reinforced", None, KEEP, NOW, "normal", ("normal", NOW, WHY)),
    ("reinforced", None, REMOVE, NOW, "", ("normal", NOW, AS_IS)),
    ("reinforced", None, REMOVE, LATER, "reinforced", ("reinforced", NOW, WHY)),
    (None, "reinforced", KEEP, NOW, "", None),  # what is to come stays to come
    (None, "reinforced", KEEP, NOW, "normal", ("normal", NOW, WHY)),
    (None, "reinforced", ADD, NOW, "", ("reinforced", NOW, AS_IS)),
    (None, "reinforced", REMOVE, NOW, "", ("normal", NOW, AS_IS)),
    ("reinforced", "normal", ADD, NOW, "", ("reinforced", NOW, AS_IS)),
]


@pytest.mark.parametrize(("now", "coming", "verdict", "begins", "decided", "written"), some(CASES, every=3))
def test_one_area_is_decided(cast, now, coming, verdict, begins, decided, written):
    for level, day in ((now, None), (coming, today() + timedelta(days=30))):
        if level:
            a_level(cast, level, begins=day)
    before = last_number(area())
    day = today() + timedelta(days=begins) if begins else None
    review, decision = put_one(cast, verdict, begins=day, is_urgent=True)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        if decided:
            closed = closed_by_chairs(cast, decision, decided, WHY)
        else:
            clock.move_to(decision.deadline)
            close_due()
            closed = now_of(decision)
        assert closed.state == "closed", closed.trouble
        closing_day = today()
    assert states(review) == ({SOUTH_SUDAN: "decided"}, "done")
    if written is None:
        assert last_number(area()) == before
        assert row_of(review).result is None
        return
    level, day, reasons = written
    row = LevelDecision.objects.get(number=before + 1)
    expected = closing_day if day == NOW else today() + timedelta(days=day)
    assert (row.level, row.effective_from, row.reasons, row.is_urgent) == (level, expected, reasons, True)
    assert (row.decision, row_of(review).result) == (closed, row)


def test_the_chairs_write_why_they_decide_otherwise(cast):
    _review, decision = put_one(cast, ADD)
    say_all(cast, decision, dss="agree", gisf="agree")
    board = board_of(decision)
    assert (board.trouble_with("reinforced", ""), board.trouble_with("normal", "")) == ("", "reasons")


def test_the_list_is_approved_by_silence(cast):
    review, decision = put_list(cast, begins=today() + timedelta(days=40))
    closed_by_silence(decision)
    assert states(review) == ({SOUTH_SUDAN: "decided", CHAD: "decided", KENYA: "decided"}, "done")
    assert [row.level for row in history_of(area(CHAD))] == ["reinforced", "reinforced"]
    assert history_of(area(KENYA)) == []  # normal by default stays so
    confirmed, first = history_of(area(CHAD))
    assert (confirmed.since, confirmed.is_change, confirmed.review_due > first.review_due) == (first.since, False, True)
    (added,) = history_of(area())
    assert (added.reasons, added.is_urgent, level_of(area()).level) == (AS_IS, False, "normal")
    assert LevelTask.objects.filter(level_decision=added).exists()
    assert Message.objects.filter(event_key=f"levels:to_come:{decision.ref}").exists()
    outcomes.list_closed(now_of(decision), by=None)  # carried out once
    assert LevelDecision.objects.count() == 3


def test_the_list_goes_back_with_reasons_and_comes_again(cast):
    review, decision = put_list(cast)
    own = take_out(row_of(review, CHAD), seat=seat_of(decision, "gisf", cast), reasons="Look closer.", by=cast[GISF])
    closed_by_chairs(cast, decision, "return", f"{CANARY} why it goes back")
    assert states(review) == ({SOUTH_SUDAN: "recommended", CHAD: "put", KENYA: "recommended"}, "recommending")
    assert not LevelDecision.objects.filter(area=area()).exists()
    assert [(message.recipient.email, message.state) for message in sent("returned")] == [(ICVA, "sent")]
    closed_by_chairs(cast, own, "reinforced")
    assert states(review)[1] == "recommending"
    again = put(review, by=cast[ICVA])
    closed_by_chairs(cast, again, "approve")
    assert states(review) == ({SOUTH_SUDAN: "decided", CHAD: "decided", KENYA: "decided"}, "done")
    assert level_of(area()).is_reinforced


def test_a_recused_seat_has_no_part_in_the_list_that_comes_again(cast):
    review, decision = put_list(cast)
    say_all(cast, decision, wfp="recuse")
    closed_by_chairs(cast, decision, "return", f"{CANARY} why it goes back")
    again = put(review, by=cast[ICVA])
    access = access_of(cast[WFP])
    assert is_recused(access, again)
    assert not ReviewedArea.objects.visible_to(access).filter(review=review).exists()
    assert not is_recused(access_of(cast[GISF]), again)


def test_a_review_is_done_when_the_last_area_is(cast):
    review, decision = put_list(cast)
    own = take_out(row_of(review), seat=seat_of(decision, "gisf", cast), reasons="Look closer.", by=cast[GISF])
    closed_by_chairs(cast, decision, "approve")
    assert states(review) == ({SOUTH_SUDAN: "put", CHAD: "decided", KENYA: "decided"}, "deciding")
    closed_by_chairs(cast, own, "normal", f"{WHY} Not now.")
    assert states(review)[1] == "done"
    assert (level_of(area()).level, level_of(area()).decision.reasons) == ("normal", f"{WHY} Not now.")


@pytest.mark.sqlite
def test_what_was_decided_elsewhere_is_overtaken_and_the_rest_goes_on(cast, mailoutbox):
    review, decision = put_list(cast)
    other, urgent = put_one(cast, ADD, is_urgent=True)
    closed_by_chairs(cast, urgent, "reinforced")
    seen = LevelDecision.objects.get(area=area())
    closed_by_silence(decision)
    assert states(review) == ({SOUTH_SUDAN: "overtaken", CHAD: "decided", KENYA: "decided"}, "done")
    assert (history_of(area()), states(other)) == ([seen], ({SOUTH_SUDAN: "decided"}, "done"))
    told = {message.recipient.email for message in sent("overtook") if message.state == "sent"}
    assert told >= {ICVA, GISF, WFP}
    (mail,) = [one for one in mailoutbox if one.to == [ICVA] and "ailleurs" in one.subject]  # reads French
    text = mail.subject + mail.body + mail.alternatives[0][0]
    assert area().name_fr in mail.body
    assert area(CHAD).name_fr not in mail.body
    assert CANARY not in text
    assert AS_IS not in text


def test_a_recused_seat_is_told_nothing_of_what_was_overtaken(cast):
    _review, decision = put_list(cast)
    say_all(cast, decision, wfp="recuse")
    a_level(cast, Level.REINFORCED)
    closed_by_silence(decision)
    assert {message.state for message in sent("overtook") if message.recipient == cast[WFP]} == {"dropped"}


@pytest.mark.sqlite
def test_what_cannot_be_carried_out_leaves_the_decision_open(cast, settings):
    review, decision = put_list(cast)
    settings.LEVEL_REVIEW_MONTHS = "six"  # what is wrong with the portal that day
    closed = closed_by_silence(decision)
    assert (closed.state, bool(closed.trouble)) == ("open", True)
    assert states(review) == ({SOUTH_SUDAN: "put", CHAD: "put", KENYA: "put"}, "deciding")
    assert LevelDecision.objects.filter(decision=decision).count() == 0
    settings.LEVEL_REVIEW_MONTHS = 6
    with time_machine.travel(decision.deadline + timedelta(hours=1), tick=False):
        close_due()
    assert (now_of(decision).state, states(review)[1]) == ("closed", "done")


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_two_decisions_on_one_area_at_the_same_moment(cast):
    """A list and an urgent decision, each with its last signature, and both twice: one writes the level down."""
    review, decision = put_list(cast)
    other, urgent = put_one(cast, ADD, is_urgent=True)
    for one in (decision, urgent):
        say_all(cast, one, dss="agree", gisf="agree")
    first, second = propose(cast, decision, "approve"), propose(cast, urgent, "reinforced")
    acts = [lambda closing=closing: confirm(cast, closing) for closing in (first, second, first, second)]
    assert set(at_once(*acts)) <= {StaleState}
    assert {now_of(decision).state, now_of(urgent).state} == {"closed"}
    assert {now_of(decision).trouble, now_of(urgent).trouble} == {""}
    assert LevelDecision.objects.filter(area=area()).count() == 1
    ends = [states(review)[0][SOUTH_SUDAN], states(other)[0][SOUTH_SUDAN]]
    assert sorted(ends) == ["decided", "overtaken"]
    assert (states(review)[1], states(other)[1]) == ("done", "done")
    assert Message.objects.filter(kind="implementation_levels.overtook", recipient=cast[ICVA]).count() == 1


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_two_who_put_or_take_out_at_the_same_moment(cast):
    bodies(cast)
    review = a_review(cast, codes=(SOUTH_SUDAN, CHAD, KENYA), state="recommending")
    keep_the_rest(review, by=cast[ICVA])
    assert at_once(*[lambda: put(review, by=cast[ICVA])] * 3) == [StaleState] * 2
    row = row_of(review)
    seat = seat_of(row.decision, "gisf", cast)
    raised = at_once(*[lambda: take_out(row, seat=seat, reasons="Why.", by=cast[GISF])] * 3)
    assert raised == [StaleState] * 2
    assert Event.objects.filter(verb="implementation_levels.taken_out").count() == 1


def test_many_areas_are_kept_and_put_in_one_go(cast, django_assert_max_num_queries):
    bodies(cast)
    many = [Area(code=f"a-{n}", name_en=f"A {n}", name_fr=f"A {n}", kind="country") for n in range(240)]
    review, many = a_review(cast, codes=(), state="recommending"), Area.objects.bulk_create(many)
    ReviewedArea.objects.bulk_create(ReviewedArea(review=review, area=one, level_before="normal") for one in many)
    with django_assert_max_num_queries(20):
        assert keep_the_rest(review, by=cast[ICVA]) == 240
    with django_assert_max_num_queries(60):
        put(review, by=cast[ICVA])
