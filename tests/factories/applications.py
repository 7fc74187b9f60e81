"""What an applicant types: the whole form of an application as a browser sends it, or as it is kept."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from notifications.models import Subject
from organisations.models import Membership, Organisation
from partners.actions.application_files import add_file
from partners.actions.applications import save_draft
from partners.actions.interests import receive_interest
from partners.criteria import Commitment, RiskItem
from partners.models import Application, Inquiry
from tests.documents.hostile_files import a_plain_pdf, written

from .partnership import CANARY, DUNE, an_application

ANSWERS = {
    "identity": {"legal_name": f"INGO Dune {CANARY}", "other_names": "Dune Aid\nDunes", "acronym": "", "country": "KE"},
    "presence": [{"area": "chad", "since": 2014, "staff": 12, "activity": f"{CANARY} water"}],
    "risk_management": {
        item.value: {"declared": True, "document": f"{CANARY} {item}", "dated": "2026-01-31"} for item in RiskItem
    },
    "contacts": [
        {"name": name, "email": f"{name}@dune.example", "phone": "", "role": "", "language": "en"}
        for name in ("ana", "bat")
    ],
    "signatory": {"name": "Tuya", "title": "Director", "email": "tuya@dune.example"},
    "commitments": Commitment.values,
}


def complete(cast, **fields) -> Application:
    """A draft of Dune in which nothing is missing."""
    application = an_application(cast, "draft", **fields)
    agreement = application.agreements.get()
    kept = {name: getattr(agreement, name) for name in ("entity", "relation", "kind", "starts_on", "ends_on")}
    agreements = [kept | agreement.texts]
    save_draft(application, answers=ANSWERS, agreements=agreements, revision=1, by=cast[DUNE])
    return application


def typed(cast, **changes) -> dict:
    """The form as a browser sends it, with everything in it; a value None is left out."""
    rows = {"agreements": 1, "presence": 1, "contacts": 2}
    values = {f"{name}-{of}_FORMS": count for name, count in rows.items() for of in ("TOTAL", "INITIAL")}
    values |= {"revision": "1", "stay": "1"}
    values |= {f"identity-{name}": value for name, value in ANSWERS["identity"].items()}
    values |= {f"presence-0-{name}": value for name, value in ANSWERS["presence"][0].items()}
    values |= {
        f"agreements-0-{name}": value
        for name, value in {
            "entity": cast.organisations["wfp"].ref,
            "relation": "implementing",
            "kind": "Field-level agreement",
            "reference": f"{CANARY} reference",
            "starts_on": "2026-01-01",
            "ends_on": "",
        }.items()
    }
    for item in RiskItem:
        values |= {f"risk-{item}_declared": "yes", f"risk-{item}_document": "Plan", f"risk-{item}_dated": "2026-01-31"}
    for number, contact in enumerate(ANSWERS["contacts"]):
        values |= {f"contacts-{number}-{name}": value for name, value in contact.items()}
    values |= {f"signatory-{name}": value for name, value in ANSWERS["signatory"].items()}
    values |= {"commitments-commitments": Commitment.values}
    return {name: value for name, value in (values | changes).items() if value is not None}


def of_the_applicant(cast) -> dict[str, object]:
    """What the pages of the applicant and of DSS headquarters show, of organisations made for it; by name of path."""
    drafts = {"app_empty": "draft", "app_ready": "draft", "app_asked": "questioned", "app_sent": "recommended"}
    made = {}
    for name, state in drafts.items():
        organisation = Organisation.objects.create(name=f"INGO {name.removeprefix('app_').title()}", kind="ingo")
        Membership.objects.create(user=cast[DUNE], organisation=organisation, role="applicant")
        cast.organisations[name] = organisation
        made[name] = an_application(cast, state, key=name)
    agreement = made["app_ready"].agreements.get()
    kept = {name: getattr(agreement, name) for name in ("entity", "relation", "kind", "starts_on", "ends_on")}
    save_draft(made["app_ready"], answers=ANSWERS, agreements=[kept | agreement.texts], revision=1, by=cast[DUNE])
    for name in ("app_asked", "app_sent"):
        made[name].write(ANSWERS)
        made[name].save(update_fields=["sealed"])
        question = Inquiry(
            application=made[name], number=1, subject=Subject.objects.create(), asked_by=cast["wg@icva.example"]
        )
        question.write(
            {"question": "Who carries out your plan for medical emergencies in Chad?", "answer": "Our own doctor."}
        )
        question.answered_at = timezone.now() if name == "app_sent" else None
        question.answered_by = cast[DUNE] if name == "app_sent" else None
        question.save(force_insert=True)
    upload = SimpleUploadedFile("Emergency plan 2026.pdf", written(a_plain_pdf()))
    file = add_file(made["app_ready"], item="medical", upload=upload, by=cast[DUNE])
    said = {"kind": "ingo", "has_agreement": "yes", "has_presence": "unsure", "name": "INGO Sent (Fondation)",
            "other_names": "Fondation Sent\nSent Relief", "acronym": "", "country": "KE", "website": "https://sent.example",
            "contact_name": "نور حداد", "email": "noor@sent.example", "phone": "+254 20 123456", "language": "en",
            "words": "We work with refugees near Turkana."}  # fmt: skip
    interests = [receive_interest(answers=said | {"kind": kind}, language="en") for kind in ("ingo", "nngo")]
    return {name: row.ref for name, row in made.items()} | {
        "app_file": file.uid,
        "interest": interests[0].ref,
        "interest_national": interests[1].ref,
    }
