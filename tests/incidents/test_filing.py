"""Filing through the pages: the form as it opens, the receipt, sending twice, and all of it without JavaScript."""

import re

import pytest

from incidents.desk import Desk, acknowledge
from incidents.models import Report
from notifications.models import Message
from notifications.outbox import drain
from organisations.models import Membership
from sharing.models import Release
from tests.factories.incidents import TEXTS, file_report, typed

from .conftest import own_release

pytestmark = pytest.mark.django_db
PAGE = "/incidents/report/"
ORIGINATORS = {"field@alba.example", "hq@alba.example"}


def test_the_form_as_it_opens(send, cast):
    page = send.client.get(PAGE).content.decode()
    assert '<option value="south-sudan" selected>' in page
    form = send.client.get(PAGE).context["form"]
    assert form["marking"].value() == "TLP:AMBER+STRICT"
    assert form["audience"].value() == ["dss_desks", "un_of_area", "partners_of_area"]
    assert {form[name].value() for name in ("category", "means", "context", "actor", "place_type")} == {"unknown"}
    assert "sexual_violence" not in page
    assert (
        "If it is sexual violence, do not write it here" in page
    )  # support information and a human contact instead of a category
    assert cast.organisations["alba"].ref in page


def test_no_two_forms_have_the_same_id(send):
    ids = {re.search(r'name="submission" value="([^"]+)"', send.client.get(PAGE).content.decode())[1] for _ in "12"}
    assert len(ids) == 2


def test_the_receipt(send, cast):
    report = send(typed(cast, what="CANARY")).filed()
    page = send.client.get(f"/incidents/{report.incident.item.ref}/receipt/").content.decode()
    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert f"Your reference: {report.incident.item.ref}" in words
    assert "TLP:AMBER+STRICT" in words
    assert "Area South Sudan" in words
    assert f"Told by e-mail {Message.objects.filter(subject=report.subject).count()} persons" in words
    for phrase in (
        "The originator",
        "DSS headquarters",
        "DSS or the country security focal point, South Sudan",
        "UN security officers, South Sudan",
        "Designated Official, South Sudan",
        "Partner organisations active in South Sudan",
    ):
        assert phrase in words
    assert "CANARY" not in page


@pytest.mark.slow
def test_the_receipt_says_which_desk_has_the_report(send, cast, django_assert_max_num_queries):
    report = send(typed(cast)).filed()
    path = f"/incidents/{report.incident.item.ref}/receipt/"
    assert "Acknowledged" not in send.client.get(path).content.decode()
    desk = Desk("United Nations Department of Safety and Security", cast.areas["south-sudan"])
    acknowledge(report.incident.item, by=cast["dss.field@un.example"], desk=desk)
    with django_assert_max_num_queries(12):
        page = send.client.get(path).content.decode()
    assert "Acknowledged" in page
    assert f"{desk.office}</bdi>, South Sudan" in page
    assert f"/incidents/{report.incident.item.ref}/attachments/" in page


def test_the_receipt_is_for_the_organisation_that_reported(cast, sign_in):
    ref = file_report(cast, choices=["dss_desks", "un_of_area", "partners_of_area", "ocha"]).incident.item.ref
    found = {email for email, user in cast.people.items()
             if sign_in(user).get(f"/incidents/{ref}/receipt/").status_code == 200}  # fmt: skip
    assert found == ORIGINATORS


def test_sending_twice_is_one_report_and_the_same_receipt(send, cast):
    post = typed(cast)
    first, second = send(post), send(post)
    assert first.response.url == second.response.url
    assert not second.has_written


def test_sending_again_after_a_correction_is_one_report(send, cast):
    post = typed(cast, what="")
    send(post).refused("what")
    send(post | {"what": "now it is there"}).filed()
    assert Report.objects.for_system("test").count() == 1


def test_somebody_elses_id_is_no_door(send, send_as, cast):
    theirs = send_as("field@benu.example")(typed(cast, "benu")).filed()
    mine = send(typed(cast, submission=str(theirs.submission))).filed()
    assert mine.incident.item != theirs.incident.item


def test_everything_that_can_be_said_arrives(send, cast):
    post = typed(
        cast,
        **{name: text for name, text in TEXTS.items() if name != "position"},
        position="4.41, 32.57",
        category="abduction",
        means="kidnapping",
        context="ambush",
        actor="criminal",
        place_type="road",
        place_precision="district",
        is_near_miss="on",
        shows_originator="on",
        **{"affected-0-count": "1", "affected-0-outcome": "kidnapped", "affected-0-sex": "female"},
    )
    facts = own_release(send(post).filed())
    assert facts.texts == TEXTS
    assert (facts.category, facts.means, facts.context, facts.actor) == (
        "abduction",
        "kidnapping",
        "ambush",
        "criminal",
    )
    assert (facts.place_type, facts.place_precision, facts.is_near_miss, facts.kidnapped) == (
        "road",
        "district",
        True,
        1,
    )
    assert Release.objects.for_system("test").get(depth=1).shows_originator is True


def test_within_a_minute_means_at_the_next_drain(send, cast, mailoutbox):
    send(typed(cast, category="abduction")).filed()
    assert drain() == len(mailoutbox) == Message.objects.count() == 5


def test_a_membership_that_ended_closes_the_form_at_once(send, cast):
    from django.utils import timezone

    Membership.objects.filter(user=cast["field@alba.example"]).update(ends_at=timezone.now())
    assert send.client.get(PAGE).status_code == 404
    answer = send(typed(cast))
    assert (answer.response.status_code, answer.has_written) == (404, False)


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_verbs_are_refused(send, method):
    answer = getattr(send.client, method)(PAGE)
    assert (answer.status_code, "Nothing was changed" in answer.content.decode()) == (405, True)


def test_what_was_changed_after_going_back_is_not_lost(send, cast):
    """Send, back, correct, send: the same form with another text. Never the old receipt for the new text."""
    first = typed(cast, what="The car was taken.")
    report = send(first).filed()
    answer = send({**first, "what": "The car was taken and the driver with it."})
    assert answer.response.status_code == 422
    page = answer.response.content.decode()
    assert report.incident.item.ref in page
    assert "The car was taken and the driver with it." in page
    form = answer.response.context["form"]
    assert form["submission"].value() != first["submission"]
    again = {**first, "what": "The car was taken and the driver with it.", "submission": form["submission"].value()}
    second = send(again).filed()
    assert second.pk != report.pk
    assert Report.objects.for_system("test").count() == 2


@pytest.mark.parametrize(
    "change", [{"marking": "TLP:GREEN"}, {"audience": ["dss_desks"]}, {"affected-0-count": "3"}, {"place": "Torit"}]
)
def test_whatever_was_changed_makes_another_report(send, cast, change):
    first = typed(cast)
    send(first).filed()
    assert send({**first, **change}).response.status_code == 422


def test_the_receipt_leads_to_who_answers_for_the_area(send, cast):
    path = f"/incidents/{send(typed(cast)).filed().incident.item.ref}/receipt/"
    assert 'href="/areas/south-sudan/"' in send.client.get(path).content.decode()
    assert send.client.get("/areas/south-sudan/").status_code == 200
