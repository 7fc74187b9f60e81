"""The pages of suspensions: who sees which procedure, which steps are whose in which state, and what stays inside."""

import re
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from governance.models import Position
from governance.seats import area_body, committee, seats_in
from organisations.models import Membership, Organisation, Standing
from partners.models import Referral, Suspension
from partners.policies import organisations_of, parties_to_suspension
from sharing.access import access_of
from slt_portal.states import steps_open
from tests.cast import signed_in
from tests.factories.partnership import CANARY, a_decision, a_suspension, bodies
from tests.sampling import some
from tests.visibility.oracle import (
    ALBA_FIELD,
    ALBA_HQ,
    CAST,
    CSFP,
    DO,
    DSS_CHAIR,
    DSS_FIELD,
    GISF_CHAIR,
    ICVA,
    LAKE,
    OCHA,
    PLATFORM,
    WFP,
)
from tests.visibility.oracle import DSS_HQ as HQ

pytestmark = pytest.mark.django_db
LIST, OPEN, REFERRALS = "/partnership/suspensions/", "/partnership/suspensions/open/", "/partnership/referrals/"
LIST_QUERIES, PAGE_QUERIES = 7, 12
IN_AREA = {DO, DSS_FIELD, OCHA, HQ, PLATFORM, ALBA_HQ, ALBA_FIELD}
WORLD = {HQ, OCHA, ALBA_HQ}
GROUP, COMMITTEE = {ICVA}, {DSS_CHAIR, GISF_CHAIR, WFP}
BODIES = GROUP | COMMITTEE
# state, what else is so; who sees it in an area, and everywhere; who may take which step in an area, and everywhere.
ORGANISATION, PARTNER_HQ = {ALBA_HQ: ["hear"], ALBA_FIELD: ["hear"]}, {ALBA_HQ: ["hear"]}
TABLE = [
    ("hearing", "", set(), {**ORGANISATION, DO: ["drop"]}, {**PARTNER_HQ, HQ: ["drop"]}),
    ("hearing", "late", set(), {**ORGANISATION, DO: ["ask", "drop"]}, {**PARTNER_HQ, HQ: ["put", "drop"]}),
    ("hearing", "heard", set(), {DO: ["ask", "drop"]}, {HQ: ["put", "drop"]}),
    ("agreeing", "", set(), {DO: ["drop"]}, {HQ: ["drop"]}),
    ("escalated", "", GROUP, {ICVA: ["recommend"]}, {ICVA: ["recommend"]}),
    ("committee", "decision", BODIES, {}, {}),
    ("suspended", "", set(), {DO: ["lift"]}, {HQ: ["lift"]}),
    ("suspended", "decision", BODIES, {HQ: ["ask_to_lift"]}, {HQ: ["ask_to_lift"]}),
    ("lifting", "decision", BODIES, {}, {}),
    ("lifted", "decision", BODIES, {}, {}),
    ("revoked", "decision", BODIES, {}, {}),
    ("dismissed", "decision", BODIES, {}, {}),
]
# Whoever takes the step where it is open, with what they would say.
STEPS = {
    "hear": (ALBA_HQ, "answer", {"text": "Said."}),
    "ask": (DO, "ask", {}),
    "drop": (DO, "drop", {"reason": "Said."}),
    "recommend": (ICVA, "recommend", {"verdict": "dismiss", "reasons": "Said."}),
    "put": (HQ, "put", {"verdict": "suspend", "reasons": "Said."}),
    "lift": (DO, "lift", {"reason": "Said."}),
    "ask_to_lift": (HQ, "ask-to-lift", {"reasons": "Said."}),
}


def test_the_steps_of_the_table_are_those_of_the_model():
    assert {step.name for step in Suspension.STEPS if step.by != ("portal",)} == set(STEPS)
    assert {state for state, *_ in TABLE} == set(Suspension.State)


def put_in(row, state, what, decision, standing):
    """The row as the table says it, without the way there."""
    now = timezone.now()
    fields = {"state": state, "decision": decision if what == "decision" else None, "standing": standing}
    fields |= {"heard_at": now if what == "heard" else None, "hearing_until": now + timedelta(days=7)}
    if what == "late":
        fields["hearing_until"] = now - timedelta(days=1)
    Suspension.objects.for_system("test").filter(pk=row.pk).update(**fields)
    row.refresh_from_db()


@pytest.mark.parametrize("area", ["south-sudan", None])
def test_every_state_every_step_everybody(cast, area):
    bodies(cast)
    decision = a_decision(cast, body=committee(), question="partners.suspension", proposal="suspend",
                          concerns=cast.organisations["alba"])  # fmt: skip
    over = {"starts_at": timezone.now(), "ends_at": timezone.now()}
    standing = Standing.objects.create(organisation=cast.organisations["alba"], kind="suspended", **over)
    row = a_suspension(cast, area=area)
    access = {email: access_of(cast[email]) for email in CAST}
    own = {email: organisations_of(access[email]) for email in CAST}
    clients = {email: signed_in(cast[email]) for email in (ALBA_HQ, DO, ICVA, HQ, LAKE)}
    for number, (state, what, more, in_area, everywhere) in enumerate(TABLE):
        put_in(row, state, what, decision, standing)
        where = (area, state, what)
        found = {email for email in CAST if Suspension.objects.visible_to(access[email]).exists()}
        assert found == (IN_AREA if area else WORLD) | more, where
        steps = {}
        for email in found:
            if taken := steps_open(row, parties_to_suspension(access[email], row, own[email])):
                steps[email] = taken
        assert steps == (in_area if area else everywhere), where
        before = Suspension.objects.for_system("test").values().get(pk=row.pk)
        for step, (email, path, said) in some(list(STEPS.items())[number % 2 :], every=2):
            if step not in steps.get(email, ()) and (area or step == "put"):
                response = clients[email].post(f"{LIST}{row.ref}/{path}/", said)
                assert response.status_code in {200, 302, 404}, (where, step)
        assert clients[LAKE].post(f"{LIST}{row.ref}/lift/", {"reason": "Said."}).status_code == 404
        assert Suspension.objects.for_system("test").values().get(pk=row.pk) == before, where


def text_of(response):
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())


def full(cast, state, **fields):
    """A procedure with a word in each text, and both decisions."""
    bodies(cast)
    concerns = cast.organisations["alba"]
    agreement = a_decision(cast, body=area_body(cast.areas["south-sudan"]), question="partners.area_suspension",
                           proposal="agreed", rule="unanimous", concerns=concerns)  # fmt: skip
    decision = a_decision(cast, body=committee(), question="partners.suspension", proposal="revoke", concerns=concerns)
    row = a_suspension(cast, state, agreement=agreement, decision=decision, heard_at=timezone.now(),
                       heard_by=cast[ALBA_HQ], **fields)  # fmt: skip
    names = ("reasons", "hearing", "internal", "recommendation", "lifting")
    row.write({name: f"{CANARY}-{name}" for name in names})
    row.save()
    return row


def test_the_organisation_never_sees_what_moves_inside(cast, django_assert_max_num_queries):
    row = full(cast, "agreeing")
    own, inside, rows = signed_in(cast[ALBA_HQ]), signed_in(cast[OCHA]), Suspension.objects.for_system("test")
    pages = set()
    for number, state in enumerate(("agreeing", "escalated", "committee")):
        rows.update(state=state, state_since=timezone.now() - timedelta(days=number))
        with django_assert_max_num_queries(PAGE_QUERIES):
            page = text_of(own.get(f"{LIST}{row.ref}/"))
        pages.add(page + text_of(own.get(LIST)))
    assert len(pages) == 1, "whatever moves behind it, the page is the same"
    assert set(re.findall(rf"{CANARY}-(\w+)", page)) == {"reasons", "hearing"}
    for secret in (row.decision.ref, row.agreement.ref, "Working Group", "consensus", "revoke"):
        assert secret not in page
    with django_assert_max_num_queries(PAGE_QUERIES):
        page = text_of(inside.get(f"{LIST}{row.ref}/"))
    assert set(re.findall(rf"{CANARY}-(\w+)", page)) == {"reasons", "hearing", "internal", "recommendation", "lifting"}
    assert row.decision.ref in page
    seat = next(seat for seat in seats_in(committee()) if seat.organisation == cast.organisations["wfp"])
    Position.objects.create(decision=row.decision, seat=seat, by=cast[WFP], choice="recuse")
    page = text_of(signed_in(cast[WFP]).get(f"{LIST}{row.ref}/"))
    assert set(re.findall(rf"{CANARY}-(\w+)", page)) == {"reasons", "hearing"}


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("who", [HQ, ALBA_HQ])
def test_the_list_costs_the_same_for_one_and_three(cast, django_assert_num_queries, who, number):
    for area in ("south-sudan", "chad", None)[:number]:
        a_suspension(cast, area=area)
    client = signed_in(cast[who])
    client.get(LIST)
    with django_assert_num_queries(LIST_QUERIES):
        response = client.get(LIST)
    assert [item["is_own"] for item in response.context["items"]] == [who == ALBA_HQ] * number


def test_the_list_shows_open_ones_first_and_filters(cast):
    now, rows = timezone.now(), []
    for days, state, key in ((9, "dismissed", "alba"), (3, "hearing", "benu"), (5, "escalated", "lake")):
        ended = now if state == "dismissed" else None
        rows.append(a_suspension(cast, state, key=key, opened_at=now - timedelta(days=days), ended_at=ended))
    client = signed_in(cast[HQ])

    def listed(query=""):
        return [item["row"] for item in client.get(LIST + query).context["items"]]

    over, newer, older = rows
    assert listed() == listed("?show=x") == [older, newer, over]
    assert (listed("?show=open"), listed("?show=over")) == ([older, newer], [over])
    assert signed_in(cast[LAKE]).get(LIST).status_code == 200, "it is about their own organisation"
    assert signed_in(cast["local@nngo.example"]).get(LIST).status_code == 404
    assert signed_in(cast[PLATFORM]).get(OPEN).status_code == 404


def form_of(cast, key="alba", **changes):
    typed = {"area": "south-sudan", "cause": "principles", "reasons": "What they did.", "internal": "Keep this."}
    return {**typed, "organisation": cast.organisations[key].ref, **changes}


def test_opening_on_the_page(cast):
    client = signed_in(cast[DO])
    for typed, field in (
        (form_of(cast, "wfp"), "organisation"),
        (form_of(cast, "cedar"), "organisation"),
        (form_of(cast, area="chad"), "area"),
        (form_of(cast, reasons="x" * 10_001), "reasons"),
        (form_of(cast, cause="boredom"), "cause"),
    ):
        response = client.post(OPEN, typed)
        assert set(response.context["form"].errors) == {field}
        assert response.context["form"]["internal"].value() == "Keep this."
    page = client.post(OPEN, form_of(cast))
    assert client.post(OPEN, form_of(cast)).url == page.url, "a second click leads to the first"
    again = client.post(OPEN, form_of(cast, reasons="Something else."))
    row = Suspension.objects.for_system("test").get()
    assert row.ref in str(again.context["form"].errors["organisation"])
    assert (row.area.code, row.opened_by, row.texts["internal"]) == ("south-sudan", cast[DO], "Keep this.")
    assert signed_in(cast[HQ]).post(OPEN, form_of(cast, "benu", area="")).status_code == 302, "everywhere"


def test_who_comes_too_late_keeps_what_they_typed(cast):
    row = a_suspension(cast)
    client, path = signed_in(cast[ALBA_HQ]), f"{LIST}{row.ref}/answer/"
    assert client.get(path).status_code == 200
    for _ in range(2):  # a double click
        assert client.post(path, {"text": "We did not."}).url == f"{LIST}{row.ref}/"
    late = signed_in(cast[ALBA_FIELD]).post(path, {"text": "Nor did I."})
    assert "Nor did I." in late.content.decode()
    assert "Somebody else changed this first." in late.content.decode()
    row.refresh_from_db()
    assert row.texts["hearing"] == "We did not."
    assert signed_in(cast[DO]).get(path).status_code == 404


def test_a_breach_by_a_un_entity_is_recorded_and_referred(cast):
    typed = {"entity": cast.organisations["wfp"].ref, "area": "south-sudan", "cause": "confidentiality",
             "what": f"{CANARY} what", "to": "Security focal point"}  # fmt: skip
    field = signed_in(cast[DSS_FIELD])
    for changes, wrong in (({"entity": cast.organisations["alba"].ref}, "entity"), ({"area": "chad"}, "area"),
                           ({"area": ""}, "area"), ({"cause": "no_partner"}, "cause")):  # fmt: skip
        assert set(field.post(f"{REFERRALS}record/", typed | changes).context["form"].errors) == {wrong}
    assert field.post(f"{REFERRALS}record/", typed).url == field.post(f"{REFERRALS}record/", typed).url
    row = Referral.objects.for_system("test").get()
    assert not Standing.objects.filter(organisation=row.entity, kind="suspended").exists()
    readers = {
        email for email in CAST if CANARY in signed_in(cast[email]).get(f"{REFERRALS}{row.ref}/").content.decode()
    }
    assert readers == {HQ, DSS_FIELD, DO}
    counts = {email: client.get(REFERRALS) for email in (HQ, CSFP, ICVA) if (client := signed_in(cast[email]))}
    assert [len(counts[email].context["items"]) for email in (HQ, CSFP)] == [1, 0]
    assert counts[ICVA].status_code == 404
    with pytest.raises(DatabaseError), transaction.atomic():
        Referral.objects.for_system("test").update(cause="principles")
    assert Organisation.objects.get(pk=row.entity_id).kind == "unsms_entity"


def test_asking_where_a_seat_is_vacant_goes_up_at_once(cast):
    Membership.objects.filter(user=cast[PLATFORM]).update(ends_at=timezone.now())
    row = a_suspension(cast, heard_at=timezone.now())
    page = signed_in(cast[DO]).post(f"{LIST}{row.ref}/ask/", follow=True).content.decode()
    assert "One of the three seats is vacant" in page
    assert "The Working Group recommends, then the Oversight Committee decides." in page
