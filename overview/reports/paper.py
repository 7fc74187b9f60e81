"""A report on paper: what its PDF is made from, in the language that is active. The worker makes it from these words
alone, so it says what was approved, whenever it is made (G3)."""

from datetime import UTC

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from documents.pdf import render_pdf
from overview.models import PeriodicReport, Section
from slt_portal.templatetags.portal import day_text

from .sections import blocks, texts_of
from .summary import sentences
from .tables import Table, chapters_of, lessons_of, lists_of, measures_of, note_of_comparison, tables_of
from .titles import cut_off_of, time_of, title_of

TEMPLATE = "overview/paper/report.html"
State, Code = PeriodicReport.State, Section.Code
WITH_LISTS = "levels"  # the chapter that names the lists that were made
AUDIENCE = gettext_lazy("For the Inter-Agency Standing Committee, and for the readers of this portal.")


def preview(report: PeriodicReport, language: str) -> bytes:
    """The draft as it would be printed, marked as a draft on every page. Raises documents.pdf.PdfUnavailable.

    Call it with `language` active.
    """
    context = context_of(report, language, texts_of(report)) | {"made_at": report.state_since, "number": ""}
    return render_pdf(TEMPLATE, context, title=title_of(report), language=language)


def context_of(report: PeriodicReport, language: str, sections: list[Section]) -> dict:
    """What the template says; all of it is words, numbers and lists."""
    texts = {row.code: blocks(row.texts.get("text", "")) for row in sections if row.language == language}
    tables, counter = tables_of(report, language), _Counter()
    chapters = [*_of_figures(report, tables, counter), *_written(report, language, texts, counter)]
    for number, chapter in enumerate(chapters, start=1):
        chapter["number"] = number
    return {
        "cover": {
            "time": time_of(report),
            "cut_off": cut_off_of(report),
            "number": report.number,
            "approved_on": day_text(report.state_since.astimezone(UTC).date()) if _is_approved(report) else "",
        },
        "is_draft": not _is_approved(report),
        "is_invented": settings.DEMO,
        "foreword": texts.get(Code.FOREWORD, []),
        "summary": sentences(tables),
        "note": note_of_comparison(report),
        "chapters": chapters,
        "definitions": defined(tables),
        "digest": report.digest,
        "audience": str(AUDIENCE),
    }


def _is_approved(report):
    return report.state == State.APPROVED


class _Counter:
    """Tables and pictures are numbered through the whole report."""

    def __init__(self):
        self.tables = self.pictures = 0

    def table(self) -> int:
        """The number of the next table."""
        self.tables += 1
        return self.tables

    def picture(self) -> int:
        """The number of the next picture."""
        self.pictures += 1
        return self.pictures


def _of_figures(report, tables, counter):
    for code, title, some in chapters_of(tables):
        chapter = {"id": code, "title": title, "tables": _not_said_twice([_printed(table, counter) for table in some])}
        if code == WITH_LISTS and (lists := lists_of(report)):
            chapter["lists"] = {
                "number": counter.table(),
                "rows": [{**row, "on": day_text(row["on"])} for row in lists],
            }
        if chapter["tables"] or "lists" in chapter:
            yield chapter


def _not_said_twice(tables):
    """Where a table is made as the one above it, that is not said again; the annex says it of each."""
    last = {}
    for table in tables:
        said = {name: table[name] for name in ("definition", "suppression")}
        table.update({name: "" for name in said if said[name] == last.get(name)})
        last = said
    return tables


def _written(report, language, texts, counter):
    """The chapters of the narrative, with the measures and the lessons that stand in them."""
    if texts.get(Code.DEVELOPMENTS):
        yield {"id": "developments", "title": str(Code.DEVELOPMENTS.label), "text": texts[Code.DEVELOPMENTS]}
    measures = [{**row, "on": day_text(row["on"]) if row["on"] else ""} for row in measures_of(report, language)]
    number = counter.table() if measures else 0
    yield {"id": "measures", "title": _("Measures under way"), "measures": measures, "table": number}
    lessons = [
        {**row, "on": date_format(row["on"], "F Y"), "text": blocks(row["text"])}
        for row in lessons_of(report, language)
    ]
    practices = texts.get(Code.PRACTICES, [])
    yield {"id": "practices", "title": _("Good practices and lessons"), "text": practices, "lessons": lessons}
    for code in (Code.CHALLENGES, Code.OUTLOOK):
        if texts.get(code):
            yield {"id": str(code), "title": str(code.label), "text": texts[code]}


def _printed(table: Table, counter) -> dict:
    drawn = table.drawn
    picture = {
        "number": counter.picture() if drawn else 0,
        "kind": table.chart,
        "rows": [[line.label, line.values[0] if line.values else None] for line in drawn],
        "is_part": table.chart == "bars" and len(drawn) < len(table.lines),
        "column": "" if table.columns[0].casefold() in table.title.casefold() else table.columns[0],
    }
    is_named = table.unit.casefold() in table.title.casefold()
    return {
        "id": table.code.replace(".", "-"),
        "number": counter.table() if table.lines else 0,
        "title": table.title,
        "suppression": table.suppression,
        "definition": table.definition,
        "key_name": table.key_name,
        "columns": table.columns,
        "times": list(table.times),
        "unit": "" if is_named else table.unit,
        "rows": [[label, cells] for label, cells in table.rows],
        "picture": picture if drawn else None,
    }


def defined(tables: list[Table]) -> list[dict]:
    """How each figure is made: title, definition, suppression. Those that are made alike stand together."""
    found: dict[tuple[str, str], list[str]] = {}
    for table in tables:
        found.setdefault((table.definition, table.suppression), []).append(table.title)
    return [
        {"title": "; ".join(titles), "definition": definition, "suppression": suppression}
        for (definition, suppression), titles in found.items()
    ]
