"""One of everything that partnership and the bodies hold, each secret text with a word that occurs nowhere else; and,
written by hand, who may read each of these words. Imports no rule of the portal.
"""

from datetime import timedelta

from django.utils import timezone

from documents.models import DataKey
from governance.models import Closing, Comment, Decision, Position, Seat
from governance.seats import area_body
from notifications.models import Subject
from organisations.models import Organisation, Standing
from partners.models import (
    Basis,
    BasisReminder,
    Check,
    Confirmation,
    EligibilityCase,
    Inquiry,
    Interest,
    Letter,
    ListedMember,
    MemberList,
    Memorandum,
    MemorandumTemplate,
    Note,
    Recommendation,
    Referral,
    RegisterIssue,
    StateEntry,
)
from tests.factories.partnership import a_decision, a_suspension, an_application, bodies, confirmation_link
from tests.visibility.oracle import (
    ALBA_HQ,
    APPLICANT,
    BENU_HQ,
    CSFP,
    DO,
    DSS_CHAIR,
    DSS_FIELD,
    DSS_HQ,
    GISF_CHAIR,
    ICVA,
    LAKE,
    OCHA,
    PLATFORM,
    SUSPENDED,
    WFP,
)
from tests.visibility.secrets import SecretWorld, sealed

SECRETARIAT, GROUP, COMMITTEE = {DSS_HQ, OCHA}, {ICVA}, {DSS_CHAIR, GISF_CHAIR, WFP}
STAFF = SECRETARIAT | GROUP
IN_AREA = {DO, DSS_FIELD, PLATFORM} | SECRETARIAT
READS_REGISTER = SECRETARIAT | GROUP | COMMITTEE | {DSS_FIELD, CSFP, DO}
# Who may read each word. WFP has recused itself in the decision about Alba.
READERS = {
    "interest": {DSS_HQ},
    "draft": {SUSPENDED},
    "dune-answers": {APPLICANT} | STAFF,
    "dune-question": {APPLICANT} | STAFF,
    "dune-check": STAFF,
    "dune-note": STAFF,
    "dune-agency": STAFF | {WFP},
    "alba-answers": {ALBA_HQ} | STAFF | COMMITTEE,
    "alba-note": STAFF | COMMITTEE - {WFP},
    "alba-recommendation": STAFF | COMMITTEE - {WFP},
    "alba-position": SECRETARIAT | COMMITTEE - {WFP},
    "alba-comment": SECRETARIAT | COMMITTEE - {WFP},
    "alba-closing": SECRETARIAT | COMMITTEE - {WFP},
    "benu-answers": {BENU_HQ} | STAFF | COMMITTEE,
    "benu-reasons": {BENU_HQ} | STAFF | COMMITTEE,  # why it was refused: the letter says so
    "benu-position": SECRETARIAT | COMMITTEE,
    "cedar-memorandum": STAFF | COMMITTEE,
    "lake-reasons": {LAKE} | IN_AREA,
    "lake-internal": IN_AREA,
    "lake-position": IN_AREA,
    "world-reasons": {BENU_HQ} | SECRETARIAT,
    "world-internal": SECRETARIAT,
    "case": {DSS_HQ, DSS_FIELD} | GROUP,
    "listed": {DSS_HQ, DSS_FIELD, PLATFORM},
    "referral": {DSS_HQ, DSS_FIELD, DO},
    "register": READS_REGISTER,
    "register-area": READS_REGISTER - {CSFP} | {PLATFORM},  # of South Sudan; Chad's focal point has another area
}
WORDS = {name: f"zq{name.replace('-', '')}qz" for name in READERS}


class World(SecretWorld):
    """Everything there is of partnership."""

    prefixes = ("partners:", "governance:")
    kinds = ("partners.", "governance.")
    words, readers = WORDS, READERS
    in_mails = frozenset({"register", "register-area"})  # which may name an organisation of the registers

    @property
    def pools(self) -> dict[str, list]:
        """Without the link of a request: whoever has it may read it, and nobody of the cast has it."""
        rows = self.rows
        return {
            "interests": [rows["interest"].ref],
            "applications": [rows[name].ref for name in ("draft", "dune", "alba", "benu", "cedar")],
            "confirmations": [rows["confirmation"].ref],
            "decisions": [rows[name].ref for name in ("alba_decision", "benu_decision", "area_decision")],
            "memoranda": [rows["memorandum"].number],
            "bases": [rows["basis"].ref, rows["area_basis"].ref],
            "cases": [rows["case"].ref],
            "suspensions": [rows["area_suspension"].ref, rows["world_suspension"].ref],
            "referrals": [rows["referral"].ref],
            "member-lists": [rows["list"].ref],
            "rows": [rows["listed"].number],
            "areas": ["south-sudan"],
        }


def _own(**fields):
    return {"data_key": DataKey.objects.make(), "subject": Subject.objects.create(), **fields}


def _rewrite(row, **texts):
    row.write(texts)
    row.save(update_fields=["sealed"])
    return row


def make_world(cast) -> World:
    """The rows of all of it, without the way there."""
    committee, _group = bodies(cast)
    rows = {
        **_interest(cast),
        **_dune(cast),
        **_alba(cast, committee),
        **_benu(cast, committee),
        **_cedar(cast),
        **_suspensions(cast),
        **_registers(cast),
    }
    return World(cast, rows)


def _interest(cast):
    texts = dict.fromkeys(("other_names", "acronym", "website", "phone", "words"), "")
    texts |= {"name": WORDS["interest"], "contact_name": "Somebody", "email": "somebody@elsewhere.example"}
    texts |= {"kind": "ingo", "country": "SS", "gates": {}}
    row = sealed(Interest, texts, language="en", **_own())
    draft = an_application(cast, "draft", key="suspended", by=SUSPENDED)
    _rewrite(draft, identity={"legal_name": WORDS["draft"]})
    return {"interest": row, "draft": draft}


def _dune(cast):
    row = _rewrite(an_application(cast, "questioned"), identity={"legal_name": WORDS["dune-answers"]})
    by = {"application": row, "by": cast[ICVA]}
    sealed(Check, {"comment": WORDS["dune-check"]}, criterion="un_link", verdict="unclear", **by)
    sealed(Note, {"text": WORDS["dune-note"]}, **by)
    asked = {"number": 1, "subject": Subject.objects.create(), "asked_by": cast[ICVA]}
    inquiry = sealed(Inquiry, {"question": WORDS["dune-question"]}, application=row, **asked)
    confirmation = sealed(
        Confirmation,
        {"question": WORDS["dune-agency"]},
        organisation=row.organisation,
        application=row,
        entity=cast.organisations["wfp"],
        addressee=cast[WFP],
        link=confirmation_link(),
        asked_by=cast[ICVA],
        due_at=timezone.now() + timedelta(days=14),
        **_own(),
    )
    return {"dune": row, "inquiry": inquiry, "confirmation": confirmation}


def _said(decision, seat, by, **fields):
    return {"decision": decision, "seat": seat, "by": by, **fields}


def _alba(cast, committee):
    row = an_application(cast, "recommended", key="alba", by=ALBA_HQ)
    _rewrite(row, identity={"legal_name": WORDS["alba-answers"]})
    decision = a_decision(cast, body=committee)
    by = {"application": row, "by": cast[ICVA]}
    sealed(Note, {"text": WORDS["alba-note"]}, **by)
    reasons = {"reasons": WORDS["alba-recommendation"]}
    sealed(Recommendation, reasons, verdict="approve", decision=decision, **by)
    dss, gisf, wfp = (Seat.objects.get(body=committee, organisation=cast.organisations[key]) for key in
                      ("dss", "gisf", "wfp"))  # fmt: skip
    sealed(Position, {}, choice="recuse", **_said(decision, wfp, cast[WFP]))
    objection = _said(decision, gisf, cast[GISF_CHAIR], choice="object")
    sealed(Position, {"reasons": WORDS["alba-position"]}, **objection)
    sealed(Comment, {"text": WORDS["alba-comment"]}, **_said(decision, dss, cast[DSS_CHAIR]))
    closing = _said(decision, dss, cast[DSS_CHAIR], outcome="refuse")
    sealed(Closing, {"reasons": WORDS["alba-closing"]}, **closing)
    return {"alba": row, "alba_decision": decision}


def _benu(cast, committee):
    row = an_application(cast, "refused", key="benu", by=BENU_HQ)
    _rewrite(row, identity={"legal_name": WORDS["benu-answers"]})
    closed = {"state": Decision.State.CLOSED, "outcome": "refuse", "closed_at": timezone.now()}
    decision = _rewrite(a_decision(cast, body=committee, proposal="refuse", **closed), reasons=WORDS["benu-reasons"])
    by = {"application": row, "by": cast[ICVA]}
    sealed(Recommendation, {"reasons": "As said."}, verdict="refuse", decision=decision, **by)
    seat = Seat.objects.get(body=committee, organisation=cast.organisations["gisf"])
    sealed(Position, {"reasons": WORDS["benu-position"]}, choice="object", **_said(decision, seat, cast[GISF_CHAIR]))
    letter = {"number": "LET-2026-0901", "subject": Subject.objects.create()}
    letter = sealed(Letter, {"reasons": WORDS["benu-reasons"]}, application=row, **letter)
    return {"benu": row, "benu_decision": decision, "letter": letter}


def _cedar(cast):
    row = an_application(cast, "concluding", key="cedar", by=APPLICANT)
    template = MemorandumTemplate.objects.create(version=901, text_en="Text", text_fr="Texte")
    memorandum = sealed(
        Memorandum,
        {
            "organisation": "INGO Cedar",
            "areas": [],
            "partner": {"name": WORDS["cedar-memorandum"], "title": "Director"},
            "dss": {"name": "A", "title": "Chief"},
        },
        number="MOU-2026-0901",
        application=row,
        template=template,
        subject=Subject.objects.create(),
        issued_by=cast[DSS_HQ],
    )  # fmt: skip
    StateEntry.objects.create(application=row, state="approved", by=None)
    return {"cedar": row, "memorandum": memorandum}


def _suspensions(cast):
    area = a_suspension(cast, "agreeing", key="lake")
    _rewrite(area, reasons=WORDS["lake-reasons"], internal=WORDS["lake-internal"])
    body = area_body(cast.areas["south-sudan"])
    terms = {"question": "partners.area_suspension", "proposal": "agreed", "rule": Decision.Rule.UNANIMOUS}
    decision = a_decision(cast, body=body, concerns=cast.organisations["lake"], **terms)
    area.agreement = decision
    area.save(update_fields=["agreement"])
    seat = body.seats.get(capacity="dss")
    position = _said(decision, seat, cast[DSS_FIELD], choice="agree")
    sealed(Position, {"reasons": WORDS["lake-position"]}, **position)
    world = a_suspension(cast, "hearing", key="benu", area=None)
    _rewrite(world, reasons=WORDS["world-reasons"], internal=WORDS["world-internal"])
    terms = {"entity": cast.organisations["wfp"], "area": cast.areas["south-sudan"], "cause": "confidentiality"}
    texts = {"what": WORDS["referral"], "to": "Its own security section"}
    referral = sealed(Referral, texts, data_key=DataKey.objects.make(), by=cast[DSS_HQ], **terms)
    return {"area_suspension": area, "area_decision": decision, "world_suspension": world, "referral": referral}


def _registers(cast):
    area, long_ago = cast.areas["south-sudan"], timezone.now() - timedelta(days=30)

    def basis(name, kind, where, route):
        organisation, _ = Organisation.objects.get_or_create(name=f"INGO {WORDS[name]}", defaults={"kind": "ingo"})
        standing = Standing.objects.create(organisation=organisation, kind=kind, area=where, starts_at=long_ago)
        return Basis.objects.create(standing=standing, route=route, subject=Subject.objects.create())

    world = basis("register", "partner", None, "memorandum")
    in_area = basis("register-area", "partner", area, "country")
    terms = {"organisation": in_area.standing.organisation, "area": area, "opened_by": cast[DSS_FIELD]}
    case = sealed(EligibilityCase, {"why": WORDS["case"]}, **terms, **_own())
    listed = MemberList.objects.create(
        platform=cast.organisations["platform"], area=area, subject=Subject.objects.create(), digest="x",
        uploaded_by=cast[PLATFORM],
    )  # fmt: skip
    row = ListedMember.objects.create(list=listed, number=2, name=WORDS["listed"], state="unclear")
    issue = RegisterIssue.objects.create(
        number=901, on=timezone.now().date(), reason="change", digest="x", rows=[], subject=Subject.objects.create()
    )
    terms = {"basis": world, "ends_on": timezone.now().date(), "days": 7}
    reminder = BasisReminder.objects.create(**terms, subject=Subject.objects.create())
    return {
        "basis": world,
        "area_basis": in_area,
        "case": case,
        "list": listed,
        "listed": row,
        "issue": issue,
        "reminder": reminder,
    }
