"""The one figure, for handlers and both bodies."""

from django.utils import timezone
from django.views.generic import TemplateView

from restricted.policies import reads_years
from restricted.years import figures
from slt_portal.views import PolicyMixin


class Years(PolicyMixin, TemplateView):
    """By year, the newest on top."""

    policy = reads_years
    template_name = "restricted/years.html"

    def get_context_data(self, **kwargs):
        rows = reversed(figures(timezone.now()).items())
        return super().get_context_data(rows=list(rows), **kwargs)
