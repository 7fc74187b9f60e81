"""The desk: what came in, and what it does with one incident, for and with the originator (I2, I3)."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views import View

from incidents import desk as actions
from incidents import policies
from incidents.desk_queue import desk_page
from incidents.duplicates import likely_same
from incidents.forms import AnswerForm, GradeForm, NoteForm, QuestionForm, SameEventForm
from incidents.models import Question
from sharing.views import ReaderMixin
from slt_portal.states import StaleState

from .mixins import IncidentMixin, OthersDeskMixin
from .proposals import Proposed, safely


class DeskQueue(ReaderMixin, View):
    """What nobody at the desk has acknowledged yet, lives at risk first; what needs another look; and questions."""

    policy = policies.has_desk

    def get(self, request):
        """One page of it, and what else needs the desk."""
        page = desk_page(request, self.access, after=request.GET.get("before", ""))
        return render(request, "incidents/desk_queue.html", {"page": page, "items": page.rows})


class Acknowledge(OthersDeskMixin, View):
    """The button by which a desk says that it has received the report."""

    http_method_names = ["post"]

    def post(self, request, ref):
        """The reporter is told which office and when; a second time changes nothing."""
        actions.acknowledge(self.item, by=request.user, desk=self.desk)
        messages.success(request, _("Acknowledged. The reporter is told that your office has received it."))
        return redirect("incidents:detail", self.item.ref)


class DeskPage(IncidentMixin, View):
    """What desks did with an incident; for the desks, and for its originator to read."""

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            concerned = self.facts.report is not None and (self.facts.is_own or self.desk)
            if not concerned:
                raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get(self, request, ref):
        """The report, the entries, the questions, the proposed text, and the forms of the desk."""
        return self._page(request)

    def _page(self, request, *, status=200, answers=None, **forms):
        """`forms`, and `answers` by question, are what becomes of the form that was sent; the others hold what is typed
        in them so far."""
        questions = actions.questions_on(self.item, is_warning=self.facts.is_minimal)
        if self.desk is None:  # who else asks about a report is no business of its originator
            questions = questions.filter(organisation=self.item.originator)
        questions = questions.select_related("organisation", "asked_by", "answered_by")
        self.log_opened()
        rows = [(row, safely(actions.texts_of_question, row, self.item)) for row in questions]
        waiting = [row.subject_id for row, _texts in rows if row.state == Question.State.OPEN and self.desk]
        open_answers = {one: _as_typed(AnswerForm, _answer_prefix(one), request) for one in waiting} | (answers or {})
        context = {
            **self.shown(attached=False),
            "desk": self.desk,
            "is_own": self.facts.is_own,
            "proposal": Proposed.last(self.item) if self._may_propose else None,
            "first_waiting": next(iter(answers or waiting), None),
            "entries": [(entry, safely(actions.note_of, entry, self.item)) for entry in self._entries()],
            "questions": [(row, texts, open_answers.get(row.subject_id)) for row, texts in rows],
            "may_report_on": self.may_report_on,
            "grade_form": self._grading(_as_typed(GradeForm, "grade", request)),
            "note_form": _as_typed(NoteForm, "note", request),
            "same_form": _as_typed(SameEventForm, "same", request),
            **forms,
        }
        context |= self._same_event(context["texts"])
        return render(request, "incidents/desk_page.html", context, status=status)

    def _entries(self):
        return actions.entries_of(self.item, warned=self.desk if self.facts.is_minimal else None)

    @property
    def _may_propose(self):
        return self.desk and not self.facts.is_own and not self.facts.is_minimal

    def _grading(self, form):
        return form.without_source() if self.facts.is_minimal else form

    def _same_event(self, texts):
        """For a desk: which other reports may be about the same event (I10)."""
        if self.desk is None:
            return {}
        return {"likely": likely_same(self.facts, texts, self.access, policies.desk_names(self.request))}


def _answer_prefix(question):
    return f"answer-{question}"


def _as_typed(form_of, prefix, request):
    """A form that was not sent, with what is typed in it so far: pressing the button of one empties no other."""
    typed = {name: request.POST.get(f"{prefix}-{name}") for name in form_of.base_fields}
    return form_of(initial={name: value for name, value in typed.items() if value}, prefix=prefix)


class DeskAct(DeskPage):
    """One of the forms on the page of the desk. The browser sends them all, the address says which is meant."""

    http_method_names = ["post"]

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and self.desk is None:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def _done(self, request, prefix, page="incidents:desk_page", **fresh):
        """Back to the page, or to another `page` of the incident; with what is typed in its other forms, if anything
        is, to this one."""
        no_text = ("csrfmiddlewaretoken", "grade-submission", "note-submission")
        others = [name for name in request.POST if name not in no_text and not name.startswith(f"{prefix}-")]
        if not any(request.POST[name].strip() for name in others):
            return redirect(page, self.item.ref)
        messages.warning(request, _("What you typed in the other forms is still here. It is not saved yet."))
        del self.facts  # read before it was changed
        return self._page(request, **fresh)


class Grade(DeskAct):
    """Grades source and content."""

    def post(self, request, ref):
        """Readers are told in the next batch of changes."""
        form = self._grading(GradeForm(request.POST, prefix="grade"))
        if not form.is_valid():
            return self._page(request, grade_form=form, form=form, status=422)
        cleaned = form.cleaned_data
        actions.grade(
            self.item,
            by=request.user,
            desk=self.desk,
            reliability=cleaned.get("reliability", ""),
            credibility=cleaned["credibility"],
            text=cleaned["reasons"],
            submission=cleaned["submission"],
        )
        messages.success(request, _("The grade is saved. Readers see how credible the report is."))
        return self._done(request, "grade", grade_form=self._grading(GradeForm(prefix="grade")))


class Note(DeskAct):
    """Writes down what was done."""

    def post(self, request, ref):
        """The reporter is told."""
        form = NoteForm(request.POST, prefix="note")
        if not form.is_valid():
            return self._page(request, note_form=form, form=form, status=422)
        cleaned = form.cleaned_data
        actions.note(self.item, by=request.user, desk=self.desk, text=cleaned["text"], submission=cleaned["submission"])
        messages.success(request, _("It is saved. The reporter is told that you wrote what was done."))
        return self._done(request, "note", note_form=NoteForm(prefix="note"))


class Answer(DeskAct):
    """Answers a question."""

    def post(self, request, ref, question):
        """Whoever asked is told."""
        rows = actions.questions_on(self.item, is_warning=self.facts.is_minimal)
        row = get_object_or_404(rows.select_related("incident__item__data_key"), subject=question)
        form = AnswerForm(request.POST, prefix=_answer_prefix(row.subject_id))
        if not form.is_valid():
            return self._page(request, answers={row.subject_id: form}, form=form, status=422)
        typed = form.cleaned_data["text"]
        try:
            actions.answer(row, by=request.user, desk=self.desk, text=typed)
        except StaleState:
            if not self._is_answered_so(row.subject_id, typed):
                words = _("Somebody answered this question before you. Your answer was not sent: add it as a note.")
                form.add_error(None, words)
                note = _as_typed(NoteForm, "note", request)
                note.initial["text"] = "\n\n".join(filter(None, [note.initial.get("text"), typed]))
                return self._page(request, note_form=note, form=form, status=409)
        messages.success(request, _("Your answer is sent."))
        return self._done(request, form.prefix)

    def _is_answered_so(self, question, text):
        """Whether this person gave this very answer already, as by a double click."""
        rows = Question.objects.for_system("for the desk").filter(answered_by=self.request.user)
        row = rows.filter(subject=question).first()
        texts = row and safely(actions.texts_of_question, row, self.item)
        return bool(texts) and texts[1] == text


class Ask(IncidentMixin, View):
    """A headquarters focal point asks DSS to verify an incident and to follow it up; their questions and answers."""

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not self.may_ask:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get(self, request, ref):
        """What the reader's organisation asked before, and an empty form."""
        return self._page(request, QuestionForm())

    def post(self, request, ref):
        """DSS of the area and DSS headquarters are told."""
        form = QuestionForm(request.POST)
        if not form.is_valid():
            return self._page(request, form, status=422)
        try:
            actions.ask(
                self.item,
                by=request.user,
                organisation=policies.asks_for(request),
                text=form.cleaned_data["text"],
                submission=form.cleaned_data["submission"],
            )
        except StaleState:
            form.add_error(None, _("There is nobody at DSS who can see this incident now. Telephone DSS instead."))
            return self._page(request, form, status=422)
        messages.success(request, _("Your question is with DSS. You are told when it is answered."))
        return redirect("incidents:ask", self.item.ref)

    def _page(self, request, form, *, status=200):
        rows = actions.questions_on(self.item, is_warning=self.facts.is_minimal)
        rows = rows.filter(organisation=policies.asks_for(request)).select_related("asked_by")
        context = {
            "item": self.item,
            "facts": self.facts,
            "form": form,
            "questions": [(row, safely(actions.texts_of_question, row, self.item)) for row in rows],
        }
        return render(request, "incidents/question.html", context, status=status)
