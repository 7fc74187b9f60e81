"""A memorandum as its page shows it: which documents there are, who has signed, and whose turn it is (P7)."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from documents.issue import documents_of
from documents.models import FrozenDocument, StoredFile
from sharing.access import Access
from slt_portal.states import steps_open

from .instrument import LANGUAGES
from .models import Application, Letter, Memorandum, Signature
from .policies import parties_to_memorandum

SIGNED = "-S"  # after the number: the version with the signatures
_Side = Signature.Side
_PARTY = {_Side.PARTNER: "applicant", _Side.DSS: "dss_headquarters"}


def memoranda_seen(access: Access):
    """The memoranda that this person may open: of both sides, and of those who see the application (C2)."""
    seen = Application.objects.visible_to(access)
    rows = Memorandum.objects.filter(application__in=seen).select_related("template", "subject")
    return rows.select_related("application__organisation", "application__data_key").order_by("-pk")


def letters_seen(access: Access):
    """The letters that this person may open; the rule of their applications."""
    rows = Letter.objects.filter(application__in=Application.objects.visible_to(access))
    return rows.select_related("application__organisation", "application__data_key")


@dataclass(frozen=True)
class Paper:
    """One file of a memorandum: its code in the address, what it is; `document` is None while it is being made."""

    code: str
    label: str
    number: str
    document: FrozenDocument | None = None
    file: StoredFile | None = None
    is_signed_one: bool = False

    @property
    def is_ready(self) -> bool:
        """Whether there is something to download."""
        return self.stored is not None

    @property
    def stored(self) -> StoredFile | None:
        """The file, made here or uploaded."""
        return self.document.file if self.document else self.file


class Signing:
    """One memorandum for one reader; three queries."""

    def __init__(self, memorandum: Memorandum, access: Access):
        self.memorandum, self.access = memorandum, access
        self.application = memorandum.application
        self.language = self.application.language
        rows = memorandum.signatures.select_related("by", "file__data_key").order_by("pk")
        self.signatures = {row.side: row for row in rows}
        for row in self.signatures.values():
            row.memorandum = memorandum
        number = memorandum.number
        self._made = documents_of([number, f"{number}{SIGNED}"])
        self.steps = steps_open(memorandum, parties_to_memorandum(access, memorandum))

    @property
    def document(self) -> FrozenDocument | None:
        """What is signed: the document in the applicant's language; None while it is being made."""
        return self._made.get((self.memorandum.number, self.language))

    @property
    def party_sides(self) -> list[str]:
        """The sides that this person belongs to."""
        parties = parties_to_memorandum(self.access, self.memorandum)
        return [side for side, party in _PARTY.items() if party in parties]

    def side_to_sign(self) -> str | None:
        """The side for which this person may sign now; None where it has signed, or they did for the other."""
        is_open = {"sign", "sign_last"} & set(self.steps) and self.application.state == Application.State.CONCLUDING
        if not is_open or self.has_signed(self.access.user_id):
            return None
        return next((side for side in self.party_sides if side not in self.signatures), None)

    def has_signed(self, user_id: int) -> bool:
        """Whether this person has signed, for whichever side."""
        return any(row.by_id == user_id for row in self.signatures.values())

    @property
    def can_void(self) -> bool:
        """Whether this person may take it back."""
        return "void" in self.steps

    def name_of(self, side: str) -> str:
        """Whom a side is."""
        return self.memorandum.texts["organisation"] if side == _Side.PARTNER else _("DSS")

    def sides(self) -> list[dict]:
        """Both sides: whom they are, who is to sign, who has, when and how."""
        texts = self.memorandum.texts
        return [
            {
                "name": self.name_of(side),
                "named": texts[side],
                "signature": self.signatures.get(side),
                "texts": self.signatures[side].texts if side in self.signatures else None,
            }
            for side in (_Side.PARTNER, _Side.DSS)
        ]

    def papers(self) -> list[Paper]:
        """The files there are or will be: the signed version first, then both languages, then uploaded copies."""
        number = self.memorandum.number
        labels = {"en": _("In English"), "fr": _("In French")}
        papers = []
        if self.memorandum.state == Memorandum.State.CONCLUDED:
            name = f"{number}{SIGNED}"
            papers.append(Paper("signed", _("Signed version"), name, self._made.get((name, self.language))))
        for code in sorted(LANGUAGES, key=lambda code: code != self.language):
            made = self._made.get((number, code))
            papers.append(Paper(code, labels[code], f"{number}-{code}", made, is_signed_one=code == self.language))
        copies = {_Side.PARTNER: _("Copy signed by the organisation"), _Side.DSS: _("Copy signed by DSS")}
        for side, label in copies.items():
            if side in self.signatures and (file := self.signatures[side].file):
                papers.append(Paper(str(side), label, f"{number}-{side}", file=file))
        return papers
