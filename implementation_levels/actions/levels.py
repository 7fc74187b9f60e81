"""Writing down what level an area has from which day on: only what the Oversight Committee decided (§5; L2, L8)."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from areas.models import Area
from audit.actions import record
from governance.models import Decision
from implementation_levels.levels import AreaLevel, level_of, today
from implementation_levels.models import Level, LevelDecision
from notifications.models import Subject
from slt_portal.months import months_later


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
    begins = max(effective_from or today(), today())
    facts = {"decision": decision, "reasons": reasons, "is_urgent": is_urgent, "recorded_by": by}
    yesterday = level_of(area, begins - timedelta(days=1))
    since = yesterday.since if yesterday.decision and yesterday.level == level else begins
    row = _row(level_of(area, begins), level, seen, begins, since=since, **facts)
    row.subject.save(force_insert=True)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise Overtaken from None
    facts = {"area": area.code, "level": str(level), "from": begins.isoformat(), "decision": decision.ref}
    record("implementation_levels.level_decided", by=by, object_type="level", object_ref=row.ref, facts=facts)
    return row


@transaction.atomic
def confirm_levels(levels: Iterable[AreaLevel], *, decision: Decision, is_urgent: bool, by) -> dict[int, LevelDecision]:
    """The areas keep the level that they have today: they were reviewed. Returns the rows by area, with few queries.

    `levels` are those of today, read under the locks of their areas: nobody can write in between. Only of areas that
    were decided on, and on which nothing is to come.
    """
    facts = {"decision": decision, "reasons": "", "is_urgent": is_urgent, "recorded_by": by}
    rows = [_row(now, now.level, now.decision.number, today(), since=now.since, **facts) for now in levels]
    Subject.objects.bulk_create([row.subject for row in rows])
    LevelDecision.objects.bulk_create(rows)
    if rows:
        codes = {row.area.code: row.ref for row in rows}
        facts = {"from": today().isoformat(), "levels": codes}
        ref = decision.ref
        record("implementation_levels.levels_kept", by=by, object_type="decision", object_ref=ref, facts=facts)
    return {row.area_id: row for row in rows}


def _row(before: AreaLevel, level, seen, begins, *, reasons, **facts) -> LevelDecision:
    """The decision that follows on what the area had until then; not saved, nor is its subject."""
    stays = before.decision is not None and before.level == level
    return LevelDecision(
        area=before.area,
        number=seen + 1,
        level=Level(level),
        is_change=before.level != level,
        effective_from=begins,
        decided_on=today(),
        review_due=months_later(today(), settings.LEVEL_REVIEW_MONTHS),
        reasons=reasons or (before.decision.reasons if stays else ""),
        subject=Subject(),
        **facts,
    )
