"""The mixin of every page that shows confidential items."""

from django.http import Http404, HttpRequest

from organisations.memberships import memberships_of
from slt_portal.views import PolicyMixin, is_signed_in

from .access import Access, access_of


def access_for(request: HttpRequest) -> Access:
    """What the reader of this request may see, resolved once."""
    if not hasattr(request, "access"):
        known = memberships_of(request) if request.user.is_authenticated else None
        request.access = access_of(request.user, memberships=known)
    return request.access


class ReaderMixin(PolicyMixin):
    """A page whose rows come from what its reader may see, resolved once per request."""

    @property
    def access(self) -> Access:
        """The principals and grants of the reader."""
        return access_for(self.request)


class MemberMixin(ReaderMixin):
    """A page for every active member of an organisation in good standing; absent for everybody else."""

    policy = is_signed_in

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not access_for(request).is_member:
            raise Http404
        return super().dispatch(request, *args, **kwargs)
