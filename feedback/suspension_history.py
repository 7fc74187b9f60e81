"""What became of the suspension that a case is about: days and outcomes only; the texts are on its own page (P9)."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _

from governance.models import Decision
from governance.questions import question_of
from partners.models import Suspension
from sharing.access import Access

from .models import Case

_WHY = "the history of the suspension that a case is about"
_STATE = Suspension.State


@dataclass(frozen=True)
class Happened:
    """One line of it: when, and what."""

    at: datetime
    what: str


@dataclass(frozen=True)
class History:
    """The suspension that a case is about; `href` leads to its page, where the reader may open it."""

    ref: str
    state: str
    cause: str
    lines: list[Happened]
    href: str = ""


def history_of(access: Access, case: Case) -> History | None:
    """The history of the suspension of `case`, oldest first, for somebody who handles `case`; None for other cases.

    Nothing in it says who said what: not even that a seat objected, only how each decision ended. One query.
    """
    if case.suspension_id is None:
        return None
    seen = Suspension.objects.visible_to(access).filter(pk=OuterRef("pk"))
    rows = Suspension.objects.for_system(_WHY).select_related("agreement", "decision", "lifting", "data_key")
    row = rows.annotate(is_open=Exists(seen)).get(pk=case.suspension_id)
    return History(
        ref=row.ref,
        state=row.get_state_display(),
        cause=row.get_cause_display(),
        lines=sorted(_lines(row, case), key=lambda line: line.at),
        href=reverse("partners:suspension", args=[row.ref]) if row.is_open else "",
    )


def _lines(row, case):
    yield Happened(row.opened_at, _("Opened; the organisation is asked for its answer"))
    if row.heard_at:
        yield Happened(row.heard_at, _("The organisation answered"))
    if row.agreement:
        yield from _of_decision(row.agreement, _("DSS, OCHA and the NGO representative of the area are asked"))
    yield Happened(case.filed_at, _("This case is opened for the Working Group"))
    if row.decision:
        yield from _of_decision(row.decision, _("Put to the Oversight Committee"))
    if row.lifting:
        yield from _of_decision(row.lifting, _("The Oversight Committee is asked to lift it"))
    for notice in row.texts.get("notices", ()):
        yield Happened(datetime.fromisoformat(notice["at"]), _notified(notice["outcome"]))
    if row.ended_at and row.state == _STATE.REVOKED and not _is_noticed(row):
        yield Happened(row.ended_at, _("Overtaken: the partnership was revoked"))


def _of_decision(decision, asked):
    yield Happened(decision.opened_at, asked)
    if decision.state == Decision.State.CLOSED:
        outcome = question_of(decision).outcomes[decision.outcome]
        yield Happened(decision.closed_at, _("Outcome: %(outcome)s") % {"outcome": outcome})
    elif decision.closed_at:
        yield Happened(decision.closed_at, _("The question was taken back"))


def _notified(outcome):
    label = _("stays suspended") if outcome == "kept" else _STATE(outcome).label
    return _("Notice to the organisation: %(outcome)s") % {"outcome": label}


def _is_noticed(row):
    return any(notice["outcome"] == _STATE.REVOKED for notice in row.texts.get("notices", ()))
