"""An application in the hands of the bodies, as their pages show it: answers of UN entities, checks, a discussion."""

from datetime import timedelta

from django.utils import timezone

from accounts.actions import token_of
from notifications.models import Subject
from organisations.models import Organisation
from partners.actions.review import check, note, recommend
from partners.criteria import Commitment, RiskItem
from partners.models import Application, Inquiry

from .partnership import ICVA, WFP, a_confirmation, an_application, bodies

_WORDS = "Asked in Nairobi and at headquarters. The plan for medical emergencies dates from 2022 and names no hospital."
_ANSWERS = {
    "identity": {
        "legal_name": "International Relief Fund of the Northern Provinces",
        "other_names": "Fonds international de secours",
        "country": "KE",
        "website": "https://relief-fund.example",
    },
    "presence": [
        {"area": "south-sudan", "since": 2014, "staff": 120, "activity": "Water, health and food in four counties."},
        {"area": "chad", "since": 2019, "staff": 35, "activity": "Health posts near the border."},
    ],
    "risk_management": {
        item.value: {"declared": True, "document": "Security plan 2026", "dated": "2026-02-01"} for item in RiskItem
    },
    "contacts": [{"name": "نور حداد", "role": "Security director", "email": "noor@fund.example", "language": "fr"}],
    "signatory": {"name": "Wanjiru Kamau", "title": "Executive Director", "email": "director@fund.example"},
    "commitments": Commitment.values,
}


def _application(cast, name: str, **fields) -> Application:
    organisation = Organisation.objects.create(name=name, kind="ingo", headquarters_id="KE")
    cast.organisations[name] = organisation
    since = timezone.now() - timedelta(days=fields.pop("days", 12))
    row = an_application(cast, key=name, state_since=since, **fields)
    row.write(_ANSWERS)
    row.save(update_fields=["sealed"])
    return row


def of_the_bodies(cast) -> dict[str, object]:
    """Applications at work, before the Committee and without any agreement; requests that wait, are late, are over."""
    bodies(cast)
    now, wfp = timezone.now(), cast[WFP]
    row = _application(cast, "International Relief Fund of the Northern Provinces", days=40)
    late = a_confirmation(cast, row, "escalated", asked_at=now - timedelta(days=16), escalated_at=now)
    a_confirmation(cast, row, "unknown", asked_at=now - timedelta(days=30))
    a_confirmation(cast, row, "confirmed", asked_at=now - timedelta(days=9), ends_on=now.date() + timedelta(days=300))
    open_one = a_confirmation(cast, row, addressee=wfp)
    for criterion, verdict in (("un_link", "met"), ("risk_management", "not_met"), ("risk_management", "unclear")):
        check(row, criterion=criterion, verdict=verdict, comment=_WORDS, by=cast[ICVA])
    for text in ("Who of us knows their office in Juba?", _WORDS):
        note(row, text=text, by=cast[ICVA])
    for number in (1, 2):
        question = Inquiry(application=row, number=number, subject=Subject.objects.create(), asked_by=cast[ICVA])
        question.write({"question": "Which hospital takes your staff in Chad?", "answer": "The one in Abéché."})
        question.answered_at, question.answered_by = (now, cast[ICVA]) if number == 1 else (None, None)
        question.dropped_at = now if number == 2 else None
        question.save(force_insert=True)
    exception = _application(cast, "Médecine sans détour", is_exception=True)
    exception.agreements.all().delete()
    decided = _application(cast, "Harbour Relief")
    a_confirmation(cast, decided, "confirmed")
    for criterion in ("un_link", "presence", "risk_management"):
        check(decided, criterion=criterion, verdict="met", comment="", by=cast[ICVA])
    recommend(
        decided, verdict="approve", reasons="All three criteria are met. WFP confirmed the agreement.", by=cast[ICVA]
    )
    asked = _application(cast, "Open Question Trust", state="questioned")
    return {
        "review": row.ref,
        "review_exception": exception.ref,
        "review_decided": decided.ref,
        "review_asked": asked.ref,
        "request": open_one.ref,
        "request_late": late.ref,
        "request_token": token_of(open_one.link),
    }
