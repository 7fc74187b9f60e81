"""Deadlines are told once before and once when overdue, in one mail each; nothing closes by itself (F2, F4)."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from feedback.actions.reminders import look_after_cases, remind
from feedback.models import Case, CaseGrant, Concerned, Inquiry, Reminder
from feedback.newcomers import each
from notifications.models import Message
from notifications.outbox import drain
from tests.factories.at_once import at_once
from tests.factories.feedback import ALBA_HQ, BENU_FIELD, CANARY, DSS_HQ, GISF, ICVA, a_case, an_inquiry

pytestmark = pytest.mark.django_db
BENU_HQ, DO, DSS_CHAIR, WFP, DSS_FIELD = (
    "hq@benu.example",
    "do@un.example",
    "dss.chair@un.example",
    "wfp@un.example",
    "dss.field@un.example",
)
DAY = timedelta(days=1)
DUE = (timezone.now() + 30 * DAY).replace(hour=15, minute=40)
SOON, LATE = DUE - 2 * DAY, DUE + DAY


def told(code="cases_due"):
    found = set(Message.objects.filter(kind=f"feedback.{code}").values_list("recipient__email", flat=True))
    Message.objects.all().delete()
    return found


@pytest.mark.parametrize(
    ("state", "fields", "soon", "late"),
    [
        ("received", {}, {DSS_HQ, GISF}, {DSS_HQ, GISF}),
        ("handling", {}, {DSS_HQ, GISF, ICVA}, {DSS_HQ, GISF, ICVA}),
        ("handling", {"owner": ICVA}, {ICVA}, {DSS_HQ, GISF, ICVA}),
        ("handling", {"owner": ALBA_HQ}, {DSS_HQ, GISF, ICVA}, {DSS_HQ, GISF, ICVA}),  # an owner who is none any more
        ("proposed", {}, {BENU_FIELD}, {BENU_FIELD, DSS_HQ, GISF, ICVA}),
        ("committee", {}, set(), {DSS_HQ, GISF, ICVA, WFP, DSS_CHAIR}),
    ],
)
def test_who_has_the_next_step_is_told_and_all_handlers_once_it_is_overdue(cast, state, fields, soon, late):
    fields = {name: cast[email] for name, email in fields.items()}
    case = a_case(cast, state, due_at=DUE, concerned=[DSS_FIELD], **fields)
    assert (remind(SOON - DAY), told()) == (0, set())
    for now, people in ((SOON, soon), (LATE, late)):
        assert remind(now) == bool(people)
        assert told() == people
        assert (remind(now + timedelta(hours=1)), told()) == (0, set()), "once"
    case.refresh_from_db()
    assert (case.state, case.outcome) == (state, "")


def test_who_is_concerned_is_never_told(cast):
    a_case(cast, "committee", due_at=DUE, concerned=[GISF, DSS_HQ, BENU_HQ])
    remind(LATE)
    assert told() == {ICVA, WFP, DSS_CHAIR}


def test_where_the_sender_has_left_their_headquarters_answer(cast):
    a_case(cast, "proposed", due_at=DUE)
    a_case(cast, "proposed", due_at=DUE, headquarters_read=False)
    cast[BENU_FIELD].memberships.update(ends_at=timezone.now())
    remind(SOON)
    assert told() == {BENU_HQ}
    assert Reminder.objects.for_system("test").count() == 1, "the other waits until somebody is there to be told"


def test_after_a_month_without_a_worker_everybody_gets_one_mail(cast):
    cases = [a_case(cast, "handling", due_at=DUE + number * DAY) for number in range(4)]
    with time_machine.travel(DUE + 30 * DAY, tick=False):
        assert remind() == 4
        assert {row.what for row in Reminder.objects.for_system("test")} == {"overdue"}
        assert Message.objects.count() == 3
        drain()
        assert remind() == 0
    assert {message.to[0] for message in mail.outbox} == {DSS_HQ, GISF, ICVA}
    for message in mail.outbox:
        texts = message.subject + message.body + str(message.alternatives)
        assert all(case.ref in message.body for case in cases)
        for secret in (CANARY, "Benu", "South Sudan", "Abakar", "Soudan"):
            assert secret not in texts


def test_a_mail_says_what_to_do_by_when_and_leads_there(cast):
    case = a_case(cast, "handling", due_at=DUE, owner=cast[DSS_HQ])
    with time_machine.travel(SOON, tick=False):
        remind()
        drain()
    (message,) = mail.outbox
    assert message.subject == f"{case.ref}: the next step is due soon"
    assert "Propose a resolution, or put it to the Oversight Committee." in message.body
    assert f"/feedback/cases/{case.ref}/" in message.body


def test_what_was_done_meanwhile_is_not_told_any_more(cast):
    case = a_case(cast, "proposed", due_at=DUE)
    with time_machine.travel(SOON, tick=False):
        remind()
        Case.objects.for_system("test").filter(pk=case.pk).update(state="handling", due_at=DUE + 30 * DAY)
        drain()
    assert mail.outbox == []
    assert Message.objects.get().state == "dropped"


def test_a_new_deadline_is_told_again(cast):
    case = a_case(cast, "handling", due_at=DUE)
    assert [remind(SOON), remind(LATE)] == [1, 1]
    Case.objects.for_system("test").filter(pk=case.pk).update(due_at=DUE + 30 * DAY)
    assert [remind(LATE), remind(SOON + 30 * DAY)] == [0, 1]


def test_the_office_that_is_asked_hears_nothing_of_the_case(cast):
    case = a_case(cast, "handling", due_at=DUE + 90 * DAY, owner=cast[ICVA])
    inquiry = an_inquiry(case, by=cast[ICVA], due_at=DUE)
    with time_machine.travel(SOON, tick=False):
        assert (remind(), remind()) == (1, 0)
        drain()
    (message,) = mail.outbox
    assert (message.to, message.subject) == ([cast[DO].email], f"{inquiry.ref}: your answer is due soon")
    texts = message.body + str(message.alternatives)
    assert f"/feedback/questions/{inquiry.ref}/" in texts
    assert case.ref not in texts
    assert CANARY not in texts
    Message.objects.all().delete()
    assert (remind(LATE), remind(LATE)) == (1, 0)
    assert (told("questions_due"), Inquiry.objects.for_system("test").get().state) == ({DO}, "open")


def test_who_handles_it_hears_that_an_office_did_not_answer(cast):
    case = a_case(cast, "handling", due_at=DUE + 90 * DAY)
    inquiry = an_inquiry(case, by=cast[ICVA], due_at=DUE)
    with time_machine.travel(LATE, tick=False):
        remind()
        drain()
    bodies = {message.to[0]: message.body for message in mail.outbox}
    assert set(bodies) == {DO, DSS_HQ, GISF, ICVA}
    assert all((case.ref in body) == (email != DO) for email, body in bodies.items())
    assert all(inquiry.ref in body for body in bodies.values())


def test_nobody_is_asked_about_themselves(cast):
    case = a_case(cast, "handling", due_at=DUE + 90 * DAY, concerned=[DO])
    an_inquiry(case, by=cast[ICVA], due_at=DUE)
    remind(SOON)
    assert told("questions_due") == set()


def grants(case):
    return set(CaseGrant.objects.for_system("test").filter(content_object=case).values_list("user__email", flat=True))


def test_who_comes_to_an_office_later_handles_what_lies_with_it(cast):
    """The bodies what is open, those who keep the records also what is closed; never whoever is concerned."""
    made = {state: a_case(cast, state) for state in ("received", "handling", "closed")}
    aside = a_case(cast, "handling", concerned=[ALBA_HQ])
    elsewhere = a_case(cast, to_dss=False)
    for email, key, role in ((ALBA_HQ, "icva", "working_group_member"), (DSS_FIELD, "dss", "dss_headquarters")):
        cast[email].memberships.create(organisation=cast.organisations[key], role=role)
    for _ in range(2):
        look_after_cases()
    new = {state: grants(case) & {ALBA_HQ, DSS_FIELD} for state, case in made.items()}
    assert new == {"received": {DSS_FIELD}, "handling": {ALBA_HQ, DSS_FIELD}, "closed": {DSS_FIELD}}
    assert (grants(aside) & {ALBA_HQ, DSS_FIELD}, grants(elsewhere)) == ({DSS_FIELD}, {GISF})
    assert Concerned.objects.for_system("test").filter(case=aside).count() == 1


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_two_beats_at_once_tell_once(cast):
    for _ in range(3):
        a_case(cast, "handling", due_at=DUE)
    an_inquiry(a_case(cast, "handling", due_at=DUE + 90 * DAY), by=cast[ICVA], due_at=DUE)
    assert at_once(lambda: remind(LATE), lambda: remind(LATE)) == []
    assert Reminder.objects.for_system("test").count() == 3
    found = sorted(Message.objects.values_list("kind", "recipient__email"))
    assert found == sorted(
        [("feedback.questions_due", DO), *(("feedback.cases_due", email) for email in (DSS_HQ, GISF, ICVA))]
    )


def test_one_case_that_fails_keeps_no_other_waiting():
    seen = []

    def act(number):
        if number == 1:
            raise RuntimeError
        seen.append(number)
        return 1

    assert each([0, 1, 2], act) == 2
    assert seen == [0, 2]
