"""The text of the instrument: plain text with placeholders, as DSS headquarters writes it, and what it becomes (P7).

Blank line: a new paragraph. A line that begins with "# " is a heading, one with "- " an item of a list. What is filled
in stays apart from what was written around it: it cannot become a heading, and keeps a direction of its own.
"""

import re
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from .models import MemorandumTemplate

MOST_TEXT = 20_000
LANGUAGES = ("en", "fr")
# What may stand in single braces, and what it is replaced by; without the mandatory ones nobody knows what was signed.
PLACEHOLDERS = {
    "instrument": _("name of the instrument, from the settings"),
    "number": _("number of the memorandum"),
    "date": _("day on which it was issued"),
    "organisation": _("legal name of the organisation"),
    "areas": _("areas in which it is active"),
    "organisation_signatory": _("who signs for the organisation"),
    "dss_signatory": _("who signs for DSS"),
}
MANDATORY = ("number", "date", "organisation")
_PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")
_FIRST = Path(__file__).parent / "texts"


def instrument_name(language: str) -> str:
    """What the instrument is called in this language (a setting: lawyers choose the word)."""
    return settings.INSTRUMENT_FR if language == "fr" else settings.INSTRUMENT_EN


def check_text(text: str) -> None:
    """Raises ValidationError for unknown placeholders, single braces, missing mandatory ones, or no text at all."""
    names = _PLACEHOLDER.findall(text)
    if unknown := sorted({name for name in names if name not in PLACEHOLDERS}):
        words = _("Nothing is known to fill in for %(names)s. The list below says what there is.")
        raise ValidationError(words, code="unknown", params={"names": ", ".join(f"{{{name}}}" for name in unknown)})
    if set("{}") & set(_PLACEHOLDER.sub("", text)):
        raise ValidationError(_("There is a brace without its counterpart: write {number}."), code="brace")
    if missing := [name for name in MANDATORY if name not in names]:
        words = _("%(names)s must stand somewhere in the text.")
        raise ValidationError(words, code="missing", params={"names": ", ".join(f"{{{name}}}" for name in missing)})


def blocks_of(text: str, values: dict[str, str]) -> list[dict]:
    """The text as headings, paragraphs and lists: {"kind", "parts"} or {"kind": "list", "items": [parts]}.

    Parts are [text, whether it was filled in]; a placeholder without a value stays as it is written.
    """
    blocks: list[dict] = []
    is_open = False  # whether the next line goes on with the last block
    for line in (line.strip() for line in text.splitlines()):
        last = blocks[-1] if blocks and is_open else None
        if line.startswith("# "):
            blocks.append({"kind": "heading", "parts": _parts(line[2:].strip(), values)})
        elif line.startswith("- "):
            if last is None or last["kind"] != "list":
                blocks.append({"kind": "list", "items": []})
            blocks[-1]["items"].append(_parts(line[2:].strip(), values))
        elif line and last is not None and last["kind"] == "paragraph":
            last["parts"] += [[" ", False], *_parts(line, values)]
        elif line:
            blocks.append({"kind": "paragraph", "parts": _parts(line, values)})
        is_open = bool(line) and not line.startswith("# ")
    return blocks


def _parts(line, values):
    """`line` with its placeholders replaced once: what is filled in is looked at no more."""
    parts = []
    for position, piece in enumerate(_PLACEHOLDER.split(line)):  # text, name, text, name, ... text
        is_name = position % 2 == 1
        if is_name and piece in values:
            parts.append([values[piece], True])
        elif piece:
            parts.append([f"{{{piece}}}" if is_name else piece, False])
    return parts


def newest_template() -> MemorandumTemplate | None:
    """The version that the next memorandum is made from."""
    return MemorandumTemplate.objects.order_by("version").last()


def ensure_template(*, is_specimen: bool = False) -> MemorandumTemplate:
    """The newest version; the first one, in words of the portal's own, where there is none. Harmless twice at once."""
    if newest_template() is None:
        texts = {f"text_{code}": (_FIRST / f"first.{code}.txt").read_text(encoding="utf-8") for code in LANGUAGES}
        first = MemorandumTemplate(version=1, is_specimen=is_specimen, **texts)
        MemorandumTemplate.objects.bulk_create([first], ignore_conflicts=True)
    return newest_template()
