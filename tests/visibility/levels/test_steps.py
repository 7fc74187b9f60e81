"""States x steps x cast of reviews, their areas, requests and tasks, written by hand; and that a crafted request by
anybody else, in whatever state, moves nothing.
"""

import pytest
from django.urls import reverse

from implementation_levels.models import Answer, Delivery, LevelTask, Review, ReviewedArea, ReviewRequest, Statement
from implementation_levels.policies import parties_to_request, parties_to_review, parties_to_task
from sharing.access import access_of
from slt_portal.states import steps_open
from tests.sampling import THOROUGH
from tests.visibility.oracle import (
    ALBA_FIELD,
    ALBA_HQ,
    BENU_FIELD,
    BENU_HQ,
    CAST,
    DO,
    DSS_CHAIR,
    DSS_FIELD,
    DSS_HQ,
    GISF_CHAIR,
    ICVA,
    LAKE,
    OCHA,
    PLATFORM,
    WFP,
    WFP_SECURITY,
)

from .world import NUMBER, SOUTH_SUDAN, World, make_world

pytestmark = pytest.mark.django_db
COMMITTEE = (DSS_CHAIR, GISF_CHAIR, WFP)
_ASKED = {DSS_FIELD, WFP_SECURITY, ALBA_HQ, ALBA_FIELD, BENU_HQ, BENU_FIELD, LAKE}  # about South Sudan
# state: person: the steps that are theirs. Everybody and every state that is not here: none.
REVIEW = {"recommending": {ICVA: {"put"}}}
URGENT = REVIEW | {"consulting": {ICVA: {"close_consultation"}}}
AREA = {
    "waiting": {ICVA: {"recommend"}},
    "recommended": {ICVA: {"recommend", "put"}},
    "put": {seat: {"take_out"} for seat in COMMITTEE},
}
REQUEST = {"open": {ICVA: {"take_up", "decline"}}}
_DONE, _OVERSEEN = {"finish"}, {"done": {DSS_HQ: {"reopen"}}}
TASKS = {  # by the office that has it, in South Sudan
    "dss": {"open": {DSS_FIELD: _DONE, DSS_HQ: {"finish", "drop"}}, **_OVERSEEN},
    "mechanism": {"open": {PLATFORM: _DONE, DSS_HQ: {"finish", "drop"}}, **_OVERSEEN},
    "ocha": {"open": {OCHA: _DONE, DSS_HQ: {"finish", "drop"}}, **_OVERSEEN},
    "designated_official": {"open": {DO: _DONE, DSS_HQ: {"finish", "drop"}}, **_OVERSEEN},
}


@pytest.fixture
def world(cast) -> World:
    """One of everything."""
    return make_world(cast)


def _cases(world):
    """(row, the function that says who somebody is to it, the table above)."""
    rows = world.rows
    review = rows["put_review"]
    found = [
        (review, parties_to_review, REVIEW),
        (rows["urgent"], parties_to_review, URGENT),
        (rows["put"], lambda access, row: parties_to_review(access, review), AREA),
        (rows["request"], lambda access, row: parties_to_request(access), REQUEST),
    ]
    tasks = [(owner, LevelTask(area=rows["task"].area, owner=owner)) for owner in LevelTask.Owner.values]
    return found + [(task, parties_to_task, TASKS[owner]) for owner, task in tasks]


def test_who_may_take_which_step_in_which_state(world, walked):
    accesses = {person: access_of(world.cast[person]) for person in CAST}
    for row, parties_to, table in _cases(world):
        for state in type(row).State.values:
            row.state = state
            for person, access in accesses.items():
                wanted = table.get(state, {}).get(person, set())
                assert set(steps_open(row, parties_to(access, row))) == wanted, (row, state, person)
                walked("states x steps x cast of levels", len(row.STEPS))


def _requests(rows):
    """What a browser would send: name, arguments, data, and who may send it (whatever becomes of it)."""
    review, put, urgent = (rows[name].ref for name in ("review", "put_review", "urgent"))
    text = "A crafted text."
    verdict = {"verdict": "remove", "reasons": text, "internal": text, "known": ""}
    view = {"view": "normal", "text": text, "voice": "0"}
    keepers, answering = {DSS_FIELD, DO, DSS_HQ}, {DSS_FIELD, DO, DSS_HQ, PLATFORM}
    of_area = {"code": SOUTH_SUDAN}
    return [
        ("implementation_levels:recommend", {"ref": urgent, **of_area}, verdict, {ICVA}),
        ("implementation_levels:recommend", {"ref": put, **of_area}, verdict, {ICVA}),
        ("implementation_levels:keep_rest", {"ref": urgent}, {}, {ICVA}),
        ("implementation_levels:put", {"ref": urgent}, {}, {ICVA}),
        ("implementation_levels:take_out", {"ref": put, **of_area}, {"seat": "1", "text": text}, set(COMMITTEE)),
        ("implementation_levels:close_consultation", {"ref": review}, {"reason": text}, set()),  # not urgent
        ("implementation_levels:close_consultation", {"ref": urgent}, {"reason": text}, {ICVA}),
        ("implementation_levels:answer", {"ref": review, **of_area}, view, _ASKED),
        ("implementation_levels:decline", {"ref": rows["request"].ref}, {"answer": text}, {ICVA}),
        ("implementation_levels:line", {**of_area, "line": "meetings"}, {"says": "gap", "text": text}, answering),
        ("implementation_levels:task", {"ref": rows["task"].ref}, {"says": "met", "text": text}, {DO, DSS_HQ}),
        ("implementation_levels:task", {"ref": rows["task"].ref}, {"step": "drop"}, {DSS_HQ}),
        ("implementation_levels:send_again", {"number": NUMBER, "pk": rows["delivery"].pk}, {}, {DSS_HQ}),
        ("implementation_levels:request", of_area, {"level": "normal", "why": text}, answering | {ICVA, *COMMITTEE}),
        ("implementation_levels:review_open", {}, {"area": "chad", "why": text}, {DSS_HQ, ICVA, *COMMITTEE}),
        ("coordination:mechanism_confirm", {"ref": rows["mechanism"].ref}, {"is_operational": "no"}, keepers),
        ("coordination:assignment_confirm", {"ref": rows["outside"].ref}, {}, keepers),
        ("coordination:mechanism_end", {"ref": rows["mechanism"].ref}, {"on": "2026-11-01"}, keepers),
        ("coordination:assignment_end", {"ref": rows["outside"].ref}, {"on": "2026-11-01"}, keepers),
        ("coordination:mechanism_record", of_area, {"name": text}, keepers),
        ("areas:add", {}, {"name_en": text}, {DSS_HQ}),
        ("areas:rename", of_area, {"name_en": text}, {DSS_HQ}),
        ("areas:change", of_area, {"note_en": text}, {DSS_HQ}),
        ("areas:end", of_area, {"on": "2027-01-01"}, {DSS_HQ}),
        ("areas:split", of_area, {"on": "2027-01-01"}, {DSS_HQ}),
    ]


ACTORS = sorted(CAST) if THOROUGH else [ALBA_FIELD, DSS_FIELD, WFP]
KEPT = (Review, ReviewedArea, ReviewRequest, Answer, Statement, LevelTask, Delivery)


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
        for name, kwargs, data, may in _requests(world.rows):
            if person not in may:
                assert client.post(reverse(name, kwargs=kwargs), data).status_code in {404, 405}, (person, name)
                walked("crafted requests of levels")
    assert _everything() == before


def test_whose_step_it_is_moves_nothing_in_another_state(world, sign_in):
    rows, before = world.rows, _everything()
    asked, put, urgent = ({"ref": rows[name].ref} for name in ("review", "put_review", "urgent"))
    there, text = {"code": SOUTH_SUDAN}, "Too late."
    verdict = {"verdict": "remove", "reasons": text, "internal": text, "known": ""}
    late = [
        *((ICVA, "recommend", ref | there, verdict) for ref in (asked, put)),
        *((ICVA, step, ref, {}) for step in ("keep_rest", "put") for ref in (asked, put)),
        (ICVA, "put", urgent, {}),  # without a recommendation
        (ICVA, "close_consultation", urgent, {"reason": text}),
        (ICVA, "decline", {"ref": rows["declined"].ref}, {"answer": text}),
        *((WFP, "take_out", ref | there, {"seat": "1", "text": text}) for ref in (asked, urgent)),
        (DSS_HQ, "task", {"ref": rows["task"].ref}, {"step": "reopen"}),
        (DO, "task", {"ref": rows["task"].ref}, {"says": "gap", "text": text}),
    ]
    clients = {person: sign_in(world.cast[person]) for person in (ICVA, WFP, DSS_HQ, DO)}
    for person, step, kwargs, data in late:
        answer = clients[person].post(reverse(f"implementation_levels:{step}", kwargs=kwargs), data)
        assert answer.status_code in {200, 302, 404, 409, 422}, (person, step)
    assert _everything() == before


def test_nobody_answers_for_another_organisation_or_for_the_other_side(world, sign_in):
    """Whatever is sent as the voice: only one's own is there to be chosen."""
    path = reverse("implementation_levels:answer", kwargs={"ref": world.rows["review"].ref, "code": SOUTH_SUDAN})
    client, (alba, benu) = sign_in(world.cast[ALBA_FIELD]), map(world.cast.organisations.get, ("alba", "benu"))
    data = {"view": "normal", "text": "It is quiet."}
    for voice in ("", f"{alba.pk}-hq", f"{benu.pk}-field", f"{benu.pk}-hq"):
        assert client.post(path, data | {"voice": voice}).status_code in {200, 422}, voice
    assert Answer.objects.for_system("test").count() == 1  # the one that was there
    assert client.post(path, data | {"voice": f"{alba.pk}-field"}).status_code == 302
    row = Answer.objects.for_system("test").order_by("pk").last()
    assert (row.organisation, row.is_headquarters, row.by) == (alba, False, world.cast[ALBA_FIELD])
