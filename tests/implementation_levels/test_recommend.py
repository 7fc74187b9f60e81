"""The Working Group recommends, keeps the rest, and puts it all to the Committee (L3)."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from governance.questions import question_of
from implementation_levels.actions.recommendations import keep_the_rest, put, recommend, take_out
from implementation_levels.levels import today
from implementation_levels.models import Level, Proposal, ReviewedArea
from notifications.models import Message
from slt_portal.states import StaleState
from tests.factories.deciding import say, seat_of
from tests.factories.levels import CHAD, SOUTH_SUDAN, a_level, a_review, area
from tests.factories.partnership import CANARY, DSS_CHAIR, GISF, ICVA, WFP, a_decision, bodies

pytestmark = pytest.mark.django_db
KEEP, ADD, REMOVE, KENYA = "keep", "add", "remove", "kenya"
IN_A_WEEK = timedelta(days=7)


def row_of(review, code=SOUTH_SUDAN) -> ReviewedArea:
    """The row as it is now."""
    rows = ReviewedArea.objects.for_system("a test looks").select_related("review__data_key", "area", "decision")
    return rows.get(review=review, area__code=code)


def say_it(cast, review, verdict, code=SOUTH_SUDAN, *, begins=None, reasons="Fighting since May.", by=ICVA, row=None):
    """The Working Group recommends."""
    said = {"verdict": verdict, "effective_from": begins, "reasons": reasons, "internal": f"{CANARY} internal"}
    return recommend(row or row_of(review, code), by=cast[by], **said)


# Level today, level to come in a week (or none), what is recommended for today -> whether that is possible.
POSSIBLE = [
    (None, None, ADD, True),
    (None, None, REMOVE, False),
    (None, None, KEEP, True),
    ("normal", None, ADD, True),
    ("normal", None, REMOVE, False),
    ("reinforced", None, ADD, False),
    ("reinforced", None, REMOVE, True),
    ("reinforced", None, KEEP, True),
    (None, "reinforced", ADD, True),  # earlier than decided
    (None, "reinforced", REMOVE, True),  # taken back before its day
    ("reinforced", "normal", ADD, True),
    ("reinforced", "normal", REMOVE, True),
    ("reinforced", "normal", KEEP, True),
]


@pytest.mark.parametrize(("now", "coming", "verdict", "is_possible"), POSSIBLE)
def test_what_can_be_recommended(cast, now, coming, verdict, is_possible):
    review = a_review(cast, state="recommending")
    for level, begins in ((now, None), (coming, today() + IN_A_WEEK)):
        if level:
            a_level(cast, level, begins=begins)
    if not is_possible:
        with pytest.raises(ValidationError) as refused:
            say_it(cast, review, verdict)
        assert set(refused.value.message_dict) == {"verdict"}
        assert row_of(review).state == "waiting"
        return
    row = say_it(cast, review, verdict)
    assert (row.state, row.verdict, row.seen) == ("recommended", verdict, bool(now) + bool(coming))
    assert row_of(review).texts == {"internal": f"{CANARY} internal"}


def test_what_is_refused(cast):
    review = a_review(cast, state="recommending")
    for begins, reasons, where in ((today() - timedelta(days=1), "x", "effective_from"), (None, "", "reasons")):
        with pytest.raises(ValidationError) as refused:
            say_it(cast, review, ADD, begins=begins, reasons=reasons)
        assert set(refused.value.message_dict) == {where}
    for by in (WFP, GISF, "dss.hq@un.example", "hq@alba.example"):
        with pytest.raises(PermissionDenied):
            say_it(cast, review, KEEP, by=by)
        with pytest.raises(PermissionDenied):
            put(review, by=cast[by])
    for state in ("consulting", "deciding", "done"):
        with pytest.raises(StaleState):
            say_it(cast, a_review(cast, state=state), KEEP)


def test_a_recommendation_is_changed_by_who_has_read_it(cast):
    review = a_review(cast, state="recommending")
    first_read = row_of(review)
    say_it(cast, review, ADD, begins=today() + IN_A_WEEK)
    assert (
        say_it(cast, review, ADD, begins=today() + IN_A_WEEK, row=first_read).state == "recommended"
    )  # a double click
    with pytest.raises(StaleState):
        say_it(cast, review, KEEP, row=first_read)
    row = say_it(cast, review, KEEP, begins=today() + IN_A_WEEK)
    assert (row.verdict, row.effective_from) == ("keep", None)
    a_level(cast, Level.NORMAL)
    assert say_it(cast, review, KEEP, begins=today() + IN_A_WEEK).seen == 1  # read again after another decision


def test_the_rest_is_kept_and_all_is_put_once(cast):
    a_level(cast, Level.REINFORCED, code=CHAD)
    review = a_review(cast, codes=(SOUTH_SUDAN, CHAD, KENYA), state="recommending")
    say_it(cast, review, ADD, begins=today() + IN_A_WEEK)
    with pytest.raises(ValidationError, match="2 areas have no recommendation"):
        put(review, by=cast[ICVA])
    assert (keep_the_rest(review, by=cast[ICVA]), keep_the_rest(review, by=cast[ICVA])) == (2, 0)
    assert (row_of(review, CHAD).seen, row_of(review, KENYA).seen, row_of(review).verdict) == (1, 0, "add")
    decision = put(review, by=cast[ICVA])
    assert (decision.question, decision.proposal, decision.rule) == ("implementation_levels.list", "approve", "silence")
    assert {row_of(review, code).state for code in (SOUTH_SUDAN, CHAD, KENYA)} == {"put"}
    facts = {fact["label"]: fact["value"] for fact in question_of(decision).facts(decision)}
    assert CANARY not in str(facts)
    assert facts["Level stays"] == "2 areas"
    assert facts["Added to the reinforced list"].startswith(f"{area()} (from ")
    for again in (lambda: put(review, by=cast[ICVA]), lambda: say_it(cast, review, KEEP)):
        with pytest.raises(StaleState):
            again()
    told = set(Message.objects.filter(kind="governance.decision_opened").values_list("recipient__email", flat=True))
    assert told == {DSS_CHAIR, GISF, WFP}


def test_nothing_out_of_date_is_put(cast):
    review = a_review(cast, state="recommending")
    keep_the_rest(review, by=cast[ICVA])
    a_level(cast, Level.REINFORCED)
    with pytest.raises(ValidationError, match=str(area())):
        put(review, by=cast[ICVA])
    say_it(cast, review, KEEP)
    assert put(review, by=cast[ICVA]).state == "open"


@pytest.mark.parametrize(("is_urgent", "days"), [(True, 2), (False, 14)])
def test_one_area_is_asked_about_by_itself(cast, is_urgent, days):
    review = a_review(cast, codes=(CHAD,), state="recommending", kind="early", is_urgent=is_urgent)
    say_it(cast, review, ADD, CHAD)
    decision = put(review, by=cast[ICVA])
    assert (decision.question, decision.proposal) == ("implementation_levels.area", "reinforced")
    assert (decision.deadline - decision.opened_at).days in {days - 1, days}
    assert str(area(CHAD)) in question_of(decision).title(decision)


def on_the_list(cast):
    """A list of an addition, a removal and a level that stays, before the Committee; WFP recused itself."""
    a_level(cast, Level.REINFORCED, code=CHAD)
    review = a_review(cast, codes=(SOUTH_SUDAN, CHAD, KENYA), state="recommending")
    say_it(cast, review, ADD)
    say_it(cast, review, REMOVE, CHAD)
    keep_the_rest(review, by=cast[ICVA])
    decision = put(review, by=cast[ICVA])
    say(cast, decision, "wfp", "recuse")
    return review, decision


def test_a_seat_takes_an_area_out(cast):
    review, listed = on_the_list(cast)
    row, seat = row_of(review), seat_of(listed, "gisf", cast)
    with pytest.raises(ValidationError):
        take_out(row, seat=seat, reasons=" ", by=cast[GISF])
    for seat_key, by in (("gisf", DSS_CHAIR), ("wfp", WFP)):  # not theirs; recused
        with pytest.raises(PermissionDenied):
            take_out(row, seat=seat_of(listed, seat_key, cast), reasons="Why.", by=cast[by])
    own = take_out(row, seat=seat, reasons=f"{CANARY} why", by=cast[GISF])
    assert (own.question, own.proposal, own.state) == ("implementation_levels.area", "reinforced", "open")
    assert (row_of(review).decision, row_of(review, CHAD).decision) == (own, listed)
    verdicts = {row.decision_id: [one["area"] for one in row.verdicts] for row in Proposal.objects.for_system("test")}
    assert verdicts == {listed.pk: [CHAD, KENYA], own.pk: [SOUTH_SUDAN]}
    with pytest.raises(StaleState):
        take_out(row, seat=seat, reasons="Again.", by=cast[GISF])
    # Who recused themselves from the list has no part in what comes out of it.
    with pytest.raises(PermissionDenied):
        say(cast, own, "wfp", "agree")
    assert not ReviewedArea.objects.visible_to(cast[WFP]).filter(review=review).exists()
    assert not Proposal.objects.visible_to(cast[WFP]).exists()
    assert ReviewedArea.objects.visible_to(cast[GISF]).filter(review=review).count() == 3


def test_a_list_without_areas_is_not_needed_any_more(cast):
    review, listed = on_the_list(cast)
    for code in (SOUTH_SUDAN, CHAD, KENYA):
        take_out(row_of(review, code), seat=seat_of(listed, "dss", cast), reasons="Why.", by=cast[DSS_CHAIR])
    listed.refresh_from_db()
    assert listed.state == "cancelled"


def test_only_an_open_list_is_taken_from(cast):
    committee, _group = bodies(cast)
    other = a_decision(cast, body=committee, question="implementation_levels.area", proposal="normal")
    review = a_review(cast, state="deciding", codes=())
    row = ReviewedArea(review=review, area=area(), level_before="normal", state="put", verdict="keep", decision=other)
    row.save()
    with pytest.raises(StaleState):
        take_out(row, seat=seat_of(other, "gisf", cast), reasons="Why.", by=cast[GISF])
