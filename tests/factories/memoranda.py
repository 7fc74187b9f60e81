"""Memoranda in whatever state a test wants, with documents that nobody had to render."""

import hashlib

from django.utils import timezone

from documents import files
from documents.models import DocumentOrder, FrozenDocument
from governance.models import Decision
from organisations.models import Membership, Organisation
from partners.actions.conclusion import conclude, refuse, sign_typed
from partners.models import Application, Memorandum, Recommendation

from .partnership import CANARY, DUNE, HQ, ICVA, a_decision, an_application, bodies

NAME = "Dune Relief Association"
PARTNER_SIGNS = {"name": "Sarnai Bold", "title": "Director"}
DSS_SIGNS = {"name": "Ingrid Halvorsen", "title": "Chief of section"}
CONTACTS = [
    {"name": "First Contact", "email": "first@dune.example", "language": "fr"},
    {"name": "Second Contact", "email": "second@gmail.com", "language": "en"},
]


def an_approved(
    cast, *, outcome: str | None = "approve", name: str = "Dune Relief Association", **fields
) -> Application:
    """An application of Dune that the Committee approved (or `outcome`; None: never asked)."""
    row = an_application(cast, fields.pop("state", "approved"), **fields)
    row.write(
        {
            "identity": {"legal_name": name},
            "presence": [
                {"area": code, "since": 2019, "staff": 3, "activity": f"{CANARY} activity"}
                for code in ("south-sudan", "chad")
            ],
            "contacts": CONTACTS,
            "signatory": {**PARTNER_SIGNS, "email": "sign@dune.example"},
        }
    )
    row.save(update_fields=["sealed"])
    if outcome:
        decided(cast, row, outcome)
    return row


def decided(cast, application, outcome: str, reasons: str = "") -> Decision:
    """The closed decision of the Committee about an application, on a recommendation of the Working Group."""
    committee, _group = bodies(cast)
    closed = {"state": Decision.State.CLOSED, "outcome": outcome, "closed_at": timezone.now()}
    decision = a_decision(cast, body=committee, concerns=application.organisation, **closed)
    decision.write({"reasons": reasons, "seats": {}})
    decision.save(update_fields=["sealed"])
    recommendation = Recommendation(application=application, verdict=outcome, decision=decision, by=cast[ICVA])
    recommendation.write({"reasons": f"{CANARY} recommendation"})
    recommendation.save(force_insert=True)
    return decision


def made(number: str, content: bytes = b"%PDF-1.7 not really") -> None:
    """Whatever is ordered under this number is there."""
    for order in DocumentOrder.objects.filter(number=number, frozen=None):
        whole = content + order.language.encode()
        file = files.store(whole, name=f"{number}.pdf", media_type="application/pdf")
        FrozenDocument.objects.create(order=order, file=file, digest=hashlib.sha256(whole).hexdigest())


def a_memorandum(cast, application: Application | None = None, *, is_made: bool = True, by: str = HQ) -> Memorandum:
    """A memorandum of Dune that DSS headquarters issued, with its two documents."""
    application = application or an_approved(cast)
    codes = [row["area"] for row in application.texts["presence"]]
    memorandum = conclude(
        application,
        areas=[cast.areas[code] for code in codes],
        signatory=PARTNER_SIGNS,
        dss_signatory=DSS_SIGNS,
        by=cast[by],
    )
    if is_made:
        made(memorandum.number)
    return memorandum


def of_memoranda(cast) -> dict[str, object]:
    """What the pages of memoranda and letters show, of organisations made for it; by name of path."""
    names = {
        "mou_to_issue": "INGO Approved",
        "mou_to_sign": "جمعية الكثبان للإغاثة والتنمية",
        "mou_signed": "Long Named International Association for Relief, Reconstruction and Resilience of Communities",
        "letter": "INGO Refused",
    }
    made_of = {}
    for key, name in names.items():
        cast.organisations[key] = Organisation.objects.create(name=name, kind="ingo")
        Membership.objects.create(user=cast[DUNE], organisation=cast.organisations[key], role="applicant")
        state, outcome = ("recommended", None) if key == "letter" else ("approved", "approve")
        made_of[key] = an_approved(cast, key=key, name=name, state=state, outcome=outcome)
    memoranda = {key: a_memorandum(cast, made_of[key]) for key in ("mou_to_sign", "mou_signed")}
    sign_typed(memoranda["mou_signed"], side="partner", by=cast[DUNE], **PARTNER_SIGNS)
    sign_typed(memoranda["mou_signed"], side="dss", by=cast[HQ], **DSS_SIGNS)
    reasons = "Your presence in the field is younger than a year.\n\nNo plan for evacuation was declared."
    refuse(made_of["letter"], decision=decided(cast, made_of["letter"], "refuse", reasons))
    return {key: row.ref for key, row in made_of.items()} | {key: row.number for key, row in memoranda.items()}
