"""One figure: what is counted, as of when, the table, a picture of it, and the same as a file (G1)."""

from functools import cached_property

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import TemplateView

from governance.policies import reads_bodies
from sharing.views import ReaderMixin
from slt_portal.tables import write_csv
from slt_portal.templatetags.portal import day_text, moment
from slt_portal.views import is_signed_in

from .dashboard_tiles import Tile
from .figures.registry import Figure, Value
from .figures.stored import shown
from .figures.values import words

MOST_DRAWN = 20


class Sheet(Tile):
    """A figure with all its rows."""

    @cached_property
    def rows(self):
        """All of them."""
        return self.shown.rows

    @property
    def bars(self):
        """The first of them: the table has all."""
        return super().bars[:MOST_DRAWN]

    @property
    def not_drawn(self) -> int:
        """How many stand in the table only."""
        return max(len(self.rows) - MOST_DRAWN, 0) if self.draws == "bars" else 0

    @property
    def has_steps(self) -> bool:
        """Whether the picture has steps in it, which are to be explained."""
        return any(isinstance(row.values[0], list) for row in self.rows)


class FigureMixin(ReaderMixin):
    """A figure of the address, for both bodies and the secretariat; absent for everybody else."""

    policy = is_signed_in

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not reads_bodies(self.access):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def sheet(self) -> Sheet:
        """The figure as it is stored. Raises Http404."""
        code = self.kwargs["code"]
        try:
            return Sheet(shown(self.access, [code])[code])
        except LookupError as unknown:
            raise Http404 from unknown


class FigurePage(FigureMixin, TemplateView):
    """Definition, cut-off, picture and table of one figure."""

    template_name = "overview/figure.html"

    def get_context_data(self, **kwargs):
        sheet = self.sheet
        return super().get_context_data(
            sheet=sheet,
            figure=sheet.figure,
            shown=sheet.shown,
            facts=_facts(sheet) if sheet.is_counted else [],
            back_url=reverse("overview:dashboard"),
            back_label=_("Dashboard"),
            **kwargs,
        )


def _facts(sheet: Sheet) -> list[dict]:
    """What it is about, in a word each."""
    one = sheet.shown
    days = {"first": day_text(one.first), "last": day_text(one.last)}
    return [
        {"label": _("Period"), "value": _("%(first)s to %(last)s") % days},
        {"label": _("Cut-off"), "value": moment(one.cut_off)},
    ]


class FigureFile(FigureMixin, View):
    """The table as CSV, hidden in the same way as on the page: no purpose is asked and nothing is logged, because no
    single case, report or person can be told from it."""

    def get(self, request, code):
        """The file; the page while the figure is being counted."""
        sheet = self.sheet
        if not sheet.is_counted:
            return redirect("overview:figure", code)
        columns = [str(sheet.figure.key_name), *map(str, sheet.figure.columns)]
        rows = [[row.label, *map(_cell, row.values)] for row in sheet.rows]
        lines = [*_sentences(sheet.figure), *(f"{one['label']}: {one['value']}" for one in _facts(sheet))]
        rows += [[line, *[""] * len(sheet.figure.columns)] for line in lines]
        name = f"figure-{code}-{sheet.shown.cut_off:%Y%m%d-%H%M}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(write_csv(rows, columns), content_type="text/csv; charset=utf-8", headers=headers)


def _cell(value: Value):
    """Numbers stay numbers; steps, and what is not known, are words."""
    return value if isinstance(value, int | float) else words(value)


def _sentences(figure: Figure) -> list[str]:
    return [str(text) for text in (figure.title, figure.definition, figure.suppression) if text]
