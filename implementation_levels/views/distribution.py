"""To whom a list was sent, and what became of it: for the secretariat; names and addresses are in it (L5)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import TemplateView

from implementation_levels.actions.distribution import note_distribution_taken, send_again
from implementation_levels.deliveries import LOST, is_superseded, summary_of, with_states
from implementation_levels.forms.distribution import DistributionFilter
from implementation_levels.list_contents import LANGUAGES
from implementation_levels.models import Delivery, LevelList, ListMail
from implementation_levels.policies import reads_distribution, runs_distribution
from notifications.models import Message
from organisations.models import Organisation
from sharing.views import ReaderMixin
from slt_portal.states import StaleState
from slt_portal.tables import write_csv
from slt_portal.views import is_signed_in

PAGE = 50
_CAN_BE_SENT_AGAIN = (Message.State.SENT, *LOST)


class DistributionMixin(ReaderMixin):
    """A page about the mails with one list, for the secretariat; absent for everybody else, whatever there is."""

    policy = is_signed_in

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not self.may_open():
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def may_open(self) -> bool:
        """Whether the reader of this request may."""
        return reads_distribution(self.access)

    @cached_property
    def list(self) -> LevelList:
        """The list of the address, without its long texts, with its distribution if there is one."""
        rows = LevelList.objects.select_related("distribution").defer("content", "csv_en", "csv_fr")
        return get_object_or_404(rows, number=self.kwargs["number"])

    def deliveries(self):
        """Its mails by organisation and person, each with its state."""
        rows = with_states(Delivery.objects.filter(list=self.list).select_related("user", "organisation"))
        return rows.order_by("organisation__name", "organisation", "user__name", "user", "pk")


class DistributionPage(DistributionMixin, TemplateView):
    """Who was sent the list, what became of the mails, and whom nobody reached."""

    template_name = "implementation_levels/distribution.html"

    def get_context_data(self, **kwargs):
        form = DistributionFilter(self.request.GET)
        page = Paginator(form.narrowed(self.deliveries()), PAGE).get_page(self.request.GET.get("page"))
        distribution = getattr(self.list, "distribution", None)
        summary = summary_of(self.list)
        is_old = is_superseded(self.list.number)
        can_send = runs_distribution(self.access) and not is_old
        return super().get_context_data(
            list=self.list,
            is_invented=self.list.is_invented,
            distribution=distribution,
            is_passed_over=distribution is None and is_old,
            summary=summary,
            **_unreached(summary.nobody_reached, distribution.without_contact if distribution else []),
            languages=LANGUAGES if distribution else (),
            filter_form=form,
            is_filtered=form.is_narrowing,
            page=page,
            count_label=page.paginator.count,
            items=_rows(list(page.object_list), can_send),
            **kwargs,
        )


def _unreached(lost, without_contact):
    """The organisations of which nobody was reached, and those without a contact when the list was sent."""
    some = Organisation.objects.filter(pk__in=lost) | Organisation.objects.filter(ref__in=without_contact)
    found = list(some.order_by("name", "pk"))
    return {
        "nobody_reached": [row for row in found if row.pk in lost],
        "without_contact": [row for row in found if row.ref in set(without_contact)],
    }


def _rows(deliveries, can_send):
    """Each delivery, whether it can be sent again, and what was tried instead: that is one query, if a mail is lost."""
    lost = {row.organisation_id for row in deliveries if row.state in LOST}
    tried = []
    if lost:
        tried = Delivery.objects.filter(list=deliveries[0].list_id, why=Delivery.Why.INSTEAD, organisation__in=lost)
        tried = list(with_states(tried.select_related("user")))
    for row in (*deliveries, *tried):
        row.is_lost, row.state_label = row.state in LOST, _state_label(row)
    return [
        {
            "delivery": row,
            "can_send": can_send and row.state in _CAN_BE_SENT_AGAIN,
            "instead": [
                other
                for other in tried
                if row.is_lost and other.organisation_id == row.organisation_id and other.pk != row.pk
            ],
        }
        for row in deliveries
    ]


def _state_label(row):
    return Message.State(row.state).label if row.state else ""


class DistributionFile(DistributionMixin, View):
    """The same as a table, with the same filters; that somebody took it out is in the audit log."""

    def get(self, request, number):
        """The file; its name says nothing but the number."""
        form = DistributionFilter(request.GET)
        rows = [_cells(row) for row in form.narrowed(self.deliveries())]
        heads = [_("Organisation"), _("Name"), _("E-mail address"), _("Language"), _("Why"), _("Mail")]
        heads += [_("Sent at (UTC)"), _("List opened at (UTC)"), _("By the link")]
        if self.list.is_invented:
            heads[0] = _("Organisation (the levels are invented)")
        note_distribution_taken(self.list, rows=len(rows), by=request.user)
        headers = {"Content-Disposition": f'attachment; filename="list-{number}-sent.csv"'}
        return HttpResponse(write_csv(rows, heads), content_type="text/csv; charset=utf-8", headers=headers)


def _cells(row):
    by_link = "" if row.by_link is None else _("yes") if row.by_link else _("no")
    times = [moment.strftime("%Y-%m-%d %H:%M") if moment else "" for moment in (row.sent_at, row.opened)]
    state = Message.State(row.state).label if row.state else ""
    return [
        row.organisation.name,
        row.user.name,
        row.user.email,
        row.language,
        row.get_why_display(),
        state,
        *times,
        by_link,
    ]


class SendAgain(DistributionMixin, View):
    """The button that sends a list to one person again: for DSS headquarters."""

    def may_open(self):
        """Who sends."""
        return runs_distribution(self.access)

    def get(self, request, number, pk):
        """Came back here after signing in: to where the button is."""
        return redirect("implementation_levels:distribution", self._delivery().list.number)

    def post(self, request, number, pk):
        """Send, and say so."""
        delivery = self._delivery()
        try:
            send_again(delivery, by=request.user)
        except StaleState:
            text = _("Nothing was sent: a mail to this person is on its way, or they no longer get this list.")
            messages.info(request, text)
        else:
            messages.success(request, _("The list is on its way to %(address)s.") % {"address": delivery.user.email})
        return redirect("implementation_levels:distribution", number)

    def _delivery(self):
        rows = Delivery.objects.select_related("list__subject", "user").defer("list__content", "list__csv_en")
        return get_object_or_404(rows, pk=self.kwargs["pk"], list__number=self.kwargs["number"])


class ListMailPage(DistributionMixin, TemplateView):
    """The mail with a list as it was sent, in one language."""

    template_name = "implementation_levels/list_mail.html"

    def get_context_data(self, **kwargs):
        mail = get_object_or_404(ListMail, list=self.list, language=self.kwargs["language"])
        mail.list = self.list
        others = [code for code in LANGUAGES if code != mail.language]
        return super().get_context_data(
            list=self.list, is_invented=self.list.is_invented, mail=mail, others=others, **kwargs
        )
