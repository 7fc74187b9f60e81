"""Emergency access: asked for by one person of DSS of an area, agreed to by another, told to the originators (C8)."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views import View

from areas.models import Area
from incidents import policies
from incidents.forms import EmergencyForm
from incidents.kept_back import warned_items
from sharing import emergency as actions
from sharing.emergency_messages import own_items
from sharing.models import EmergencyAccess
from sharing.views import ReaderMixin
from slt_portal.states import StaleState

_LATEST = 50


class EmergencyList(ReaderMixin, View):
    """The form, and the latest accesses: of their areas for DSS of an area, all of them for DSS headquarters."""

    policy = policies.may_watch_emergencies

    def get(self, request):
        """An empty form, where the reader may ask."""
        return self._page(request, EmergencyForm(areas=self._areas) if self._mine else None)

    def post(self, request):
        """Ask a second person."""
        if self._areas is None:
            raise Http404
        form = EmergencyForm(request.POST, areas=self._areas)
        if not form.is_valid():
            return self._page(request, form, status=422)
        emergency = actions.ask(by=request.user, **form.cleaned_data)
        messages.success(request, _("Your colleagues of DSS of the area are asked. One of them has to agree."))
        return redirect("incidents:emergency", emergency.ref)

    @cached_property
    def _mine(self):
        return policies.dss_areas(self.request)

    @property
    def _areas(self):
        return Area.objects.filter(pk__in=self._mine) if self._mine and actions.is_on() else None

    def _page(self, request, form, *, status=200):
        rows = EmergencyAccess.objects.select_related("area", "asked_by", "decided_by").order_by("-asked_at", "-pk")
        if self._mine:
            rows = rows.filter(area__in=self._mine)
        context = {"form": form, "rows": list(rows[:_LATEST]), "opens": bool(self._mine)}
        return render(request, "incidents/emergency_list.html", context, status=status)


class EmergencyMixin(ReaderMixin):
    """A page of one emergency access: for DSS of the area, and for the originators it concerns."""

    policy = policies.can_read_lists

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            rows = EmergencyAccess.objects.select_related("area", "asked_by", "decided_by", "data_key")
            self.emergency = get_object_or_404(rows, ref=kwargs["ref"])
            self.is_of_dss = self.emergency.area_id in policies.dss_areas(request)
            self.own = own_items(self.emergency, self.access)
            if not self.is_of_dss and not self.own:
                raise Http404
        return super().dispatch(request, *args, **kwargs)

    @property
    def is_one_of_the_two(self) -> bool:
        """Whether the reader asked for it or agreed to it."""
        return self.request.user.pk in {self.emergency.asked_by_id, self.emergency.decided_by_id}

    @property
    def may_decide(self) -> bool:
        """Whether the reader can be the second person."""
        is_another = self.emergency.asked_by_id != self.request.user.pk
        return self.emergency.is_waiting and actions.is_on() and self.is_of_dss and is_another


class EmergencyPage(EmergencyMixin, View):
    """Who, why, until when; to originators which of their reports; the buttons."""

    def get(self, request, ref):
        """The buttons are those that the reader may press now."""
        states, emergency = EmergencyAccess.State, self.emergency
        opened = []
        if self.is_one_of_the_two and emergency.state == states.OPEN:
            opened = emergency.items.for_system("what an emergency opened to its two people").order_by("ref")
        context = {
            "emergency": emergency,
            "reason": actions.reason_of(emergency),
            "own": self.own,
            "opened": opened,
            "may_decide": self.may_decide,
            "may_take_back": emergency.state == states.ASKED and self.is_one_of_the_two,
            "may_close": emergency.state == states.OPEN and self.is_one_of_the_two,
        }
        return render(request, "incidents/emergency_page.html", context)


class EmergencyStep(EmergencyMixin, View):
    """One of the buttons."""

    http_method_names = ["post"]

    def post(self, request, ref, step):
        """404 for whoever may not press it; a sentence if somebody was faster."""
        steps = {"agree": self._agree, "refuse": self._refuse, "close": self._close}
        if step not in steps:
            raise Http404
        try:
            said = steps[step]()
        except StaleState:
            messages.warning(request, _("Somebody else was faster. This is how it stands now."))
        except actions.TooMany:
            messages.error(request, _("That would open too many reports. Refuse it and ask for fewer days."))
        else:
            messages.success(request, said)
        return redirect("incidents:emergency", ref)

    def _agree(self):
        if not (self.is_of_dss and actions.is_on()):
            raise Http404
        opened = actions.agree(self.emergency, by=self.request.user, sparing=warned_items())
        return _("Open: %(n)s reports that were closed to you. Their originators are told.") % {"n": opened}

    def _refuse(self):
        if not self.is_of_dss:
            raise Http404
        actions.refuse(self.emergency, by=self.request.user)
        return _("Refused. Nothing was opened.")

    def _close(self):
        if not self.is_one_of_the_two:
            raise Http404
        actions.close(self.emergency, by=self.request.user)
        return _("Closed. Nobody reads anything through it any more.")
