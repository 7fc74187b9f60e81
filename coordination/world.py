"""Who is there in all areas: what is missing where, as a table and as a file (K1)."""

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import TemplateView

from areas.models import Area
from areas.names import by_name, matching
from sharing.views import ReaderMixin
from slt_portal.tables import write_csv
from slt_portal.views import is_signed_in

from .forms import GapFilter
from .holders import Picture
from .models import Mechanism
from .picture import pictures
from .policies import reads_gaps

PAGE = 50
Community = Mechanism.Community


class _GapsMixin(ReaderMixin):
    """For DSS headquarters, OCHA and the bodies; absent for everybody else."""

    policy = is_signed_in

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not reads_gaps(self.access):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def found(self) -> tuple[GapFilter, list[Area], dict[int, Picture]]:
        """The filter, the areas that it takes by name, and their pictures if it had to look into them."""
        form = GapFilter(self.request.GET)
        if not form.is_valid():
            return form, [], {}
        areas = by_name(matching(Area.objects.current().prefetch_related("countries"), form.cleaned_data["q"]))
        if not form.is_narrowing:
            return form, areas, {}
        known = pictures(areas)
        return form, [area for area in areas if form.takes(known[area.pk])], known


class AllAreas(_GapsMixin, TemplateView):
    """Each area with its mechanisms and what is missing."""

    template_name = "coordination/areas.html"

    def get_context_data(self, **kwargs):
        form, areas, known = self.found()
        page = Paginator(areas, PAGE).get_page(self.request.GET.get("page"))
        known = known or pictures(page.object_list)
        return super().get_context_data(
            items=[known[area.pk] for area in page],
            page=page,
            count_label=len(areas),
            filter_form=form,
            is_filtered=form.is_valid() and (form.is_narrowing or bool(form.cleaned_data["q"])),
            export_url=f"{reverse('coordination:areas_file')}?{self.request.GET.urlencode()}",
            **kwargs,
        )


class AllAreasFile(_GapsMixin, View):
    """The same as a table for a spreadsheet. Nobody's name or address is in it."""

    def get(self, request, **kwargs):
        """The file."""
        _form, areas, known = self.found()
        known = known or pictures(areas)
        headers = [
            *(_("Code"), _("Area"), _("Mechanisms of the NGO community"), _("Mechanisms of the IO community")),
            *(_("Missing"), _("Not confirmed yet"), _("Confirmed too long ago")),
        ]
        content = write_csv([_row(known[area.pk]) for area in areas], headers)
        answer = HttpResponse(content, content_type="text/csv; charset=utf-8")
        answer.headers["Content-Disposition"] = 'attachment; filename="who-is-there.csv"'
        return answer


def _row(picture) -> list:
    names = ["; ".join(voice.name for voice in picture.side(community).voices) for community in Community]
    gaps = "; ".join(map(str, picture.gaps))
    return [picture.area.code, picture.area.name, *names, gaps, picture.unconfirmed, picture.stale]
