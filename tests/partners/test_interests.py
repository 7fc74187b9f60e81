"""Expressions of interest: anybody may send one, nobody learns anything from it, DSS headquarters settles it (§3.1)."""

import re

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.actions import acknowledge_rules
from accounts.models import User
from accounts.rules import RULES_VERSION
from audit.models import Event
from notifications.outbox import drain
from organisations.actions import accept_invitation
from organisations.models import Invitation, Organisation, OrganisationName, Standing
from partners.actions.interests import decline, open_from_interest, receive_interest, record_local
from partners.models import Application, Basis, Interest
from slt_portal.states import StaleState
from tests.cast import signed_in
from tests.factories.partnership import CANARY, DUNE, HQ

pytestmark = pytest.mark.django_db
JOIN, RECEIVED, LIST, INVITE = "/join/", "/join/received/", "/partnership/interests/", "/partnership/interests/invite/"


def typed(**changes) -> dict:
    """The public form as a browser sends it."""
    values = {
        "kind": "ingo",
        "has_agreement": "yes",
        "has_presence": "unsure",
        "name": f"Zephyr {CANARY} Relief",
        "other_names": "Zéphyr Secours\nFormerly Mistral",
        "acronym": "ZCR",
        "country": "KE",
        "website": "https://zephyr.example",
        "contact_name": f"Imani {CANARY}",
        "email": "imani@zephyr.example",
        "phone": "+254 20 1234",
        "language": "fr",
        "words": f"{CANARY} words",
    }
    return values | changes


def received(**changes) -> Interest:
    return receive_interest(answers=typed(**changes), language="fr")


def test_a_stranger_sends_one_and_gets_a_receipt(cast):
    client = Client()
    page = client.get(JOIN).content.decode()
    assert all(words in page for words in ("no guarantee", "national NGO", "Oversight Committee", "within 14 days"))
    sent = client.post(JOIN, typed())
    assert (sent.status_code, sent.url) == (302, RECEIVED)
    interest = Interest.objects.get()
    receipt = client.get(RECEIVED).content.decode()
    assert interest.ref in receipt
    assert CANARY not in receipt
    assert interest.texts["name"] == f"Zephyr {CANARY} Relief"
    assert CANARY.encode() not in bytes(interest.sealed)
    assert interest.ref not in Client().get(RECEIVED).content.decode()
    event = Event.objects.order_by("number").last()
    assert (event.verb, event.object_ref) == ("partners.interest_received", interest.ref)
    assert CANARY not in str(event.facts)
    drain()
    assert [message.to for message in mail.outbox] == [[HQ]]
    assert CANARY not in f"{mail.outbox[0].subject} {mail.outbox[0].body}"


def test_the_answer_tells_nothing_of_what_is_known(cast):
    """The same words and as many queries for a partner, somebody with an account, and nobody at all."""
    seen = []
    known = [{}, {}, {"name": "INGO Alba", "acronym": "Alba", "email": "hq@alba.example"}, {"email": DUNE}]
    for changes in known:
        with CaptureQueriesContext(connection) as queries:
            client = Client()
            answer = client.post(JOIN, typed(**changes), follow=True)
        text = re.sub(r"EOI-\w+|value=\"[^\"]+\"", "", answer.content.decode())
        seen.append((answer.redirect_chain, text, len(queries)))
    assert seen[1] == seen[2] == seen[3]  # the first also makes what this process keeps
    assert "Alba" not in seen[2][1]


def test_a_national_ngo_is_told_before_and_after(cast):
    client = Client()
    told = client.post(JOIN, typed(kind="nngo"))
    page = told.content.decode()
    assert page.index('type="submit" form="join"') < page.index('id="join"')  # no three screens down to the button
    assert ("What it takes" in page, "If you are a national NGO" in page) == (False, True)
    assert "Nothing was sent yet" in page
    assert CANARY in page
    assert not Interest.objects.exists()
    client.post(JOIN, typed(kind="nngo", told="on"))
    assert "local arrangement" in client.get(RECEIVED).content.decode()
    assert Interest.objects.get().texts["kind"] == "nngo"


def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(cast):
    wrong = {"email": "imani@gmail.com", "country": "", "kind": "", "name": "x" * 300_000, "website": "javascript:x"}
    answer = Client().post(JOIN, typed(**wrong))
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == set(wrong)
    assert f"{CANARY} words" in answer.content.decode()
    assert Client().post(JOIN, typed(words="x" * 10_000_000)).status_code == 413
    assert not Interest.objects.exists()


def test_how_many_one_address_and_all_together_may_send(cast, settings):
    settings.ACCOUNT_RATE_LIMITS = {"join": "2/h/ip,3/d/key"}
    one, other = Client(REMOTE_ADDR="198.51.100.1"), Client(REMOTE_ADDR="198.51.100.2")
    statuses = [one.post(JOIN, typed()).status_code for _ in range(3)]
    assert statuses == [302, 302, 429]
    assert other.post(JOIN, typed()).status_code == 302
    refused = other.post(JOIN, typed())
    assert refused.status_code == 429
    assert f"{CANARY} words" in refused.content.decode()
    assert other.post(JOIN, typed(email="")).status_code == 422  # what is wrong is not counted
    assert Interest.objects.count() == 3


def test_only_dss_headquarters_sees_them(cast, sign_in):
    interest = received()
    paths = [LIST, INVITE, f"{LIST}{interest.ref}/"]
    for email in (DUNE, "admin@portal.example", "wg@icva.example", "dss.field@un.example", "ocha@un.example"):
        client = sign_in(cast[email])
        answers = [client.get(path) for path in paths] + [
            client.post(paths[2], {"do": "decline", "decline-words": "x"})
        ]
        assert [answer.status_code for answer in answers] == [404] * 4, email
    client = sign_in(cast[HQ])
    assert CANARY in client.get(paths[2]).content.decode()
    interest.refresh_from_db()
    assert interest.state == "received"


def test_the_list_asks_as_much_for_three_as_for_one(cast, sign_in):
    client, counts = sign_in(cast[HQ]), []
    for number in (1, 2):
        received()
        if number == 2:
            received()
        with CaptureQueriesContext(connection) as queries:
            page = client.get(LIST).content.decode()
        counts.append(len(queries))
        assert page.count("EOI-") >= 2 * number
    assert counts == [6, 6]


def test_a_likely_duplicate_is_shown_before_a_second_record_exists(cast, sign_in):
    interest, client = received(name="Ingo-Dune", acronym=""), sign_in(cast[HQ])
    path = f"{LIST}{interest.ref}/"
    with CaptureQueriesContext(connection) as queries:
        page = client.get(path).content.decode()
    assert len(queries) <= 12
    assert cast.organisations["dune"].ref in page
    unsaid = client.post(path, {"do": "open"})
    assert unsaid.status_code == 422
    assert set(unsaid.context["form"].errors) == {"organisation"}
    unknown = client.post(path, {"do": "open", "open-reference": "ORG-00000"})
    assert set(unknown.context["form"].errors) == {"reference"}
    before = Organisation.objects.count()
    done = client.post(path, {"do": "open", "open-organisation": cast.organisations["dune"].ref})
    assert done.status_code == 302
    assert Organisation.objects.count() == before
    application = Application.objects.for_system("test").get()
    assert (application.organisation, application.interest) == (cast.organisations["dune"], interest)
    again = client.post(path, {"do": "open", "open-organisation": "new"}, follow=True)
    assert "Somebody else changed this first" in again.content.decode()
    assert Application.objects.for_system("test").count() == 1


def test_a_new_organisation_with_its_names_domain_and_applicant(cast):
    interest = received()
    application = open_from_interest(interest, organisation=None, notes_domain=True, by=cast[HQ])
    organisation = application.organisation
    assert (organisation.kind, organisation.acronym, organisation.headquarters_id) == ("ingo", "ZCR", "KE")
    names = OrganisationName.objects.filter(organisation=organisation).values_list("name", flat=True)
    assert set(names) == {"Zéphyr Secours", "Formerly Mistral"}
    assert [row.domain for row in organisation.domains.all()] == ["zephyr.example"]
    invitation = Invitation.objects.get(organisation=organisation)
    assert (invitation.role, invitation.user.email) == ("applicant", "imani@zephyr.example")
    assert not invitation.user.has_usable_password()
    assert application.texts["identity"]["legal_name"] == organisation.name
    assert application.texts["contacts"][0]["email"] == "imani@zephyr.example"
    assert (interest.state, interest.organisation) == ("opened", organisation)
    accept_invitation(invitation, password="a long sentence of mine")
    person = User.objects.get(email="imani@zephyr.example")
    TOTP.activate(person, "JBSWY3DPEHPK3PXP")
    acknowledge_rules(by=person, version=RULES_VERSION)
    assert signed_in(person).get(f"/partnership/applications/{application.ref}/edit/").status_code == 200
    assert signed_in(cast[DUNE]).get(f"/partnership/applications/{application.ref}/").status_code == 404
    stale = Interest.objects.get(pk=interest.pk)
    stale.state = "received"
    with pytest.raises(StaleState):
        decline(stale, words="Too late", by=cast[HQ])


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("alba", "is a partner organisation already"),
        ("suspended", "is suspended"),
        ("nngo", "Only international NGOs"),
        ("wfp", "Only international NGOs"),
    ],
)
def test_who_cannot_apply(cast, sign_in, key, words):
    organisation = cast.organisations[key]
    interest, client = received(name=organisation.name, acronym=organisation.acronym), sign_in(cast[HQ])
    path = f"{LIST}{interest.ref}/"
    chosen = client.post(path, {"do": "open", "open-reference": organisation.ref.lower()})
    assert chosen.status_code == 422
    assert words in chosen.content.decode()
    new = client.post(path, {"do": "open", "open-organisation": "new"})
    assert "exactly this name" in new.content.decode()
    assert not Application.objects.for_system("test").exists()
    assert not Invitation.objects.exists()


def test_a_national_ngo_becomes_a_local_arrangement_and_never_an_applicant(cast, sign_in):
    interest, client = received(kind="nngo"), sign_in(cast[HQ])
    path, area = f"{LIST}{interest.ref}/", cast.areas["chad"]
    assert client.post(path, {"do": "open", "open-organisation": "new"}).status_code == 404
    sent = {"do": "local", "local-organisation": "new", "local-area": area.pk, "local-invites": "on"}
    assert client.post(path, sent).status_code == 302
    standing = Standing.objects.get(organisation__name=interest.texts["name"])
    assert (standing.kind, standing.area, standing.organisation.kind) == ("local_arrangement", area, "nngo")
    assert Basis.objects.get(standing=standing).route == "dss"
    assert Invitation.objects.get(organisation=standing.organisation).role == "local_focal_point"
    other = received(kind="nngo", name="INGO Dune")
    wrong = {"do": "local", "local-organisation": cast.organisations["dune"].ref, "local-area": area.pk}
    assert "Only a national NGO" in client.post(f"{LIST}{other.ref}/", wrong).content.decode()
    with pytest.raises(StaleState):
        record_local(interest, organisation=standing.organisation, area=area, invites=False, by=cast[HQ])


def test_declining_mails_the_words_to_a_contact_who_gets_no_way_in(cast, sign_in):
    interest, client = received(), sign_in(cast[HQ])
    drain()
    mail.outbox.clear()
    assert not User.objects.filter(email="imani@zephyr.example").exists()
    client.post(f"{LIST}{interest.ref}/", {"do": "decline", "decline-words": "You have no work\nin the field yet."})
    user = User.objects.get(email="imani@zephyr.example")
    assert not user.has_usable_password()
    assert not user.memberships.exists()
    drain()
    assert [message.to for message in mail.outbox] == [[user.email]]
    assert "You have no work\nin the field yet." in mail.outbox[0].body
    assert CANARY not in mail.outbox[0].subject
    assert "You have no work" in client.get(f"{LIST}{interest.ref}/").content.decode()
    assert interest.ref in client.get(f"{LIST}?show=settled").content.decode()
    assert interest.ref not in client.get(LIST).content.decode()


def test_the_committee_invites_one(cast, sign_in):
    client = sign_in(cast[HQ])
    sent = {name: value for name, value in typed(name="Ingo Dune", acronym="").items() if not name.startswith("has_")}
    shown = client.post(INVITE, sent)
    assert shown.status_code == 200
    assert cast.organisations["dune"].ref in shown.content.decode()
    assert not Application.objects.for_system("test").exists()
    assert client.post(INVITE, sent | {"organisation": cast.organisations["dune"].ref}).status_code == 302
    application = Application.objects.for_system("test").get()
    assert (application.state, application.interest, application.language) == ("draft", None, "fr")
    twice = client.post(INVITE, sent | {"organisation": cast.organisations["dune"].ref})
    assert "has an open application already" in twice.content.decode()
    assert client.post(INVITE, sent | {"name": "Quite another", "notes_domain": "on"}).status_code == 302
    new = Application.objects.for_system("test").last()
    assert new.texts["identity"]["country"] == "KE"
    assert [row.domain for row in new.organisation.domains.all()] == ["zephyr.example"]
