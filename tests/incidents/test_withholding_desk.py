"""Where readers get only a warning, desks and focal points read nothing that was written about the full report (C5)."""

import pytest
import time_machine
from django.urls import reverse

from accounts.models import User
from incidents import desk as desks
from incidents.models import Question, Report
from incidents.withholding import give_warning, withdraw_report
from tests.factories.desk import HQ, asked, desk_of_area, worked_on
from tests.factories.incidents import an_account, file_report, followed_up
from tests.factories.withholding import WORDS

from .controlling import ALBA, BENU_HQ, DESK, WFP, fresh, share
from .test_withholding import withheld

pytestmark = pytest.mark.django_db
HERE = "/incidents/{}/"


@pytest.fixture(autouse=True)
def today(now):
    User.objects.update(language="en")


@pytest.fixture
def item(cast):
    """Worked on while it was shared in full, by the desk and by headquarters; a question is answered, one waits."""
    item = worked_on(cast, file_report(cast).incident.item)
    here = {"by": cast[DESK], "desk": desk_of_area(cast)}
    answered = asked(cast, item, by=WFP, organisation="wfp", text="CANARY-ASKED of INGO Alba")
    desks.answer(answered, **here, text="CANARY")
    desks.note(item, by=cast[HQ], desk=desk_of_area(cast, area=None), text="CANARY-HQ called INGO Alba")
    return item


def warned(cast, item, **how):
    item = fresh(item)
    withdraw_report(item, withheld(text=WORDS, **how), by=cast[ALBA], version=item.version)
    return fresh(item)


def pages(client, item, *names) -> str:
    path = HERE.format(item.ref)
    answers = [client.get(path + name) for name in names]
    assert {answer.status_code for answer in answers} == {200}
    return "".join(answer.content.decode() for answer in answers)


@pytest.mark.sqlite
def test_nothing_from_before_is_on_a_page(cast, item, sign_in):
    for email in (DESK, HQ):
        assert "CANARY-HQ" in pages(sign_in(cast[email]), item, "desk/"), email
    assert "CANARY-QUESTION" in pages(sign_in(cast[BENU_HQ]), item, "question/")
    warned(cast, item)
    for email in (DESK, HQ):
        client = sign_in(cast[email])
        page = pages(client, item, "", "desk/") + client.get("/incidents/desk/").content.decode()
        assert "CANARY" not in page, email
        assert "Alba" not in page, email
        assert "WFP" not in page, "who asked"
        assert "A question waits" not in page
        context = client.get(f"/incidents/{item.ref}/desk/").context
        assert (context["questions"], context["proposal"]) == ([], None)
        assert {entry.office for entry, _note in context["entries"]} <= {desk_of_area(cast).office}
    assert "CANARY" not in pages(sign_in(cast[BENU_HQ]), item, "question/")


def test_the_desk_knows_that_it_received_it(cast, item, sign_in):
    warned(cast, item)
    context = sign_in(cast[DESK]).get(f"/incidents/{item.ref}/").context
    assert context["is_acknowledged"]
    assert [entry.kind for entry in context["entries"]] == ["acknowledged"]
    assert list(sign_in(cast[HQ]).get(f"/incidents/{item.ref}/").context["entries"]) == []


def test_what_waited_is_closed_and_cannot_be_answered(cast, item, sign_in):
    waiting = Question.objects.for_system("test").get(state="open")
    warned(cast, item)
    answer = {f"answer-{waiting.subject_id}-text": "CANARY-LATE"}
    path = reverse("incidents:answer", args=[item.ref, waiting.subject_id])
    for post in (answer, {}):
        assert sign_in(cast[DESK]).post(path, post).status_code == 404
    assert Question.objects.for_system("test").get(pk=waiting.pk).state == "closed"
    share(cast, item, ["dss_desks", "un_of_area", "partners_of_area"])
    page = pages(sign_in(cast[BENU_HQ]), item, "question/")
    assert "CANARY-QUESTION" in page
    assert "Closed without an answer" in page


def test_the_originator_reads_all_of_it(cast, item, sign_in):
    warned(cast, item)
    assert "CANARY-HQ" in pages(sign_in(cast[ALBA]), item, "desk/")


def test_what_is_written_about_the_warning_is_read(cast, item, sign_in):
    item, here = warned(cast, item), {"by": cast[DESK], "desk": desk_of_area(cast)}
    with time_machine.travel("2026-03-20T13:00:00Z"):
        desks.note(item, **here, text="HERON road closed")
        asked(cast, item, text="HERON-QUESTION until when")
    with time_machine.travel("2026-03-20T14:00:00Z"):  # another warning, and a further report, begin nothing anew
        give_warning(item, withheld(text="PLOVER-WARNING it is over"), by=cast[ALBA], version=item.version)
        groups = [*an_account().groups, {**an_account().groups[0], "outcome": "kidnapped"}]
        followed_up(cast, _report(item), groups=groups)
        page = pages(sign_in(cast[DESK]), item, "desk/")
        assert "HERON road closed" in page
        assert "HERON-QUESTION" in page
        assert "CANARY" not in page
        assert "HERON-QUESTION" in pages(sign_in(cast[BENU_HQ]), item, "question/")


def _report(item):
    return Report.objects.for_system("test").select_related("incident__item").filter(incident__item=item).first()


def test_shared_in_full_again_it_is_all_there(cast, item, sign_in):
    warned(cast, item)
    share(cast, item, ["dss_desks"])
    assert "CANARY-HQ" in pages(sign_in(cast[DESK]), item, "desk/")


def test_the_page_of_a_warning_asks_no_more_than_others(cast, item, sign_in, django_assert_max_num_queries):
    warned(cast, item)
    client = sign_in(cast[DESK])
    for name in ("", "desk/"):
        client.get(f"/incidents/{item.ref}/{name}")
        with django_assert_max_num_queries(12):
            client.get(f"/incidents/{item.ref}/{name}")
