"""Lessons: the list that everybody reads who may, one lesson, and the steps of those who handle its case (F4)."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView, TemplateView

from feedback.actions import lessons as actions
from feedback.forms.lessons import ConfirmForm, LessonFilter, LessonForm, VersionForm
from feedback.lessons import published, searched, title_of
from feedback.models import Case, Lesson
from feedback.policies import handles_feedback, parties_to_lesson, reads_published_lessons, writes_lessons
from sharing.views import ReaderMixin
from slt_portal.states import StaleState, steps_open
from slt_portal.views import is_signed_in

PER_PAGE = 50
_RELATED = ("case__data_key", "written_by", "published_by")


class Lessons(ReaderMixin, TemplateView):
    """What was published, the newest month first; above it the drafts of cases that the reader handles."""

    policy = is_signed_in
    template_name = "feedback/lessons.html"

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not reads_published_lessons(self.access):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        filters = LessonFilter(self.request.GET or None)
        chosen = filters.cleaned_data if filters.is_valid() else {"q": "", "category": ""}
        rows = published(self.access)
        if chosen["category"]:
            rows = rows.filter(category=chosen["category"])
        found = searched(rows, chosen["q"]) if chosen["q"] else rows
        page = Paginator(found, PER_PAGE).get_page(self.request.GET.get("page"))
        return super().get_context_data(
            items=[{"row": row, "title": title_of(row)} for row in page],
            page=page,
            count_label=page.paginator.count,
            filter_form=filters,
            is_filtered=bool(chosen["q"] or chosen["category"]),
            drafts=self._drafts(),
            **kwargs,
        )

    def _drafts(self):
        if not handles_feedback(self.access):
            return []
        rows = Lesson.objects.visible_to(self.access).filter(state=Lesson.State.DRAFT).order_by("written_at", "pk")
        return [
            {"row": row, "title": title_of(row), "is_mine": row.written_by_id == self.access.user_id}
            for row in rows[:PER_PAGE]
        ]


class OneLesson(ReaderMixin):
    """A page about one lesson that the reader may see: `lesson`, and `parties` that they are to it."""

    policy = is_signed_in

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            rows = Lesson.objects.visible_to(self.access).select_related(*_RELATED)
            self.lesson = get_object_or_404(rows, ref=kwargs["ref"])
            self.handles = Case.objects.handled_by(self.access).filter(pk=self.lesson.case_id).exists()
            self.parties = parties_to_lesson(self.access, self.lesson) if self.handles else frozenset()
        return super().dispatch(request, *args, **kwargs)

    def page_url(self) -> str:
        """The page of the lesson."""
        return reverse("feedback:lesson", args=[self.lesson.ref])


class LessonPage(OneLesson, TemplateView):
    """One lesson; only who handles its case learns from which it comes."""

    template_name = "feedback/lesson.html"

    def get_context_data(self, **kwargs):
        lesson = self.lesson
        both = [("en", lesson.title_en, lesson.text_en), ("fr", lesson.title_fr, lesson.text_fr)]
        if translation.get_language() == "fr":
            both.reverse()
        return super().get_context_data(
            lesson=lesson,
            title=both[0][1],
            texts=[{"language": language, "title": title, "text": text} for language, title, text in both],
            case=lesson.case if self.handles else None,
            steps=steps_open(lesson, self.parties),
            back_url=reverse("feedback:lessons"),
            **kwargs,
        )


class _Writing(ReaderMixin, FormView):
    """The form of a lesson, for a new one or a draft."""

    policy = is_signed_in
    form_class = LessonForm
    template_name = "feedback/lesson_form.html"
    done: str

    def form_valid(self, form):
        said = {"category": form.cleaned_data["category"], "texts": form.texts(), "by": self.request.user}
        try:
            lesson = self.act(version=form.cleaned_data["version"], **said)
        except PermissionDenied:
            raise Http404 from None
        except StaleState:
            form.add_error(
                None, _("Somebody else changed this first. Nothing was sent. Copy your text if you need it.")
            )
            return self.form_invalid(form)
        messages.success(self.request, self.done)
        return redirect("feedback:lesson", lesson.ref)

    def act(self, *, version, category, texts, by) -> Lesson:
        """Write it. Raises StaleState, PermissionDenied."""
        raise NotImplementedError


class LessonNew(_Writing):
    """A lesson from a closed case, by one who handles it."""

    done = gettext_lazy("Kept as a draft. Somebody else who handles the case is asked to read and publish it.")

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            rows = Case.objects.handled_by(self.access).select_related("data_key")
            self.case = get_object_or_404(rows, ref=kwargs["ref"])
            if not writes_lessons(self.access, self.case):
                raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "case": self.case}

    def get_initial(self):
        """What the case is about."""
        return {"category": self.case.category}

    def act(self, *, version, category, texts, by):
        """A new draft."""
        return actions.write_lesson(self.case, category=category, texts=texts, by=by)

    def get_context_data(self, **kwargs):
        back = reverse("feedback:case", args=[self.case.ref])
        heading = _("Write a lesson")
        return super().get_context_data(
            heading=heading, back_url=back, back_label=self.case.ref, cancel_url=back, watch=True, **kwargs
        )


class LessonEdit(OneLesson, _Writing):
    """Its author changes a draft."""

    done = gettext_lazy("Saved.")

    def get(self, request, *args, **kwargs):
        if "edit" not in steps_open(self.lesson, self.parties):
            raise Http404
        return super().get(request, *args, **kwargs)

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "case": self.lesson.case}

    def get_initial(self):
        """The draft as it is."""
        return {name: getattr(self.lesson, name) for name in (*actions.TEXTS, "category", "version")}

    def act(self, *, version, category, texts, by):
        """Change it."""
        actions.edit_lesson(self.lesson, version=version, category=category, texts=texts, by=by)
        return self.lesson

    def get_context_data(self, **kwargs):
        back = self.page_url()
        heading = _("Change the lesson")
        return super().get_context_data(
            heading=heading, back_url=back, back_label=self.lesson.ref, cancel_url=back, watch=True, **kwargs
        )


class _Step(OneLesson, FormView):
    """One step of a lesson, on a page that says what follows from it."""

    template_name = "feedback/lesson_step.html"
    form_class = ConfirmForm
    step: str
    heading: str
    lede: str
    label: str
    done: str
    is_danger = False

    def get(self, request, *args, **kwargs):
        return super().get(request, *args, **kwargs) if self._is_open() else self._too_late()

    def form_valid(self, form):
        try:
            self.act(**form.cleaned_data, by=self.request.user)
        except PermissionDenied:
            raise Http404 from None
        except ValidationError as named:
            for error in named.messages:
                form.add_error(None, error)
            return self.form_invalid(form)
        except StaleState:
            return self._too_late()
        messages.success(self.request, self.done)
        return redirect(self.page_url() if self.handles else "feedback:lessons")

    def form_invalid(self, form):
        return super().form_invalid(form) if self._is_open() else self._too_late()

    def act(self, *, by, **said):
        """Take the step. Raises StaleState, PermissionDenied, ValidationError."""
        raise NotImplementedError

    def _is_open(self):
        if self.step in steps_open(self.lesson, self.parties):
            return True
        if not self.parties & {party for step in Lesson.STEPS if step.name == self.step for party in step.by}:
            raise Http404
        return False

    def _too_late(self):
        messages.info(self.request, _("Somebody else changed this first."))
        return redirect(self.page_url())

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            lesson=self.lesson,
            heading=self.heading,
            lede=self.lede,
            submit_label=self.label,
            is_danger=self.is_danger,
            back_url=self.page_url(),
            back_label=self.lesson.ref,
            cancel_url=self.page_url(),
            **kwargs,
        )


class LessonPublish(_Step):
    """Somebody else than its author publishes it."""

    step, form_class = "publish", VersionForm
    heading = gettext_lazy("Publish the lesson")
    lede = gettext_lazy(
        "Partner organisations, DSS, NGO mechanisms, consortium desks and both bodies read it from now on. Read both "
        "languages once more: nobody must learn from which case it comes."
    )
    label = gettext_lazy("Publish")
    done = gettext_lazy("Published.")

    def get_initial(self):
        """What the reader has before them."""
        return {"version": self.lesson.version}

    def act(self, *, by, version):
        """Publish it."""
        actions.publish_lesson(self.lesson, version=version, by=by)


class LessonDiscard(_Step):
    """A draft is let go."""

    step, is_danger = "discard", True
    heading = gettext_lazy("Discard the draft")
    lede = gettext_lazy("It is not published. Those who handle the case still see it, as taken back.")
    label = gettext_lazy("Discard")
    done = gettext_lazy("Discarded.")

    def act(self, *, by):
        """Discard it."""
        actions.discard_lesson(self.lesson, by=by)


class LessonRetract(_Step):
    """What was published is taken back."""

    step, is_danger = "retract", True
    heading = gettext_lazy("Take the lesson back")
    lede = gettext_lazy("Nobody reads it any more but those who handle the case. Reports that are out keep it.")
    label = gettext_lazy("Take it back")
    done = gettext_lazy("Taken back.")

    def act(self, *, by):
        """Take it back."""
        actions.retract_lesson(self.lesson, by=by)
