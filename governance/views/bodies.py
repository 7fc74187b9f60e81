"""Who sits in the bodies, since when, until when; and which of their rules are settings (§11)."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import TemplateView

from governance.models import Body, Seat
from governance.policies import moves_co_chair, reads_bodies
from governance.seats import move_co_chair, people_at
from organisations.memberships import memberships_of
from organisations.models import Membership, Organisation
from sharing.views import ReaderMixin
from slt_portal.states import StaleState
from slt_portal.views import is_signed_in

STANDING = (Body.Kind.OVERSIGHT_COMMITTEE, Body.Kind.WORKING_GROUP)


class Bodies(ReaderMixin, TemplateView):
    """Oversight Committee and Working Group: seats, holders, terms, vacancies, rules. No decisions."""

    policy = is_signed_in
    template_name = "governance/bodies.html"

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not (reads_bodies(self.access) or self._is_administrator()):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def post(self, request):
        """Gives the NGO co-chair to another consortium."""
        pk = request.POST.get("seat", "")
        if not moves_co_chair(self.access) or not (pk.isascii() and pk.isdigit() and len(pk) < 10):
            raise Http404
        seat = Seat.objects.filter(pk=int(pk)).select_related("organisation").first()
        if seat is None:
            raise Http404
        try:
            move_co_chair(seat, by=request.user)
        except StaleState:
            messages.warning(request, _("Somebody else changed this first."))
        else:
            messages.success(request, _("The co-chair of the NGOs is now %(name)s.") % {"name": seat.organisation})
        return redirect("governance:bodies")

    def get_context_data(self, **kwargs):
        seats = Seat.objects.filter(body__kind__in=STANDING, closed_at=None).select_related("body", "organisation")
        seats = list(seats)
        terms = _terms(seats)
        bodies = [
            {"label": kind.label, "rows": [(seat, terms[seat.pk]) for seat in seats if seat.body.kind == kind]}
            for kind in STANDING
        ]
        return super().get_context_data(
            bodies=bodies,
            vacant=sum(not people for people in terms.values()),
            candidates=self._candidates(seats),
            rules=rules(),
            **kwargs,
        )

    def _is_administrator(self):
        return any(row.role == "administrator" and not row.is_suspended for row in memberships_of(self.request))

    def _candidates(self, seats):
        """The seats that the NGO co-chair can move to."""
        if not moves_co_chair(self.access):
            return []
        return [
            seat
            for seat in seats
            if seat.body.kind == Body.Kind.OVERSIGHT_COMMITTEE
            and seat.organisation.kind == Organisation.Kind.CONSORTIUM
            and not seat.is_co_chair
        ]


def _terms(seats):
    """The memberships through which each seat is held now, by its key: since when, until when."""
    holders = people_at(seats).holders
    roles = [f"{kind}_member" for kind in STANDING]
    rows = Membership.objects.on().filter(role__in=roles, organisation__in={seat.organisation_id for seat in seats})
    rows = list(rows.select_related("user").order_by("starts_at", "pk"))
    return {
        seat.pk: [
            row
            for row in rows
            if row.user_id in holders[seat.pk]
            and (row.role, row.organisation_id) == (f"{seat.body.kind}_member", seat.organisation_id)
        ]
        for seat in seats
    }


def rules() -> list[dict]:
    """The rules that the guidelines leave open, with their values here: [{"label", "value"}]."""
    count = settings.COMMITTEE_QUORUM
    quorum = _seats(count) if count else _("more than half of the seats that are held and not recused")
    return [
        {"label": _("Quorum of the Committee"), "value": quorum},
        {"label": _("Silence procedure"), "value": _days(settings.DECISION_DAYS)},
        {"label": _("To agree on a suspension in an area"), "value": _days(settings.AGREEMENT_DAYS)},
        {"label": _("For an organisation to be heard"), "value": _days(settings.HEARING_DAYS)},
        {"label": _("A partnership without end is confirmed anew after"), "value": _days(settings.BASIS_CONFIRM_DAYS)},
        {"label": _("The global list is sent at least every"), "value": _days(settings.GLOBAL_LIST_DAYS)},
        {"label": _("Global register read by"), "value": _readers(settings.GLOBAL_REGISTER_READERS)},
        {"label": _("Register of an area read by"), "value": _readers(settings.AREA_REGISTER_READERS)},
    ]


def _days(count):
    return ngettext("%(count)s day", "%(count)s days", count) % {"count": count}


def _seats(count):
    return ngettext("%(count)s seat", "%(count)s seats", count) % {"count": count}


def _readers(codes):
    names = {
        "dss_world": _("DSS headquarters"),
        "dss": _("DSS of the areas"),
        "designated_official": _("Designated Officials"),
        "ocha": _("OCHA"),
        "oversight_committee": _("Oversight Committee"),
        "working_group": _("Working Group"),
        "mechanism": _("NGO representatives"),
    }
    return ", ".join(str(names.get(code, code)) for code in codes)
