"""Before the basis of a standing ends people are told, and the day after it lapses: never silently (P10)."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from notifications.actions import announce
from notifications.models import Subject
from partners.messages.bases import BasisEnding, BasisLapsed
from partners.models import Basis, BasisReminder
from partners.registers import ends_of
from sharing.holdings import people_of
from slt_portal.states import StaleState

from .bases import lapse_basis, people_of_standing

LAPSED = 0  # days of the reminder that says so


def remind_of_bases(now: datetime | None = None) -> int:
    """Tell the organisation and DSS of each basis that ends in 90, 30 or 7 days, and of each that has lapsed (P10).

    Each once; after a downtime only what is nearest. A basis without an end is confirmed anew after a time (a setting).
    Returns how many it told of. Run twice, or twice at once, it tells nobody twice.
    """
    today = (now or timezone.now()).date()
    return sum(_remind(basis, today) for basis in _ending(today))


def _ending(today: date) -> list[Basis]:
    longest = today + timedelta(days=max(settings.BASIS_REMIND_DAYS))
    reviewed = longest - timedelta(days=settings.BASIS_CONFIRM_DAYS)
    in_force = Q(standing__ends_at=None) | Q(standing__ends_at__date__gt=today)
    rows = Basis.objects.filter(in_force, state=Basis.State.CURRENT).annotate(
        seen_at=Coalesce("reviewed_at", "recorded_at")
    )
    rows = rows.filter(Q(ends_on__lte=longest) | Q(ends_on=None, seen_at__date__lte=reviewed))
    return list(rows.select_related("standing__organisation", "standing__area").order_by("pk"))


def _remind(basis: Basis, today: date) -> bool:
    end = ends_of(basis)
    left = (end - today).days
    due = [days for days in settings.BASIS_REMIND_DAYS if 0 <= left <= days]
    days = LAPSED if left < 0 else min(due)
    if BasisReminder.objects.filter(basis=basis, ends_on=end, days=days).exists():
        return False
    try:
        with transaction.atomic():
            subject = Subject.objects.create()
            BasisReminder.objects.create(basis=basis, ends_on=end, days=days, subject=subject)
            kind = BasisEnding if days else BasisLapsed
            announce(kind, subject=subject, event_key=f"basis:{basis.ref}:{end}:{days}", recipients=told_of(basis))
            if not days:
                lapse_basis(basis)
    except (IntegrityError, StaleState):  # another worker had the same tick, or DSS renewed it this moment
        return False
    return True


def told_of(basis: Basis) -> set[int]:
    """Who hears of the end of a basis: the organisation's headquarters (its people in the area where it has none), and
    DSS headquarters, or DSS of the area where there is one."""
    area = basis.standing.area_id
    dss = people_of({f"dss:{area}"}) if area else set()
    return people_of_standing(basis.standing) | (dss or people_of({"dss_world"}))
