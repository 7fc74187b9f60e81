"""Who came to an office after a case did: they get their grant with the hourly tick (F3).

The bodies for what is open. Those who keep the records, DSS headquarters or the desk, for what is closed too: else
nobody could read them once those who handled it have left (F4).
"""

from collections.abc import Callable, Iterable

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from governance.models import Body
from governance.seats import seats_of
from organisations.models import Organisation
from sharing.holdings import holdings

from . import grants
from .actions.steps import locked
from .handlers import entitled, offices_of, principals_of
from .models import Case, CaseGrant

log = structlog.get_logger(__name__)
_KEEPERS = ("dss_world", "consortium_desk:")
_WHY = "who came to an office later"


def entitle_newcomers() -> int:
    """Give whoever is entitled by now their grants; returns how many are new. One question for each office holder."""
    desks = Organisation.objects.filter(kind=Organisation.Kind.CONSORTIUM).values_list("pk", flat=True)
    bodies = principals_of(seats_of([Body.Kind.WORKING_GROUP, Body.Kind.OVERSIGHT_COMMITTEE]))
    offices = {"dss_world", *(f"consortium_desk:{desk}" for desk in desks), *bodies}
    held = {(row.user_id, row.principal) for row in holdings(principals=frozenset(offices)) if not row.is_mailbox}
    cases = {pk for user, principal in held for pk in _without_grant(user, principal)}
    return each(sorted(cases), _entitle)


def each(things: Iterable, act: Callable[..., int]) -> int:
    """The sum of what `act` says of each; one that fails is logged and keeps none of the others waiting: the tick
    comes again."""
    count = 0
    for thing in things:
        try:
            count += act(thing)
        except Exception as error:  # whatever it is, a case of its own
            log.error("case_not_looked_after", error=type(error).__name__)
    return count


def _without_grant(user, principal):
    kind, _, key = principal.partition(":")
    lies_there = {
        "dss_world": Q(is_dss_concerned=False) & (Q(to_dss=True) | Q(suspension__isnull=False)),
        "consortium_desk": Q(desk=key or None),
        "working_group": Q(handed_over_at__isnull=False) & ~Q(state=Case.State.CLOSED),
        "oversight_committee": Q(escalated_at__isnull=False) & ~Q(state=Case.State.CLOSED),
    }[kind]
    given = CaseGrant.objects.for_system(_WHY).filter(content_object=OuterRef("pk"), user=user, principal=principal)
    return Case.objects.for_system(_WHY).filter(~Exists(given), lies_there).values_list("pk", flat=True)


@transaction.atomic
def _entitle(pk) -> int:
    case = locked(Case.objects.for_system(_WHY).get(pk=pk))
    offices = offices_of(case)
    if case.state == Case.State.CLOSED:
        offices = {name for name in offices if name.startswith(_KEEPERS)}
    return grants.grant(case, entitled(case, offices), by=None)
