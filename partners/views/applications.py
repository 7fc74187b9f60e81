"""An application on the side of its applicant: one page with the clock, the form, questions, withdrawing (P1, P11)."""

from datetime import date

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views import View

from areas.models import Area, Country
from documents.files import FileNotStored
from documents.uploads import UploadRefused
from partners.actions.application_files import can_change_files
from partners.actions.applications import CannotApply, Incomplete, answer, save_draft, submit, withdraw
from partners.clock import clock_of, history_of
from partners.criteria import Commitment, RiskItem, label_of_file, missing_of
from partners.forms.application_files import AnswerForm
from partners.forms.application_page import ApplicationForms
from partners.models import Application, Memorandum
from partners.policies import parties_to_application
from sharing.views import ReaderMixin
from slt_portal.kept import kept_context
from slt_portal.states import StaleState, steps_open
from slt_portal.views import is_signed_in

_State = Application.State
_SIGNING = (_State.CONCLUDING, _State.ACTIVE)


class ApplicantMixin(ReaderMixin):
    """A page about an application of one's own organisation; absent for everybody else, whatever else they may see."""

    policy = is_signed_in
    step = ""  # the step that the page is for, if any: absent while nobody may take it

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            self.application = self._own(kwargs["ref"])
            parties = parties_to_application(self.access, self.application)
            self.steps = steps_open(self.application, parties)
            if self.step and self.step not in self.steps:
                return self.gone_on() if request.method == "POST" else self.absent()
            self.check()
        return super().dispatch(request, *args, **kwargs)

    def _own(self, ref):
        rows = Application.objects.visible_to(self.access).select_related("organisation", "data_key")
        row = rows.filter(ref=ref, organisation__in=self.access.offices_for("applicant")).first()
        if row is None:
            raise Http404
        return row

    def check(self):
        """Raise Http404 where the page is absent for another reason than the step."""

    def absent(self):
        """What this page is for is not to be done now."""
        raise Http404

    def gone_on(self):
        """Back to the page of the application: somebody was faster, or a second click came. What was typed is shown."""
        if texts := kept_context(self.request)["texts"]:
            return self.page("application_gone_on", 409, texts=texts)
        messages.info(self.request, _("Somebody else changed this first. This is how it stands now."))
        return redirect("partners:application", self.application.ref)

    def page(self, template, status=200, **context):
        """A page about the application."""
        context = {"application": self.application, "organisation": self.application.organisation, **context}
        return render(self.request, f"partners/{template}.html", context, status=status)


class ApplicationPage(ApplicantMixin, View):
    """Where it stands: the clock, what is missing, the questions and answers, what was sent (P11).

    Nothing internal is read here: no check, note, recommendation, confirmation or decision.
    """

    def get(self, request, ref):
        """The page."""
        application = self.application
        is_draft = application.state == _State.DRAFT
        return self.page(
            "application",
            clock=clock_of(application),
            history=history_of(application),
            missing=missing_of(application) if is_draft else [],
            is_draft=is_draft,
            can_withdraw="withdraw" in self.steps,
            can_answer="answer" in self.steps,
            can_change_files=can_change_files(application),
            inquiries=[{"row": row, **row.texts} for row in application.inquiries.all()],
            said=None if is_draft else said_in(application),
            memorandum=self._memorandum(),
            letter=self._letter(),
        )

    def _memorandum(self):
        if self.application.state not in _SIGNING:
            return None
        return Memorandum.objects.filter(application=self.application).exclude(state=Memorandum.State.VOID).first()

    def _letter(self):
        return self.application.state == _State.REFUSED and getattr(self.application, "letter", None)


def said_in(application: Application) -> dict:
    """What an application says, section by section, to be read; codes as words. Five queries."""
    texts = application.texts
    identity = texts.get("identity", {})
    areas = {area.code: area for area in Area.objects.filter(code__in=[r["area"] for r in texts.get("presence", [])])}
    risks = texts.get("risk_management", {})
    country = Country.objects.filter(code=identity.get("country", "")).first()
    agreements = application.agreements.select_related("entity")
    return {
        "identity": identity,
        "country": country,
        "agreements": [{"row": row, "reference": row.texts.get("reference")} for row in agreements],
        "presence": [{**row, "area": areas.get(row["area"], row["area"])} for row in texts.get("presence", [])],
        "risks": [{"label": item.label, **_risk(risks.get(item, {}))} for item in RiskItem],
        "contacts": texts.get("contacts", []),
        "signatory": texts.get("signatory", {}),
        "commitments": [item.label for item in Commitment if item in texts.get("commitments", [])],
        "files": files_of(application),
    }


def _risk(answer):
    dated = answer.get("dated")
    return {**answer, "dated": date.fromisoformat(dated) if dated else None}


def files_of(application: Application) -> list[dict]:
    """The documents of an application, oldest first; one query."""
    rows = application.files.exclude(file=None).select_related("file__data_key")
    return [{"row": row, "label": label_of_file(row.item)} for row in rows]


class ApplicationEdit(ApplicantMixin, View):
    """The form: saved as a draft as often as one likes, by whoever of the organisation (P1)."""

    step = "submit"

    def get(self, request, ref):
        """The draft as it is kept."""
        return self._form(ApplicationForms(self.application), self.application.revision)

    def post(self, request, ref):
        """Save, add a row, or save and go on to send."""
        more = request.POST.get("more", "")
        revision = request.POST.get("revision", "")
        revision = int(revision) if revision.isdecimal() and len(revision) < 9 else 0
        forms = ApplicationForms(self.application, request.POST, more=more)
        if more:
            return self._form(forms, revision, added=more)
        if not forms.is_valid():
            return self._form(forms, revision, status=422)
        try:
            save_draft(
                self.application,
                answers=forms.answers,
                agreements=forms.agreements,
                revision=revision,
                is_exception=forms.is_exception,
                by=request.user,
            )
        except StaleState:
            return self._crossed(forms)
        if "send" in request.POST:
            return redirect("partners:application_submit", ref)
        messages.success(request, _("The draft is saved. You can close this page and go on later."))
        return redirect("partners:application_edit" if "stay" in request.POST else "partners:application", ref)

    def _crossed(self, forms):
        """A colleague saved meanwhile, or sent: what was typed comes back, and may be saved over theirs knowingly."""
        now = self._own(self.application.ref)
        if now.state != _State.DRAFT:
            return self.gone_on()
        self.application.revision = now.revision
        return self._form(forms, now.revision, status=409, is_crossed=True)

    def _form(self, forms, revision, status=200, **context):
        return self.page(
            "application_edit", status, formset=forms, sections=forms.sections, revision=revision, **context
        )


class ApplicationSubmit(ApplicantMixin, View):
    """Before sending: what is missing, each with a link to its field; or what one is about to send (P2)."""

    step = "submit"

    def get(self, request, ref):
        """The check."""
        return self._check()

    def post(self, request, ref):
        """Send it, once, and as it was read."""
        if request.POST.get("revision") != str(self.application.revision):
            messages.info(request, _("A colleague changed the draft meanwhile. Read it once more."))
            return redirect("partners:application_submit", ref)
        try:
            submit(self.application, by=request.user)
        except StaleState:
            return self.gone_on()
        except Incomplete:
            return self._check(status=422)
        except CannotApply as refused:
            return self._check(status=422, refused=str(refused))
        return self._received()

    def gone_on(self):
        """The second of two clicks gets the receipt too."""
        now = self._own(self.application.ref)
        is_mine = now.state == _State.SUBMITTED and now.submitted_by_id == self.request.user.pk
        return self._received() if is_mine else super().gone_on()

    def _received(self):
        messages.success(self.request, _("Your application was sent. This page is your receipt: keep its reference."))
        return redirect("partners:application", self.application.ref)

    def _check(self, status=200, **context):
        missing = missing_of(self.application)
        said = None if missing else said_in(self.application)
        return self.page("application_submit", status, missing=missing, said=said, **context)


class ApplicationWithdraw(ApplicantMixin, View):
    """Asks, then takes the application back."""

    step = "withdraw"

    def get(self, request, ref):
        """Ask."""
        return self.page("application_withdraw", is_draft=self.application.state == _State.DRAFT)

    def post(self, request, ref):
        """Do it."""
        try:
            withdraw(self.application, by=request.user)
        except StaleState:
            return self.gone_on()
        messages.success(request, _("The application is withdrawn. Who had it before them is told."))
        return redirect("partners:application", ref)


class ApplicationAnswer(ApplicantMixin, View):
    """Answers one question of the Working Group, in words and with a document if there is one (P5)."""

    step = "answer"

    def check(self):
        """Absent for what was not asked, or was dropped."""
        rows = self.application.inquiries.filter(number=self.kwargs["number"], dropped_at=None)
        self.inquiry = get_object_or_404(rows)

    def get(self, request, ref, number):
        """The question and an empty answer; once answered, where it can be read."""
        if self.inquiry.answered_at:
            return redirect("partners:application", ref)
        return self._page(AnswerForm())

    def post(self, request, ref, number):
        """Keep the answer, once."""
        form = AnswerForm(request.POST, request.FILES)
        if self.inquiry.answered_at:
            return self.gone_on()
        if form.is_valid():
            try:
                answer(self.inquiry, text=form.cleaned_data["text"], file=form.cleaned_data["file"], by=request.user)
            except StaleState:
                return self.gone_on()
            except (UploadRefused, FileNotStored) as refused:
                form.add_error("file", str(refused))
            else:
                return self._sent()
        return self._page(form, status=422)

    def gone_on(self):
        """The second of two clicks: the very words were sent by the first."""
        form = AnswerForm(self.request.POST)
        text = form.cleaned_data["text"] if form.is_valid() else ""
        rows = self.application.inquiries.filter(number=self.kwargs["number"], answered_by=self.request.user)
        is_there = bool(text) and any(row.texts.get("answer") == text for row in rows)
        return self._sent() if is_there else super().gone_on()

    def _sent(self):
        messages.success(self.request, _("Your answer is sent."))
        return redirect("partners:application", self.application.ref)

    def _page(self, form, status=200):
        question = self.inquiry.texts.get("question", "")
        return self.page("application_answer", status, form=form, inquiry=self.inquiry, question=question)
