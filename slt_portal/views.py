"""What all pages share: a policy first, and one answer for what does not exist and what one may not see."""

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from .kept import typed_page, typed_texts


def is_signed_in(user) -> bool:
    """The policy of pages that everybody with an account has."""
    return user.is_authenticated


class PolicyMixin:
    """A page for signed-in people whom `policy(user)` lets in; for everybody else it does not exist.

    What somebody typed whose session ended meanwhile comes back, to be sent again.
    """

    policy = None

    def dispatch(self, request, *args, **kwargs):
        if not request.user.is_authenticated:
            return typed_page(request, signed_in=False) or redirect_to_login(request.get_full_path())
        if not type(self).policy(request.user):
            raise Http404
        return super().dispatch(request, *args, **kwargs)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page for a form whose session ended meanwhile. Nothing was changed, nothing typed is lost."""
    return typed_page(request, signed_in=request.user.is_authenticated) or render(request, "csrf.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page for what does not exist and for what one may not see. Text that was sent there is not lost."""
    return render(request, "404.html", {"texts": typed_texts(request)}, status=404)
