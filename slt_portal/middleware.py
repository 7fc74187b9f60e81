"""What holds for every request before anybody is known: its size, and that no copy of the answer is kept."""

from django.conf import settings
from django.shortcuts import render
from django.utils.cache import patch_cache_control


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
    """Answers 413 with a sentence when a request says it is larger than forms ever are."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return render(request, "413.html", {"limit": settings.DATA_UPLOAD_MAX_MEMORY_SIZE}, status=413)
        return self.get_response(request)
