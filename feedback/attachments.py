"""Files that come with a case or with what is said in it: cleaned before they are kept, removed with it (C4, C7)."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from documents import files
from documents.uploads import ENDINGS, Clean, UploadRefused, cleaned

from .models import Case, CaseFile, Entry

MOST_AT_ONCE, MOST_OF_A_CASE = 3, 30
Files = Iterable[tuple[str, Clean]]


def cleaned_files(uploads, *, by) -> list[tuple[str, Clean]]:
    """What is kept of `uploads`, each with the name it came with. Raises UploadRefused, with a sentence."""
    if len(uploads) > MOST_AT_ONCE:
        words = _("Choose at most %(most)s files at once. You can send more with a message afterwards.")
        raise UploadRefused(words % {"most": MOST_AT_ONCE})
    return [(upload.name or "", cleaned(upload, by=by)) for upload in uploads]


def keep(case: Case, found: Files, *, by, entry: Entry | None = None) -> None:
    """Keep cleaned files with `case` (locked by the caller), with what was said in `entry`.

    Raises UploadRefused for one too many, files.FileNotStored when the disk does not take it.
    """
    found = list(found)
    rows = CaseFile.objects.for_system("how many there are").filter(case=case).exclude(file=None)
    if found and rows.count() + len(found) > MOST_OF_A_CASE:
        raise UploadRefused(_("This case has as many files as it can have. Say the rest in words."))
    for name, clean in found:
        stored = files.store(clean.content, name=name, media_type=clean.media_type)
        CaseFile.objects.create(case=case, entry=entry, file=stored, by=by)


def download_name(row: CaseFile) -> str:
    """The name that a download gets: reference and number. The original one may tell who made it (C7)."""
    return f"{row.case.ref}-{row.file.pk.hex[:6]}.{ENDINGS[row.file.media_type]}"
