"""What stands on the page of a review, read in as few questions as there are kinds of rows."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from governance.querysets import is_secretariat
from sharing.access import Access

from .answers import section_of, sections_of
from .criteria import RiskItem, label_of_file
from .models import Application, Check, Confirmation, Criterion
from .un_link import UnLink, has_run_out, un_link_of

State = Application.State
# Whose turn it is, as the bodies read it (the applicant's words: partners.clock).
TURNS = {
    State.SUBMITTED: _("the Working Group"),
    State.QUESTIONED: _("the applicant"),
    State.RECOMMENDED: _("the Oversight Committee"),
    State.APPROVED: _("DSS headquarters"),
    State.CONCLUDING: _("both signatories"),
}
NEXT = {
    State.SUBMITTED: _("Check the three criteria, ask the UN entities to confirm, then recommend."),
    State.QUESTIONED: _("The applicant answers, or the Working Group goes on without an answer."),
    State.RECOMMENDED: _("The Oversight Committee decides."),
    State.APPROVED: _("DSS headquarters prepares the memorandum."),
    State.CONCLUDING: _("Both sides sign the memorandum."),
}
SHORT = {
    Criterion.UN_LINK: _("UN link"),
    Criterion.PRESENCE: _("Presence"),
    Criterion.RISK_MANAGEMENT: _("Security risks"),
}
TONES = {Check.Verdict.MET: "accent", Check.Verdict.NOT_MET: "danger", Check.Verdict.UNCLEAR: "strong"}
CONFIRMATION_TONES = {"confirmed": "accent", "denied": "danger", "escalated": "strong", "no_answer": "strong"}


def row_of_list(row: Application, *, is_closed: bool) -> dict:
    """One application as a line: whose turn it is, and the newest verdicts unless they are closed to the reader."""
    return {
        "row": row,
        "turn": TURNS.get(row.state, ""),
        "next": NEXT.get(row.state, ""),
        "verdicts": [] if is_closed else [_verdict_of(row, criterion) for criterion in Criterion],
        "is_closed": is_closed,
    }


def _verdict_of(row, criterion):
    verdict = getattr(row, f"verdict_{criterion}")
    label = Check.Verdict(verdict).label if verdict else _("not checked")
    return {"criterion": SHORT[criterion], "label": label, "tone": TONES.get(verdict, "neutral")}


def declared_of(application: Application) -> dict:
    """What the applicant declared: its answers, agreements and documents; four queries."""
    return {
        "sections": sections_of(application),
        "agreements": agreements_of(application),
        "files": files_of(application),
    }


def declared_for(application: Application, criterion: str) -> dict:
    """Of that what matters to one criterion; one query."""
    if criterion == Criterion.UN_LINK:
        return {"agreements": agreements_of(application)}
    declared = {"sections": [section_of(application, criterion)]}
    if criterion == Criterion.RISK_MANAGEMENT:
        declared["files"] = [pair for pair in files_of(application) if pair[0].item in RiskItem]
    return declared


def agreements_of(application: Application) -> list:
    """The agreements that it declares, each with its texts; one query."""
    return [(row, row.texts) for row in application.agreements.select_related("entity")]


def files_of(application: Application) -> list:
    """Its documents, each with what it is about; one query."""
    files = application.files.select_related("file__data_key").exclude(file=None)
    return [(row, label_of_file(row.item)) for row in files]


def inquiries_of(application: Application) -> list:
    """What it was asked, each with its texts; one query."""
    return [(row, row.texts) for row in application.inquiries.select_related("asked_by", "answered_by")]


@dataclass(frozen=True)
class Internal:
    """What was said about an application: for Working Group, secretariat, and the Committee from the recommendation."""

    criteria: list[dict]
    notes: list
    confirmations: list[dict]
    link: UnLink

    @classmethod
    def of(cls, application: Application, access: Access) -> "Internal":
        """All of it but the recommendation, and which requests the reader may open; three queries."""
        rows = requests_about(application)
        notes = [(row, row.texts) for row in application.notes.select_related("by")]
        asked = access.offices_for("agency")
        sees_all = bool(access.offices_for("working_group")) or is_secretariat(access)
        requests = [{**shown(row), "may_open": sees_all or row.entity_id in asked} for row in rows]
        return cls(criteria_of(application), notes, requests, un_link_of(application, rows))


def requests_about(application: Application) -> list[Confirmation]:
    """The requests about this application, oldest first. Only for who reads what is internal."""
    rows = Confirmation.objects.for_system("for who reads what is internal").filter(application=application)
    related = ("entity", "addressee", "asked_by", "answered_by", "data_key", "passed_from", "organisation")
    return list(rows.select_related(*related).order_by("pk"))


def shown(row: Confirmation) -> dict:
    """A request with its texts and how to show its state."""
    return {
        "row": row,
        "label": _("late") if row.state == Confirmation.State.ESCALATED else row.get_state_display(),
        "texts": row.texts,
        "tone": CONFIRMATION_TONES.get(row.state, "neutral"),
        "is_waiting": row.state in Confirmation.WAITING,
        "has_run_out": row.state == Confirmation.State.CONFIRMED and has_run_out(row),
        "by_a_colleague": row.answered_by_id is not None and row.answered_by_id != row.addressee_id,
    }


def criteria_of(application: Application) -> list[dict]:
    """How each criterion stands: its newest check, and those before; one query."""
    checks = [(row, row.texts) for row in application.checks.select_related("by")]
    found = []
    for criterion in Criterion:
        of_it = [pair for pair in checks if pair[0].criterion == criterion]
        found.append(
            {
                "code": criterion.value,
                "label": criterion.label,
                "newest": of_it[-1] if of_it else None,
                "older": of_it[-2::-1],
                "tone": TONES.get(of_it[-1][0].verdict, "neutral") if of_it else "neutral",
            }
        )
    return found
