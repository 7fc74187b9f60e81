"""Stopping mails from a link in one."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from areas.models import Area

from .actions import stop_mails
from .stopping import read_stop


@method_decorator(csrf_exempt, name="dispatch")
class MailsStop(View):
    """The page behind the link that stops mails (G8): looking changes nothing, its button does.

    Mail programs press it themselves, without cookies (RFC 8058): the signed link alone says who and what. It says
    nothing about the person, because mails are forwarded.
    """

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return self._page(request, token)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        return self._page(request, token, then=stop_mails)

    def _page(self, request, token, then=None):
        stop = read_stop(token)
        area = Area.objects.filter(pk=stop.area_id).first() if stop and stop.area_id else None
        if stop is None or (stop.area_id and area is None):
            return render(request, "notifications/stop_unknown.html", status=404)
        if then:
            then(stop)
        return render(request, "notifications/stop.html", {"area": area, "is_done": bool(then)})
