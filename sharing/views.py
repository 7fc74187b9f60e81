"""The mixin of every page that shows confidential items."""

from django.utils.functional import cached_property

from slt_portal.views import PolicyMixin

from .access import Access, access_of


class ReaderMixin(PolicyMixin):
    """A page whose rows come from what its reader may see, resolved once per request."""

    @cached_property
    def access(self) -> Access:
        """The principals and grants of the reader."""
        return access_of(self.request.user)
