"""States x states x cast, from the tables of steps: who may take which step when, written by hand here, and that a
crafted request by anybody else, or in another state, moves nothing.
"""

import pytest
from django.urls import reverse

from notifications.models import Subject
from overview.management.commands.state_tables import models_with_steps
from partners.models import Application, Confirmation, Inquiry, Memorandum, MemorandumTemplate
from partners.policies import parties_to_application, parties_to_confirmation, parties_to_memorandum
from sharing.access import access_of
from slt_portal.states import StaleState, move, next_of, steps_open
from tests.factories.partnership import DUNE, HQ, ICVA, WFP, a_confirmation, an_application, bodies
from tests.sampling import THOROUGH
from tests.visibility.oracle import CAST

pytestmark = pytest.mark.django_db
# model: state: person: the steps that are theirs. Everybody and every state that is not here: none.
APPLICATION = {
    "draft": {DUNE: {"submit", "withdraw"}},
    "submitted": {DUNE: {"withdraw"}, ICVA: {"ask", "recommend"}},
    "questioned": {DUNE: {"answer", "withdraw"}, ICVA: {"ask", "go_on"}},
    "recommended": {DUNE: {"withdraw"}},
    "approved": {DUNE: {"withdraw"}, HQ: {"conclude"}},
    "concluding": {DUNE: {"withdraw"}, HQ: {"reopen"}},
}
_ANSWERS = {WFP: {"confirm", "deny", "not_know"}, HQ: {"cancel"}, ICVA: {"cancel"}}
CONFIRMATION = {"asked": _ANSWERS, "escalated": _ANSWERS}
MEMORANDUM = {
    "issued": {DUNE: {"sign"}, HQ: {"sign", "void"}},
    "half_signed": {DUNE: {"sign_last"}, HQ: {"sign_last", "void"}},
}


def test_the_table_of_steps_is_all_there_is():
    models = models_with_steps()
    assert len(models) >= 9
    for model in models:
        assert next_of(model.STEPS, model.State) == model.NEXT
        for old in model.State.values:
            for new in set(model.State.values) - set(model.NEXT[old]):
                with pytest.raises(StaleState):
                    move(model(state=old), new)


def _rows(cast):
    """One row of each procedure, with the function that says who somebody is to it and the table above."""
    application = an_application(cast, "submitted")
    template = MemorandumTemplate.objects.create(version=900, text_en="Text", text_fr="Texte")
    memorandum = Memorandum(
        number="MOU-2026-0900",
        application=application,
        template=template,
        subject=Subject.objects.create(),
        issued_by=cast[HQ],
    )
    return [
        (application, parties_to_application, APPLICATION),
        (a_confirmation(cast, application), parties_to_confirmation, CONFIRMATION),
        (memorandum, parties_to_memorandum, MEMORANDUM),
    ]


def test_who_may_take_which_step_in_which_state(cast, walked):
    accesses = {person: access_of(cast[person]) for person in CAST}
    for row, parties_to, table in _rows(cast):
        for state in type(row).State.values:
            row.state = state
            for person, access in accesses.items():
                wanted = table.get(state, {}).get(person, set())
                assert set(steps_open(row, parties_to(access, row))) == wanted, (row, state, person)
                walked("states x steps x cast", len(row.STEPS))


# What a browser would send for each step of an application, to which address.
REQUESTS = {
    "submit": ("partners:application_submit", {}, {"revision": "1"}),
    "withdraw": ("partners:application_withdraw", {}, {}),
    "answer": ("partners:application_answer", {"number": 1}, {"text": "An answer.", "answer": "An answer."}),
    "ask": ("partners:ask", {}, {"question": "Why?", "text": "Why?"}),
    "go_on": ("partners:go_on", {}, {}),
    "recommend": ("partners:recommend", {}, {"verdict": "approve", "reasons": "All met."}),
    "conclude": ("partners:conclude", {}, {"dss_name": "A", "dss_title": "B", "partner_name": "C"}),
}
ACTORS = sorted(CAST) if THOROUGH else sorted({DUNE, ICVA, HQ, "hq@alba.example", "dss.chair@un.example"})


@pytest.mark.parametrize("state", Application.State.values if THOROUGH else ["draft", "recommended", "refused"])
def test_a_crafted_request_moves_nothing_that_is_not_the_senders(cast, sign_in, state, walked):
    bodies(cast)
    application = an_application(cast, state)
    inquiry = {"number": 1, "subject": Subject.objects.create(), "asked_by": cast[ICVA]}
    row = Inquiry(application=application, **inquiry)
    row.write({"question": "Why?"})
    row.save(force_insert=True)
    for person in ACTORS:
        client = sign_in(cast[person])
        for step, (name, more, data) in REQUESTS.items():
            if step in APPLICATION.get(state, {}).get(person, ()):
                continue
            path = reverse(name, kwargs={"ref": application.ref, **more})
            assert client.post(path, data).status_code in {302, 403, 404, 409, 422}, (person, step)
            now = Application.objects.for_system("whether it moved").get(pk=application.pk)
            assert (now.state, now.revision) == (state, application.revision), (person, step)
            walked("crafted requests")


def test_a_request_that_is_over_takes_no_answer(cast, sign_in):
    application = an_application(cast, "submitted")
    for state in set(Confirmation.State.values) - set(Confirmation.WAITING):
        row = a_confirmation(cast, application, state)
        for person in (WFP, ICVA, HQ):
            path = reverse("partners:confirmation", kwargs={"ref": row.ref})
            sign_in(cast[person]).post(path, {"answer": "confirm", "relation": "operational"})
            assert Confirmation.objects.for_system("whether it moved").get(pk=row.pk).state == state
