"""Cases as those who handle them look at them: a proposal that is late, one before the Committee, questions asked."""

from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from feedback.actions.handling import escalate
from feedback.actions.inquiries import answer
from feedback.models import Case
from tests.factories.feedback import DSS_HQ, GISF, ICVA, a_case, an_entry, an_inquiry

DO, WFP, DSS_CHAIR = "do@un.example", "wfp@un.example", "dss.chair@un.example"
TEXTS = {
    "title": "No security briefings in Bentiu since March",
    "text": "Since March our team in Bentiu gets no briefings. We asked three times and had no answer.",
    "persons": "",
}
PROPOSAL = "The office of the area calls partners in Bentiu on the first Monday of each month, from January on."
QUESTION = "How often does the office call partners in Bentiu to a briefing, and who is told?"


def _written(case: Case) -> Case:
    case.write(TEXTS)
    case.save(update_fields=["sealed"])
    return case


def of_handling(cast) -> dict[str, object]:
    """Every page of those who handle a case has something to show."""
    handled, late, put, few = (
        _written(a_case(cast, state, **more))
        for state, more in (
            ("handling", {"is_named_to_area": True}),
            ("proposed", {"due_at": timezone.now() - timedelta(days=3)}),
            ("handling", {}),
            ("handling", {"concerned": [WFP, DSS_CHAIR]}),
        )
    )
    an_entry(late, by=cast[ICVA], kind="proposal", side="handler", text=PROPOSAL)
    why = "The sender refused the same proposal twice; the office of the area cannot meet in Bentiu before January."
    decision = escalate(put, proposal=PROPOSAL, why=why, uid=uuid4(), by=cast[ICVA])
    nobody = a_case(cast, "handling", office="dss_headquarters", is_dss_concerned=True, to_dss=False,
                    concerned=[DSS_HQ, DSS_CHAIR])  # fmt: skip
    waits, answered, named, ended = (
        an_inquiry(handled, by=cast[who], **more)
        for who, more in (
            (ICVA, {"due_at": timezone.now() - timedelta(days=1)}),
            (ICVA, {}),
            (GISF, {"names_sender": True}),
            (GISF, {"state": "withdrawn", "settled_at": timezone.now()}),
        )
    )
    for row in (waits, answered, named, ended):
        row.write({"question": QUESTION})
        row.save(update_fields=["sealed"])
    answer(answered, text="Every two weeks until February; the officer left then, and the post is vacant.", by=cast[DO])
    return {
        "fbk_handled": handled.ref,
        "fbk_late": late.ref,
        "fbk_put": put.ref,
        "fbk_few": few.ref,
        "fbk_nobody": nobody.ref,
        "inq_waits": waits.ref,
        "inq_answered": answered.ref,
        "inq_named": named.ref,
        "inq_ended": ended.ref,
        "fbk_decision": decision.ref,
    }
