"""Proposing, taking back, concluding: each once, by whoever handles it, and the sender's side is told (F2)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from feedback.actions import filing
from feedback.actions.handling import conclude, escalate, propose, take_back
from feedback.models import Case, CaseStep, Concerned, Entry
from feedback.policies import parties_to_case
from governance.models import Decision
from notifications.models import Message
from notifications.outbox import drain
from sharing.access import access_of
from slt_portal.states import StaleState, steps_open
from tests.factories.at_once import at_once
from tests.factories.feedback import BENU_FIELD, CANARY, DSS_HQ, GISF, ICVA, a_case, an_entry, an_inquiry

pytestmark = pytest.mark.django_db
BENU_HQ, DSS_CHAIR, WFP, OCHA, DO = (
    "hq@benu.example",
    "dss.chair@un.example",
    "wfp@un.example",
    "ocha@un.example",
    "do@un.example",
)
WORDS = f"{CANARY} words of a handler"


def now_of(case) -> Case:
    return Case.objects.for_system("a test looks").get(pk=case.pk)


def said(case):
    rows = Entry.objects.for_system("a test looks").filter(case=case)
    return [(row.kind, row.side, row.texts["text"], row.outcome) for row in rows]


def told(kind):
    return sorted(Message.objects.filter(kind=kind).values_list("recipient__email", flat=True))


def path_of(case, step):
    return f"/feedback/cases/{case.ref}/{step}/"


def late(case):
    Case.objects.for_system("time passes").filter(pk=case.pk).update(due_at=timezone.now() - timedelta(days=1))


def test_a_resolution_is_proposed_once_and_the_senders_side_is_told(cast, settings):
    case, uid = a_case(cast, "handling"), uuid4()
    for _ in range(2):
        propose(case, text=WORDS, uid=uid, by=cast[ICVA])
    with pytest.raises(StaleState):
        propose(case, text=WORDS, uid=uuid4(), by=cast[GISF])
    after = now_of(case)
    assert after.state == "proposed"
    days = (after.due_at - timezone.now()).total_seconds() / 86400
    assert round(days) == settings.FEEDBACK_ANSWER_DAYS
    assert said(case) == [("proposal", "handler", WORDS, "")]
    assert told("feedback.proposed") == [BENU_FIELD, BENU_HQ]
    take_back(case, by=cast[ICVA])
    with pytest.raises(StaleState):  # somebody else's form
        propose(case, text=WORDS, uid=uid, by=cast[GISF])


def test_what_was_proposed_can_be_taken_back_and_closed_only_once_the_time_has_passed(cast):
    case = a_case(cast, "proposed")
    with pytest.raises(PermissionDenied):
        conclude(case, reasons=WORDS, uid=uuid4(), by=cast[ICVA])
    take_back(case, by=cast[GISF])
    with pytest.raises(StaleState):
        take_back(case, by=cast[ICVA])
    assert (now_of(case).state, told("feedback.taken_back")) == ("handling", [BENU_FIELD, BENU_HQ])
    propose(case, text=WORDS, uid=uuid4(), by=cast[ICVA])
    late(case)
    asked, uid = an_inquiry(case, by=cast[ICVA]), uuid4()
    for _ in range(2):
        conclude(case, reasons=WORDS, uid=uid, by=cast[ICVA])
    after = now_of(case)
    assert (after.state, after.outcome) == ("closed", "unanswered")
    assert said(case)[-1] == ("outcome", "handler", WORDS, "unanswered")
    assert told("feedback.closed") == sorted([BENU_FIELD, BENU_HQ, DSS_HQ, GISF])
    asked.refresh_from_db()
    assert (asked.state, told("feedback.inquiry_withdrawn")) == ("withdrawn", [DO])


HANDLERS = {DSS_HQ, GISF, ICVA}
STEPS = {  # step -> (its page, in which states, for whom)
    "propose": ("propose", {"handling"}, HANDLERS),
    "take_back": ("take-back", {"proposed", "late"}, HANDLERS),
    "conclude": ("conclude", {"late"}, HANDLERS),
    "escalate": ("escalate", {"handling", "proposed", "late"}, {ICVA}),
}


@pytest.mark.parametrize("state", ["received", "handling", "proposed", "late", "committee", "closed"])
def test_who_may_take_which_step_when(cast, sign_in, state):
    case = a_case(cast, "proposed" if state == "late" else state, concerned=[WFP])
    if state == "late":
        late(case)
    case, may = now_of(case), {}
    for who in (BENU_FIELD, BENU_HQ, DSS_HQ, GISF, ICVA, WFP, DSS_CHAIR, OCHA, DO):
        access = access_of(cast[who])
        is_theirs = Case.objects.visible_to(access).filter(pk=case.pk).exists()
        for step in steps_open(case, parties_to_case(access, case)) if is_theirs else ():
            may.setdefault(step, set()).add(who)
    wanted = {step: who for step, (_, states, who) in STEPS.items() if state in states}
    assert {step: who for step, who in may.items() if step in STEPS} == wanted
    if state in {"handling", "late"}:  # the pages say the same
        client = sign_in(cast[GISF])
        pages = {step: client.get(path_of(case, page)).status_code for step, (page, *_) in STEPS.items()}
        assert {step for step, status in pages.items() if status == 200} == {
            step for step in wanted if GISF in wanted[step]
        }


def test_whoever_is_concerned_by_now_takes_no_step_and_finds_no_page(cast, sign_in):
    case = a_case(cast, "handling")
    Concerned.objects.create(case=case, user=cast[ICVA])
    for act in (
        lambda: propose(case, text=WORDS, uid=uuid4(), by=cast[ICVA]),
        lambda: escalate(case, proposal=WORDS, why=WORDS, uid=uuid4(), by=cast[ICVA]),
    ):
        with pytest.raises(PermissionDenied):
            act()
    client = sign_in(cast[ICVA])
    for step in ("propose", "take-back", "conclude", "escalate", "ask"):
        assert client.post(path_of(case, step), {"uid": uuid4(), "text": WORDS}).status_code == 404
    assert (now_of(case).state, said(case)) == ("handling", [])


def test_the_pages_say_where_the_error_is_and_lose_nothing(cast, sign_in):
    case = a_case(cast, "handling")
    client, path = sign_in(cast[GISF]), path_of(case, "propose")
    empty = client.post(path, {"uid": uuid4(), "text": " "})
    assert "<title>Error:" in empty.content.decode()
    long = client.post(path, {"uid": uuid4(), "text": "a" * 10_001})
    assert (long.status_code, now_of(case).state) == (200, "handling")
    uid = uuid4()
    for _ in range(2):
        assert client.post(path, {"uid": uid, "text": WORDS}).status_code == 302
    assert len(said(case)) == 1
    second = client.post(path, {"uid": uuid4(), "text": "Other words."}).content.decode()
    assert [text in second for text in ("Somebody else changed this first", "Other words.")] == [True, True]
    assert CANARY not in second


def test_mails_name_the_case_and_nothing_of_it(cast):
    case = a_case(cast, "handling")
    an_entry(case, by=case.sender)
    propose(case, text=WORDS, uid=uuid4(), by=cast[ICVA])
    drain()
    take_back(case, by=cast[ICVA])
    drain()
    escalate(case, proposal=WORDS, why=WORDS, uid=uuid4(), by=cast[ICVA])
    drain()
    assert len([one for one in mail.outbox if case.ref in one.subject]) == 2 + 2 + 4
    for one in mail.outbox:
        text = one.subject + one.body + "".join(part[0] for part in one.alternatives)
        text = text.replace(cast[one.to[0]].name, "")  # it begins with whom it is for
        hidden = (CANARY, "Benu", "Abakar", "Tshibanda", "Noémie", "South Sudan", "Soudan", "DSS office")
        assert not [word for word in hidden if word in text], one.subject


def test_a_mail_about_a_proposal_that_was_answered_is_not_sent(cast):
    case = a_case(cast, "handling")
    propose(case, text=WORDS, uid=uuid4(), by=cast[ICVA])
    filing.accept(case, text="", uid=uuid4(), by=cast[BENU_FIELD])
    drain()
    assert not [one for one in mail.outbox if "proposed" in one.subject]


@pytest.mark.django_db(transaction=True)
def test_at_the_same_moment_there_is_one_step(cast):
    proposed, handled = a_case(cast, "proposed"), a_case(cast, "handling")
    raised = at_once(
        lambda: filing.accept(proposed, text="", uid=uuid4(), by=cast[BENU_FIELD]),
        lambda: take_back(proposed, by=cast[ICVA]),
        lambda: escalate(handled, proposal="P", why="W", uid=uuid4(), by=cast[ICVA]),
        lambda: filing.withdraw(handled, by=cast[BENU_FIELD]),
    )
    assert raised == [StaleState, StaleState]
    for case in (proposed, handled):
        assert CaseStep.objects.for_system("a test looks").filter(case=case).count() == 3
    is_put = now_of(handled).state == "committee"
    assert Decision.objects.for_system("a test looks").count() == int(is_put)
