"""The statistics page and its file (I9, G7): how much happened, of what a reader may see."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views import View

from incidents.imports.sources import SOURCES
from sharing.views import MemberMixin
from slt_portal.tables import write_csv
from slt_portal.templatetags.portal import day_text

from .disclosure import NO_DATA
from .statistics import DIMENSIONS, MEASURES, PEOPLE, sources, tables
from .statistics_filters import StatisticsForm
from .statistics_page import NONE, SIDES, Sheet, csv_rows, labelled, places, sheet, short_name

LONG = 12  # rows of a table of months or years from which on those of nothing are left out
MOST_AREAS = 20  # rows of the table of areas on the page
BARS = 10  # of one picture; one is 44 pixels high


class Statistics(MemberMixin, View):
    """Tables and pictures of what the reader may see; filters that make no sense are said at the field."""

    def get(self, request):
        """The page; nothing is counted for filters that are not valid."""
        form = StatisticsForm(request.GET)
        context = {"filter_form": form, "is_filtered": False}
        if form.is_valid():
            context |= _context(self.access, form)
        return render(request, "overview/statistics.html", context)


class StatisticsFile(MemberMixin, View):
    """The tables of the page as CSV. No purpose is asked and nothing is logged: it holds no item and no single one can
    be told from it, as the figures are those of the page, hidden in the same way."""

    def get(self, request):
        """The file; the page again for filters that are not valid."""
        form = StatisticsForm(request.GET)
        if not form.is_valid():
            return render(request, "overview/statistics.html", {"filter_form": form, "is_filtered": False})
        question, behind, at = form.question(), sources(), timezone.now()
        found = tables(self.access, question)
        shown = sheet(found, question, form.for_the_list(), behind, is_filtered=form.is_narrowing)
        reach = [] if question.source == "shared" else reach_of(behind)
        as_of = _("As of %(time)s UTC.") % {"time": f"{at:%Y-%m-%d %H:%M}"}
        lines = [*definitions(), *reach, *credits_of(behind), as_of]
        columns = [
            _("Table"),
            _("Row"),
            *(labelled(_sides()[side], _measures()[name]) for side in SIDES for name in MEASURES),
        ]
        content = write_csv(csv_rows(shown, headings(question), lines), columns)
        name = f"statistics-{at:%Y%m%d-%H%M}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


def _context(access, form) -> dict:
    question, behind = form.question(), sources()
    found = tables(access, question)
    shown = sheet(found, question, form.for_the_list(), behind, is_filtered=form.is_narrowing)
    drawn, missing = places(shown)
    has_public = "public" in shown.sides
    return {
        "is_filtered": form.is_narrowing,
        "shown": shown,
        "columns": [(_sides()[side], [_measures()[name] for name in MEASURES]) for side in shown.sides],
        "labels": _labels(shown.sides),
        "total_cells": shown.total.cells(shown.sides),
        "sections": [_section(name, shown, question) for name in DIMENSIONS],
        "panels": _panels(shown, question),
        "places": drawn,
        "without_place": missing,
        "now": timezone.now(),
        "reach": reach_of(behind) if question.source != "shared" else [],
        "credits": credits_of(behind) if has_public else [],
        "sexual_violence": behind.sexual_violence if question.source != "shared" else None,
        "definitions": definitions(),
    }


def _labels(sides) -> list[str]:
    """What stands before each figure on a phone: of several sides each is said once, before its first."""
    first, *others = _measures().values()
    if len(sides) == 1:
        return [first, *others]
    return [label for side in sides for label in (labelled(_sides()[side], first), *others)]


def _section(name, shown: Sheet, question) -> dict:
    rows = shown.rows[name]
    listed = _listed(name, rows)
    bars = [row for row in rows if any(row.figures[side]["incidents"].high for side in SIDES)]
    return {
        "name": name,
        "heading": headings(question)[name],
        "what": _what()[name],
        "rows": [(row, row.cells(shown.sides)) for row in listed],
        "left_out": len(rows) - len(listed),
        "bars": [(row.label, *(row.figures[side]["incidents"] for side in SIDES), row.words) for row in bars[:BARS]],
        "bars_left_out": max(len(bars) - BARS, 0),
        "in_words": _in_words(rows),
    }


def _listed(name, rows):
    """The rows of a table on the page: of long ones no periods of nothing and no small areas; the file has all.

    Rows are left out by what would stand in them, so that their absence tells no more.
    """
    if name == "period" and len(rows) > LONG:
        return [row for row in rows if not _is_nothing(row)]
    return rows[:MOST_AREAS] if name == "area" else rows


def _is_nothing(row) -> bool:
    public, shared = (row.figures[side]["incidents"] for side in SIDES)
    return public == NONE and shared in {NONE, NO_DATA}


def _in_words(rows) -> str:
    """What a picture says to whoever does not see it: its three largest rows."""
    largest = sorted((row for row in rows if row.is_something), key=lambda row: -(row.both("incidents").low or 0))[:3]
    return "; ".join(labelled(row.label, row.words) for row in largest) or _("No incidents.")


def _panels(shown: Sheet, question) -> list[dict]:
    """Small multiples of the trend: incidents of each side, then people of both."""
    rows = [row for row in shown.rows["period"] if row.key is not None]
    labels = [str(row.key.year) if question.by_year else date_format(row.key, "n/Y") for row in rows]
    parts = [at for at, row in enumerate(rows) if row.is_part]
    drawn = [
        (labelled(_sides()[side], _measures()["incidents"]), [row.figures[side]["incidents"] for row in rows])
        for side in shown.sides
    ]
    drawn += [(_measures()[name], [row.both(name) for row in rows]) for name in PEOPLE]
    shared = labelled(_sides()["shared"], _measures()["incidents"])
    return [
        {
            "title": title,
            "labels": labels,
            "figures": figures,
            "ident": f"trend-{number}",
            "in_words": _highest(rows, figures),
            # What was shared on the portal does not end where a public source does.
            "parts": {} if title == shared else {at: rows[at].label for at in parts},
        }
        for number, (title, figures) in enumerate(drawn)
        if any(figure.high for figure in figures)
    ]


def _highest(rows, figures) -> str:
    row, figure = max(zip(rows, figures, strict=True), key=lambda pair: pair[1].high or 0)
    return _("Highest: %(period)s, %(figure)s.") % {"period": row.label, "figure": figure}


def _sides() -> dict[str, str]:
    return {"public": _("Public sources"), "shared": _("Shared on this portal")}


def _measures() -> dict[str, str]:
    return {
        "incidents": _("incidents"),
        "killed": _("killed"),
        "wounded": _("wounded"),
        "kidnapped": _("kidnapped"),
        "detained": _("detained"),
    }


def headings(question) -> dict[str, str]:
    """The headings of the tables by dimension."""
    return {
        "period": _("By year") if question.by_year else _("By month"),
        "area": _("By area"),
        "category": _("By category"),
        "actor": _("By actor"),
        "consequence": _("By worst consequence"),
    }


def _what() -> dict[str, str]:
    return {
        "period": _("When it happened, in UTC. What is dated no more exactly than this table stands in its last row."),
        "area": _(
            "The area under a Designated Official in which it was reported; parts of an area stand by themselves."
        ),
        "category": _("What happened, broadly: one category for each incident."),
        "actor": _("Who did it, as far as the report says."),
        "consequence": _("The worst that befell anybody: one consequence for each incident."),
    }


def definitions() -> list[str]:
    """What is counted and how figures are hidden: the same for every table, in every file (G7, C4)."""
    return [
        _("An incident is counted once, if you may read it, with what you may read of it. Others see other figures."),
        _("People are counted where a report gives a number. “Not known”: no report gives one. It is not zero."),
        _("Incidents from public sources are counted exactly."),
        _("“No data”: no public source reaches that far. It is not zero."),
        _(
            "Incidents that organisations shared are confidential: their figures are given in steps, such as 1–4 and "
            "5–9, in totals as well, so that no single incident can be told from them. Where the sums would give a "
            "figure away, the steps are wider; fewer than five in all are not broken down."
        ),
        _(
            "Where a filter or another period than the usual one leaves fewer than five of them, it is not said "
            "whether there are any: 0–4, and of people “not shown”."
        ),
        _("Rows of public sources on sexual violence are in none of the tables."),
        _("The categories, actors and consequences are those of the report form, for all organisations alike."),
    ]


def reach_of(behind) -> list[str]:
    """Up to when the loaded public data sets reach: what is later is not zero, it is not known (I9)."""
    return [
        _("%(source)s: up to %(day)s.") % {"source": short_name(span.code), "day": day_text(span.last)}
        for span in behind.spans
    ]


def credits_of(behind) -> list[str]:
    """The lines that the loaded public data sets ask for."""
    return [SOURCES[code].credit for code in behind.codes if code in SOURCES]
