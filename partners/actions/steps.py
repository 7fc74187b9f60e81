"""Moving an application or a suspension on: the step, its moment, and its line in the history, in one place."""

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from audit.actions import record
from partners.models import Application, StateEntry, Suspension
from slt_portal.states import move


@transaction.atomic
def enter(application: Application, state: str, *, by, **changes) -> None:
    """Move `application` to `state`, start its clock anew and note who did it (P11); `by` is None for the portal.

    `changes` are written in the same statement. Raises StaleState when somebody else was first.
    """
    now = timezone.now()
    move(application, state, state_since=now, **changes)
    StateEntry.objects.create(application=application, state=state, at=now, by=by)
    facts = {"state": str(state)}
    record("partners.application_moved", by=by, object_type="application", object_ref=application.ref, facts=facts)


_followers: list[Callable[..., None]] = []


def follow_suspensions(follower: Callable[..., None]) -> None:
    """Have `follower(suspension, by=...)` called, in the same transaction, after each step of a suspension: an app
    below this one keeps something of its own in step (§3: no consensus opens a feedback case)."""
    _followers.append(follower)


@transaction.atomic
def enter_suspension(suspension: Suspension, state: str, *, by, **changes) -> None:
    """Move `suspension` to `state` and start its clock anew; `by` is None for the portal. Raises StaleState."""
    move(suspension, state, state_since=timezone.now(), **changes)
    for follower in _followers:
        follower(suspension, by=by)
    facts = {"state": str(state), "area": suspension.area.code if suspension.area else None}
    record("partners.suspension_moved", by=by, object_type="suspension", object_ref=suspension.ref, facts=facts)
