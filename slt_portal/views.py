"""What all pages share: a policy first, and one answer for what does not exist and what one may not see."""

import sys
from datetime import timedelta

import structlog
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseServerError
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.template.loader import get_template
from django.urls import Resolver404, resolve
from django.utils import timezone

from .kept import typed_page, typed_texts
from .logs import is_silent

log = structlog.get_logger("slt_portal.security")


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


def security_txt(request: HttpRequest) -> HttpResponse:
    """Whom to tell of a weakness (RFC 9116); not there where nobody is named in SLT_SECURITY_CONTACT."""
    if not settings.SECURITY_CONTACT:
        raise Http404
    contact = settings.SECURITY_CONTACT
    if ":" not in contact:
        contact = f"mailto:{contact}"
    until = (timezone.now() + timedelta(days=180)).strftime("%Y-%m-%dT00:00:00Z")
    lines = (f"Contact: {contact}", f"Expires: {until}", "Preferred-Languages: en, fr")
    return HttpResponse("".join(f"{line}\n" for line in lines), content_type="text/plain; charset=utf-8")


def robots(request: HttpRequest) -> HttpResponse:
    """No search engine has anything to look for here."""
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain; charset=utf-8")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page for a form whose session ended meanwhile. Nothing was changed, nothing typed is lost."""
    log.info("form_refused", reason=reason)  # not whose it was: it may have been a report
    return typed_page(request, signed_in=request.user.is_authenticated) or render(request, "csrf.html", status=403)


def failed(request: HttpRequest) -> HttpResponse:
    """The page for a fault of ours: 503 when the database does not answer or is busy, 500 for everything else.

    Both are plain files in both languages, rendered without anything that would ask the database. What was sent can be
    read and copied from the first; going back shows the form as it was, in most browsers.
    """
    if not isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return HttpResponseServerError(get_template("500.html").render())
    page = get_template("503.html").render({"texts": _texts_of(request)})
    return HttpResponse(page, status=503, headers={"Retry-After": "60"})


def _texts_of(request):
    """What was sent, as far as it can be read: the request may have failed before it was known which page it is for,
    and before its size was looked at (RequestSize). What is larger than forms ever are is not read."""
    try:
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return []
        request.resolver_match = request.resolver_match or resolve(request.path_info)
        return typed_texts(request)
    except (Resolver404, SuspiciousOperation, BadRequest, MultiPartParserError, OSError, ValueError):
        return []


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page for what does not exist and for what one may not see. Text that was sent there is not lost.

    Who is refused is logged, with the name of the address, which says nothing of the object: somebody who tries many.
    """
    match = request.resolver_match
    if match and request.user.is_authenticated and not is_silent(match.view_name):
        log.info("not_found", user=request.user.pk, view=request.resolver_match.view_name)
    return render(request, "404.html", {"texts": typed_texts(request)}, status=404)
