"""The narrative of a report: paragraphs and lists in plain text, in both languages (G3)."""

from overview.models import PeriodicReport, Section

from .compile import LANGUAGES

BULLETS = ("- ", "• ", "* ")


def missing_texts(report: PeriodicReport, rows: list[Section] | None = None) -> list[tuple[str, str]]:
    """What has to be written before it is submitted: (section, language). `rows` are its texts, if they were read.

    An annual report has all sections; of a shorter time a section may be left out, but not in one language only.
    """
    rows = texts_of(report) if rows is None else rows
    said = {(row.code, row.language): bool(row.texts.get("text", "").strip()) for row in rows}
    missing = []
    for code in Section.Code:
        found = [language for language in LANGUAGES if said.get((code, language))]
        if report.is_annual or found:
            missing += [(code, language) for language in LANGUAGES if language not in found]
    return missing


def texts_of(report: PeriodicReport) -> list[Section]:
    """The sections with what is written in them, in their order; one query."""
    rows = list(report.sections.select_related("saved_by"))
    for row in rows:
        row.report = report  # whose key opens them
    order = list(Section.Code)
    return sorted(rows, key=lambda row: (order.index(row.code), LANGUAGES.index(row.language)))


def blocks(text: str) -> list[dict]:
    """The text as it is printed: {"list": [...]} for a list, {"text": ...} for a paragraph. Lines of one paragraph
    are joined; a line that begins with "- " is an item of a list."""
    found: list[dict] = []
    is_open = False  # whether the next line goes on where the last one ended
    for line in (line.strip() for line in text.splitlines()):
        bullet = next((mark for mark in BULLETS if line.startswith(mark)), None)
        if not line:
            is_open = False
        elif bullet:
            if not (found and "list" in found[-1]):
                found.append({"list": []})
            found[-1]["list"].append(line[len(bullet) :].strip())
            is_open = True
        elif is_open and "list" in found[-1]:
            found[-1]["list"][-1] += f" {line}"
        elif is_open:
            found[-1]["text"] += f" {line}"
        else:
            found.append({"text": line})
            is_open = True
    return found
