"""What its sender sees and decides later: who reads it, what is agreed, taking it back (C10)."""

import pytest
from django.urls import reverse

from documents.models import DataKey
from notifications.models import Message
from organisations.models import Membership
from restricted.actions.handling import note_opening
from restricted.codes import HANDLER_ROLE, Consent
from restricted.contents import consents_of
from restricted.handlers import readers_of
from restricted.models import Choice, Report
from tests.factories.restricted import ALBA, BENU, CANARY, HANDLER, HQ, SECOND, a_handler, a_report, taken

pytestmark = pytest.mark.django_db
OTHERS = (BENU, "hq@alba.example", HQ, "admin@portal.example", HANDLER, "dss.field@un.example")


def page_of(report, name="own"):
    return reverse(f"restricted:{name}", args=[report.ref])


def fresh(report):
    return Report.objects.for_system("test").select_related("data_key").get(pk=report.pk)


def test_the_sender_sees_on_which_days_how_many_opened_it(cast, sign_in):
    a_handler(cast)
    report = a_report(cast, readers=(HANDLER, SECOND))
    for email in (HANDLER, HANDLER, SECOND):
        note_opening(report, by=cast[email])
    page = sign_in(cast[ALBA]).get(page_of(report)).content.decode()
    assert "2 handlers" in page
    assert CANARY not in page  # not even to the sender's neighbour at the screen


@pytest.mark.parametrize("name", ["own", "consents", "readers", "withdraw"])
def test_it_is_absent_for_everybody_else(cast, sign_in, name):
    report = a_report(cast, consents=("contact", "count"))
    for person in OTHERS:
        client = sign_in(cast[person])
        assert client.get(page_of(report, name)).status_code == 404, person
        assert client.post(page_of(report, name), {"consents": [], "readers": []}).status_code in {404, 405}, person
    cast[BENU].is_superuser = True
    cast[BENU].save()
    assert sign_in(cast[BENU]).post(page_of(report, name)).status_code in {404, 405}
    assert consents_of(fresh(report)) == {"contact", "count"}
    assert fresh(report).state == "new"


def test_the_list_holds_what_is_mine(cast, sign_in):
    mine, other = a_report(cast), a_report(cast, BENU)
    page = sign_in(cast[ALBA]).get("/support/mine/").content.decode()
    assert mine.ref in page
    assert other.ref not in page


@pytest.mark.parametrize("item_count", [1, 3])
def test_the_list_asks_the_same_for_one_and_three(cast, sign_in, django_assert_max_num_queries, item_count):
    for _ in range(item_count):
        a_report(cast)
    client = sign_in(cast[ALBA])
    client.get("/support/mine/")
    with django_assert_max_num_queries(8):
        client.get("/support/mine/")


def test_consents_are_changed_and_every_change_is_kept(cast, sign_in):
    report = a_report(cast, consents=("contact", "count"))
    client = sign_in(cast[ALBA])
    assert client.get(page_of(report, "consents")).context["form"].initial == {"consents": ["contact", "count"]}
    for wanted in (["contact"], ["contact"], []):
        assert client.post(page_of(report, "consents"), {"consents": wanted}).status_code == 302
        assert consents_of(fresh(report)) == set(wanted)
    assert Choice.objects.for_system("test").count() == 3  # the same again writes nothing
    refused = client.post(page_of(report, "consents"), {"consents": ["x"]})
    assert refused.status_code == 422


def test_nobody_agrees_for_who_does_not_know(cast, sign_in):
    report = a_report(cast, affected="unaware")
    answer = sign_in(cast[ALBA]).post(page_of(report, "consents"), {"consents": ["contact", "pass_on"]})
    assert answer.status_code == 422
    assert consents_of(fresh(report)) == {"contact"}


def test_contact_cannot_be_agreed_without_a_way_to_reach(cast, sign_in):
    report = a_report(cast, consents=(), reach="", wish="none")
    answer = sign_in(cast[ALBA]).post(page_of(report, "consents"), {"consents": ["contact"]})
    assert answer.status_code == 422
    assert consents_of(fresh(report)) == frozenset()


def test_contact_taken_back_hides_the_number_at_once(cast, sign_in):
    report = a_report(cast)
    handler = sign_in(cast[HANDLER])
    detail = reverse("restricted:detail", args=[report.ref])
    assert CANARY in handler.get(detail).content.decode()
    sign_in(cast[ALBA]).post(page_of(report, "consents"), {"consents": []})
    page = handler.get(detail).content.decode()
    assert CANARY not in page
    assert "Do not contact the sender" in page


def test_who_is_taken_off_loses_it_and_who_is_added_gets_it(cast, sign_in):
    a_handler(cast)
    report = a_report(cast, readers=(HANDLER,))
    detail = reverse("restricted:detail", args=[report.ref])
    second = Membership.objects.get(user=cast[SECOND]).pk
    assert sign_in(cast[SECOND]).get(detail).status_code == 404
    assert sign_in(cast[ALBA]).post(page_of(report, "readers"), {"readers": [second]}).status_code == 302
    assert sign_in(cast[SECOND]).get(detail).status_code == 200
    assert sign_in(cast[HANDLER]).get(detail).status_code == 404
    told = Message.objects.filter(kind="notifications.matter_waits").values_list("recipient__email", flat=True)
    assert set(told) == {HANDLER, SECOND}
    assert sign_in(cast[ALBA]).post(page_of(report, "readers"), {"readers": []}).status_code == 422


def test_when_no_handler_is_left_the_page_says_so(cast, sign_in):
    report = a_report(cast)
    Membership.objects.filter(user=cast[HANDLER], role=HANDLER_ROLE).update(ends_at="2026-02-01T00:00:00Z")
    assert readers_of(report) == []
    assert "nobody can read it" in sign_in(cast[ALBA]).get(page_of(report)).content.decode()


@pytest.mark.parametrize("is_taken", [False, True])
def test_withdrawing_destroys_the_key_at_once(cast, sign_in, is_taken):
    report = a_report(cast, consents=tuple(Consent.values))
    if is_taken:
        taken(cast, report)
    client = sign_in(cast[ALBA])
    for _click in range(2):
        assert client.post(page_of(report, "withdraw"))["Location"] == page_of(report)
    row = fresh(report)
    assert (row.state, row.texts, bytes(row.data_key.wrapped)) == ("withdrawn", {}, b"")
    assert DataKey.objects.get(pk=row.data_key_id).destroyed_at
    assert consents_of(row) == frozenset()
    assert sign_in(cast[HANDLER]).get(reverse("restricted:detail", args=[row.ref])).status_code == 404
    assert row.ref not in sign_in(cast[HANDLER]).get("/support/track/").content.decode()
    page = client.get(page_of(row))
    assert page.status_code == 200
    assert "Nothing of it is left" in page.content.decode()
    for name in ("consents", "readers", "withdraw"):
        assert client.get(page_of(row, name)).status_code == 302
    assert client.post(page_of(row, "consents"), {"consents": []}).status_code == 302
