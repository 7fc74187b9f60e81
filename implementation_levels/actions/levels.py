"""Writing down what level an area has from which day on: only what the Oversight Committee decided (§5; L2, L8)."""

from datetime import date

from django.conf import settings
from django.db import IntegrityError, transaction

from areas.models import Area
from audit.actions import record
from governance.models import Decision
from implementation_levels.levels import level_of, review_due, today
from implementation_levels.models import Level, LevelDecision
from notifications.models import Subject


class Overtaken(Exception):
    """Another decision on this area was recorded first. Nothing was written."""


@transaction.atomic
def record_level(
    *,
    area: Area,
    level: str,
    decision: Decision,
    seen: int,
    effective_from: date | None = None,
    reasons: str = "",
    is_urgent: bool = False,
    by,
) -> LevelDecision:
    """`area` has `level` from `effective_from` on (None, or a day that has passed: today), as `decision` says (§5c).

    `seen` is the number of the newest decision that whoever decided had read: if there is another by now, Overtaken is
    raised. A level that stays is recorded too: it was reviewed, and without new `reasons` it stays for those that it
    had. Call it in the transaction that closes the decision.
    """
    decided_on = today()
    begins = max(effective_from or decided_on, decided_on)
    before = level_of(area, begins)
    stays = before.decision is not None and before.level == level
    row = LevelDecision(
        area=area,
        number=seen + 1,
        level=Level(level),
        is_change=before.level != level,
        is_urgent=is_urgent,
        effective_from=begins,
        since=before.since if stays else begins,
        decided_on=decided_on,
        review_due=review_due(decided_on, settings.LEVEL_REVIEW_MONTHS),
        reasons=reasons or (before.decision.reasons if stays else ""),
        decision=decision,
        subject=Subject.objects.create(),
        recorded_by=by,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise Overtaken from None
    facts = {"area": area.code, "level": str(level), "from": begins.isoformat(), "decision": decision.ref}
    record("implementation_levels.level_decided", by=by, object_type="level", object_ref=row.ref, facts=facts)
    return row
