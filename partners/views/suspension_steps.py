"""The steps of a suspension procedure, one page each: what follows from it, the form, one button (§3, P9)."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView

from partners.actions import suspensions as actions
from partners.forms.suspensions import ConfirmForm, HearForm, LiftingForm, ReasonForm, VerdictForm
from partners.models import Suspension
from slt_portal.states import StaleState, steps_open

from .suspensions import OneSuspension


class _Step(OneSuspension, FormView):
    """One step: absent for whom it is not; who comes too late is told so, and keeps what they typed."""

    template_name = "partners/suspension_step.html"
    form_class = ConfirmForm
    step: str
    text = ""  # the name of the field with the text, if there is one; and that of the text it becomes: none, a notice
    kept_as = ""
    parties_of_step: frozenset[str] | None = None  # None: those of the table
    heading: str
    lede: str
    note = ""
    label: str
    done: str

    def get(self, request, *args, **kwargs):
        return super().get(request, *args, **kwargs) if self._is_open() else self._too_late()

    def post(self, request, *args, **kwargs):
        return super().post(request, *args, **kwargs) if self._is_open() else self._too_late()

    def form_valid(self, form):
        try:
            self.act(**form.cleaned_data, by=self.request.user)
        except StaleState:
            self.row.refresh_from_db()
            return self._too_late()
        return self._over()

    def act(self, *, by, **said):
        """Take the step. Raises StaleState."""
        raise NotImplementedError

    def _is_open(self):
        if self.step in steps_open(self.row, self.parties):
            return True
        table = {party for step in Suspension.STEPS if step.name == self.step for party in step.by}
        if not self.parties & (self.parties_of_step or table):
            raise Http404
        return False

    def _over(self):
        messages.success(self.request, self.done)
        return redirect(self.page_url())

    def _too_late(self):
        """Somebody was faster: what was typed comes back, to be copied. Or it was oneself, with a second click."""
        form = self.get_form()
        text = form.data.get(self.text, "").replace("\r\n", "\n").strip() if form.is_bound and self.text else ""
        if text and text in self._said():
            return self._over()
        if not text:
            messages.info(self.request, _("Somebody else changed this first."))
            return redirect(self.page_url())
        form.add_error(None, _("Somebody else changed this first. Nothing was sent. Copy your text if you need it."))
        return self.form_invalid(form)

    def _said(self):
        texts = self.row.texts
        return {texts.get(self.kept_as), *(notice["text"] for notice in texts.get("notices", ()))}

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            row=self.row,
            heading=self.heading,
            lede=self.lede,
            note=self.note,
            submit_label=self.label,
            watch=bool(self.text),
            back_url=self.page_url(),
            back_label=self.row.ref,
            cancel_url=self.page_url(),
            texts={name: self.row.texts.get(name, "") for name in ("reasons", "hearing")},
            **kwargs,
        )


class Hear(_Step):
    """The organisation answers, once."""

    step, text, kept_as, form_class = "hear", "text", "hearing", HearForm
    parties_of_step = frozenset({"organisation"})
    heading = gettext_lazy("Your answer")
    lede = gettext_lazy("Everybody who takes part in the decision reads it. You can answer once.")
    label = gettext_lazy("Send the answer")
    done = gettext_lazy("Sent. You get a mail when it is decided.")

    def act(self, *, by, text):
        """Note the answer."""
        actions.hear(self.row, text=text, by=by)


class Ask(_Step):
    """The Designated Official asks for the agreement of the three."""

    step = "ask"
    heading = gettext_lazy("Ask DSS, OCHA and the NGO representative")
    lede = gettext_lazy(
        "Each of them agrees or does not, signed in themselves. If all agree, the organisation is suspended in the "
        "area that minute. If not, the Working Group recommends and the Oversight Committee decides."
    )
    label = gettext_lazy("Ask them")

    @property
    def done(self):
        """That they are asked, or that one of the seats is vacant."""
        if self.row.state == Suspension.State.ESCALATED:
            return _("One of the three seats is vacant, so there is no consensus. The Working Group has it now.")
        return _("They are asked.")

    def act(self, *, by):
        """Open the decision of the area."""
        actions.ask_agreement(self.row, by=by)


class Drop(_Step):
    """Who opened it lets it go."""

    step, text, form_class = "drop", "reason", ReasonForm
    heading = gettext_lazy("End the procedure without suspending")
    lede = gettext_lazy("The organisation is told that it is not suspended, with your reasons.")
    label = gettext_lazy("End the procedure")
    done = gettext_lazy("Ended. The organisation is told.")

    def act(self, *, by, reason):
        """Dismiss it."""
        actions.drop(self.row, reason=reason, by=by)


class _Proposes(_Step):
    """Puts it to the Committee."""

    text, kept_as, form_class = "reasons", "recommendation", VerdictForm
    lede = gettext_lazy("The Oversight Committee decides. Its decision is final.")
    label = gettext_lazy("Send to the Committee")
    done = gettext_lazy("The Oversight Committee is asked.")


class Recommend(_Proposes):
    """The Working Group recommends after no consensus."""

    step = "recommend"
    heading = gettext_lazy("Recommendation of the Working Group")

    @property
    def note(self):
        """Why the partnership cannot be revoked here, where it cannot."""
        is_limited = actions.REVOKE not in actions.verdicts_for(self.row)
        return _("Its partnership reaches beyond this area. Here it can only be suspended.") if is_limited else ""

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "verdicts": actions.verdicts_for(self.row)}

    def act(self, *, by, verdict, reasons):
        """Put the recommendation to the Committee."""
        actions.recommend_on_suspension(self.row, verdict=verdict, reasons=reasons, by=by)


class Put(_Proposes):
    """DSS headquarters puts a case at the global level to the Committee."""

    step = "put"
    heading = gettext_lazy("Put it to the Oversight Committee")

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "verdicts": (actions.SUSPEND, actions.REVOKE)}

    def act(self, *, by, verdict, reasons):
        """Open the decision of the Committee."""
        actions.put(self.row, verdict=verdict, reasons=reasons, by=by)


class Lift(_Step):
    """The Designated Official lifts what was agreed in the area."""

    step, text, form_class = "lift", "reason", ReasonForm
    heading = gettext_lazy("Lift the suspension")
    lede = gettext_lazy("From this minute the organisation sees again what it saw before. It is told your reasons.")
    label = gettext_lazy("Lift the suspension")
    done = gettext_lazy("Lifted. The organisation is told.")

    def act(self, *, by, reason):
        """End the standing."""
        actions.lift(self.row, reason=reason, by=by)


class AskToLift(_Step):
    """DSS headquarters asks the Committee to lift what it decided."""

    step, text, kept_as, form_class = "ask_to_lift", "reasons", "lifting", LiftingForm
    heading = gettext_lazy("Ask the Committee to lift the suspension")
    lede = gettext_lazy("What the Committee suspended it also lifts. The organisation stays suspended until then.")
    label = gettext_lazy("Ask the Committee")
    done = gettext_lazy("The Oversight Committee is asked.")

    def act(self, *, by, reasons):
        """Open the decision of the Committee."""
        actions.ask_to_lift(self.row, reasons=reasons, by=by)
