"""The Working Group checks, asks, recommends; the Committee reads; the applicant sees nothing of it (P5, P6, P11)."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.utils import timezone

from documents.files import store
from governance.actions import take_position
from governance.models import Decision, Seat
from governance.questions import question_of
from notifications.outbox import drain
from organisations.models import Membership
from partners.actions.confirmations import answer_deny
from partners.actions.review import ask, check, go_on, note, recommend
from partners.actions.steps import enter
from partners.models import Application, ApplicationFile, Confirmation, Criterion, Recommendation
from slt_portal.states import StaleState
from tests.factories.applications import ANSWERS
from tests.factories.partnership import (
    CANARY,
    DSS_CHAIR,
    DUNE,
    GISF,
    HQ,
    ICVA,
    WFP,
    a_confirmation,
    an_application,
    bodies,
)

OCHA, ALBA_HQ, HANDLER, ADMIN = "ocha@un.example", "hq@alba.example", "handler@un.example", "admin@portal.example"
LIST = "/partnership/applications/"
SECRET = "inwardly"  # in everything that is said about the applicant
READERS = {ICVA, HQ, OCHA}
ALL = (ICVA, HQ, OCHA, DSS_CHAIR, GISF, WFP, DUNE, ALBA_HQ, HANDLER, ADMIN)


@pytest.fixture
def application(cast):
    bodies(cast)
    return an_application(cast)


def page_of(row, tail=""):
    return f"{LIST}{row.ref}/review/{tail}"


def fresh(row) -> Application:
    return Application.objects.for_system("test").get(pk=row.pk)


def check_all(cast, row, **verdicts):
    for criterion in Criterion:
        verdict = verdicts.get(criterion.value, "met")
        check(row, criterion=criterion, verdict=verdict, comment=f"{SECRET} {criterion}", by=cast[ICVA])


def recommended(cast, row, verdict="approve"):
    """`row` before the Committee, with a secret in everything that was said on the way."""
    a_confirmation(cast, row, "confirmed")
    check_all(cast, row)
    note(row, text=f"{SECRET} noted", by=cast[ICVA])
    return recommend(row, verdict=verdict, reasons=f"{SECRET} reasons", by=cast[ICVA])


def statuses(clients, path):
    return {who: client.get(path).status_code for who, client in clients.items()}


def test_from_the_check_to_the_decision_on_the_pages(cast, application, sign_in):
    a_confirmation(cast, application, "confirmed")
    group, mail.outbox[:] = sign_in(cast[ICVA]), []
    for criterion in Criterion:
        url = page_of(application, f"check/{criterion}/")
        assert group.get(url).status_code == 200
        assert group.post(url, {"verdict": "unclear", "comment": ""}).status_code == 422
        assert group.post(url, {"verdict": "met", "comment": ""}).url == page_of(application, "#criteria")
    assert group.post(page_of(application, "note/"), {"text": SECRET}).status_code == 302
    assert group.post(page_of(application, "note/"), {"text": SECRET}).status_code == 302  # a second click
    assert application.notes.count() == 1
    typed = {"verdict": "approve", "reasons": "All three are met."}
    assert group.post(page_of(application, "recommend/"), {**typed, "reasons": " "}).status_code == 422
    for _ in range(2):
        assert group.post(page_of(application, "recommend/"), typed).status_code == 302
    row = Recommendation.objects.get()
    assert (fresh(application).state, row.decision.proposal, row.decision.concerns_id) == (
        "recommended",
        "approve",
        application.organisation_id,
    )
    drain()
    assert {message.to[0] for message in mail.outbox} == {DSS_CHAIR, GISF, WFP}
    lost = group.post(page_of(application, "note/"), {"text": "typed for an hour"})
    assert (lost.status_code, "typed for an hour" in lost.content.decode()) == (409, True)
    assert group.get(page_of(application, "recommend/")).url == page_of(application)


def test_the_question_says_what_the_committee_needs_and_closes_it(cast, application):
    waiting = a_confirmation(cast, application)
    decision = recommended(cast, application, "refuse").decision
    question = question_of(decision)
    facts = {str(fact["label"]): str(fact["value"]) for fact in question.facts(decision)}
    assert facts["Application"] == application.ref
    assert facts["Answers of UN entities"] == "confirmed: 1, denied: 0, do not know: 0, no answer: 0"
    assert (facts["Exception (footnote 2)"], facts["Recommendation"]) == ("no", "refuse")
    assert question.href(decision) == page_of(application)
    assert SECRET not in str(facts) + question.title(decision)
    decision.outcome = "approve"
    question.carry_out(decision, by=None)
    assert fresh(application).state == "approved"
    assert Confirmation.objects.for_system("test").get(pk=waiting.pk).state == "cancelled"


@pytest.mark.parametrize(
    ("answers", "is_exception", "can_be_met", "can_admit"),
    [
        ((), False, False, False),
        (("asked", "unknown", "no_answer"), False, False, False),
        (("denied",), False, False, False),
        (("denied", "confirmed"), False, True, True),
        ((), True, True, True),
        (("no_answer",), True, True, True),
        (("denied",), True, False, False),  # a denial is not an exception
        (("denied", "unknown"), True, False, False),
        (("ended",), False, False, False),
    ],
)
def test_an_exception_is_one_and_a_denial_is_none(cast, application, answers, is_exception, can_be_met, can_admit):
    Application.objects.for_system("test").filter(pk=application.pk).update(is_exception=is_exception)
    for state in answers:
        ended = {"ends_on": timezone.now().date() - timedelta(days=1)} if state == "ended" else {}
        a_confirmation(cast, application, "confirmed" if ended else state, **ended)
    check_all(cast, application, un_link="not_met")
    terms = {"criterion": "un_link", "verdict": "met", "comment": "", "by": cast[ICVA]}
    if not can_be_met:
        with pytest.raises(ValidationError):
            check(application, **terms)
    elif not is_exception:
        with pytest.raises(ValidationError):  # it still stands as not met
            recommend(application, verdict="approve", reasons="because", by=cast[ICVA])
        check(application, **terms)
    if can_admit:
        assert recommend(application, verdict="approve", reasons="because", by=cast[ICVA]).decision.state == "open"
        return
    with pytest.raises(ValidationError):
        recommend(application, verdict="approve", reasons="because", by=cast[ICVA])
    assert (fresh(application).state, Decision.objects.for_system("test").count()) == ("submitted", 0)
    recommend(application, verdict="refuse", reasons="because", by=cast[ICVA])


def test_a_review_links_only_to_what_its_reader_may_open(cast, application, sign_in):
    decision = recommended(cast, application).decision
    request = Confirmation.objects.for_system("test").get()
    paths = (f"/decisions/{decision.ref}/", f"/partnership/confirmations/{request.ref}/")
    for who in (ICVA, HQ, GISF, WFP):
        client = sign_in(cast[who])
        text = client.get(page_of(application)).content.decode()
        for path in paths:
            assert (path in text) == (client.get(path).status_code == 200), (who, path)


def test_an_exception_stands_out_on_the_pages(cast, sign_in):
    bodies(cast)
    row = an_application(cast, is_exception=True)
    for path in (LIST, page_of(row), page_of(row, "recommend/")):
        assert "Exception" in sign_in(cast[ICVA]).get(path).content.decode()


def test_nothing_is_recommended_before_each_criterion_is_checked(cast, application):
    a_confirmation(cast, application, "confirmed")
    for criterion in ("un_link", "presence"):
        check(application, criterion=criterion, verdict="met", comment="", by=cast[ICVA])
    with pytest.raises(ValidationError, match="Security risk management"):
        recommend(application, verdict="refuse", reasons="because", by=cast[ICVA])


def test_a_question_goes_to_the_applicant_and_waits(cast, application, sign_in):
    group = sign_in(cast[ICVA])
    for _ in range(2):  # a second click is the same question
        assert group.post(page_of(application, "ask/"), {"text": f"{SECRET}?"}).status_code == 302
    assert ask(application, text="And where?", by=cast[ICVA]).number == 2
    drain()
    assert [message.to[0] for message in mail.outbox] == [DUNE, DUNE]
    assert SECRET not in "".join(message.body + message.subject for message in mail.outbox)
    assert fresh(application).state == "questioned"
    check_all(cast, application, un_link="unclear")  # the Working Group goes on checking meanwhile
    with pytest.raises(StaleState):
        recommend(application, verdict="refuse", reasons="because", by=cast[ICVA])
    for _ in range(2):
        assert group.post(page_of(application, "go-on/")).status_code == 302
    assert fresh(application).state == "submitted"
    assert application.inquiries.filter(dropped_at=None).count() == 0
    with pytest.raises(StaleState):
        go_on(application, by=cast[ICVA])


def test_who_looks_at_applications(cast, application, sign_in):
    clients = {who: sign_in(cast[who]) for who in ALL}
    some = {who: clients[who] for who in (ICVA, HQ, OCHA, GISF, DUNE)}
    assert statuses(clients, page_of(application)) == {who: 200 if who in READERS else 404 for who in ALL}
    bodies_too = {who: 200 if who in READERS | {DSS_CHAIR, GISF, WFP} else 404 for who in ALL}
    assert statuses(clients, LIST) == bodies_too
    assert application.ref not in clients[GISF].get(LIST).content.decode()
    for tail, writers in (
        ("note/", {ICVA}),
        ("ask/", {ICVA}),
        ("recommend/", {ICVA}),
        ("check/presence/", {ICVA}),
        ("ask-confirmation/", {ICVA, HQ}),
    ):
        assert statuses(some, page_of(application, tail)) == {who: 200 if who in writers else 404 for who in some}, tail
    for who in set(some) - {ICVA}:
        assert some[who].post(page_of(application, "note/"), {"text": "a word"}).status_code == 404
    recommended(cast, application)
    assert statuses(clients, page_of(application)) == bodies_too


def test_nothing_said_inwardly_leaves_the_bodies(cast, application, sign_in):
    row = recommended(cast, application)
    text = sign_in(cast[GISF]).get(page_of(application)).content.decode()
    assert (text.count(SECRET) >= 5, "canaryword confirmed" in text) == (True, True)
    take_position(row.decision, seat=seat_of(row, "gisf", cast), choice="recuse", reasons="", by=cast[GISF])
    client = sign_in(cast[GISF])
    text = client.get(page_of(application)).content.decode()
    assert (SECRET in text, "canaryword confirmed" in text, "/decisions/" in text) == (False, False, False)
    text = client.get(page_of(application, "declared/")).content.decode()
    assert (SECRET in text, f"{CANARY} reference" in text) == (False, True)
    listed = client.get(LIST).content.decode()
    assert (application.ref in listed, "You recused yourself" in listed, "status-accent" in listed) == (
        True,
        True,
        False,
    )
    for who in (DUNE, ALBA_HQ):
        client = sign_in(cast[who])
        for path in ("/", LIST, page_of(application), f"{LIST}{application.ref}/", "/partnership/confirmations/"):
            text = client.get(path, follow=True).content.decode()
            assert SECRET not in text, (who, path)
            assert "canaryword confirmed" not in text, (who, path)
    drain()
    assert SECRET not in "".join(message.body + message.subject for message in mail.outbox)


def seat_of(row, key, cast):
    return row.decision.body.seats.get(organisation=cast.organisations[key])


def test_a_recused_seat_learns_nothing_as_working_group_either(cast, application, sign_in):
    request = a_confirmation(cast, application)
    row = recommended(cast, application)
    seat = Seat.objects.create(body=row.decision.body, organisation=cast.organisations["icva"])
    role = "oversight_committee_member"
    Membership.objects.create(user=cast[ICVA], organisation=cast.organisations["icva"], role=role)
    take_position(row.decision, seat=seat, choice="recuse", reasons="", by=cast[ICVA])
    client = sign_in(cast[ICVA])
    for tail in ("check/un_link/", "check/presence/", "recommend/", "note/", "ask/", "ask-confirmation/"):
        assert client.post(page_of(application, tail), {"comment": "x"}).status_code == 404, tail
    drain()
    mail.outbox.clear()
    answer_deny(request, by=request.addressee)
    drain()
    assert [message.to for message in mail.outbox] == []
    assert client.get(f"/partnership/confirmations/{request.ref}/").status_code == 404
    for query in ("", "?answered=1"):
        assert request.ref not in client.get(f"/partnership/confirmations/{query}").content.decode()


def test_who_works_for_the_applicant_is_nothing_else(cast, application, sign_in):
    request = a_confirmation(cast, application)
    for who in (ICVA, HQ):
        Membership.objects.create(user=cast[who], organisation=application.organisation, role="applicant")
        client = sign_in(cast[who])
        assert client.get(page_of(application)).status_code == 404
        assert client.get(f"{LIST}{application.ref}/conclude/").status_code == 404
        assert application.ref not in client.get(LIST).content.decode()
        assert client.get(f"/partnership/confirmations/{request.ref}/").status_code == 404
        assert request.ref not in client.get("/partnership/confirmations/").content.decode()


@pytest.mark.parametrize("tail", ["check/un_link/", "check/risk_management/", "recommend/", "ask-confirmation/"])
def test_forms_ask_few_questions(cast, application, sign_in, django_assert_max_num_queries, tail):
    application.write(ANSWERS)
    application.save(update_fields=["sealed"])
    for state in ("asked", "denied", "confirmed"):
        a_confirmation(cast, application, state)
    check_all(cast, application)
    client = sign_in(cast[ICVA])
    with django_assert_max_num_queries(12):
        assert client.get(page_of(application, tail)).status_code == 200


def test_documents_are_downloads_of_their_own_right(cast, application, sign_in, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    file = store(b"%PDF-1.4 procedures", name="Dune plan.pdf", media_type="application/pdf")
    row = ApplicationFile.objects.create(application=application, item="procedures", file=file, added_by=cast[DUNE])
    path = page_of(application, f"files/{row.uid}/")
    response = sign_in(cast[ICVA]).get(path)
    assert (response.status_code, response.content) == (200, b"%PDF-1.4 procedures")
    assert response["Content-Disposition"] == f'attachment; filename="{application.ref}-procedures.pdf"'
    assert {sign_in(cast[who]).get(path).status_code for who in (DUNE, GISF, ALBA_HQ, ADMIN)} == {404}
    other = an_application(cast, key="lake")
    assert sign_in(cast[ICVA]).get(page_of(other, f"files/{row.uid}/")).status_code == 404


def test_the_list_is_oldest_first_by_state_and_asks_the_same_for_one_as_for_three(
    cast, application, sign_in, django_assert_max_num_queries
):
    counts = {who: [] for who in (ICVA, GISF)}
    recommended(cast, application)
    for keys in ((), ("alba", "benu")):
        for key in keys:
            row = an_application(cast, key=key)
            enter(row, "recommended", by=None)
        for who, found in counts.items():
            client = sign_in(cast[who])
            for path in (LIST, page_of(application), page_of(application, "declared/")):
                with django_assert_max_num_queries(12) as asked:
                    assert client.get(path).status_code == 200
                found.append(len(asked))
    for found in counts.values():
        assert found[:3] == found[3:]
    refs = [item["row"].organisation.name for item in sign_in(cast[ICVA]).get(LIST).context["items"]]
    assert refs == ["INGO Dune", "INGO Alba", "INGO Benu"]
    assert sign_in(cast[ICVA]).get(f"{LIST}?state=submitted").context["items"] == []
    assert len(sign_in(cast[ICVA]).get(f"{LIST}?state=nonsense").context["items"]) == 3


@pytest.mark.parametrize("state", Application.State.values)
def test_the_working_group_acts_only_while_it_has_the_application(cast, state):
    bodies(cast)
    row = an_application(cast, state)
    acts = {
        "check": lambda: check(row, criterion="presence", verdict="met", comment="", by=cast[ICVA]),
        "note": lambda: note(row, text="a word", by=cast[ICVA]),
        "ask": lambda: ask(row, text="a question", by=cast[ICVA]),
        "go_on": lambda: go_on(row, by=cast[ICVA]),
    }
    for name, act in acts.items():
        Application.objects.for_system("test").filter(pk=row.pk).update(state=state)
        allowed = {"submitted", "questioned"} if name != "go_on" else {"questioned"}
        if state in allowed:
            act()
        else:
            with pytest.raises(StaleState):
                act()
            assert fresh(row).state == state
