"""What concludes an application: memorandum or letter, and what begins when both sides have signed (P7)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Event
from documents.issue import make_due
from documents.models import DocumentOrder
from documents.uploads import Clean
from notifications.models import Message
from notifications.outbox import render
from notifications.rendering import as_read_by
from organisations.models import Invitation, Membership, Standing
from partners.actions import conclusion
from partners.actions.activation import contacts_not_invited
from partners.actions.bases import record_basis
from partners.actions.conclusion import (
    NotApproved,
    NotMadeYet,
    SignedForTheOther,
    approve,
    conclude,
    refuse,
    sign_typed,
    sign_uploaded,
    void,
)
from partners.models import Application, Basis, Letter, Memorandum, Signature
from sharing.access import access_of
from slt_portal.states import StaleState
from tests.factories.memoranda import DSS_SIGNS, PARTNER_SIGNS, a_memorandum, an_approved, decided, made
from tests.factories.partnership import CANARY, DUNE, GISF, HQ, ICVA, WFP, a_confirmation, an_application

pytestmark = pytest.mark.django_db
REASONS = "Your presence in the field is younger than a year."


def told(kind: str) -> set[str]:
    return set(Message.objects.filter(kind=kind).values_list("recipient__email", flat=True))


def mail_to(email: str, kind: str):
    return render(Message.objects.select_related("recipient").get(kind=kind, recipient__email=email))


def state_of(row) -> str:
    return type(row)._base_manager.values_list("state", flat=True).get(pk=row.pk)


def signed(memorandum, side, by, **terms):
    who = PARTNER_SIGNS if side == "partner" else DSS_SIGNS
    return sign_typed(memorandum, side=side, by=by, **{**who, **terms})


def test_approved_is_told_to_the_applicant_and_to_dss(cast):
    application = an_application(cast, "recommended")
    decision = decided(cast, application, "approve", f"{CANARY} said inside")
    approve(application, decision=decision)
    assert state_of(application) == "approved"
    assert told("partners.approved") == {DUNE}
    assert told("partners.to_conclude") == {HQ}
    mail = mail_to(DUNE, "partners.approved")
    assert mail.subject == f"Application {application.ref}: approved"
    assert "DSS headquarters prepares the memorandum" in mail.text
    assert CANARY not in mail.subject + mail.text + mail.html
    assert f"/partnership/applications/{application.ref}/conclude/" in mail_to(HQ, "partners.to_conclude").text
    with pytest.raises(StaleState):
        approve(application, decision=decision)


def test_a_letter_gives_the_reasons_and_nothing_else(cast):
    application = an_application(cast, "recommended")
    Application.objects.for_system("test").update(language="fr")
    application.refresh_from_db()
    letter = refuse(application, decision=decided(cast, application, "refuse", REASONS))
    assert state_of(application) == "refused"
    assert letter.number == f"LET-{timezone.now().year}-0001"
    assert letter.texts == {"reasons": REASONS}
    order = DocumentOrder.objects.get(number=letter.number)
    assert order.language == "fr"
    assert order.texts["reasons"] == REASONS
    assert CANARY in str(order.texts.pop("organisation")), "the legal name, and nothing of the deliberation"
    assert CANARY not in str({key: text for key, text in order.texts.items() if key != "organisation"})
    mail = mail_to(DUNE, "partners.refused")
    assert letter.number in mail.text
    assert REASONS not in mail.text + mail.html, "they stand behind the link"
    assert CANARY not in mail.text


def test_nobody_is_refused_without_reasons(cast):
    application = an_application(cast, "recommended")
    with pytest.raises(ValueError, match="reasons"):
        refuse(application, decision=decided(cast, application, "refuse", "  "))
    assert state_of(application) == "recommended"
    assert not Letter.objects.exists()


def test_a_renderer_that_fails_costs_no_decision_and_no_signature(cast, settings):
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [], "APP_DIRS": False}]
    application = an_application(cast, "recommended")
    letter = refuse(application, decision=decided(cast, application, "refuse", REASONS))
    assert make_due() == 0
    assert DocumentOrder.objects.get(number=letter.number).last_error == "TemplateDoesNotExist"
    assert (state_of(application), letter.texts["reasons"]) == ("refused", REASONS)
    memorandum = a_memorandum(cast, an_approved(cast, key="alba", by="hq@alba.example"))
    signed(memorandum, "dss", cast[HQ])
    signed(memorandum, "partner", cast["hq@alba.example"])
    assert make_due() == 0
    assert DocumentOrder.objects.get(number=f"{memorandum.number}-S").attempts == 1
    assert state_of(memorandum) == "concluded"


@pytest.mark.parametrize("outcome", ["refuse", None])
def test_dss_concludes_only_what_the_committee_approved(cast, outcome):
    application = an_approved(cast, outcome=outcome)
    with pytest.raises(NotApproved):
        a_memorandum(cast, application)
    assert (state_of(application), Memorandum.objects.count()) == ("approved", 0)


def test_issuing_orders_both_languages_and_tells_both_sides(cast):
    memorandum = a_memorandum(cast, is_made=False)
    assert memorandum.number == f"MOU-{timezone.now().year}-0001"
    assert state_of(memorandum.application) == "concluding"
    orders = {order.language: order for order in DocumentOrder.objects.filter(number=memorandum.number)}
    assert set(orders) == {"en", "fr"}
    assert orders["fr"].title == f"Mémorandum d'accord {memorandum.number}"
    filled = [part for block in orders["en"].texts["blocks"] for part in block.get("parts", []) if part[1]]
    assert ["Dune Relief Association", True] in filled
    assert ["Chad, South Sudan", True] in filled
    assert "Tchad" in str(orders["fr"].texts["blocks"])
    assert told("partners.memorandum_to_sign") == {DUNE, HQ}
    assert "Dune" not in mail_to(DUNE, "partners.memorandum_to_sign").subject
    with pytest.raises(StaleState):
        a_memorandum(cast, memorandum.application)
    assert Memorandum.objects.count() == 1
    with pytest.raises(ValueError, match="declared"):
        conclude(an_approved(cast, key="benu", by="hq@benu.example"), areas=[cast.areas["kenya"]], signatory={},
                 dss_signatory={}, by=cast[HQ])  # fmt: skip


def test_nobody_signs_before_there_is_something_to_sign(cast):
    memorandum = a_memorandum(cast, is_made=False)
    with pytest.raises(NotMadeYet):
        signed(memorandum, "partner", cast[DUNE])
    made(memorandum.number)
    signed(memorandum, "partner", cast[DUNE])
    assert state_of(memorandum) == "half_signed"


@pytest.mark.parametrize("first", ["partner", "dss"])
def test_active_only_when_both_have_signed(cast, first):
    dune, application = cast.organisations["dune"], an_approved(cast)
    a_confirmation(cast, application, "confirmed", ends_on=timezone.now().date() + timedelta(days=90))
    last_day = timezone.now().date() + timedelta(days=200)
    a_confirmation(cast, application, "confirmed", ends_on=last_day, entity=cast.organisations["unfpa"])
    memorandum = a_memorandum(cast, application)
    sides = [("partner", cast[DUNE]), ("dss", cast[HQ])]
    (side, who), (last_side, last) = sides if first == "partner" else sides[::-1]
    signature = signed(memorandum, side, who)
    assert (state_of(memorandum), state_of(application)) == ("half_signed", "concluding")
    assert told("partners.memorandum_half_signed") == {last.email}
    assert not Standing.objects.on().filter(organisation=dune).exists()
    assert not access_of(cast[DUNE]).is_member
    with pytest.raises(StaleState):
        signed(memorandum, side, who)
    with pytest.raises(SignedForTheOther):
        signed(memorandum, last_side, who)
    signed(memorandum, last_side, last)
    assert (state_of(memorandum), state_of(application)) == ("concluded", "active")
    assert signature.digest == Signature.objects.get(side=last_side).digest
    standings = Standing.objects.on().filter(organisation=dune).values_list("kind", "area__code")
    assert set(standings) == {("partner", None), ("active", "south-sudan"), ("active", "chad")}
    basis = Basis.objects.get(standing__kind="partner", standing__organisation=dune)
    assert (basis.route, basis.memorandum, basis.ends_on) == ("memorandum", memorandum, last_day)
    assert basis.entity == cast.organisations["unfpa"]
    assert "World Food Programme" in basis.confirmed_by
    roles = Membership.objects.on().filter(organisation=dune, user=cast[DUNE]).values_list("role", flat=True)
    assert list(roles) == ["partner_headquarters"]
    access = access_of(cast[DUNE])
    assert access.is_member
    assert {f"area_partners:{cast.areas['chad'].pk}", f"organisation:{dune.pk}"} <= access.principals
    assert told("partners.memorandum_concluded") == {DUNE, HQ}
    order = DocumentOrder.objects.get(number=f"{memorandum.number}-S")
    assert [row["side"] for row in order.texts["signatures"]] == ["partner", "dss"]
    assert {row["digest"] for row in order.texts["signatures"]} == {signature.digest}
    with pytest.raises(StaleState):
        void(memorandum, by=cast[HQ])


def test_contacts_are_invited_as_far_as_their_addresses_allow(cast):
    memorandum = a_memorandum(cast)
    signed(memorandum, "partner", cast[DUNE])
    signed(memorandum, "dss", cast[HQ])
    invited = Invitation.objects.filter(organisation=cast.organisations["dune"], role="partner_headquarters")
    assert [(row.user.email, row.user.language, row.invited_by) for row in invited] == [
        ("first@dune.example", "fr", cast[DUNE])
    ]
    assert [row["email"] for row in contacts_not_invited(memorandum.application)] == ["second@gmail.com"]
    assert mail_to("first@dune.example", "organisations.invitation") is not None, "its sender may give the role"
    facts = str(list(Event.objects.values_list("facts", flat=True)))
    assert "first@" not in facts
    assert "Sarnai" not in facts


def test_an_end_that_has_passed_lapses_openly(cast):
    application = an_approved(cast)
    a_confirmation(cast, application, "confirmed", ends_on=timezone.now().date() - timedelta(days=3))
    memorandum = a_memorandum(cast, application)
    signed(memorandum, "dss", cast[HQ])
    signed(memorandum, "partner", cast[DUNE])
    basis = Basis.objects.get(standing__kind="partner", standing__organisation=cast.organisations["dune"])
    assert basis.ends_on == timezone.now().date()


def test_a_partner_from_before_the_portal_stands_on_what_was_agreed_now(cast):
    today = timezone.now().date()
    terms = {"organisation": cast.organisations["dune"], "kind": "partner", "area": None, "route": "dss"}
    record_basis(**terms, by=cast[HQ], ends_on=today)
    application = an_approved(cast)
    a_confirmation(cast, application, "confirmed", ends_on=today + timedelta(days=300))
    memorandum = a_memorandum(cast, application)
    signed(memorandum, "dss", cast[HQ])
    signed(memorandum, "partner", cast[DUNE])
    basis = Basis.objects.get(standing__kind="partner", standing__organisation=cast.organisations["dune"])
    assert (basis.ends_on, basis.state) == (today + timedelta(days=300), "current")


def test_void_and_anew(cast):
    first = a_memorandum(cast)
    signed(first, "partner", cast[DUNE])
    void(first, by=cast[HQ])
    assert (state_of(first), state_of(first.application)) == ("void", "approved")
    assert told("partners.memorandum_void") == {DUNE, HQ}
    for side, who in (("dss", HQ), ("partner", DUNE)):
        with pytest.raises(StaleState):
            signed(first, side, cast[who])
    application = Application.objects.for_system("test").get(pk=first.application_id)
    second = a_memorandum(cast, application)
    assert second.number.endswith("-0002")
    signed(second, "dss", cast[HQ])
    assert state_of(second) == "half_signed", "the signature of the void one does not count"


def test_uploaded_copies_count_and_are_kept(cast):
    memorandum = a_memorandum(cast)
    copy = Clean(b"%PDF-1.7 signed with ink", "application/pdf")
    signature = sign_uploaded(memorandum, side="partner", clean=copy, by=cast[DUNE], **PARTNER_SIGNS)
    assert signature.file.read() == copy.content
    assert signature.way == "uploaded"
    assert state_of(memorandum) == "half_signed"
    assert conclusion.has_signed(memorandum, by=cast[DUNE])
    assert not conclusion.has_signed(memorandum, by=cast[HQ])


def test_mails_come_in_the_readers_language_and_not_to_who_sees_nothing_any_more(cast):
    a_memorandum(cast)
    message = Message.objects.select_related("recipient").get(kind="partners.memorandum_to_sign", recipient__email=DUNE)
    message.recipient.language = "fr"
    with as_read_by(message.recipient):
        assert '<html lang="fr">' in render(message).html
    Membership.objects.filter(user=cast[DUNE]).update(ends_at=timezone.now())
    assert render(message) is None
    assert {GISF, ICVA, WFP}.isdisjoint(told("partners.memorandum_to_sign"))
