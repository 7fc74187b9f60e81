"""Refuses what is too large before anything reads it."""

from django.conf import settings
from django.shortcuts import render


class RequestSize:
    """Answers 413 with a sentence when a request says it is larger than forms ever are."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return render(request, "413.html", {"limit": settings.DATA_UPLOAD_MAX_MEMORY_SIZE}, status=413)
        return self.get_response(request)
