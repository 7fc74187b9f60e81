"""Suspending a partnership: heard first, then agreed in the area or decided by the Committee, then lifted (§3, P9).

Every action but opening locks the procedure, asks the table of steps whether `by` may take the step now, and raises
StaleState where they may not, or somebody else was first. What a decision brings about is in suspension_outcomes.
"""

from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from documents.models import DataKey
from governance.actions import cancel_decision, open_decision
from governance.models import Decision
from governance.seats import area_body, committee
from notifications.actions import announce
from notifications.models import Subject
from organisations.actions import end_standing
from organisations.models import Organisation
from partners.messages.suspensions import HearingAnswered, HearingOpened, HearingOver
from partners.models import Suspension
from partners.policies import organisations_of, parties_to_suspension
from partners.suspending import is_partner_in, people_of_opener, people_of_organisation, reaches_further
from sharing.access import access_of
from slt_portal.states import StaleState, steps_open

from .steps import enter_suspension
from .suspension_outcomes import tell_outcome, with_notice

State = Suspension.State
SUSPEND, REVOKE, DISMISS = "suspend", "revoke", "dismiss"
VERDICTS = (SUSPEND, REVOKE, DISMISS)
_WHY = "a step of a suspension"


@transaction.atomic
def open_suspension(*, organisation: Organisation, area, cause: str, reasons: str, internal: str, by) -> Suspension:
    """Open the procedure in `area`, or (None) at the global level; the organisation is heard from now on.

    `reasons` are told to the organisation, `internal` never. Raises ValidationError for a UN entity, for an
    organisation that is no partner there and for one that `by` works for, StaleState if there is a procedure already.
    """
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)  # two who open it at the same moment
    _check_organisation(organisation, area, by)
    now = timezone.now()
    row = Suspension(
        organisation=organisation,
        area=area,
        cause=cause,
        data_key=DataKey.objects.make(),
        subject=Subject.objects.create(),
        opened_by=by,
        opened_at=now,
        state_since=now,
        hearing_until=now + timedelta(days=settings.HEARING_DAYS),
    )
    row.write({"reasons": reasons, "internal": internal})
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise StaleState("there is a procedure about this organisation here") from None
    facts = {"cause": str(cause), "area": area.code if area else None}
    record("partners.suspension_opened", by=by, object_type="suspension", object_ref=row.ref, facts=facts)
    announce(HearingOpened, subject=row.subject, event_key=f"hearing:{row.ref}", recipients=people_of_organisation(row))
    return row


def _check_organisation(organisation, area, by):
    if organisation.kind == Organisation.Kind.UNSMS_ENTITY:
        raise ValidationError(
            _("A UN entity is never suspended here. Record the breach: it is referred to the entity's own rules."),
            code="un_entity",
        )
    if not is_partner_in(organisation, area):
        raise ValidationError(_("This organisation is no partner there: there is nothing to suspend."), code="none")
    if organisation.pk in organisations_of(access_of(by)):
        raise ValidationError(_("You work for this organisation. Somebody else has to open it."), code="own")


@transaction.atomic
def hear(row: Suspension, *, text: str, by) -> None:
    """The organisation answers, once; it may as long as nobody has been asked to decide."""
    _claim(row, "hear", by)
    row.write({**row.texts, "hearing": text})
    row.heard_by, row.heard_at = by, timezone.now()
    row.save(update_fields=["sealed", "heard_by", "heard_at"])
    record("partners.suspension_heard", by=by, object_type="suspension", object_ref=row.ref, facts={})
    announce(HearingAnswered, subject=row.subject, event_key=f"heard:{row.ref}", recipients=people_of_opener(row))


@transaction.atomic
def ask_agreement(row: Suspension, *, by) -> Decision:
    """Ask DSS, OCHA and the NGO representative of the area: all must agree, each signed in themselves (§3)."""
    _claim(row, "ask", by)
    decision = open_decision(
        question="partners.area_suspension",
        body=area_body(row.area),
        proposal="agreed",
        deadline=timezone.now() + timedelta(days=settings.AGREEMENT_DAYS),
        rule=Decision.Rule.UNANIMOUS,
        by=by,
        concerns=row.organisation,
        link=lambda decision: enter_suspension(row, State.AGREEING, by=by, agreement=decision),
    )
    row.refresh_from_db()  # without a representative it has gone up already
    return decision


@transaction.atomic
def put(row: Suspension, *, verdict: str, reasons: str, by) -> Decision:
    """DSS headquarters puts a case at the global level to the Committee. ValueError for another verdict."""
    return _put_to_committee(row, "put", verdict, reasons, by, allowed=(SUSPEND, REVOKE))


@transaction.atomic
def recommend_on_suspension(row: Suspension, *, verdict: str, reasons: str, by) -> Decision:
    """The Working Group recommends, after no consensus in the area; the Committee decides (§3, §11).

    ValueError for what is no verdict, or for revoking in an area a partnership that is wider (verdicts_for).
    """
    return _put_to_committee(row, "recommend", verdict, reasons, by, allowed=verdicts_for(row))


def verdicts_for(row: Suspension) -> tuple[str, ...]:
    """What can be recommended: where its partnership reaches further, an organisation can only be suspended."""
    is_wider = reaches_further(row)
    return tuple(verdict for verdict in VERDICTS if not (is_wider and verdict == REVOKE))


def _put_to_committee(row, step, verdict, reasons, by, *, allowed):
    _claim(row, step, by)
    if verdict not in allowed:
        raise ValueError(f"{verdict} cannot be proposed here")
    row.write({**row.texts, "recommendation": reasons})
    decision = _ask_committee(row, question="partners.suspension", proposal=verdict, by=by)
    enter_suspension(row, State.COMMITTEE, by=by, decision=decision, sealed=row.sealed)
    return decision


def _ask_committee(row, *, question, proposal, by):
    return open_decision(
        question=question,
        body=committee(),
        proposal=proposal,
        deadline=timezone.now() + timedelta(days=settings.DECISION_DAYS),
        rule=Decision.Rule.SILENCE,
        by=by,
        concerns=row.organisation,
    )


@transaction.atomic
def drop(row: Suspension, *, reason: str, by) -> None:
    """Who opened it lets it go before it is decided; those who were asked need not answer any more."""
    if row.agreement_id:  # the decision first, as whoever closes it has it
        Decision.objects.for_system(_WHY).select_for_update(no_key=True).get(pk=row.agreement_id)
    _claim(row, "drop", by)
    was_asked = row.state == State.AGREEING
    changes = with_notice(row, State.DISMISSED, reason) | {"ended_at": timezone.now()}
    enter_suspension(row, State.DISMISSED, by=by, **changes)
    if was_asked:
        cancel_decision(row.agreement, by=by)
    tell_outcome(row)


@transaction.atomic
def lift(row: Suspension, *, reason: str, by) -> None:
    """The Designated Official lifts what was agreed in the area: exactly the standing of this procedure ends."""
    _claim(row, "lift", by)
    changes = with_notice(row, State.LIFTED, reason) | {"ended_at": timezone.now()}
    enter_suspension(row, State.LIFTED, by=by, **changes)
    end_standing(row.standing, by=by)
    tell_outcome(row)


@transaction.atomic
def ask_to_lift(row: Suspension, *, reasons: str, by) -> Decision:
    """DSS headquarters asks the Committee to lift what it decided."""
    _claim(row, "ask_to_lift", by)
    row.write({**row.texts, "lifting": reasons})
    decision = _ask_committee(row, question="partners.lifting", proposal="lift", by=by)
    enter_suspension(row, State.LIFTING, by=by, lifting=decision, sealed=row.sealed)
    return decision


def remind_of_hearings(now=None) -> int:
    """Tell who opened it that the time to answer is over: their next step. Run twice, nobody gets a second mail.

    Returns how many procedures wait for that step. Nothing happens by itself (§3: they consult, then ask).
    """
    rows = Suspension.objects.for_system("hearings that are over").filter(
        state=State.HEARING, heard_at=None, hearing_until__lte=now or timezone.now()
    )
    rows = list(rows.select_related("subject", "organisation", "area"))
    for row in rows:
        key = f"hearing-over:{row.ref}"
        announce(HearingOver, subject=row.subject, event_key=key, recipients=people_of_opener(row))
    return len(rows)


def _claim(row, step, by):
    _lock(row)
    if step not in steps_open(row, parties_to_suspension(access_of(by), row)):
        raise StaleState(f"{row.state}: {step} is not open to this person")


def _lock(row):
    """Hold the row until the end of the transaction, and see what others did to it meanwhile."""
    Suspension.objects.for_system(_WHY).select_for_update().get(pk=row.pk)
    row.refresh_from_db()
