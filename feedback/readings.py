"""The reader log of cases: who read which, as what, how and when (F3)."""

from datetime import UTC

from django.utils import timezone

from sharing.access import Access

from .handlers import parties_to
from .models import Case, CaseReading

_PARTIES = ("sender", "intake", "handler", "committee")


def opened_today(access: Access):
    """The readings of this person today (UTC), of pages: to be asked with the case itself (case_ref=OuterRef)."""
    today = timezone.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return CaseReading.objects.filter(reader=access.user_id, how=CaseReading.How.OPENED, at__gte=today)


def note_reading(access: Access, case: Case, how: str, *, parties=None, is_first: bool = False) -> None:
    """Note that this person read `case`; pages once a day (UTC), exports and files each time.

    `parties` (what they are to it) and `is_first` (not opened today) where the caller knows.
    """
    how, now = CaseReading.How(how), timezone.now()
    if how == CaseReading.How.OPENED and not is_first and opened_today(access).filter(case_ref=case.ref).exists():
        return
    parties = parties_to(access, case) if parties is None else parties
    party = next((name for name in _PARTIES if name in parties), "")
    CaseReading.objects.create(case_ref=case.ref, reader=access.user_id, party=party, how=how, at=now)
