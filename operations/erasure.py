"""Destroying the text of one incident on a decision: nobody can read it afterwards, in no table, file or backup.

Its key is emptied, and with it go the keys of its attachments, of drafts about it and of exports that hold it; its
search words go, and in the backups every key that the portal itself has given up. What stays is that it happened: its
reference, area, category and figures, the day without the hour, who reported and who read it when, and the audit log.
All of it in the database is one transaction; the backups follow. Killed at any point it is run again and goes on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, QuerySet

from audit.actions import record
from audit.models import Event
from documents.models import DataKey
from incidents.attachments import present, remove_attachment
from incidents.changes import Erased, lock
from incidents.codes import TimePrecision
from incidents.drafts import discard_draft
from incidents.export_runs import remove as remove_export
from incidents.imports.renewal import blank_values
from incidents.models import (
    AffectedGroup,
    Draft,
    Export,
    IncidentRelease,
    Proposal,
    Question,
    ReferenceRecord,
    Report,
)
from sharing.consents import close_requests
from sharing.control import move_in_time
from sharing.models import ConsentRequest, Item, Release, SearchToken
from sharing.search import index_releases
from slt_portal.states import move

from .backup_keys import (
    KeyFileBroken,
    apart_from_backups,
    destroy_keys,
    iterate_keys,
    key_files,
    key_name,
    remove_leftovers,
)

WHY = "erasure on a decision"
# Codes, not words: the audit log holds no content, and what somebody asks to forget must not be told there again.
REASONS = {
    "person": "somebody who is named in it asked for it",
    "originator": "its originator asked for it",
    "decision": "a body or a court decided it",
    "retention": "its time is over",
}
_DONE, _STARTED = "incidents.erasure_finished", "incidents.erased"


class NotErased(Exception):
    """It was not done. Its text is for the operator and says why."""


class GivenUp(NamedTuple):
    """A data key as backups know it."""

    pk: int
    created_at: str | datetime


def found(ref: str) -> Item:
    """The item with this reference. Raises NotErased."""
    item = Item.objects.for_system(WHY).select_related("data_key", "area").filter(ref=ref).first()
    if item is None:
        raise NotErased(f"There is no incident {ref}.")
    return item


def contents(item: Item) -> dict[str, int]:
    """What there is of an incident that erasure destroys, in numbers."""
    releases = _releases(item)
    return {
        "reports": Report.objects.for_system(WHY).filter(incident__item=item).count(),
        "search words": SearchToken.objects.for_system(WHY).filter(release__in=releases).count(),
        "attachments": present(item.pk).count(),
        "drafts": Draft.objects.for_system(WHY).filter(item=item).count(),
        "exports": sum(1 for _export in _exports(item)),
    }


def open_matters(item: Item) -> list[str]:
    """What still waits for somebody about it, one sentence each."""
    questions = Question.objects.for_system(WHY).filter(incident__item=item, state=Question.State.OPEN).count()
    proposals = Proposal.objects.for_system(WHY).filter(incident__item=item, state=Proposal.State.OPEN).count()
    consents = ConsentRequest.objects.for_system(WHY).waiting().filter(item=item).count()
    found = ["A question on it waits for an answer."] if questions else []
    found += ["A proposed text waits for its originator."] if proposals else []
    return found + (["A request to pass it on waits for its originator."] if consents else [])


def erase(
    item: Item, *, by, reason: str, even_if_open: bool = False, only_among: QuerySet[Item] | None = None
) -> dict[str, int]:
    """Destroy the text of `item`; returns what was destroyed, in numbers. `by` is the user whose decision it is.

    Raises NotErased while something waits for somebody about it, unless `even_if_open`: a question is closed without
    an answer then, a proposed text is overtaken, a request to pass it on is closed; and when it is not `only_among`
    these, which is asked once nobody can change it any more. Harmless if it was done before. Backups:
    `forget_in_backups`.
    """
    if item.state == Item.State.ERASED:
        return {}
    with _overwriting(), transaction.atomic():
        try:
            lock(item)
        except Erased:  # somebody else has just done it
            return {}
        if only_among is not None and not only_among.filter(pk=item.pk).exists():
            raise NotErased("Somebody did something with it meanwhile.")
        waiting = open_matters(item)
        if waiting and not even_if_open:
            raise NotErased(" ".join([*waiting, "Settle it first, or say --even-if-open."]))
        facts = contents(item)
        DataKey.objects.destroy([item.data_key_id])
        move(item, Item.State.ERASED, version=F("version") + 1)
        _releases(item).update(version=F("version") + 1)  # an export that is just being made ends without a file
        index_releases((release, []) for release in _releases(item))
        for export in _exports(item):
            remove_export(export, Export.Problem.CHANGED)
        for draft in Draft.objects.for_system(WHY).filter(item=item).select_related("data_key"):
            discard_draft(draft)
        _close_matters(item)
        _coarsen(item)
        _forget_source(item)
        # Last: these lock the audit chain, for which a worker that is just finishing an export waits.
        close_requests(item, by=by)
        for attachment in present(item.pk).select_related("item"):
            remove_attachment(attachment, by=by)
        about = {"by": by, "object_type": "item", "object_ref": item.ref}
        record(_STARTED, facts={"reason": reason, "even_if_open": bool(waiting), **facts}, **about)
    return facts


def finish(refs: list[str], *, by) -> int:
    """After `erase`: let the backups forget too, and note that these erasures are done. Returns how many copies of keys
    were dropped there. Raises OSError and backup_keys.KeyFileBroken: then nothing is noted, and it is to be repeated.
    """
    dropped = forget_in_backups()
    for ref in refs:
        record(_DONE, by=by, object_type="item", object_ref=ref, facts={"dropped_in_backups": dropped})
    return dropped


def unfinished() -> list[str]:
    """The references of erasures that were begun and never finished: the backups may still hold their keys."""
    done = Event.objects.filter(verb=_DONE).values("object_ref")
    begun = Event.objects.filter(verb=_STARTED).exclude(object_ref__in=done)
    return list(begun.order_by("number").values_list("object_ref", flat=True).distinct())


def forget_in_backups() -> int:
    """Drop from the keys of all backups every data key that the portal itself has given up. Returns how many copies.

    All of them: a draft that became the report, an attachment that was removed, an export whose day is over may each
    hold the same words in an older backup. Whoever restores it has what they had, without what was thrown away since.
    """
    folder = Path(settings.BACKUP_KEYS_DIR) if settings.BACKUP_KEYS_DIR else None
    if folder is None or not folder.is_dir():
        if Event.objects.filter(object_type="backup").exists():
            raise KeyFileBroken(
                "Backups were made, and the folder of their keys cannot be reached from here: run this where "
                "SLT_BACKUP_KEYS_DIR is that folder."
            )
        return 0
    with apart_from_backups(folder):
        remove_leftovers(folder)
        given_up = _given_up(folder)
        return destroy_keys(folder, given_up) if given_up else 0


def _given_up(folder) -> set[GivenUp]:
    """Keys in backups that were destroyed here, or are here no more; of destroyed ones also those in no backup that is
    left, for a copy of one. What this database never had is another matter: that backup was made before the portal went
    on from an older one, and may be wanted yet."""
    keys = DataKey.objects.values_list("pk", flat=True)
    alive = set(keys.filter(destroyed_at=None).iterator())
    gone = dict(keys.exclude(destroyed_at=None).values_list("pk", "created_at"))
    newest = _next_number()
    found = {GivenUp(pk, created_at) for pk, created_at in gone.items()}
    for path in key_files(folder):
        rows = (row for row in iterate_keys(path, {}) if row["wrapped"] and row["id"] < newest)
        found |= {GivenUp(row["id"], row["created_at"]) for row in rows if _is_given_up(row, alive, gone)}
    return found


def _is_given_up(row, alive, gone):
    number, created_at = row["id"], row["created_at"]
    if number in gone:
        return key_name(number, created_at) == key_name(number, gone[number])
    return number not in alive


def _next_number() -> int:
    """The number of the next data key: whatever has a higher one was never here."""
    key = DataKey.objects.make()
    number = key.pk
    key.delete()
    return number


def restored() -> list[Item]:
    """After an older backup was restored without the keys that were destroyed since: the incidents whose text nobody
    can open any more, and of which drafts, search words and the rest must go (again)."""
    rows = Item.objects.for_system(WHY).select_related("data_key", "area").filter(data_key__destroyed_at__isnull=False)
    return list(rows.exclude(state=Item.State.ERASED).order_by("pk"))


def forget_words() -> None:
    """The same incidents are not found by their words any more, before somebody says in whose name they are erased."""
    releases = Release.objects.for_system(WHY).filter(item__in=[item.pk for item in restored()])
    index_releases((release, []) for release in releases)


def _releases(item):
    return Release.objects.for_system(WHY).filter(item=item)


def _exports(item) -> Iterator[Export]:
    """The exports that hold it. One that a worker is just finishing is waited for."""
    releases = set(_releases(item).values_list("pk", flat=True))
    states = [Export.State.RUNNING, Export.State.DONE]
    rows = Export.objects.for_system(WHY).filter(state__in=states).order_by("pk")
    rows = rows.select_for_update(of=("self",)) if connection.in_atomic_block else rows
    for export in rows:
        if any(release in releases for release, *_rest in export.releases):
            yield export


def _close_matters(item):
    Question.objects.for_system(WHY).filter(incident__item=item, state=Question.State.OPEN).update(
        state=Question.State.CLOSED
    )
    Proposal.objects.for_system(WHY).filter(incident__item=item, state=Proposal.State.OPEN).update(
        state=Proposal.State.OUTDATED
    )


def _coarsen(item):
    """What stays tells of no single person: the hour becomes the day, and who was affected becomes the totals."""
    rows = IncidentRelease.objects.for_system(WHY).filter(release__item=item)
    AffectedGroup.objects.for_system(WHY).filter(facts__in=rows).delete()
    days, hours = {}, [TimePrecision.EXACT, TimePrecision.ABOUT, TimePrecision.DAY_PART]
    for row in rows.filter(time_precision__in=hours, occurred_from__isnull=False):
        local = row.occurred_from.astimezone(ZoneInfo(row.time_zone))
        row.occurred_from = local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
        row.time_precision = TimePrecision.DAY
        row.save(update_fields=["occurred_from", "time_precision"])
        days[row.release_id] = row.occurred_from
    move_in_time(days)  # each as its own text says: that of readers may be coarser than a day


def _forget_source(item):
    """Of a row of a public data set also the values that stand in quarantine, in the clear."""
    for row in ReferenceRecord.objects.filter(release__in=_releases(item)):
        blank_values({row.source_id}, row.source)


@contextmanager
def _overwriting():
    """SQLite overwrites what is removed inside, also in its journal. Elsewhere nothing: docs/decisions/0034."""
    is_needed = connection.vendor == "sqlite" and not connection.in_atomic_block
    if is_needed:
        _pragma("secure_delete = ON")
    try:
        yield
    finally:
        if is_needed:
            _pragma("wal_checkpoint(TRUNCATE)")
            _pragma("secure_delete = OFF")


def _pragma(words):
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {words}")
