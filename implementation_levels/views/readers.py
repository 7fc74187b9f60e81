"""The mixin of every page that shows levels or lists."""

from django.http import Http404

from implementation_levels.policies import reads_levels
from sharing.views import ReaderMixin
from slt_portal.views import is_signed_in


class LevelsMixin(ReaderMixin):
    """A page for readers of the levels (P8); absent for everybody else, whatever there is."""

    policy = is_signed_in

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not reads_levels(self.access):
            raise Http404
        return super().dispatch(request, *args, **kwargs)
