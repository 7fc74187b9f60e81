"""Documents of an application: added and removed as long as it is with the applicant (P2)."""

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import record
from documents import files
from documents.uploads import ENDINGS, Clean, UploadRefused, cleaned
from partners.criteria import FileItem
from partners.models import Application, ApplicationFile
from slt_portal.states import StaleState

MOST_FILES = 30
_OPEN = (Application.State.DRAFT, Application.State.QUESTIONED)


def can_change_files(application: Application) -> bool:
    """Whether documents may be added now: in a draft, and while a question waits for the applicant."""
    return application.state in _OPEN


def can_remove_file(row: ApplicationFile) -> bool:
    """Whether this document may be taken away: in a draft any, later what came since the question."""
    application = row.application
    if application.state == Application.State.DRAFT:
        return True
    return application.state == Application.State.QUESTIONED and row.added_at >= application.state_since


def download_name(row: ApplicationFile) -> str:
    """The name that a download gets: reference and item. The original one may tell who made it (C7)."""
    return f"{row.application.ref}-{row.item}-{row.uid.hex[:6]}.{ENDINGS[row.file.media_type]}"


def add_file(application: Application, *, item: str, upload, by) -> ApplicationFile:
    """Clean `upload` and keep it with the application. The same file for the same item, sent twice, is one.

    Raises UploadRefused or FileNotStored, with a sentence; StaleState if the application has gone on meanwhile.
    """
    item = FileItem(item)
    clean = cleaned(upload, by=by)
    return _add(application, item, clean, upload.name or "", by)


@transaction.atomic
def _add(application, item, clean, name, by):
    row = Application.objects.for_system("add a document").select_for_update().get(pk=application.pk)
    if not can_change_files(row):
        raise StaleState("the application has gone on")
    return keep_clean(application, item=item, clean=clean, name=name, by=by)


def keep_clean(application: Application, *, item: str, clean: Clean, name: str, by) -> ApplicationFile:
    """Keep a cleaned document; the caller holds the application. Raises UploadRefused for one too many."""
    rows = application.files.exclude(file=None)
    if known := rows.filter(item=item, file__digest=files.digest_of(clean.content)).first():
        return known
    if rows.count() >= MOST_FILES:
        words = _("This application has %(most)s documents, which is the most. Remove one that is not needed.")
        raise UploadRefused(words % {"most": MOST_FILES})
    stored = files.store(clean.content, name=name, media_type=clean.media_type)
    row = ApplicationFile.objects.create(application=application, item=item, file=stored, added_by=by)
    facts = {"item": str(item), "media_type": clean.media_type}
    record("partners.document_added", by=by, object_type="application", object_ref=application.ref, facts=facts)
    return row


@transaction.atomic
def remove_file(row: ApplicationFile, *, by) -> None:
    """Take a document away; its key and its bytes go with it. Harmless if somebody just did so.

    Raises StaleState if the application has gone on meanwhile.
    """
    locked = Application.objects.for_system("remove a document").select_for_update().get(pk=row.application_id)
    row.application = locked
    if not can_remove_file(row):
        raise StaleState("the application has gone on")
    deleted, _rows = ApplicationFile.objects.filter(pk=row.pk).delete()
    if not deleted:
        return
    files.remove(row.file)
    facts = {"item": row.item}
    record("partners.document_removed", by=by, object_type="application", object_ref=locked.ref, facts=facts)
