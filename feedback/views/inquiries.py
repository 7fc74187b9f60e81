"""Asking an office for its view, and the one page that the office has of it (F3)."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View
from django.views.generic import FormView

from feedback import offices
from feedback.actions import inquiries as actions
from feedback.forms.handling import AnswerForm, AskForm
from feedback.models import Inquiry
from feedback.office_names import names_of
from sharing.views import ReaderMixin
from slt_portal.states import StaleState
from slt_portal.views import is_signed_in

from .handling import HandledCase, Step


class Ask(Step):
    """A handler asks an office, through its head or the next level up, in words of their own."""

    template_name = "feedback/ask.html"
    form_class = AskForm
    heading = gettext_lazy("Ask an office for its view")
    label = gettext_lazy("Ask them")
    done = gettext_lazy("Asked. You get a mail when there is an answer.")

    @property
    def lede(self):
        """What they read, and how long they have."""
        text = ngettext(
            "Whoever you choose reads your words, which office and area they are about, and that an answer is wanted "
            "within %(count)s day. No reference of the case, and nothing that was said in it.",
            "Whoever you choose reads your words, which office and area they are about, and that an answer is wanted "
            "within %(count)s days. No reference of the case, and nothing that was said in it.",
            settings.FEEDBACK_VIEW_DAYS,
        )
        return text % {"count": settings.FEEDBACK_VIEW_DAYS}

    def get_form_kwargs(self):
        self.levels = offices.askable(self.case)
        return {**super().get_form_kwargs(), "case": self.case, "levels": self.levels}

    def is_open(self):
        """While those who handle it have it; Http404 for who only reads along."""
        if "resolver" not in self.parties:
            raise Http404
        return actions.may_ask(self.case, self.parties)

    def act(self, *, by, level, question, names_sender, uid):
        """Ask."""
        actions.ask(self.case, level=level, question=question, names_sender=names_sender, uid=uid, by=by)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        return {**context, "nobody": not self.levels, "is_unnamed": not self.case.is_named_to_area}


class InquiryWithdraw(HandledCase, View):
    """A question to an office is no longer needed."""

    def get(self, request, ref, inquiry):
        self._inquiry(inquiry)
        return redirect(self.page_url())

    def post(self, request, ref, inquiry):
        try:
            actions.withdraw_inquiry(self._inquiry(inquiry), by=request.user)
        except PermissionDenied:
            raise Http404 from None
        except StaleState:
            messages.info(request, _("Somebody else changed this first."))
        else:
            messages.success(request, _("Withdrawn. Who was asked is told."))
        return redirect(self.page_url())

    def _inquiry(self, ref):
        if "handler" not in self.parties:
            raise Http404
        rows = Inquiry.objects.of_cases([self.case.pk]).select_related("case")
        return get_object_or_404(rows, ref=ref)


class InquiryPage(ReaderMixin, FormView):
    """The question as whoever is asked reads it, with the form for the answer. Nothing of the case."""

    policy = is_signed_in
    form_class = AnswerForm
    template_name = "feedback/inquiry.html"

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            rows = Inquiry.objects.asked_of(self.access)
            rows = rows.select_related(
                "case__data_key", "case__sender", "case__organisation", "area", "organisation", "answered_by"
            )
            self.inquiry = get_object_or_404(rows, ref=kwargs["ref"])
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form):
        try:
            actions.answer(self.inquiry, text=form.cleaned_data["text"], by=self.request.user)
        except PermissionDenied:
            raise Http404 from None
        except StaleState:
            return self._too_late(form)
        messages.success(self.request, _("Your answer is sent."))
        return redirect("feedback:inquiry", self.inquiry.ref)

    def _too_late(self, form):
        """A colleague was faster, or it was oneself with a second click."""
        self.inquiry.refresh_from_db(fields=["state", "sealed", "answered_by", "settled_at"])
        if self.inquiry.texts.get("answer") == form.cleaned_data["text"]:
            return redirect("feedback:inquiry", self.inquiry.ref)
        form.add_error(None, _("Somebody else changed this first. Nothing was sent. Copy your text if you need it."))
        return self.form_invalid(form)

    def get_context_data(self, **kwargs):
        row = self.inquiry
        is_open = row.state == Inquiry.State.OPEN
        return super().get_context_data(
            inquiry=row,
            question=row.texts.get("question", ""),
            answer=row.texts.get("answer", ""),
            asked=names_of([row.principal])[row.principal],
            is_open=is_open,
            is_overdue=is_open and row.due_at < self.access.on,
            sender=row.case.sender if row.names_sender else None,
            organisation=row.case.organisation if row.names_sender else None,
            back_url=reverse("feedback:home"),
            back_label=_("Feedback"),
            **kwargs,
        )
