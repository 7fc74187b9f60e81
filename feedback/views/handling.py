"""The steps of those who handle a case, one page each: what follows from it, the form, one button (F2)."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import FormView

from feedback.actions import handling as actions
from feedback.forms.handling import ConcludeForm, ConfirmForm, EscalateForm, ProposeForm
from feedback.handlers import grants_of
from feedback.models import Case
from feedback.policies import parties_to_case
from sharing.views import ReaderMixin
from slt_portal.states import StaleState, steps_open
from slt_portal.views import is_signed_in


class HandledCase(ReaderMixin):
    """A page about one case that the reader handles: `case`, `parties` that they are to it, and all grants `given`."""

    policy = is_signed_in

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            rows = self.rows().select_related("area", "sender", "organisation", "desk", "about_organisation")
            self.case = get_object_or_404(rows, ref=kwargs["ref"])
            self.given = grants_of(self.case)
            self.parties = parties_to_case(self.access, self.case, self.given)
        return super().dispatch(request, *args, **kwargs)

    def rows(self):
        """The cases that such a page can be about."""
        return Case.objects.handled_by(self.access)

    def page_url(self) -> str:
        """The page of the case."""
        return reverse("feedback:case", args=[self.case.ref])


class Step(HandledCase, FormView):
    """One step: absent for whom it is not; who comes too late is told so, and keeps what they typed."""

    template_name = "feedback/handling_step.html"
    form_class = ConfirmForm
    step: str
    heading: str
    lede: str
    note = ""
    label: str
    done: str

    def get(self, request, *args, **kwargs):
        return super().get(request, *args, **kwargs) if self.is_open() else self._too_late()

    def form_valid(self, form):
        try:
            self.act(**form.cleaned_data, by=self.request.user)
        except PermissionDenied:
            raise Http404 from None
        except StaleState:
            return self._too_late(form)
        messages.success(self.request, self.done)
        return redirect(self.page_url())

    def form_invalid(self, form):
        return super().form_invalid(form) if self.is_open() else self._too_late(form)

    def act(self, *, by, **said):
        """Take the step. Raises StaleState, PermissionDenied."""
        raise NotImplementedError

    def is_open(self) -> bool:
        """Whether the step can be taken now; Http404 for whom it never is."""
        if self.step in steps_open(self.case, self.parties):
            return True
        if not self.parties & {party for step in Case.STEPS if step.name == self.step for party in step.by}:
            raise Http404
        return False

    def _too_late(self, form=None):
        """Somebody was faster: what was typed comes back, to be copied."""
        if form is None or not any(form.data.get(name) for name in form.fields if name != "uid"):
            messages.info(self.request, _("Somebody else changed this first."))
            return redirect(self.page_url())
        form.add_error(None, _("Somebody else changed this first. Nothing was sent. Copy your text if you need it."))
        return self.render_to_response(self.get_context_data(form=form))

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            case=self.case,
            heading=self.heading,
            lede=self.lede,
            note=self.note,
            submit_label=self.label,
            watch=bool(self.get_form_class().base_fields),
            back_url=self.page_url(),
            back_label=self.case.ref,
            cancel_url=self.page_url(),
            **kwargs,
        )


class Propose(Step):
    """A resolution is proposed to the sender."""

    step, form_class = "propose", ProposeForm
    heading = gettext_lazy("Propose a resolution")
    label = gettext_lazy("Send to the sender")
    done = gettext_lazy("Sent. The sender is asked for an answer.")

    @property
    def lede(self):
        """What follows, and how long the sender has."""
        text = ngettext(
            "The sender has %(count)s day to answer: accepts it, and the case is closed; or does not, and you have it "
            "again.",
            "The sender has %(count)s days to answer: accepts it, and the case is closed; or does not, and you have it "
            "again.",
            settings.FEEDBACK_ANSWER_DAYS,
        )
        return text % {"count": settings.FEEDBACK_ANSWER_DAYS}

    def act(self, *, by, text, uid):
        """Propose it."""
        actions.propose(self.case, text=text, uid=uid, by=by)


class TakeBack(Step):
    """What was proposed is taken back."""

    step = "take_back"
    heading = gettext_lazy("Take the proposal back")
    lede = gettext_lazy("The sender is told that there is nothing to answer. The proposal stays in the conversation.")
    label = gettext_lazy("Take it back")
    done = gettext_lazy("Taken back. The sender is told.")

    def act(self, *, by):
        """Take it back."""
        actions.take_back(self.case, by=by)


class Conclude(Step):
    """The sender did not answer in time."""

    step, form_class = "conclude", ConcludeForm
    heading = gettext_lazy("Close the case without an answer")
    lede = gettext_lazy("The sender did not answer the proposal in time. They are told, and can open the case again.")
    label = gettext_lazy("Close the case")
    done = gettext_lazy("Closed. The sender is told.")

    def act(self, *, by, reasons, uid):
        """Close it."""
        actions.conclude(self.case, reasons=reasons, uid=uid, by=by)


class Escalate(Step):
    """The Working Group puts it to the Committee."""

    step, form_class = "escalate", EscalateForm
    heading = gettext_lazy("Put the case to the Oversight Committee")
    label = gettext_lazy("Put it to the Committee")
    done = gettext_lazy("The Oversight Committee is asked.")

    @property
    def lede(self):
        """What follows, and how long the Committee has."""
        text = ngettext(
            "The seats of the Committee read the whole case from now on, but for whoever is concerned. If nobody "
            "objects within %(count)s day, it is closed as you propose. They can decide otherwise, or send it back.",
            "The seats of the Committee read the whole case from now on, but for whoever is concerned. If nobody "
            "objects within %(count)s days, it is closed as you propose. They can decide otherwise, or send it back.",
            settings.DECISION_DAYS,
        )
        return text % {"count": settings.DECISION_DAYS}

    @property
    def note(self):
        """That silence will not decide, where too few seats have a part in it."""
        if actions.silence_can_decide(self.case):
            return ""
        return _(
            "Fewer than two seats of the Committee are held by somebody who may decide this case. Silence will not "
            "decide it: the seats have to be filled, or the co-chairs close it."
        )

    def act(self, *, by, proposal, why, uid):
        """Open the decision."""
        actions.escalate(self.case, proposal=proposal, why=why, uid=uid, by=by)
