"""Feedback at a glance: what I sent, what I handle, what my office is asked, what others learnt (F1-F4)."""

from django.core.paginator import Paginator
from django.db.models import F
from django.http import Http404
from django.views.generic import TemplateView

from feedback.case_page import about_words, turn_of
from feedback.lessons import published, title_of
from feedback.models import Case, Inquiry
from feedback.policies import files_feedback, handles_feedback, has_part_in_feedback, reads_published_lessons
from sharing.views import ReaderMixin
from slt_portal.views import is_signed_in

PER_PAGE = 50
SHOWN = 5
_RELATED = ("area", "organisation", "desk", "about_organisation", "data_key")


def line_of(case: Case, access) -> dict:
    """What a list says of a case to the sender's side: title, about what, where it stands, whose turn, by when."""
    return {
        "row": case,
        "title": case.texts.get("title", ""),
        "about": about_words(case),
        "turn": turn_of(case, is_sender=True, now=access.on),
    }


class Home(ReaderMixin, TemplateView):
    """One page for everybody; what somebody has not, the page does not mention."""

    policy = is_signed_in
    template_name = "feedback/home.html"

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            rows = Inquiry.objects.asked_of(self.access).order_by(F("settled_at").desc(nulls_first=True), "due_at")
            self.asked = list(rows[: SHOWN + 1])
            reads_along = reads_published_lessons(self.access) or self.asked
            if not (has_part_in_feedback(self.access) or reads_along):
                raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        may_file, handles = files_feedback(self.access), handles_feedback(self.access)
        page = self._own() if may_file else None
        return super().get_context_data(
            may_file=may_file,
            page=page,
            items=[line_of(case, self.access) for case in page] if page else [],
            handles=handles,
            handled=self._handled() if handles else [],
            asked=[{"row": row, "is_overdue": self._is_late(row)} for row in self.asked[:SHOWN]],
            more_asked=len(self.asked) > SHOWN,
            reads_lessons=reads_published_lessons(self.access),
            lessons=self._lessons(),
            **kwargs,
        )

    def _own(self):
        rows = Case.objects.sent_by(self.access).select_related(*_RELATED)
        rows = rows.order_by(F("due_at").asc(nulls_last=True), "-filed_at", "-pk")  # closed ones have no date
        return Paginator(rows, PER_PAGE).get_page(self.request.GET.get("page"))

    def _handled(self):
        rows = Case.objects.handled_by(self.access).exclude(state=Case.State.CLOSED).select_related(*_RELATED)
        rows = rows.order_by(F("due_at").asc(nulls_last=True), "pk")[:SHOWN]
        return [{"row": row, "turn": turn_of(row, is_sender=False, now=self.access.on)} for row in rows]

    def _is_late(self, row):
        return row.state == Inquiry.State.OPEN and row.due_at < self.access.on

    def _lessons(self):
        if not reads_published_lessons(self.access):
            return []
        return [{"row": row, "title": title_of(row)} for row in published(self.access)[:3]]
