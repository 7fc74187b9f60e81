"""A UN entity is asked whether an organisation is its partner: the link, the answers, the clock (P4)."""

import re
import threading
import time
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.actions import token_of
from accounts.models import ActionLink, User
from notifications.outbox import drain
from organisations.address_actions import add_domain
from organisations.models import Membership, Organisation
from partners.actions.applications import withdraw
from partners.actions.confirmations import (
    answer_confirm,
    answer_deny,
    answer_not_know,
    ask_confirmation,
    cancel,
    cancel_open,
    pass_on,
    remind_and_escalate,
)
from partners.models import Confirmation
from slt_portal.states import StaleState
from tests.factories.at_once import at_once
from tests.factories.partnership import CANARY, DUNE, GISF, HQ, ICVA, WFP, a_confirmation, an_application, bodies

SYSTEM = "test"
ADDRESSEE = "desk@rome.wfp.example"
OVER = "This link no longer works"
YES = {"answer": "confirm", "confirm-relation": "operational", "confirm-reference": "FLA/7", "confirm-ends_on": ""}
PASS = {"answer": "pass_on", "pass_on-name": "Ana  Reyes", "pass_on-email": "ana@rome.wfp.example"}
OCHA, HANDLER, ALBA = "ocha@un.example", "handler@un.example", "hq@alba.example"


@pytest.fixture
def application(cast):
    bodies(cast)
    Organisation.objects.filter(pk=cast.organisations["dune"].pk).update(headquarters="KE")
    return an_application(cast)


def ask(cast, about, by=ICVA, **fields):
    terms = {
        "organisation": about.organisation,
        "entity": cast.organisations["wfp"],
        "addressee_email": ADDRESSEE,
        "addressee_name": "Piero Conti",
        "language": "en",
        "question": "Since 2024?",
        "application": about,
        "agreement": about.agreements.get(),
    }
    return ask_confirmation(**{**terms, **fields}, by=cast[by])


@pytest.fixture
def asked(cast, application):
    return ask(cast, application)


def path_of(row):
    return f"/confirm/{token_of(row.link)}/"


def shown(response, path):
    """The page without what differs from request to request: its token, and where it is."""
    return re.sub(r'csrfmiddlewaretoken" value="\w+"', "", response.content.decode()).replace(path, "")


def fresh(row) -> Confirmation:
    return Confirmation.objects.for_system(SYSTEM).select_related("link", "addressee").get(pk=row.pk)


def told():
    mail.outbox.clear()
    drain()
    return {(message.to[0], message.subject.split(":")[0].strip()) for message in mail.outbox}


def in_days(days):
    return timezone.now() + timedelta(days=days, minutes=1)


def test_from_the_mail_to_the_answer_without_an_account(asked):
    assert told() == {(ADDRESSEE, asked.ref)}
    [message] = mail.outbox
    assert CANARY not in message.body + message.subject
    assert "INGO Dune" not in message.subject
    assert "wg@icva.example" in message.body
    [path] = re.findall(r"http://testserver(/confirm/\w+/)", message.body)
    client, before = Client(enforce_csrf_checks=True), list(ActionLink.objects.values())
    for method in [client.get] * 10 + [client.head] * 3:  # a mail scanner may look as often as it likes
        assert method(path).status_code == 200
    assert (list(ActionLink.objects.values()), fresh(asked).state) == (before, "asked")
    page = client.get(path).content.decode()
    for words in ("INGO Dune", "Kenya", "Field-level agreement", f"{CANARY} reference", "Since 2024?", "World Food"):
        assert words in page
    assert f"{CANARY} legal" not in page
    assert asked.application.ref not in page
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page)[1]
    assert client.post(path, YES).status_code == 403  # without the page's token nothing
    done = client.post(path, {**YES, "csrfmiddlewaretoken": token})
    assert (done.status_code, "Thank you" in done.content.decode()) == (200, True)
    row = fresh(asked)
    assert (row.state, row.relation, row.ends_on, row.answered_by.email) == (
        "confirmed",
        "operational",
        None,
        ADDRESSEE,
    )
    assert row.texts == {"question": "Since 2024?", "reference": "FLA/7", "note": ""}
    assert told() == {(ICVA, asked.ref)}
    person = User.objects.get(email=ADDRESSEE)
    assert (person.has_usable_password(), person.memberships.count()) == (False, 0)


@pytest.mark.parametrize("end", ["used", "expired", "passed", "cancelled", "given up", "forged"])
def test_all_links_that_are_over_look_the_same(cast, asked, end):
    path, moment = path_of(asked), timezone.now()
    if end == "used":
        answer_deny(asked, by=asked.addressee)
    elif end == "passed":
        pass_on(asked, email="ana@rome.wfp.example", name="Ana", by=asked.addressee)
    elif end == "cancelled":
        cancel(asked, by=cast[ICVA])
    elif end == "forged":
        path = f"/confirm/{'0' * 40}/"
    else:
        moment = in_days(28)
        if end == "given up":
            remind_and_escalate(moment)
    state, unknown = fresh(asked).state, shown(Client().get("/confirm/nothing/"), "/confirm/nothing/")
    with time_machine.travel(moment):
        for response in (Client().get(path), Client().post(path, YES), Client().post(path, PASS), Client().head(path)):
            assert response.status_code == 404
            assert shown(response, path) in {unknown, ""}
    assert OVER in unknown
    assert fresh(asked).state == state


def test_passed_to_a_colleague_once(cast, asked):
    answered = Client().post(path_of(asked), PASS)
    assert answered.status_code == 200
    second = Confirmation.objects.for_system(SYSTEM).get(passed_from=asked)
    assert (fresh(asked).state, second.addressee.email, second.addressee.name) == (
        "passed",
        PASS["pass_on-email"],
        "Ana Reyes",
    )
    assert second.texts == {"question": "Since 2024?"}
    assert told() == {(PASS["pass_on-email"], second.ref), (ICVA, asked.ref)}
    page = Client().get(path_of(second)).content.decode()
    assert "Piero Conti" in page
    assert "pass_on" not in page
    assert Client().post(path_of(second), {**PASS, "pass_on-email": "bo@rome.wfp.example"}).status_code == 422
    with pytest.raises(StaleState):
        pass_on(second, email="bo@rome.wfp.example", name="Bo", by=second.addressee)
    assert fresh(second).state == "asked"


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"answer": "drop table"},
        {**YES, "confirm-relation": "friend"},
        {**YES, "confirm-ends_on": "2026-01-01"},
        {**YES, "confirm-reference": "x" * 300_000},
        {"answer": "deny", "deny-note": "x" * 300_000},
        {**PASS, "pass_on-email": "ana@gmail.com"},
        {**PASS, "pass_on-email": ADDRESSEE},
        {**PASS, "pass_on-email": DUNE},
    ],
)
def test_what_is_not_filled_in_as_it_should_be_uses_nothing_up(asked, typed):
    with time_machine.travel(timezone.now()):
        response = Client().post(path_of(asked), typed)
    assert response.status_code == 422
    assert fresh(asked).state == "asked"
    assert Client().get(path_of(asked)).status_code == 200


def test_a_domain_of_the_entity_is_a_colleague_too_and_the_applicant_never(cast, asked):
    add_domain(organisation=cast.organisations["wfp"], domain="wfp.example", by=cast[HQ])
    assert Client().post(path_of(asked), {**PASS, "pass_on-email": "lead@wfp.example"}).status_code == 200
    for email, code in ((DUNE, "other_domain"), ("x@gmail.com", "other_domain"), (ICVA, "other_domain")):
        with pytest.raises(ValidationError) as refused:
            ask(cast, asked.application, addressee_email=email)
        assert refused.value.code == code


@pytest.mark.parametrize(("email", "code"), [("x@gmail.com", "personal_address"), (DUNE, "theirs"), (ICVA, "own")])
def test_who_cannot_be_asked(cast, application, sign_in, email, code):
    people = User.objects.count()
    with pytest.raises(ValidationError) as refused:
        ask(cast, application, addressee_email=email)
    assert refused.value.code == code
    assert User.objects.count() == people
    typed = {"agreement": application.agreements.get().pk, "name": "X", "email": email, "language": "en"}
    response = sign_in(cast[ICVA]).post(f"/partnership/applications/{application.ref}/review/ask-confirmation/", typed)
    assert response.status_code == 422
    assert not Confirmation.objects.for_system(SYSTEM).exists()


def test_asked_twice_is_one_request_and_a_partner_needs_no_application(cast, asked):
    assert ask(cast, asked.application) == asked
    other = ask(cast, asked.application, addressee_email="other@rome.wfp.example")
    alone = ask(cast, asked.application, application=None, agreement=None, organisation=cast.organisations["alba"])
    assert Confirmation.objects.for_system(SYSTEM).count() == 3
    assert (alone.application, "INGO Alba" in Client().get(path_of(alone)).content.decode()) == (None, True)
    assert cancel_open(asked.application, by=None) == 2
    assert (fresh(asked).state, fresh(other).state, fresh(alone).state) == ("cancelled", "cancelled", "asked")
    assert Client().get(path_of(other)).status_code == 404
    told()
    answer_confirm(alone, relation="implementing", reference="", ends_on=None, by=alone.addressee)
    assert told() == {(ICVA, alone.ref)}
    assert f"/partnership/confirmations/{alone.ref}/" in mail.outbox[0].body


def test_nobody_is_asked_about_what_is_over(cast):
    with pytest.raises(StaleState):
        ask(cast, an_application(cast, "withdrawn"))


def test_reminded_escalated_given_up_each_once(cast, asked):
    assert told() == {(ADDRESSEE, asked.ref)}
    assert remind_and_escalate() == 0
    for days, moved, mails in (
        (7, 1, {(ADDRESSEE, f"Reminder, {asked.ref}")}),
        (8, 0, set()),
        (14, 1, {(WFP, asked.ref)}),
        (15, 0, set()),
        (28, 1, {(ICVA, asked.ref)}),
        (29, 0, set()),
    ):
        with time_machine.travel(in_days(days)):
            assert (remind_and_escalate(), told()) == (moved, mails), days
    row = fresh(asked)
    assert (row.state, row.answered_by, bool(row.reminded_at and row.escalated_at)) == ("no_answer", None, True)
    with pytest.raises(StaleState), time_machine.travel(in_days(28)):
        answer_confirm(row, relation="operational", reference="", ends_on=None, by=row.addressee)


def test_after_a_standstill_each_takes_the_latest_step_only(cast, application):
    now = timezone.now()
    rows = [a_confirmation(cast, application, asked_at=now - timedelta(days=days)) for days in (5, 10, 20, 40)]
    assert [remind_and_escalate(), remind_and_escalate()] == [3, 0]
    states = [fresh(row) for row in rows]
    assert [row.state for row in states] == ["asked", "asked", "escalated", "no_answer"]
    assert [bool(row.reminded_at) for row in states] == [False, True, False, False]
    # WFP's person is asked by all; the agency's own people are told of what waits with others only.
    assert told() == {(WFP, f"Reminder, {rows[1].ref}"), (ICVA, rows[2].ref), (ICVA, rows[3].ref)}


def test_an_answer_and_the_tick_at_the_same_moment_have_one_outcome(cast, asked):
    stale = fresh(asked)
    answer_deny(asked, by=asked.addressee, note="never")
    for act in (
        lambda: answer_confirm(stale, relation="operational", reference="", ends_on=None, by=stale.addressee),
        lambda: cancel(stale, by=cast[ICVA]),
    ):
        with pytest.raises(StaleState):
            act()
    assert remind_and_escalate(in_days(40)) == 0
    assert (fresh(asked).state, fresh(asked).texts["note"]) == ("denied", "never")


def test_the_agencys_people_answer_signed_in(cast, asked, sign_in):
    wfp, page = sign_in(cast[WFP]), f"/partnership/confirmations/{asked.ref}/"
    assert asked.ref in wfp.get("/partnership/confirmations/").content.decode()
    text = wfp.get(page).content.decode()
    assert "pass_on" not in text
    assert asked.application.ref not in text
    assert wfp.post(page, PASS).status_code == 422
    assert wfp.post(page, {**YES, "confirm-ends_on": "2020-01-01"}).status_code == 422
    assert wfp.post(page, {"answer": "deny", "deny-note": "ended in 2025"}).url == page
    assert (fresh(asked).state, fresh(asked).answered_by) == ("denied", cast[WFP])
    assert Client().get(path_of(asked)).status_code == 404
    assert wfp.post(page, YES).url == page  # too late: nothing changes
    assert "ended in 2025" in wfp.get(page).content.decode()
    assert fresh(asked).state == "denied"


def test_who_sees_requests(cast, asked, sign_in):
    page, cancelling = f"/partnership/confirmations/{asked.ref}/", f"/partnership/confirmations/{asked.ref}/cancel/"
    for who, status, may_cancel in (
        (ICVA, 200, 200), (HQ, 200, 200), (OCHA, 200, 404), (WFP, 200, 404),
        (DUNE, 404, 404), (GISF, 404, 404), (ALBA, 404, 404), (HANDLER, 404, 404),
    ):  # fmt: skip
        client = sign_in(cast[who])
        assert client.get("/partnership/confirmations/").status_code == status, who
        assert client.get(page).status_code == status, who
        assert client.get(cancelling).status_code == may_cancel, who
        assert client.post(page, YES).status_code == (302 if who == WFP else 404), who
    assert sign_in(cast[WFP]).post(cancelling).status_code == 404
    row = ask(cast, asked.application, addressee_email="other@rome.wfp.example")
    assert sign_in(cast[ICVA]).post(f"/partnership/confirmations/{row.ref}/cancel/").status_code == 302
    assert fresh(row).state == "cancelled"


def test_nobody_answers_what_they_asked_or_for_their_own_organisation(cast, asked, sign_in):
    page = f"/partnership/confirmations/{asked.ref}/"
    Membership.objects.create(user=cast[ICVA], organisation=asked.entity, role="agency_confirmer")
    assert sign_in(cast[ICVA]).post(page, YES).status_code == 404
    with pytest.raises(ValidationError):  # passed back to who asked
        pass_on(asked, email=cast[ICVA].email, name="N", by=asked.addressee)
    for who in (asked.addressee, cast[WFP], cast[ICVA]):  # the address is WFP's still; the person is not
        Membership.objects.create(user=who, organisation=asked.organisation, role="applicant")
    for response in (Client().get(path_of(asked)), Client().post(path_of(asked), YES)):
        assert (response.status_code, OVER in response.content.decode()) == (404, True)
    assert sign_in(cast[WFP]).post(page, YES).status_code == 404
    told()
    remind_and_escalate(in_days(15))
    assert told() == set()
    remind_and_escalate(in_days(29))
    assert (told(), fresh(asked).state) == (set(), "no_answer")


@pytest.mark.django_db(transaction=True)
def test_an_answer_and_the_end_of_the_application_do_not_wait_for_each_other(cast):
    """Both take links, requests and the audit chain, in this order; also what was passed on meanwhile is cancelled."""
    bodies(cast)
    application = an_application(cast)
    rows = [ask(cast, application, addressee_email=f"d{number}@rome.wfp.example") for number in range(3)]
    is_held = threading.Event()

    def pass_slowly():
        with transaction.atomic():
            ActionLink.objects.select_for_update().get(pk=rows[1].link_id)
            is_held.set()
            time.sleep(0.3)  # as long as the other needs to come to this link
            pass_on(fresh(rows[1]), email="ana@rome.wfp.example", name="Ana", by=rows[1].addressee)

    def end():
        is_held.wait(5)
        withdraw(application, by=cast[DUNE])

    assert at_once(pass_slowly, end) == []
    states = Confirmation.objects.for_system(SYSTEM).order_by("pk").values_list("state", flat=True)
    assert list(states) == ["cancelled", "passed", "cancelled", "cancelled"]


def test_the_list_asks_as_much_for_one_as_for_three(cast, application, sign_in, django_assert_max_num_queries):
    counts = []
    client = sign_in(cast[ICVA])
    for more in (1, 2):
        for _ in range(more):
            a_confirmation(cast, application)
        with django_assert_max_num_queries(12) as asked:
            assert client.get("/partnership/confirmations/").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
    row = a_confirmation(cast, application, addressee=cast[HQ])
    for who in (ICVA, WFP):
        client = sign_in(cast[who])
        with django_assert_max_num_queries(12):
            assert client.get(f"/partnership/confirmations/{row.ref}/").status_code == 200
    with django_assert_max_num_queries(12):
        assert Client().get(path_of(row)).status_code == 200


_ACTS = {
    "confirm": lambda row, by: answer_confirm(row, relation="operational", reference="", ends_on=None, by=by),
    "deny": lambda row, by: answer_deny(row, by=by),
    "not_know": lambda row, by: answer_not_know(row, by=by),
    "pass_on": lambda row, by: pass_on(row, email="ana@un.example", name="Ana", by=by),
    "cancel": lambda row, by: cancel(row, by=by),
}


@pytest.mark.parametrize("state", Confirmation.State.values)
def test_every_act_in_every_state_does_what_the_table_says(cast, application, state):
    for name, act in _ACTS.items():
        row = a_confirmation(cast, application, state)
        step = next(step for step in Confirmation.STEPS if step.name == name)
        if state in step.sources:
            act(row, cast[WFP])
            assert fresh(row).state == step.target
        else:
            with pytest.raises(StaleState):
                act(row, cast[WFP])
            assert (fresh(row).state, fresh(row).link.used_at) == (state, None)
