"""What somebody typed comes back when their form cannot be taken now: a page that shows it and sends it again (I1)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from .logs import is_silent

_SECRETS = ("password", "token")  # in the name of a field
_OF_THE_PAGE = frozenset({"csrfmiddlewaretoken", "keep", "code"})  # tokens of the form it came from, one-time codes


def typed(request: HttpRequest) -> list[tuple[str, str]]:
    """What was sent, as (name, value), but for passwords and the tokens of the form it came from; never a file."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in _OF_THE_PAGE and not any(secret in name for secret in _SECRETS)
    ]


def kept_context(request: HttpRequest) -> dict:
    """The context of typed_kept.html: `typed`, and the `texts` in it, which are more than one word, to be read."""
    found = typed(request)
    return {"typed": found, "texts": [value for _, value in found if len(value.split()) > 1]}


def typed_page(request: HttpRequest, *, signed_in: bool) -> HttpResponse | None:
    """The page for a form that came without a session (`signed_in` says so) or with an old token: nothing is lost.

    None where nothing was typed, where the form is one for signing in, and where it may come from another site: its
    words are not shown here, and nobody is asked to send them.
    """
    if not _may_show_words(request):
        return None
    context = kept_context(request)
    if not context["typed"]:
        return None
    return render(request, "session_over.html", context | {"is_signed_in": signed_in}, status=403)


def typed_texts(request: HttpRequest) -> list[str]:
    """The texts in a form that was sent to where nothing is, or nothing any more, to be read and copied; none where
    `typed_page` would show none. They are the sender's own: that they come back tells nothing of what is there."""
    if request.resolver_match is None or not _may_show_words(request):  # no page of ours: its token was not looked at
        return []
    return kept_context(request)["texts"]


def _may_show_words(request):
    if request.resolver_match and is_silent(request.resolver_match.view_name):
        return False
    return request.method == "POST" and is_same_origin(request) and not _is_about_signing_in(request)


def is_same_origin(request: HttpRequest) -> bool:
    """Whether the browser says that a page of this portal sent the request; silence is no."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    here = f"{request.scheme}://{request.get_host()}"
    return site in {None, "same-origin"} and origin in {None, here} and not (site is None and origin is None)


def _is_about_signing_in(request):
    name = request.resolver_match.view_name if request.resolver_match else ""
    return name.startswith(("account_", "mfa_"))
