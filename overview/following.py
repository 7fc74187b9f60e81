"""Following an area and no longer following it: the buttons of its page. The names of areas are for members."""

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views import View

from areas.models import Area
from notifications.actions import follow, unfollow
from notifications.models import Subscription
from notifications.policies import can_follow_areas
from organisations.memberships import memberships_of
from sharing.views import MemberMixin, ReaderMixin


class AreaFollow(MemberMixin, View):
    """Follow an area, or hear of it only when life is at risk (G8)."""

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


class AreaUnfollow(ReaderMixin, View):
    """Stop following an area (G8): also for who is no member any more, of what they chose when they were."""

    policy = can_follow_areas
    http_method_names = ["post"]

    def post(self, request, code):
        is_member = self.access.is_member
        chosen = Subscription.objects.filter(user=request.user).values("area")
        area = get_object_or_404(Area.objects.all() if is_member else Area.objects.filter(pk__in=chosen), code=code)
        unfollow(area, by=request.user)
        text = _("You no longer follow %(area)s.")
        if any(membership.area_id == area.pk for membership in memberships_of(request)):
            text = _("You no longer follow %(area)s. You work there: you still get mails about it.")
        messages.success(request, text % {"area": area.name})
        if request.POST.get("back") == "told" or not is_member:
            return redirect("overview:told")
        return redirect("areas:detail", code=area.code)
