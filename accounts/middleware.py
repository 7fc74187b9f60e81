"""What holds for every request of a signed-in person: language and clock, second factor, confidentiality rules."""

from zoneinfo import ZoneInfo

import structlog
from allauth.account.forms import LoginForm
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from slt_portal.kept import kept_context, typed_page

from .rules import OPEN_BEFORE_RULES, valid_until
from .second_factor import OPEN_FOR_PASSING, OPEN_FOR_SET_UP, passed_second_factor

log = structlog.get_logger(__name__)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Language:
    """Pages come in the person's language and time zone; before signing in, as the cookie or the browser says."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        user = request.user
        language = user.language if user.is_authenticated else translation.get_language_from_request(request)
        request.LANGUAGE_CODE = language
        with translation.override(language), timezone.override(_zone(user)):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response


def _zone(user):
    try:
        return ZoneInfo(user.time_zone) if user.is_authenticated else None
    except (KeyError, ValueError):  # a zone this machine does not know closes no page
        return None


class SecondFactor:
    """No page but those for setting up or passing the second factor, until this session has proved one.

    Accounts past their date are signed out at their next request, and what became a functional mailbox. (Django itself
    signs out deactivated ones.)
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view_func, view_args, view_kwargs):
        """Answer instead of the view where the view must not be reached; None lets it through."""
        user = request.user
        if not user.is_authenticated:
            return None
        if user.expires_at and user.expires_at <= timezone.now():
            logout(request)
            messages.warning(request, _("This account has ended. Ask the person who invited you to renew it."))
            return redirect("account_login")
        if user.is_mailbox:
            logout(request)
            return redirect("account_login")
        name = request.resolver_match.view_name
        if not user.has_second_factor:
            return None if name in OPEN_FOR_SET_UP else redirect("mfa_activate_totp")
        if name in OPEN_FOR_PASSING or passed_second_factor(request):
            return None
        return typed_page(request, signed_in=False) or _to_pass(request)


def _to_pass(request):
    """To the page that asks for the code, and from there back to the page that was asked for."""
    query = urlencode({"next": request.get_full_path()}) if request.method == "GET" else ""
    return HttpResponseRedirect(f"{reverse('mfa_reauthenticate')}?{query}")


class CacheGone:
    """Without the cache (Redis) nobody signs in, because nobody would be held back from guessing: a page says so."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        """Answer for the pages about accounts, with the address that was typed; None for everything else."""
        match = request.resolver_match
        if not isinstance(exception, RedisError) or not match or not match.view_name.startswith(("account_", "mfa_")):
            return None
        log.error("cache_does_not_answer", error=type(exception).__name__)
        is_sign_in = match.view_name == "account_login"
        form = LoginForm(initial={"login": request.POST.get("login", "")}) if is_sign_in else None
        page = render(request, "account/unavailable.html", {"form": form}, status=503)
        page["Retry-After"] = "300"
        return page


class ConfidentialityRules:
    """No page but one's own account until the person has acknowledged the rules, and again every year (C9).

    It closes reading, never filing. What was typed elsewhere is kept: it comes back to be sent again.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view_func, view_args, view_kwargs):
        """Lead to the rules instead of the view; None lets the request through."""
        if not request.user.is_authenticated or request.resolver_match.view_name in OPEN_BEFORE_RULES:
            return None
        return rules_first(request)


def rules_first(request: HttpRequest) -> HttpResponse | None:
    """The answer for whoever has to acknowledge the rules before they go on; None if they have (C9)."""
    until = valid_until(request.user.rules_acknowledged_at)
    if until and until > timezone.now():
        return None
    if request.method in _SAFE:
        query = urlencode({"next": request.get_full_path()})
        return HttpResponseRedirect(f"{reverse('accounts:rules')}?{query}")
    return render(request, "accounts/rules_first.html", kept_context(request), status=403)
