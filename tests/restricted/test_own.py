"""What its sender sees and decides later: who reads it, what is agreed, taking it back (C10)."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from documents.models import DataKey
from notifications.models import Message
from organisations.models import Membership
from restricted.actions.handling import note_opening
from restricted.codes import HANDLER_ROLE, Consent
from restricted.contents import consents_of
from restricted.handlers import readers_of
from restricted.models import Choice, Handler, Report
from tests.cast import LONG_AGO
from tests.factories.restricted import (
    ALBA,
    BENU,
    CANARY,
    HANDLER,
    HQ,
    IN_CHAD,
    SECOND,
    a_handler,
    a_report,
    a_service,
    taken,
)

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


@pytest.mark.parametrize("name", ["own", "consents", "contact", "readers", "withdraw"])
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


def test_how_to_reach_is_folded_and_can_be_corrected(cast, sign_in):
    report = a_report(cast, affected="unaware")
    client, handler = sign_in(cast[ALBA]), sign_in(cast[HANDLER])
    detail = reverse("restricted:detail", args=[report.ref])
    page = client.get(page_of(report)).content.decode()
    assert page.count(CANARY) == 2
    assert CANARY not in re.sub(r"<details>.*?</details>", "", page, flags=re.DOTALL)  # for a neighbour at the screen
    form = client.get(page_of(report, "contact")).context["form"]
    assert form.initial["reach"] == f"+211 900 {CANARY}"
    new = {"reach": "+211 555", "when": "a Sunday", "language": "fr", "leave_word": "on"}
    assert client.post(page_of(report, "contact"), new)["Location"] == page_of(report)
    row = fresh(report)
    said = {name: row.texts[name] for name in ("reach", "when", "language", "leave_word", "harm", "affected")}
    assert said == {**new, "leave_word": "yes", "harm": "assault", "affected": "unaware"}
    assert row.data_key_id == report.data_key_id
    page = handler.get(detail).content.decode()
    assert "+211 555" in page
    assert CANARY not in page
    refused = client.post(page_of(report, "contact"), {**new, "reach": " "})
    assert refused.status_code == 422  # they agree to be contacted
    assert refused.context["form"]["when"].value() == "a Sunday"


def test_a_way_to_reach_can_be_added_before_contact_is_agreed(cast, sign_in):
    report = a_report(cast, consents=(), reach="", wish="none")
    client, detail = sign_in(cast[ALBA]), reverse("restricted:detail", args=[report.ref])
    assert client.post(page_of(report, "contact"), {"reach": "+211 555"}).status_code == 302
    assert "you have not agreed to be contacted" in client.get(page_of(report)).content.decode()
    assert "+211 555" not in sign_in(cast[HANDLER]).get(detail).content.decode()
    assert client.post(page_of(report, "consents"), {"consents": ["contact"]}).status_code == 302
    assert "+211 555" in sign_in(cast[HANDLER]).get(detail).content.decode()


def test_what_nobody_takes_on_says_so_and_whom_to_call(cast, sign_in):
    a_service(cast, "Clinic of the lake")
    report = a_report(cast)
    late = "Nobody has taken it on yet. Do not wait for it: call one of these services."
    for hours, is_said in ((23, False), (25, True)):
        with time_machine.travel(timezone.now() + timedelta(hours=hours)):
            page = sign_in(cast[ALBA]).get(page_of(report)).content.decode()
        assert (late in page) == ("Clinic of the lake" in page) == ("Choose more handlers" in page) == is_said, hours
    taken(cast, report)
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert late not in sign_in(cast[ALBA]).get(page_of(report)).content.decode()


def test_who_reads_it_for_an_area_stays_ticked_when_they_get_the_world(cast, sign_in):
    a_handler(cast, IN_CHAD, key="unhcr", area="chad", name="Amina Saleh Mahamat")
    report = a_report(cast, readers=(HANDLER, IN_CHAD))
    row = {"organisation": cast.organisations["unhcr"], "role": HANDLER_ROLE, "starts_at": LONG_AGO}
    Membership.objects.create(user=cast[IN_CHAD], **row)
    client = sign_in(cast[ALBA])
    form = client.get(page_of(report, "readers")).context["form"]
    ticked = form.initial["readers"]
    assert sorted(ticked) == sorted(value for value, _label in form.fields["readers"].choices)
    assert client.post(page_of(report, "readers"), {"readers": ticked}).status_code == 302
    assert {one.name for one in readers_of(report)} == {str(cast[HANDLER]), str(cast[IN_CHAD])}
    assert Handler.objects.for_system("test").filter(report=report).count() == 2


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
    assert "Everything in it is destroyed." in page.content.decode()
    assert "which handlers opened it on which days" in page.content.decode()
    assert not Handler.objects.for_system("test").exists()
    for name in ("consents", "contact", "readers", "withdraw"):
        assert client.get(page_of(row, name)).status_code == 302
    assert client.post(page_of(row, "consents"), {"consents": []}).status_code == 302
