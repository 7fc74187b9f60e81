"""DSS of an area records who is eligible there; what cannot be established the Working Group answers (§3, P3, P8)."""

from datetime import timedelta

import pytest
from django import forms as django_forms
from django.core import mail
from django.utils import timezone

from accounts.models import User
from areas.models import Area
from audit.models import Event
from notifications.outbox import drain
from organisations.models import Organisation, Standing
from partners.actions.bases import NotEligible
from partners.actions.cases import open_case, settle_case
from partners.forms import bases as forms
from partners.models import Basis, EligibilityCase
from sharing.access import access_of
from slt_portal.states import StaleState
from tests.factories.partnership import bodies
from tests.factories.registers import a_basis

HQ, FIELD, CSFP, WG, DO = (
    "dss.hq@un.example",
    "dss.field@un.example",
    "csfp@un.example",
    "wg@icva.example",
    "do@un.example",
)
THERE, IN_CHAD = "/partnership/register/areas/south-sudan/record/", "/partnership/register/areas/chad/record/"
CANARY = "canaryword"


@pytest.fixture(autouse=True)
def in_english(request):
    """The words below are English, whatever the language of who reads them."""
    if "cast" in request.fixturenames:
        request.getfixturevalue("cast")
        User.objects.update(language="en")


def page(cast, key, base=THERE, tail=""):
    return f"{base}{cast.organisations[key].ref}/{tail}"


def confirmation(cast, **changes):
    until = timezone.now().date() + timedelta(days=200)
    values = {"entity": cast.organisations["wfp"].pk, "confirmed_by": "Ada Lam, head of office"}
    return values | {"relation": "implementing", "ends_on": until.isoformat()} | changes


def basis_of(cast, key, **terms):
    return Basis.objects.select_related("standing").get(standing__organisation=cast.organisations[key], **terms)


# --- Recording -------------------------------------------------------------------------------------------------


def test_only_dss_of_the_area_records_there(cast, sign_in):
    may = {THERE: {HQ, FIELD}, IN_CHAD: {HQ, CSFP}}
    for email, person in cast.people.items():
        client = sign_in(person)
        for base, people in may.items():
            assert client.get(base).status_code == (200 if email in people else 404), (email, base)
    for email in (HQ, FIELD, CSFP, DO, WG, "hq@alba.example"):
        client, is_there = sign_in(cast[email]), email in may[IN_CHAD]
        for path in (f"{IN_CHAD}new/", page(cast, "dune", IN_CHAD), page(cast, "dune", IN_CHAD, "ask/")):
            assert client.get(path).status_code == (200 if is_there else 404), (email, path)
        if not is_there:
            assert client.post(page(cast, "dune", IN_CHAD), confirmation(cast)).status_code == 404
    assert not Basis.objects.exists()


def test_a_country_confirmation_becomes_a_standing_with_its_basis(cast, sign_in):
    client = sign_in(cast[FIELD])
    found = client.get(THERE, {"name": "Ingo  dune"})
    assert [choice["organisation"].name for choice in found.context["choices"]][0] == "INGO Dune"
    wrong = client.post(page(cast, "dune"), confirmation(cast, entity="", ends_on="2020-01-01", confirmed_by="x" * 300))
    assert set(wrong.context["form"].errors) == {"entity", "ends_on", "confirmed_by"}
    answer = client.post(page(cast, "dune"), confirmation(cast))
    basis = basis_of(cast, "dune")
    assert answer.url == f"/partnership/bases/{basis.ref}/"
    assert (basis.route, basis.entity.acronym, basis.relation, basis.standing.area.code, basis.standing.kind) == (
        "country", "WFP", "implementing", "south-sudan", "partner",
    )  # fmt: skip
    assert client.post(page(cast, "dune"), confirmation(cast)).status_code == 302  # a second click
    assert Standing.objects.filter(organisation=cast.organisations["dune"]).count() == 1
    register = client.get("/partnership/register/areas/south-sudan/").content.decode()
    assert "Ada Lam, head of office, WFP" in register


def test_a_global_partner_is_recorded_as_active(cast, sign_in):
    client = sign_in(cast[CSFP])
    shown = client.get(page(cast, "alba", IN_CHAD)).content.decode()
    assert "partner at the global level, and so eligible everywhere" in shown
    client.post(page(cast, "alba", IN_CHAD), {})
    assert (basis_of(cast, "alba").standing.kind, basis_of(cast, "alba").route) == ("active", "dss")
    assert f"area_partners:{cast.areas['chad'].pk}" in access_of(cast["hq@alba.example"]).principals


def test_a_national_ngo_is_told_kindly_and_gets_a_local_arrangement(cast, sign_in):
    client = sign_in(cast[CSFP])
    shown = client.get(page(cast, "nngo", IN_CHAD)).content.decode()
    assert "Formal status is not open to national NGOs." in shown
    assert client.get(page(cast, "nngo", IN_CHAD, "ask/")).status_code == 404
    client.post(page(cast, "nngo", IN_CHAD), {"confirmed_by": "", "ends_on": ""} | confirmation(cast, ends_on=""))
    assert basis_of(cast, "nngo").standing.kind == "local_arrangement"
    assert client.get(page(cast, "wfp", IN_CHAD)).status_code == 404  # UN entities are partners by their own rules
    assert client.get(page(cast, "platform", IN_CHAD)).status_code == 404


def test_a_likely_duplicate_is_shown_before_a_second_record_exists(cast, sign_in):
    client, number = sign_in(cast[FIELD]), Organisation.objects.count()
    typed = {"name": "Alba International", "acronym": "", "kind": "ingo", "headquarters": "KE"}
    again = client.post(f"{THERE}new/", typed)
    assert Organisation.objects.count() == number
    assert "INGO Alba" in again.content.decode()
    assert "is_new" in again.context["form"].errors
    assert "name" in client.post(f"{THERE}new/", typed | {"name": "ingo ALBA", "is_new": "on"}).context["form"].errors
    answer = client.post(f"{THERE}new/", typed | {"is_new": "on"})
    added = Organisation.objects.get(name="Alba International")
    assert answer.url == f"{THERE}{added.ref}/"
    assert (added.kind, added.headquarters_id, added.standings.count()) == ("ingo", "KE", 0)


# --- What cannot be established --------------------------------------------------------------------------------


def asked(cast, key="dune", area="south-sudan", by=FIELD):
    return open_case(organisation=cast.organisations[key], area=cast.areas[area], why=CANARY, by=cast[by])


def test_the_working_group_answers_and_dss_of_the_area_hears(cast, sign_in):
    bodies(cast)
    client, group = sign_in(cast[FIELD]), sign_in(cast[WG])
    client.post(page(cast, "dune", tail="ask/"), {"why": "Nobody at the embassy knows them."})
    case = EligibilityCase.objects.for_system("test").get()
    assert client.post(page(cast, "dune", tail="ask/"), {"why": "Again."}).url == f"/partnership/cases/{case.ref}/"
    drain()
    assert {message.to[0] for message in mail.outbox} == {WG}
    assert "embassy" not in mail.outbox[0].body
    assert "Dune" not in mail.outbox[0].subject
    url = f"/partnership/cases/{case.ref}/"
    assert client.post(url, {"verdict": "establish", "reasons": "Ourselves."}).status_code == 404
    assert set(group.post(url, {"reasons": ""}).context["form"].errors) == {"verdict", "reasons"}
    assert group.post(url, {"verdict": "establish", "reasons": "A contract with UNICEF."}).status_code == 302
    basis = basis_of(cast, "dune")
    assert (basis.route, basis.standing.area.code) == ("working_group", "south-sudan")
    assert "A contract with UNICEF." in client.get(url).content.decode()
    late = group.post(url, {"verdict": "reject", "reasons": "Too late."})
    assert "Somebody else answered this first" in late.content.decode()
    assert "Too late." in late.content.decode()
    assert "A contract with UNICEF." in late.content.decode()
    mail.outbox.clear()
    drain()
    assert {message.to[0] for message in mail.outbox} == {FIELD}
    assert [event.verb for event in Event.objects.filter(object_ref=case.ref).order_by("number")] == [
        "partners.case_opened", "partners.case_settled",
    ]  # fmt: skip


def test_rejected_nothing_is_recorded_and_one_may_ask_again(cast):
    case = asked(cast)
    settle_case(case, is_eligible=False, reasons="No.", by=cast[WG])
    assert not Basis.objects.exists()
    assert asked(cast) != case
    with pytest.raises(StaleState):
        settle_case(case, is_eligible=True, reasons="Yes.", by=cast[WG])
    with pytest.raises(NotEligible):
        asked(cast, "nngo")


def test_the_whole_cast_before_questions_of_eligibility(cast, sign_in):
    here, chad = asked(cast), asked(cast, "cedar", "kenya", HQ)
    expected = {HQ: {here, chad}, FIELD: {here}, CSFP: set(), WG: {here, chad}}
    for email, person in cast.people.items():
        client, seen = sign_in(person), expected.get(email)
        answer = client.get("/partnership/cases/")
        assert answer.status_code == (404 if seen is None else 200), email
        if seen is not None:
            assert set(answer.context["items"]) == seen
        for case in {here, chad} if email in {HQ, FIELD, CSFP, WG, DO, "applicant@dune.example"} else {here}:
            one = client.get(f"/partnership/cases/{case.ref}/")
            assert one.status_code == (200 if case in (seen or set()) else 404), email
            assert (CANARY in one.content.decode()) == (case in (seen or set()))


def test_an_answer_that_cannot_be_carried_out_changes_nothing(cast, sign_in):
    case = asked(cast)
    Organisation.objects.filter(pk=cast.organisations["dune"].pk).update(kind="nngo")
    typed = {"verdict": "establish", "reasons": "Yes."}
    answer = sign_in(cast[WG]).post(f"/partnership/cases/{case.ref}/", typed)
    assert set(answer.context["form"].errors) == {"verdict"}
    assert answer.context["case"].state == EligibilityCase.objects.for_system("test").get().state == "open"


@pytest.mark.parametrize(
    ("email", "path", "queries"),
    [(FIELD, f"{THERE}?name=alba", 7), (FIELD, "{organisation}", 9), (WG, "{case}", 5), (HQ, "{basis}", 8)],
)
def test_what_a_page_costs(cast, sign_in, django_assert_num_queries, email, path, queries):
    case, basis = asked(cast), a_basis(cast.organisations["benu"])
    path = path.format(
        organisation=page(cast, "dune"),
        case=f"/partnership/cases/{case.ref}/",
        basis=f"/partnership/bases/{basis.ref}/",
    )
    client = sign_in(cast[email])
    client.get(path)
    with django_assert_num_queries(queries):
        assert client.get(path).status_code == 200


def test_no_list_to_choose_from_begins_with_dashes():
    kinds = [kind for kind in vars(forms).values() if isinstance(kind, type) and issubclass(kind, django_forms.Form)]
    fields = [(kind.__name__, name, field) for kind in kinds for name, field in kind.base_fields.items()]
    assert [(kind, name) for kind, name, field in fields if getattr(field, "empty_label", None) == "---------"] == []


def test_whoever_works_for_the_organisation_concerned_has_no_say(cast, sign_in):
    case = asked(cast)
    cast[WG].memberships.create(organisation=cast.organisations["dune"], role="partner_headquarters")
    assert sign_in(cast[WG]).get(f"/partnership/cases/{case.ref}/").status_code == 404


def test_the_list_of_questions_costs_the_same_for_one_and_three(cast, sign_in, django_assert_num_queries):
    client = sign_in(cast[WG])
    asked(cast)
    client.get("/partnership/cases/")
    with django_assert_num_queries(6):
        client.get("/partnership/cases/")
    asked(cast, area="kenya"), asked(cast, "cedar", "kenya")
    with django_assert_num_queries(6):
        assert len(client.get("/partnership/cases/").context["items"]) == 3


def test_who_is_suspended_in_the_area_is_said_to_be_so_in_its_parts(cast, sign_in):
    area = cast.areas["south-sudan"]
    Area.objects.create(code="jonglei", name_en="Jonglei", name_fr="Jonglei", kind="part", parent=area)
    Standing.objects.create(organisation=cast.organisations["alba"], kind="suspended", area=area)
    client, there = sign_in(cast[HQ]), "/partnership/register/areas/jonglei/record/"
    assert [client.get(page(cast, key, there)).context["is_suspended"] for key in ("alba", "benu")] == [True, False]
