"""The confidentiality rules (C9): nothing is read before they are acknowledged, everything can be reported."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actions import acknowledge_rules
from accounts.models import RulesAcknowledgement, User
from accounts.rules import OPEN_BEFORE_RULES, RULES_VERSION, has_acknowledged, rules_due_at
from audit.models import Event
from demo.actions import install_cast
from slt_portal.states import StaleState
from tests.cast import signed_in
from tests.factories.incidents import file_report

from .test_second_factor import addresses

RULES = "/accounts/rules/"
ALBA = "field@alba.example"


@pytest.fixture
def later(cast):
    """A moment at which everybody's acknowledgement is a second too old."""
    newest = RulesAcknowledgement.objects.order_by("-at").first().at
    with time_machine.travel(newest + timedelta(days=365, seconds=1)):
        yield


@pytest.fixture
def fresh(cast):
    """A new colleague of Alba's with a second factor, who has agreed to nothing yet."""
    from allauth.mfa.totp.internal.auth import TOTP

    from organisations.models import Membership

    person = User.objects.create_user("new@alba.example", name="Newly Invited")
    TOTP.activate(person, "JBSWY3DPEHPK3PXP")
    terms = {"organisation": cast.organisations["alba"], "area": cast.areas["south-sudan"], "role": "partner_field"}
    Membership.objects.create(user=person, **terms)
    return person


def agree(client, **typed):
    return client.post(RULES, {"version": RULES_VERSION, "agreed": "on", **typed})


@pytest.mark.parametrize("method", ["get", "post"])
def test_before_the_rules_no_page_opens_but_one_s_own_account_and_filing(fresh, method):
    closed = set()
    for name, path in addresses():
        response = getattr(signed_in(fresh), method)(path)
        is_led = response.status_code == 302 and response.url.startswith(RULES)
        is_kept = response.status_code == 403 and "First the confidentiality rules" in response.content.decode()
        if is_led if method == "get" else is_kept:
            closed.add(name)
    assert {name for name, _ in addresses()} - closed == OPEN_BEFORE_RULES & {name for name, _ in addresses()}


def test_what_is_open_before_the_rules_reads_nothing_of_others():
    assert {name for name in OPEN_BEFORE_RULES if name.partition(":")[0] not in {"demo", "accounts"}} == {
        name for name in OPEN_BEFORE_RULES if name.startswith(("account_", "mfa_"))
    } | {
        "healthz",
        "readyz",
        "set_language",
        "organisations:accept",
        "organisations:my_roles",
        "organisations:leave",
        "notifications:stop",
        "incidents:file",
        "incidents:draft_save",
        "incidents:draft_keep",
        "incidents:draft_see",
        "incidents:draft_discard",
        "incidents:receipt",
        # Support after sexual violence, for oneself: it comes first (C10).
        "restricted:support",
        "restricted:channels",
        "restricted:report",
        "restricted:call",
        "restricted:mine",
        "restricted:own",
        "restricted:consents",
        "restricted:contact",
        "restricted:readers",
        "restricted:withdraw",
    }


def test_after_agreeing_one_is_on_the_page_asked_for(fresh):
    client = signed_in(fresh)
    led = client.get("/areas/?q=a%26b")
    assert led.url == f"{RULES}?next=%2Fareas%2F%3Fq%3Da%2526b"
    page = client.get(led.url)
    assert page.status_code == 200
    answer = agree(client, next=page.context["form"]["next"].value())
    assert answer.url == "/areas/?q=a%26b"
    assert client.get(answer.url).status_code == 200


@pytest.mark.parametrize(
    "page",
    ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil.example", "http:///evil.example"],
)
def test_next_leads_to_this_portal_only(fresh, page):
    client = signed_in(fresh)
    assert client.get(RULES, {"next": page}).context["form"]["next"].value() == ""
    assert agree(client, next=page).url == "/"


def test_without_the_tick_nothing_is_acknowledged(fresh):
    client = signed_in(fresh)
    page = client.post(RULES, {"version": RULES_VERSION, "next": "/areas/"})
    assert page.status_code == 200
    assert "Tick this if you agree" in page.content.decode()
    assert page.context["form"]["next"].value() == "/areas/"
    assert client.get("/").status_code == 302
    assert rules_due_at(fresh) is None


@pytest.mark.parametrize("version", ["", "x", str(RULES_VERSION + 1), str(RULES_VERSION - 1), "9" * 40, "1\x00"])
def test_nobody_agrees_to_a_text_they_did_not_see(fresh, version):
    client = signed_in(fresh)
    assert agree(client, version=version).url == RULES
    assert not RulesAcknowledgement.objects.filter(user=fresh).exists()


def test_a_double_click_is_one_agreement_and_one_event(fresh):
    client = signed_in(fresh)
    for _ in range(2):
        assert agree(client).status_code == 302
    assert RulesAcknowledgement.objects.filter(user=fresh).count() == 1
    [event] = Event.objects.filter(verb="accounts.rules_acknowledged")
    assert (event.actor, event.object_ref, event.facts) == (str(fresh.pk), str(fresh.pk), {"version": RULES_VERSION})


def test_the_action_refuses_another_version(fresh):
    with pytest.raises(StaleState):
        acknowledge_rules(by=fresh, version=RULES_VERSION + 1)


def test_after_a_year_the_gate_closes_and_renewing_opens_it(cast, later):
    client = signed_in(cast[ALBA])
    assert client.get("/areas/").url.startswith(RULES)
    assert agree(client, next="/areas/").url == "/areas/"
    assert client.get("/areas/").status_code == 200
    assert rules_due_at(cast[ALBA]) > timezone.now() + timedelta(days=364)


def test_a_second_before_the_year_is_over_it_is_open(cast):
    oldest = RulesAcknowledgement.objects.get(user=cast[ALBA]).at
    with time_machine.travel(oldest + timedelta(days=365, seconds=-2)):
        assert signed_in(cast[ALBA]).get("/areas/").status_code == 200


def test_a_new_text_asks_everybody_anew(cast, monkeypatch):
    monkeypatch.setattr("accounts.rules.RULES_VERSION", RULES_VERSION + 1)
    assert rules_due_at(cast[ALBA]) is None
    assert not User.objects.filter(has_acknowledged("pk")).exists()
    assert signed_in(cast[ALBA]).get("/areas/").url.startswith(RULES)


def test_who_has_acknowledged_as_a_question(cast, fresh):
    agreed = set(User.objects.filter(has_acknowledged("pk")).values_list("pk", flat=True))
    assert agreed == {person.pk for person in cast.people.values()}


def test_a_report_goes_out_even_if_the_rules_lapsed_while_it_was_typed(cast, later):
    client = signed_in(cast[ALBA])
    path = reverse("incidents:file")
    assert client.get(path).status_code == 200
    answer = client.post(path, {"what": "half a sentence"})
    assert answer.status_code in {200, 422}  # the form's own complaints, not the gate
    assert "half a sentence" in answer.content.decode()


def test_before_the_rules_a_receipt_opens_to_who_reported_alone(cast, fresh, later):
    """Whom a colleague's report went to, and who received it, is reading."""
    path = f"/incidents/{file_report(cast).incident.item.ref}/receipt/"
    assert signed_in(fresh).get(path).url == f"{RULES}?next={path.replace('/', '%2F')}"
    assert signed_in(cast[ALBA]).get(path).status_code == 200
    client = signed_in(fresh)
    agree(client)
    assert client.get(path).status_code == 200


def test_what_was_sent_elsewhere_comes_back_and_can_be_sent_again(cast, later):
    client = signed_in(cast["hq@alba.example"])
    path = f"/people/{cast.organisations['alba'].ref}/invite/"
    typed = {
        "email": "x@alba.example",
        "name": 'O"Hara <b>',
        "role": "partner_field",
        "language": "en",
        "password": "SECRET-WORD",
    }
    typed["area"] = cast.areas["south-sudan"].pk
    kept = client.post(path, typed)
    assert kept.status_code == 403
    page = kept.content.decode()
    assert 'value="O&quot;Hara &lt;b&gt;"' in page
    assert "SECRET-WORD" not in page
    assert not User.objects.filter(email="x@alba.example").exists()
    agree(client)
    again = client.post(path, dict(kept.context["typed"]))
    assert again.status_code == 302
    assert User.objects.get(email="x@alba.example").name == 'O"Hara <b>'


def test_strangers_are_sent_to_sign_in(db):
    assert Client().get(RULES).url.startswith("/accounts/login/")


def test_installing_the_cast_again_acknowledges_nothing_twice(cast):
    before = RulesAcknowledgement.objects.count()
    install_cast()
    assert RulesAcknowledgement.objects.count() == before == len(cast.people)


def test_the_gate_costs_no_question_of_its_own(cast, django_assert_num_queries):
    client = signed_in(cast["nobody@elsewhere.example"])
    client.get("/accounts/profile/")
    with django_assert_num_queries(2):  # session, user with second factor and rules; a method not allowed asks no more
        client.get("/language/")
