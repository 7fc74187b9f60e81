"""Measures under way: recorded, and said anew each time something of them changes (G5)."""

import uuid
from datetime import date

from django.db import IntegrityError, transaction

from audit.actions import record
from overview.models import Measure, MeasureEntry
from slt_portal.states import StaleState


@transaction.atomic
def add_measure(
    *,
    submission: uuid.UUID,
    title_en: str,
    title_fr: str,
    owner: str,
    state: str,
    by,
    note_en: str = "",
    note_fr: str = "",
    on: date | None = None,
) -> Measure:
    """Record a measure with its first entry. The same form sent twice is one measure: the first is returned."""
    try:
        with transaction.atomic():
            row = Measure.objects.create(submission=submission)
    except IntegrityError:
        return Measure.objects.get(submission=submission)
    said = {"title_en": title_en, "title_fr": title_fr, "owner": owner, "state": state}
    _say(row, said | {"note_en": note_en, "note_fr": note_fr, "on": on}, by)
    return row


@transaction.atomic
def change_measure(
    measure: Measure,
    *,
    number: int,
    title_en: str,
    title_fr: str,
    owner: str,
    state: str,
    by,
    note_en: str = "",
    note_fr: str = "",
    on: date | None = None,
) -> None:
    """Say a measure anew, over its entry `number`. What stands there already changes nothing.

    Raises StaleState if somebody else said something else since that entry.
    """
    said = {"title_en": title_en, "title_fr": title_fr, "owner": owner, "state": state}
    said |= {"note_en": note_en, "note_fr": note_fr, "on": on}
    measure.number = Measure.objects.select_for_update().get(pk=measure.pk).number
    if MeasureEntry.objects.filter(measure=measure, number=measure.number, **said).exists():
        return
    if Measure.objects.filter(pk=measure.pk, number=number).update(number=number + 1) != 1:
        raise StaleState(f"{measure.ref}: somebody else changed it first")
    measure.number = number + 1
    _say(measure, said, by)


def _say(measure, said, by):
    MeasureEntry.objects.create(measure=measure, number=measure.number, by=by, **said)
    facts = {"number": measure.number, "state": str(said["state"]), "on": said["on"] and said["on"].isoformat()}
    record("overview.measure_said", by=by, object_type="measure", object_ref=measure.ref, facts=facts)
