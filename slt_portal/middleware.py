"""What holds for every request before anybody is known: its size, and that no copy of the answer is kept."""

from django.conf import settings
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.cache import patch_cache_control

# What a form around a file takes: its other fields, boundaries, file name.
ENVELOPE_BYTES = 64 * 1024
MEGABYTE = 1024 * 1024


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

    Pages that take files have limits of their own: UPLOAD_PATHS, by name of the address.
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


def upload_limit(path: str) -> int | None:
    """The size of the largest file that the page at `path` takes; None if it takes no large files."""
    try:
        return settings.UPLOAD_PATHS.get(resolve(path).view_name)
    except Resolver404:
        return None
