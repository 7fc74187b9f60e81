"""The lists that were made: which is in force, which was on a day, its files, and whose a fingerprint is (L4, L8).

Each list is in force from when it was made until the next one is: they partition time.
"""

import json
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from documents.issue import documents_of
from documents.models import FrozenDocument
from slt_portal.months import months_later

from .list_contents import LANGUAGES
from .models import LevelList

PREFIX = "SLT-LIST-"  # of the numbers of its PDFs (LevelList.document_number)
_FROZEN = ("content", "csv_en", "csv_fr")  # the long texts


def lists() -> QuerySet[LevelList]:
    """All lists without their long texts, newest first."""
    return LevelList.objects.defer(*_FROZEN).order_by("-number")


def current_list() -> LevelList | None:
    """The list in force; None before the first."""
    return LevelList.objects.order_by("-number").first()


def list_on(day: date) -> LevelList | None:
    """The list in force at the end of `day` (UTC); None before the first."""
    return lists().filter(on__lte=day).first()


def list_after(level_list: LevelList) -> LevelList | None:
    """The list that superseded this one; None: it is in force."""
    return lists().filter(number=level_list.number + 1).first()


def next_due() -> date | None:
    """By when the next list is made at the latest, six months after the newest (L8); None before the first."""
    newest = lists().first()
    return months_later(newest.on, settings.LEVEL_LIST_MONTHS) if newest else None


def content_of(level_list: LevelList) -> dict:
    """What a list says, as it was frozen: see implementation_levels.list_contents."""
    return json.loads(level_list.content)


@dataclass(frozen=True)
class ListFile:
    """A file of a list: `kind` json, csv or pdf; `language` of all but the JSON. `digest` is empty for a PDF that is
    still being made."""

    level_list: LevelList
    kind: str
    language: str = ""
    digest: str = ""

    @property
    def url(self) -> str:
        """Where it is."""
        number = self.level_list.number
        if self.kind == "pdf":
            return reverse("implementation_levels:list_pdf", args=[number, self.language])
        return reverse("implementation_levels:list_file", args=[number, self.name])

    @property
    def label(self) -> str:
        """What it is, for people."""
        if self.kind == "json":
            return _("Data (JSON)")
        what = _("Document (PDF)") if self.kind == "pdf" else _("Table (CSV)")
        return f"{what}, {_('French') if self.language == 'fr' else _('English')}"

    @property
    def name(self) -> str:
        """Its name when it is saved: nothing but the number."""
        if self.kind == "pdf":
            return f"{self.level_list.document_number}-{self.language}.pdf"
        return ".".join(part for part in (f"list-{self.level_list.number}", self.language, self.kind) if part)

    def text(self) -> bytes:
        """The bytes exactly as they were frozen; not of a PDF."""
        name = f"csv_{self.language}" if self.kind == "csv" else "content"
        return getattr(self.level_list, name).encode()


def tables_of(level_list: LevelList) -> list[ListFile]:
    """Its files but the PDFs: they are there from the first moment."""
    tables = [ListFile(level_list, "csv", one, getattr(level_list, f"csv_{one}_digest")) for one in LANGUAGES]
    return [*tables, ListFile(level_list, "json", digest=level_list.digest)]


def files_of(level_list: LevelList) -> list[ListFile]:
    """All its files, the PDFs first; one query."""
    number = level_list.document_number
    made = {language: document.digest for (_, language), document in documents_of([number]).items()}
    return [ListFile(level_list, "pdf", one, made.get(one, "")) for one in LANGUAGES] + tables_of(level_list)


def file_with(digest: str) -> ListFile | None:
    """The file of ours with this SHA-256, of whatever list; None: it is none of ours, or was changed."""
    rows = lists()
    named = rows.filter(Q(digest=digest) | Q(csv_en_digest=digest) | Q(csv_fr_digest=digest)).first()
    if named:
        return next(file for file in tables_of(named) if file.digest == digest)
    documents = FrozenDocument.objects.select_related("order")
    document = documents.filter(digest=digest, order__number__startswith=PREFIX).first()
    if document is None:
        return None
    level_list = rows.get(number=int(document.order.number.removeprefix(PREFIX)))
    return ListFile(level_list, "pdf", document.order.language, digest)
