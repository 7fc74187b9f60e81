"""Attachments of incidents: adding, removing, and which of them a release opens (I8, C1, C2)."""

import secrets
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from documents import files
from documents.uploads import ENDINGS, UploadRefused, cleaned, too_large
from sharing.markings import Depth
from sharing.models import Item

from .changes import note_change
from .kept_back import is_kept_back
from .models import Attachment, Incident, IncidentRelease, Report
from .models.attachment import FIRST_NUMBER, LAST_NUMBER

MOST_FILES = 10


def attachments_of(facts: IncidentRelease) -> list[Attachment]:
    """The attachments that a release opens, oldest first: the full one all, the shared one those meant for everybody,
    what was passed on none.

    One query. `facts.release` must be loaded; that the reader may read it is the caller's to have asked (C2).
    """
    if facts.report_id is None or facts.release.depth == Depth.CONSENT:  # public sources have none; none is passed on
        return []
    rows = present(facts.release.item_id)
    if facts.is_minimal:  # a warning has nothing beside its text (C5)
        return []
    if facts.release.depth != Depth.FULL:
        rows = rows.filter(is_shared=True)
    return list(rows)


def present(item_id: int):
    """The attachments of an item that were not removed, oldest first."""
    rows = Attachment.objects.for_system("what a release opens, or its originator keeps").select_related(
        "file__data_key"
    )
    return rows.filter(item=item_id, removed_at=None).order_by("added_at", "pk")


def download_name(item: Item, attachment: Attachment) -> str:
    """The name that a download gets: reference and number. The original one may tell who made it (C7)."""
    return f"{item.ref}-{attachment.number}.{ENDINGS[attachment.file.media_type]}"


def add_attachment(
    item: Item, upload, *, by, is_shared: bool, submission: UUID, report: Report | None = None
) -> Attachment:
    """Clean `upload` and add it to the incident; readers are told with the next batch of changes (I1).

    The same form sent twice adds one file and returns it; sent again for other readers it adds another. Raises
    UploadRefused, with a sentence, for a file that is not taken or one too many, files.FileNotStored when the disk does
    not take it. Who may, the caller has asked.
    """
    content = upload.read(settings.ATTACHMENT_BYTES + 1)
    if len(content) > settings.ATTACHMENT_BYTES:
        raise too_large()
    same = {"submission": submission, "fingerprint": files.digest_of(content), "is_shared": is_shared}
    if known := present(item.pk).filter(**same).first():
        return known
    _check_room(item)  # before the work of cleaning; once more when it counts
    upload.seek(0)
    clean = cleaned(upload, by=by)
    try:
        return _add(item, clean, upload.name or "", same, by=by, report=report)
    except IntegrityError:  # the other half of a double click was a moment faster
        known = present(item.pk).filter(**same).first()
        if known is None:
            raise
        return known


@transaction.atomic
def _add(item, clean, name, same, *, by, report):
    incident = Incident.objects.for_system("one attachment at a time").select_for_update().get(item=item)
    _check_room(item)
    attachment = Attachment.objects.create(
        item=item,
        report=report,
        file=files.store(clean.content, name=name, media_type=clean.media_type),
        number=_free_number(item),
        added_by=by,
        **same,
    )
    if item.state != Item.State.WITHHELD:
        note_change(incident, by=by, own_only=is_kept_back(item))
    facts = {"number": attachment.number, "media_type": clean.media_type, "is_shared": attachment.is_shared}
    record("incidents.attachment_added", by=by, object_type="item", object_ref=item.ref, facts=facts)
    return attachment


def _check_room(item):
    if present(item.pk).count() >= MOST_FILES:
        words = _("This incident has %(most)s files, which is the most. Remove one that is not needed.")
        raise UploadRefused(words % {"most": MOST_FILES})


def _free_number(item):
    rows = Attachment.objects.for_system("which numbers are taken").filter(item=item)
    taken = set(rows.values_list("number", flat=True))
    return secrets.choice([number for number in range(FIRST_NUMBER, LAST_NUMBER + 1) if number not in taken])


@transaction.atomic
def remove_attachment(attachment: Attachment, *, by) -> None:
    """Remove a file for everybody, at once; its key and its bytes go with it. Harmless if somebody just did so."""
    rows = Attachment.objects.for_system("remove").filter(pk=attachment.pk, removed_at=None)
    if not rows.update(removed_at=timezone.now(), removed_by=by, file=None):
        return
    files.remove(attachment.file)
    facts = {"number": attachment.number}
    item = attachment.item
    record("incidents.attachment_removed", by=by, object_type="item", object_ref=item.ref, facts=facts)
