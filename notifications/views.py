"""Following an area, from its page; and stopping mails from a link in one."""

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from areas.models import Area
from slt_portal.views import PolicyMixin

from .actions import follow, stop_mails, unfollow
from .models import Subscription
from .policies import can_follow_areas
from .stopping import read_stop


class AreaFollow(PolicyMixin, View):
    """Follow an area, or hear of it only when life is at risk."""

    policy = can_follow_areas
    http_method_names = ["post"]

    def post(self, request, code):
        area = get_object_or_404(Area.objects.current(), code=code)
        choice = request.POST.get("choice", Subscription.Choice.FOLLOW)
        if choice not in Subscription.Choice:
            raise BadRequest("unknown choice")
        follow(area, by=request.user, choice=choice)
        told = {
            Subscription.Choice.FOLLOW: _("You now follow %(area)s: you get a mail for what is shared with you there."),
            Subscription.Choice.LIFE_SAFETY: _("You now hear of %(area)s by mail only when life is at risk."),
        }
        messages.success(request, told[choice] % {"area": area.name})
        return redirect("areas:detail", code=area.code)


class AreaUnfollow(PolicyMixin, View):
    """Stop following an area."""

    policy = can_follow_areas
    http_method_names = ["post"]

    def post(self, request, code):
        area = get_object_or_404(Area.objects.all(), code=code)
        unfollow(area, by=request.user)
        text = _("You no longer follow %(area)s. If you work there, you still get mails about it.")
        messages.success(request, text % {"area": area.name})
        if request.POST.get("back") == "told":
            return redirect("overview:told")
        return redirect("areas:detail", code=area.code)


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
