"""What a decision about a suspension brings about, in the transaction that closes it: access ends this minute (§3, P9).

`by` is None when the portal closed the decision at its deadline.
"""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from governance.actions import cancel_decision
from governance.models import Decision
from governance.seats import people_of_body, working_group
from notifications.actions import announce
from organisations.actions import add_standing, end_standing
from organisations.models import Standing
from partners.messages import suspensions as mails
from partners.models import Suspension
from partners.suspending import people_of_opener, people_of_organisation, people_who_must_know, reaches_further

from .bases import end_resting
from .steps import enter_suspension

State = Suspension.State


@transaction.atomic
def agreement_closed(row: Suspension, decision: Decision, *, by) -> None:
    """Everybody agreed: suspended in the area, for the reasons its opener gave. Otherwise it goes up, and is final
    there."""
    if decision.outcome == "agreed":
        suspend(row, notice=row.texts.get("reasons", ""), by=by)
        return
    enter_suspension(row, State.ESCALATED, by=by)
    told = people_of_body(working_group(), concerns=row.organisation) | people_of_opener(row)
    announce(mails.Escalated, subject=row.subject, event_key=f"escalated:{row.ref}", recipients=told)


@transaction.atomic
def committee_closed(row: Suspension, decision: Decision, *, by) -> None:
    """The Committee suspends, revokes or dismisses. A partnership that is wider than the area cannot be revoked there:
    the area is closed to it until the Committee lifts that."""
    reasons = decision.texts.get("reasons", "")
    if decision.outcome == "dismiss":
        _end(row, State.DISMISSED, reasons, by=by)
    elif decision.outcome == "revoke" and not reaches_further(row):
        revoke(row, notice=reasons or row.texts.get("reasons", ""), by=by)
    else:
        suspend(row, notice=reasons or row.texts.get("reasons", ""), by=by)


@transaction.atomic
def lifting_closed(row: Suspension, decision: Decision, *, by) -> None:
    """The Committee lifts what it had decided, or keeps it."""
    reasons = decision.texts.get("reasons", "")
    if decision.outcome == "lift":
        _end(row, State.LIFTED, reasons, by=by)
        end_standing(row.standing, by=by)
        return
    enter_suspension(row, State.SUSPENDED, by=by, **with_notice(row, "kept", reasons))
    key = f"kept:{decision.ref}"
    announce(mails.KeptNotice, subject=row.subject, event_key=key, recipients=people_of_organisation(row))


def suspend(row: Suspension, *, notice: str, by) -> None:
    """From this minute: nothing of the area (or, at the global level, nothing at all) but what is its own."""
    standing = add_standing(organisation=row.organisation, kind=Standing.Kind.SUSPENDED, area=row.area, by=by)
    enter_suspension(row, State.SUSPENDED, by=by, standing=standing, **with_notice(row, State.SUSPENDED, notice))
    tell_outcome(row)


def revoke(row: Suspension, *, notice: str, by) -> None:
    """The partnership ends, everywhere or in the area and its parts; procedures that it makes pointless end with it.

    The organisation is from now on what any other is whose partnership ended: it reads what it reported.
    """
    for kind in (Standing.Kind.PARTNER, Standing.Kind.ACTIVE):
        for standing in Standing.objects.on().filter(_within(row), organisation=row.organisation, kind=kind):
            end_resting(standing, by=by)
    _end(row, State.REVOKED, notice, by=by)
    pointless = Suspension.objects.for_system("procedures about what was revoked").filter(
        _within(row), organisation=row.organisation
    )
    for other in pointless.exclude(state__in=Suspension.OVER).order_by("pk"):
        _overtake(other, by=by)


def _overtake(row, *, by):
    """There is nothing to suspend any more. The decision first and then the row, as where a decision closes."""
    asked = {State.AGREEING: row.agreement, State.COMMITTEE: row.decision, State.LIFTING: row.lifting}.get(row.state)
    if asked is not None:
        cancel_decision(asked, by=by)
    if row.standing is not None:
        end_standing(row.standing, by=by)
    enter_suspension(row, State.REVOKED, by=by, ended_at=timezone.now())


def _within(row):
    return Q(area=row.area_id) | Q(area__parent=row.area_id) if row.area_id else Q()


def _end(row, state, notice, *, by):
    enter_suspension(row, state, by=by, ended_at=timezone.now(), **with_notice(row, state, notice))
    tell_outcome(row)


def with_notice(row: Suspension, outcome: str, text: str) -> dict:
    """What is written with the new state: the notice to the organisation. Earlier ones stay (lifted, yet suspended)."""
    texts = row.texts
    notice = {"outcome": str(outcome), "at": timezone.now().isoformat(), "text": text}
    row.write({**texts, "notices": [*texts.get("notices", ()), notice]})
    return {"sealed": row.sealed}


def tell_outcome(row: Suspension) -> None:
    """The organisation gets its notice, and whoever works with it hears that it is suspended, revoked, or back."""
    key = f"{row.state}:{row.ref}"
    announce(mails.NOTICES[row.state], subject=row.subject, event_key=key, recipients=people_of_organisation(row))
    if row.state != State.DISMISSED:
        told = people_who_must_know(row)
        announce(mails.NEWS[row.state], subject=row.subject, event_key=f"{key} known", recipients=told)
