"""What waits for whom: who sees which line, oldest first, in one question; applicants read public words only."""

from datetime import timedelta

import pytest
from django.utils import timezone

from feedback.models import Case
from governance.models import Closing, Decision, Position, Seat
from governance.querysets import held_by
from governance.seats import area_body, holders_of
from governance.waiting import waiting_for
from implementation_levels.models import LevelTask, Review, ReviewRequest
from partners.models import (
    Application,
    Basis,
    Confirmation,
    EligibilityCase,
    Interest,
    ListedMember,
    Memorandum,
    Suspension,
)
from partners.queue_sources import QUEUE_KINDS
from partners.queues import TURNS, Office, queue_of
from sharing.access import access_of
from tests.factories.partnership import DSS_CHAIR, DUNE, GISF, HQ, ICVA, WFP, a_decision, bodies
from tests.factories.queues import ALBA, BENU, CSFP, DO, FIELD, OCHA, PLATFORM, what_waits

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


@pytest.fixture
def world(cast):
    """Something in every state."""
    return what_waits(cast)


WATCHED = {
    "application.questioned": {"dune"},
    "application.recommended": {"before"},
    "confirmation.waiting": {"asked"},
    "confirmation.late": {"late"},
    "memorandum.partner": {"half", "own half"},
    "suspension.hearing": {"hearing"},
    "suspension.ask": {"heard"},
}
# Person -> (what waits for them, what waits for others). Whoever of the cast is not here has nothing.
EXPECTED = {
    HQ: (
        {
            "interest.received": {"interest"},
            "application.approved": {"approved"},
            "memorandum.dss": {"to sign"},
            "basis.lapsed": {"lapsed"},
            "decision.trouble": {"trouble"},
            "document.failed": {"document"},
        },
        WATCHED
        | {
            "application.submitted": {"checked"},
            "confirmation.fruitless": {"fruitless"},
            "basis.lapsed_there": {"lapsed there"},
            "basis.ending_there": {"ending there"},
            "case.open": {"case"},
            "list.record": {"list"},
            "suspension.recommend": {"escalated"},
        },
    ),
    ICVA: (
        {
            "application.submitted": {"checked"},
            "confirmation.fruitless": {"fruitless"},
            "case.open": {"case"},
            "suspension.recommend": {"escalated"},
        },
        # Of a suspension in an area the Working Group sees nothing before it has come up to it.
        {turn: rows for turn, rows in WATCHED.items() if not turn.startswith("suspension")}
        | {"application.approved": {"approved"}, "memorandum.dss": {"to sign"}},
    ),
    OCHA: ({"decision.position": {"agreement"}, "decision.trouble": {"trouble"}}, {}),
    DSS_CHAIR: ({"decision.position": {"question", "trouble"}}, {}),
    GISF: ({"decision.position": {"question", "trouble"}}, {}),
    WFP: (
        {
            "decision.position": {"question", "trouble"},
            "confirmation.waiting": {"asked"},
            "confirmation.late": {"late"},
        },
        {},
    ),
    FIELD: (
        {"basis.lapsed_there": {"lapsed there"}, "list.record": {"list"}, "decision.position": {"agreement"}},
        {},
    ),
    CSFP: ({"basis.ending_there": {"ending there"}}, {}),
    DO: ({"suspension.ask": {"heard"}}, {}),
    PLATFORM: ({"list.choose": {"list"}, "decision.position": {"agreement"}}, {}),
    ALBA: ({"own.hearing": {"hearing"}}, {}),
    BENU: ({"own.draft": {"old draft"}}, {}),
    "hq@suspended.example": ({"own.sign": {"own half"}}, {}),
    DUNE: ({"own.questioned": {"dune"}}, {}),
}


def told(lines, rows):
    """turn -> names of rows, of lines."""
    names = {getattr(row, "ref", None) or row.number: name for name, row in rows.items()}
    found = {}
    for line in lines:
        found.setdefault(line.row.turn, set()).add(names[line.row.ref])
    return found


def test_everybody_of_the_cast_sees_their_own_queue_in_one_question(world, cast, django_assert_num_queries):
    for email, user in cast.people.items():
        access = access_of(user)
        kinds = {name.partition(":")[0] for name in access.principals}
        with django_assert_num_queries(1 if kinds & QUEUE_KINDS else 0):
            queue = queue_of(access)
        assert (told(queue.mine, world), told(queue.others, world)) == EXPECTED.get(email, ({}, {})), email
        for lines in (queue.mine, queue.others):
            assert [line.since for line in lines] == sorted(line.since for line in lines)
    cast[WFP].memberships.create(organisation=cast.organisations["wfp"], role="working_group_member")
    both = {line.row.turn for line in queue_of(access_of(cast[WFP])).mine}  # asked anew each time: see rows_for
    assert both == {turn for email in (WFP, ICVA) for turn in EXPECTED[email][0]}
    assert {turn for mine, others in EXPECTED.values() for turn in mine | others} >= set(TURNS) - {
        "basis.ending",
        "decision.close",
        "decision.confirm",
        "decision.overdue",
        "list.chosen",
        "own.consultation",  # of implementation_levels, as those below: tested there
        "suspension.agreeing",
        "suspension.committee",
        "suspension.put",
        *(turn for turn in TURNS if turn.startswith(("level_", "feedback."))),
    }


def test_the_lines_of_a_decision_are_what_its_page_asks_for(cast):
    """One question says of all decisions what governance.waiting says of one after the other."""
    committee, _group = bodies(cast)
    seats = {
        seat.organisation.name: seat for seat in Seat.objects.filter(body=committee).select_related("organisation")
    }
    dss, gisf, wfp = (seats[cast.organisations[key].name] for key in ("dss", "gisf", "wfp"))

    def decision(*positions, concerns=None):
        row = a_decision(cast, body=committee, concerns=concerns and cast.organisations[concerns])
        for seat, choice in positions:
            by = cast[{dss.pk: DSS_CHAIR, gisf.pk: GISF, wfp.pk: WFP}[seat.pk]]
            said(Position, row, seat=seat, by=by, choice=choice)
        return row

    def said(model, row, **fields):
        model(decision=row, **fields).save(force_insert=True)

    decision()
    decision((dss, "agree"), (gisf, "agree"), (wfp, "agree"))
    decision((dss, "agree"), (wfp, "object"))
    decision((dss, "agree"), (gisf, "abstain"), (wfp, "object"))
    decision((wfp, "object"), (wfp, "agree"), (dss, "agree"), (gisf, "agree"))  # once stopped, silence closes nothing
    decision((wfp, "recuse"))
    decision((dss, "agree"), concerns="gisf")
    proposed = decision((dss, "agree"), (gisf, "agree"), (wfp, "object"))
    said(Closing, proposed, seat=dss, by=cast[DSS_CHAIR], outcome="refuse")
    Decision.objects.for_system("test").filter(pk=decision((wfp, "object")).pk).update(
        state="cancelled", closed_at=timezone.now()
    )
    agreement = a_decision(cast, body=area_body(cast.areas["south-sudan"]), question="partners.area_suspension")
    Decision.objects.for_system("test").filter(pk=agreement.pk).update(rule="unanimous")
    nobody = cast["nobody@elsewhere.example"]
    nobody.memberships.create(organisation=cast.organisations["ocha"], role="ocha", area=cast.areas["south-sudan"])
    assert queue_of(access_of(nobody)).mine
    for email, user in cast.people.items():
        access = access_of(user)
        asked = {
            (line.row.turn, line.row.ref) for line in queue_of(access).mine if line.row.turn.startswith("decision")
        }
        assert asked == {(f"decision.{entry.step}", entry.decision.ref) for entry in waiting_for(access)}, email
    steps = {line.row.turn for email in (DSS_CHAIR, GISF, WFP) for line in queue_of(access_of(cast[email])).mine}
    assert steps == {"decision.position", "decision.confirm", "decision.close"}
    Decision.objects.for_system("test").filter(pk=proposed.pk).update(deadline=timezone.now() - timedelta(days=1))
    (line,) = queue_of(access_of(cast[OCHA])).mine[:1]
    assert (line.row.turn, line.row.ref, line.late[:7]) == ("decision.overdue", proposed.ref, "overdue")


def test_who_holds_a_seat_is_said_alike_in_python_and_to_the_database(cast):
    bodies(cast)
    for area in cast.areas.values():
        area_body(area)
    for email, user in cast.people.items():
        access = access_of(user)
        seats = Seat.objects.select_related("body__area", "organisation")
        held = {seat.pk for seat in seats if user in holders_of(seat)}
        assert set(seats.filter(held_by(access)).values_list("pk", flat=True)) == held, email


PARTY = {
    Office.AGENCY: {"agency"},
    Office.DESIGNATED_OFFICIAL: {"area_proposer", "owner"},
    Office.DSS_FIELD: {"dss", "dss_field", "owner"},
    Office.DSS_HEADQUARTERS: {"dss", "dss_headquarters", "intake", "world_proposer"},
    Office.MECHANISM: {"mechanism", "owner"},
    Office.OCHA: {"owner"},
    Office.ORGANISATION: {"applicant", "answerer", "sender"},
    Office.WORKING_GROUP: {"late_handler", "resolver", "working_group"},
}
MODELS = {
    "feedback": Case,
    "interest": Interest,
    "application": Application,
    "memorandum": Memorandum,
    "confirmation": Confirmation,
    "basis": Basis,
    "case": EligibilityCase,
    "list": ListedMember,
    "suspension": Suspension,
    "level_request": ReviewRequest,
    "level_review": Review,
    "level_task": LevelTask,
}


def test_the_table_of_turns_fits_the_steps_of_the_models():
    own = {"own.sign": Memorandum, "own.hearing": Suspension}
    for code, turn in TURNS.items():
        if turn.step:
            family, _dot, state = code.partition(".")
            model = own.get(code) or MODELS.get(family, Application)
            (step,) = [step for step in model.STEPS if step.name == turn.step]
            assert PARTY[turn.office] & set(step.by), code
            if family in {"application", "own"} and state in Application.State.values:
                assert state in step.sources, code
    waiting = set(Application.State.values) - Application.OVER - {"draft", "concluding"}
    assert {f"application.{state}" for state in waiting} == {code for code in TURNS if code.startswith("application")}
    assert all(str(Office(turn.office).label) and str(turn.verb) for turn in TURNS.values())
