"""What holds for every request, whoever sends it: its size, that no copy is kept, that none leads to a dead end."""

from django.conf import settings
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve
from django.utils.cache import patch_cache_control

# What a form around a file takes: its other fields, boundaries, file name.
ENVELOPE_BYTES = 64 * 1024
MEGABYTE = 1024 * 1024


class Isolation:
    """On every answer, style sheets and errors included: no other site's page may load it, and no device is asked for.

    It stands outermost, with the content security policy, so that answers of other middleware have both.
    """

    HEADERS = {
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": ", ".join(
            f"{name}=()"
            for name in (
                "accelerometer",
                "browsing-topics",
                "camera",
                "display-capture",
                "geolocation",
                "gyroscope",
                "magnetometer",
                "microphone",
                "payment",
                "usb",
            )
        ),
    }

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        for name, value in self.HEADERS.items():
            response.headers.setdefault(name, value)
        return response


class NoNulls:
    """An address with a NUL in it is none of ours: PostgreSQL takes no such text, and no keyboard types one.

    Forms refuse it at its field, and filters take no notice of it.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if "\x00" in request.path_info:
            raise Http404
        return self.get_response(request)


class NoStore:
    """Neither browser nor proxy keeps a page: after signing out, "back" on a shared machine shows nothing.

    Static files are answered before this and are kept. A view that says something else itself has its way.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response


class RequestSize:
    """Answers 413 with a sentence when a request says it is larger than forms ever are.

    Pages that take files have limits of their own: UPLOAD_PATHS, by name of the address. It stands behind the language,
    for the sentence, and before everything that reads what was sent.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            largest = upload_limit(request.path_info)
            if not length.isdigit() or largest is None or int(length) > largest + ENVELOPE_BYTES:
                limit = largest or settings.DATA_UPLOAD_MAX_MEMORY_SIZE
                context = {"megabytes": limit // MEGABYTE, "is_upload": largest is not None}
                return render(request, "413.html", context, status=413)
        return self.get_response(request)


class NoDeadEnd:
    """Opening an address that only acts, as after signing in or changing the language, leads to the page above it;
    sending something to an address that only shows is answered with a page."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if response.status_code != 405:
            return response
        if request.method in {"GET", "HEAD"}:
            return redirect(page_above(request.path_info))
        page = render(request, "405.html", status=405)
        page["Allow"] = response["Allow"]
        return page


def page_above(path: str) -> str:
    """The nearest address above `path` that there is."""
    while path != "/":
        path = path.rstrip("/").rpartition("/")[0] + "/"
        try:
            resolve(path)
        except Resolver404:
            continue
        break
    return path


def upload_limit(path: str) -> int | None:
    """The size of the largest file that the page at `path` takes; None if it takes no large files."""
    try:
        return settings.UPLOAD_PATHS.get(resolve(path).view_name)
    except Resolver404:
        return None
