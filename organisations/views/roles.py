"""One's own roles and leaving one, and which members of an NGO mechanism have acknowledged the rules."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import TemplateView

from organisations.actions import LastOfRole, end_membership
from organisations.models import Membership
from organisations.policies import can_leave, represents_a_platform
from organisations.querysets import areas_represented, own_roles, rules_of_members
from slt_portal.states import StaleState
from slt_portal.views import PolicyMixin, is_signed_in


class MyRoles(PolicyMixin, TemplateView):
    """The roles one has, each with a way out."""

    policy = is_signed_in
    template_name = "organisations/my_roles.html"

    def get_context_data(self, **kwargs):
        return super().get_context_data(items=list(own_roles(self.request.user)), **kwargs)


class Leave(PolicyMixin, View):
    """Asks, then ends a role of one's own at once. The session stays, and sees nothing that the role opened."""

    policy = is_signed_in

    def get(self, request, membership):
        row = self._row(membership)
        return render(request, "organisations/leave.html", {"row": row, "can_leave": can_leave(request.user, row)})

    def post(self, request, membership):
        row = self._row(membership)
        try:
            end_membership(row, by=request.user)
        except LastOfRole:
            return self.get(request, membership)
        except StaleState:
            messages.info(request, _("This role had ended already."))
        else:
            messages.success(request, _("You have left this role. What it opened is closed from now on."))
        return redirect("organisations:my_roles")

    def _row(self, membership):
        if "\x00" in membership:
            raise Http404
        rows = Membership.objects.select_related("organisation", "area")
        return get_object_or_404(rows, ref=membership, user=self.request.user)


class RulesOfMembers(PolicyMixin, TemplateView):
    """For who represents an NGO mechanism: how many people of each member have acknowledged the rules (C9)."""

    policy = represents_a_platform
    template_name = "organisations/rules_of_members.html"

    def get_context_data(self, **kwargs):
        areas = areas_represented(self.request.user)
        return super().get_context_data(areas=[(area, rules_of_members(area)) for area in areas], **kwargs)
