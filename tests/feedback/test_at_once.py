"""Several people and the worker at the same moment: one order of locks, one effect, nobody who is concerned left in."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from feedback.actions import filing
from feedback.actions.handling import escalate, propose
from feedback.actions.intake import assign, classify, divert, hand_over
from feedback.actions.people import note_concerned
from feedback.actions.reminders import look_after_cases
from feedback.actions.suspensions import open_missing
from feedback.models import Case, CaseStep, Concerned
from governance.actions import close_due
from governance.models import Decision
from overview.actions.measures import add_measure, change_measure
from overview.actions.reports import compile_report, discard_report, save_section, submit_report
from overview.models import Measure, MeasureEntry, ReportStep
from partners.actions.suspensions import recommend_on_suspension
from slt_portal.states import StaleState
from tests.factories.at_once import at_once
from tests.factories.feedback import BENU_FIELD, CANARY, DSS_HQ, GISF, ICVA, a_case
from tests.factories.partnership import HQ, a_suspension, bodies
from tests.factories.reports import a_report, now_of
from tests.partners.suspension_ways import escalated

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]
WFP = "wfp@un.example"
MEASURE = {"title_en": "One", "title_fr": "Une", "owner": "DSS headquarters", "state": "ongoing"}


def case_now(case):
    return Case.objects.for_system("test").get(pk=case.pk)


def steps_of(case):
    rows = CaseStep.objects.for_system("test").filter(case=case).order_by("pk")
    return [row.state for row in rows]


def put(cast, case):
    return escalate(case, proposal="P", why="W", uid=uuid4(), by=cast[ICVA])


def test_put_to_the_committee_while_somebody_of_it_is_found_to_be_concerned(cast):
    cases = [a_case(cast, "handling") for _ in range(4)]
    acts = [lambda case=case: put(cast, case) for case in cases]
    acts += [lambda case=case: note_concerned(case, users=[cast[WFP]], by=cast[DSS_HQ]) for case in cases]
    assert at_once(*acts) == []
    assert [case_now(case).state for case in cases] == ["committee"] * 4
    assert not Decision.objects.visible_to(cast[WFP]).exists()
    assert not Case.objects.visible_to(cast[WFP]).exists()


def test_the_worker_closes_a_decision_while_somebody_is_found_to_be_concerned_and_reminders_go_out(cast):
    cases = [a_case(cast, "handling") for _ in range(4)]
    for case in cases:
        put(cast, case)
    past = timezone.now() - timedelta(days=1)
    Decision.objects.for_system("test").update(deadline=past, opened_at=past - timedelta(days=14))
    Case.objects.for_system("test").update(due_at=past)
    acts = [lambda case=case: note_concerned(case, users=[cast[WFP]], by=cast[DSS_HQ]) for case in cases[:3]]
    assert at_once(close_due, close_due, look_after_cases, look_after_cases, *acts) == []
    decisions = Decision.objects.for_system("test").filter(question="feedback.case")
    assert {row.trouble for row in decisions} == {""}
    for case, row in zip(cases, decisions.order_by("pk"), strict=True):
        assert (case_now(case).state == "closed") is (row.state == "closed")
        assert steps_of(case).count("closed") == int(row.state == "closed")
    assert Case.objects.visible_to(cast[WFP]).count() == 1


@pytest.mark.parametrize("again", range(3))
def test_one_step_of_several_at_once(cast, again):
    case = a_case(cast, "received")
    raised = at_once(
        lambda: filing.withdraw(case, by=cast[BENU_FIELD]),
        lambda: hand_over(case, note="N", uid=uuid4(), by=cast[DSS_HQ]),
        lambda: hand_over(case, note="N", uid=uuid4(), by=cast[GISF]),
        lambda: divert(case, by=cast[GISF]),
    )
    assert set(raised) <= {StaleState}
    steps = steps_of(case)
    assert len(steps) == len(set(steps))  # never a second effect
    assert len(raised) == 4 - (len(steps) - 1)


def test_one_form_sent_several_times_at_once_is_one_case_and_one_proposal(cast):
    bodies(cast)
    submission, uid, proposed = uuid4(), uuid4(), a_case(cast, "handling")
    fields = {
        "organisation": cast.organisations["benu"], "kind": "concern", "about": "area", "area": cast.areas["chad"],
        "office": "", "about_organisation": None, "is_dss_concerned": False, "to_dss": True, "desk": None,
        "headquarters_read": True, "is_named_to_area": False, "title": CANARY, "text": CANARY, "about_text": "",
        "persons_text": "", "persons": (),
    }  # fmt: skip
    send = [lambda: filing.file_case(submission=submission, sender=cast[BENU_FIELD], **fields)] * 3
    assert at_once(*send, *[lambda: propose(proposed, text="T", uid=uid, by=cast[ICVA])] * 3) == []
    assert Case.objects.for_system("test").filter(submission=submission).count() == 1
    assert steps_of(proposed) == ["received", "handling", "proposed"]


@pytest.mark.parametrize("again", range(3))
def test_suspensions_and_their_cases(cast, again):
    """The tick makes the case that is missing while the procedure goes on and somebody works on the case."""
    bodies(cast)
    row = escalated(cast)
    case = Case.objects.for_system("test").get(suspension=row)
    others = [a_suspension(cast, "escalated", key="alba", area=area) for area in ("chad", "kenya")]
    raised = at_once(
        open_missing,
        open_missing,
        look_after_cases,
        lambda: recommend_on_suspension(row, verdict="suspend", reasons="R", by=cast[ICVA]),
        lambda: assign(case, owner=cast[ICVA], by=cast[DSS_HQ]),
        lambda: classify(case, category="conduct", by=cast[ICVA]),
        lambda: note_concerned(case, users=[cast[WFP]], by=cast[DSS_HQ]),
    )
    assert set(raised) <= {StaleState}
    assert Case.objects.for_system("test").filter(suspension__in=[row, *others]).count() == 3
    assert case_now(case).state == "committee"
    assert Concerned.objects.for_system("test").filter(case=case, through=None).count() == 2
    assert not Case.objects.visible_to(cast[WFP]).filter(pk=case.pk).exists()


def test_measures_and_reports(cast):
    submission = uuid4()
    assert at_once(*[lambda: add_measure(submission=submission, by=cast[HQ], **MEASURE)] * 3) == []
    row = Measure.objects.get()
    says = [MEASURE | {"owner": owner} for owner in ("A", "B", "C")]
    raised = at_once(*(lambda said=said: change_measure(row, number=1, by=cast[HQ], **said) for said in says))
    assert raised == [StaleState, StaleState]
    assert MeasureEntry.objects.count() == 2
    report = a_report(cast)
    texts = [lambda text=text: save_section(report, code="foreword", language="en", text=text, version=1, by=cast[HQ])
             for text in ("One", "Two")]  # fmt: skip
    raised = at_once(
        *texts,
        lambda: compile_report(report, by=cast[HQ]),
        lambda: submit_report(report, by=cast[HQ]),
        lambda: discard_report(report, by=cast[HQ]),
    )
    assert set(raised) == {StaleState}
    after = now_of(report)
    assert after.state in {"review", "discarded"}
    assert [step.state for step in ReportStep.objects.filter(report=report)] == ["draft", after.state]
    assert after.sections.get(code="foreword", language="en").version <= 2
