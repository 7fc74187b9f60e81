"""The mail with a list: rendered once for each language when the list is sent, and the same for all who read it (L5).

So what was sent can be shown years later: it is what is kept.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation

from documents.issue import document_of
from notifications.kinds import site_link
from notifications.rendering import Attachment, render_texts

from .list_contents import LANGUAGES, in_words
from .lists import content_of
from .models import LevelList, ListMail

_TEMPLATES = tuple(f"implementation_levels/email/list{ending}" for ending in (".subject.txt", ".txt", ".html"))


class AttachmentBroken(Exception):
    """The PDF is not the one that was to go with the mail."""


def freeze_mails(level_list: LevelList, *, before: LevelList | None) -> list[ListMail]:
    """Render and keep the mail of a list in each language; `before` is the list that was sent before it, if any.

    Call it in the transaction that sends. With the PDF where there is one and LEVEL_LIST_ATTACHED says so.
    """
    mails = [_rendered(level_list, before, language) for language in LANGUAGES]
    return ListMail.objects.bulk_create(mails)


def _rendered(level_list, before, language) -> ListMail:
    document = document_of(level_list.document_number, language) if settings.LEVEL_LIST_ATTACHED else None
    mail = ListMail(
        list=level_list,
        language=language,
        is_attached=document is not None,
        attachment_digest=document.digest if document else "",
    )
    with translation.override(language), timezone.override("UTC"):
        context = _context(level_list, before, mail)
        mail.subject_line, mail.text, mail.html = render_texts(_TEMPLATES, context)
    return mail


def _context(level_list, before, mail):
    areas = in_words(content_of(level_list)["areas"])
    old = {row["code"]: row for row in (in_words(content_of(before)["areas"]) if before else ())}
    new = {row["code"] for row in areas}
    path = reverse("implementation_levels:list", args=[level_list.number])
    return {
        "list": level_list,
        "before": before,
        "areas": areas,
        "added": [row for row in areas if row["code"] not in old],
        "renewed": [row for row in areas if row["code"] in old and row["since"] != old[row["code"]]["since"]],
        "removed": [row for code, row in old.items() if code not in new],
        "attachment": mail.attachment_name,
        "link": site_link(f"{path}?from=mail"),
        "check_url": site_link(reverse("implementation_levels:list_check")),
    }


@dataclass(frozen=True)
class Frozen:
    """The mail of one list in one language as it goes out."""

    subject: str
    text: str
    html: str
    attachment: Attachment | None


@lru_cache(maxsize=4)
def frozen_mail(subject_id: UUID, language: str) -> Frozen:
    """The mail of the list with this subject, read and its PDF decrypted once in a process.

    Raises AttachmentBroken or files.FileBroken if the PDF is not there as it was frozen: then nothing is sent.
    """
    mail = ListMail.objects.select_related("list").get(list__subject=subject_id, language=language)
    return Frozen(mail.subject_line, mail.text, mail.html, _attachment(mail) if mail.is_attached else None)


def _attachment(mail):
    document = document_of(mail.list.document_number, mail.language)
    content = document.file.read()
    if hashlib.sha256(content).hexdigest() != mail.attachment_digest:
        raise AttachmentBroken(str(mail))
    return Attachment(mail.attachment_name, "application/pdf", mail.attachment_digest, content)
