"""Following an area, from its page."""

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views import View

from areas.models import Area
from slt_portal.views import PolicyMixin

from .actions import follow, unfollow
from .models import Subscription
from .policies import can_follow_areas


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
        return redirect("areas:detail", code=area.code)
