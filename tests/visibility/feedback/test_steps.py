"""States x steps x cast of cases, questions to offices, lessons and reports, written by hand; and that a crafted
request by anybody else, in whatever state, moves nothing.
"""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from feedback.models import Case, CaseGrant, CaseLink, Concerned, Entry, Inquiry, Lesson
from feedback.policies import parties_to_case, parties_to_inquiry, parties_to_lesson
from overview.models import MeasureEntry, PeriodicReport, Section
from overview.policies import parties_to_report
from sharing.access import access_of
from slt_portal.states import steps_open
from tests.sampling import THOROUGH
from tests.visibility.oracle import (
    ALBA_FIELD,
    BENU_FIELD,
    BENU_HQ,
    CAST,
    DO,
    DSS_CHAIR,
    DSS_HQ,
    GISF_CHAIR,
    ICVA,
    LAKE,
    OCHA,
    WFP,
)

from .world import World, make_world

pytestmark = pytest.mark.django_db
_INTAKE = {"take", "hand_over", "redirect", "divert"}
_SENDER = {"received": {"withdraw"}, "handling": {"withdraw"}, "proposed": {"accept", "refuse", "withdraw"}}
_SENDER |= {"closed": {"reopen"}}
_KEEPER = {
    "received": _INTAKE,
    "handling": {"assign", "propose", "divert"},
    "proposed": {"take_back", "divert"},
    "closed": {"reopen"},
}
_GROUP = {
    state: steps | {"escalate"} if state in {"handling", "proposed"} else steps for state, steps in _KEEPER.items()
}
_GROUP["received"] = {"divert"}  # nothing lies with it then, but what it has it may put away


def _of_case(senders, keepers):
    """state: person: the steps that are theirs. Everybody and every state that is not here: none."""
    table = {state: dict.fromkeys(senders, steps) for state, steps in _SENDER.items()}
    for state in _KEEPER:
        table.setdefault(state, {}).update(dict.fromkeys(keepers, _KEEPER[state]))
        table[state][ICVA] = _GROUP[state]
    return table


OFFICE = _of_case({BENU_FIELD, BENU_HQ}, {DSS_HQ, GISF_CHAIR})
ABOUT_DSS = _of_case({ALBA_FIELD}, {GISF_CHAIR})
ABOUT_CHAIR = _of_case({LAKE}, {DSS_HQ})
INQUIRY = {"open": {DO: {"answer"}}}
LESSON = {  # written by ICVA
    "draft": {ICVA: {"edit", "discard"}, DSS_HQ: {"publish", "discard"}, GISF_CHAIR: {"publish", "discard"}},
    "published": {person: {"retract"} for person in (ICVA, DSS_HQ, GISF_CHAIR)},
}
REPORT = {"draft": {DSS_HQ: {"compile", "write", "submit", "discard"}, OCHA: {"write"}}}


@pytest.fixture
def world(cast) -> World:
    """One of everything."""
    return make_world(cast)


def _cases(world):
    """(row, whether somebody sees it and who they are to it, the table above)."""
    rows = world.rows

    def of_case(access, row):
        seen = Case.objects.visible_to(access).filter(pk=row.pk).exists()
        return parties_to_case(access, row) if seen else ()

    def of_inquiry(access, row):
        return parties_to_inquiry(access, row) if Inquiry.objects.asked_of(access).filter(pk=row.pk).exists() else ()

    return [
        (rows["office"], of_case, OFFICE),
        (rows["dss"], of_case, ABOUT_DSS),
        (rows["chair"], of_case, ABOUT_CHAIR),
        (rows["inquiry"], of_inquiry, INQUIRY),
        (rows["lesson"], parties_to_lesson, LESSON),
        (rows["report"], lambda access, row: parties_to_report(access), REPORT),
    ]


def test_who_may_take_which_step_in_which_state(world, walked):
    accesses = {person: access_of(world.cast[person]) for person in CAST}
    for row, parties_to, table in _cases(world):
        for state in type(row).State.values:
            row.state = state
            if isinstance(row, Case):
                row.closed_at = timezone.now() if state == "closed" else None
            for person, access in accesses.items():
                wanted = table.get(state, {}).get(person, set())
                assert set(steps_open(row, parties_to(access, row))) == wanted, (row, state, person)
                walked("states x steps x cast of feedback", len(row.STEPS))


def test_only_time_opens_concluding_and_shuts_opening_again(world):
    case, handler = world.rows["office"], access_of(world.cast[DSS_HQ])
    case.state, case.due_at = "proposed", timezone.now() - timedelta(minutes=1)
    assert "conclude" in steps_open(case, parties_to_case(handler, case))
    case.state, case.closed_at = "closed", timezone.now() - timedelta(days=61)
    assert steps_open(case, parties_to_case(handler, case)) == []
    case.closed_at, case.outcome = timezone.now(), "diverted"
    assert steps_open(case, parties_to_case(handler, case)) == []


def _requests(rows):
    """What a browser would send: name, arguments, data, and who may send it (whatever becomes of it)."""
    office, dss, chair = (rows[name].ref for name in ("office", "dss", "chair"))
    text = {"text": "A crafted text.", "uid": "3d0f7d0e-26ab-4c5e-9a0b-0c1d2e3f4a5b"}
    handlers, senders = {DSS_HQ, GISF_CHAIR, ICVA}, {BENU_FIELD, BENU_HQ}
    return [
        *(
            (f"feedback:{name}", {"ref": office}, text, handlers)
            for name in ("classify", "assign", "link", "concerned", "propose", "ask", "divert", "lesson_new")
        ),
        ("feedback:escalate", {"ref": office}, text, {ICVA}),
        ("feedback:withdraw", {"ref": office}, text, senders),
        ("feedback:message", {"ref": office}, text, handlers | senders),
        ("feedback:message", {"ref": dss}, text, {GISF_CHAIR, ICVA, ALBA_FIELD}),
        ("feedback:concerned", {"ref": dss}, text, {GISF_CHAIR, ICVA}),
        ("feedback:message", {"ref": chair}, text, {DSS_HQ, ICVA, LAKE}),
        ("feedback:inquiry", {"ref": rows["inquiry"].ref}, text, {DO}),
        ("feedback:lesson_retract", {"ref": rows["lesson"].ref}, {}, handlers),
        ("feedback:lesson_publish", {"ref": rows["lesson_draft"].ref}, {}, {DSS_HQ, GISF_CHAIR}),
        ("overview:measure_change", {"ref": rows["measure"].ref}, {"owner": "crafted"}, {DSS_HQ, OCHA, ICVA}),
        ("overview:report_submit", {"ref": rows["report"].ref}, {}, {DSS_HQ}),
        ("overview:report_discard", {"ref": rows["report"].ref}, {}, {DSS_HQ}),
    ]


ACTORS = sorted(CAST) if THOROUGH else [BENU_FIELD, WFP, DSS_CHAIR]
KEPT = (Case, CaseGrant, CaseLink, Concerned, Entry, Inquiry, Lesson, MeasureEntry, PeriodicReport, Section)


def _everything():
    """What a crafted request could have changed."""
    found = []
    for model in KEPT:
        rows = model.objects
        rows = rows.for_system("whether it moved") if hasattr(rows, "for_system") else rows
        found.append(sorted(rows.order_by().values_list("pk", *(["state"] if hasattr(model, "State") else []))))
    return found


def test_a_crafted_request_by_anybody_else_is_absent_and_moves_nothing(world, sign_in, walked):
    before = _everything()
    for person in ACTORS:
        client = sign_in(world.cast[person])
        for name, kwargs, data, theirs in _requests(world.rows):
            if person not in theirs:
                response = client.post(reverse(name, kwargs=kwargs), data)
                assert response.status_code == 404, (name, person)
                walked("crafted requests in feedback")
    assert _everything() == before
