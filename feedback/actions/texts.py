"""Destroying what was said in a case: what went to the mandatory channels, and what is kept no longer (C10, F4)."""

from django.db import transaction

from documents import files
from documents.models import DataKey, StoredFile
from feedback.models import Case, CaseFile, CaseLink, Escalation, Lesson

_WHY = "its text is destroyed"


@transaction.atomic
def destroy_texts(case: Case) -> None:
    """Empty the keys of `case` and of the decisions about it, and remove its files, links and drafts of lessons.

    What stays: that there was a case, its codes and history, who must never see it, and published lessons. Backups:
    operations.erasure.forget_in_backups.
    """
    put = Escalation.objects.for_system(_WHY).filter(case=case).values_list("decision__data_key", flat=True)
    DataKey.objects.destroy([case.data_key_id, *put])
    rows = CaseFile.objects.for_system(_WHY).filter(case=case, file__isnull=False)
    for file in StoredFile.objects.filter(pk__in=list(rows.values_list("file", flat=True))):
        files.remove(file)
    CaseLink.objects.for_system(_WHY).filter(case=case).delete()
    Lesson.objects.for_system(_WHY).filter(case=case).exclude(state=Lesson.State.PUBLISHED).delete()
