"""Breaches by UN entities or their staff: recorded, and referred to its own rules; nobody is suspended (P9)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import FormView, TemplateView

from partners.actions.referrals import record_referral
from partners.forms.suspensions import ReferralForm
from partners.models import Referral
from partners.policies import records_referrals
from sharing.views import ReaderMixin
from slt_portal.views import is_signed_in

PER_PAGE = 50


class _RecorderMixin(ReaderMixin):
    """For DSS headquarters, DSS and Designated Officials of areas; absent for everybody else."""

    policy = is_signed_in

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not records_referrals(self.access):
            raise Http404
        return super().dispatch(request, *args, **kwargs)


class Referrals(_RecorderMixin, TemplateView):
    """What was recorded, newest first."""

    template_name = "partners/referral_list.html"

    def get_context_data(self, **kwargs):
        rows = Referral.objects.visible_to(self.access).select_related("entity", "area", "by").order_by("-pk")
        page = Paginator(rows, PER_PAGE).get_page(self.request.GET.get("page"))
        return super().get_context_data(items=list(page), page=page, count_label=page.paginator.count, **kwargs)


class ReferralRecord(_RecorderMixin, FormView):
    """Records a breach and to whom it is referred."""

    form_class = ReferralForm
    template_name = "partners/referral_record.html"

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "access": self.access}

    def form_valid(self, form):
        row = record_referral(**form.cleaned_data, by=self.request.user)
        messages.success(self.request, _("Recorded. It cannot be changed any more."))
        return redirect("partners:referral", row.ref)

    def get_context_data(self, **kwargs):
        return super().get_context_data(back_url=reverse("partners:referrals"), watch=True, **kwargs)


class ReferralPage(_RecorderMixin, TemplateView):
    """One record."""

    template_name = "partners/referral.html"

    def get_context_data(self, **kwargs):
        rows = Referral.objects.visible_to(self.access).select_related("entity", "area", "by", "data_key")
        row = get_object_or_404(rows, ref=self.kwargs["ref"])
        return super().get_context_data(row=row, texts=row.texts, back_url=reverse("partners:referrals"), **kwargs)
