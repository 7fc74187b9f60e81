"""Applications as the bodies see them: the list, the page of one, and the forms of the Working Group (P5)."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import FormView

from audit.actions import record
from documents.files import FileBroken
from governance.querysets import is_secretariat
from partners.actions import review as actions
from partners.forms.review import (
    OPEN_STATES,
    ApplicationFilter,
    CheckForm,
    NoteForm,
    NothingForm,
    QuestionForm,
    RecommendationForm,
)
from partners.internal import (
    WITH_WORKING_GROUP,
    closed_to,
    reads_internal,
    recommendation_of,
    reviews,
    under_review,
    with_verdicts,
)
from partners.models import Criterion, Memorandum, Recommendation
from partners.policies import parties_to_application
from partners.review_page import Internal, criteria_of, declared_for, declared_of, inquiries_of, row_of_list
from partners.un_link import un_link_of
from sharing.views import ReaderMixin
from slt_portal.states import StaleState, steps_open
from slt_portal.views import is_signed_in

PER_PAGE = 50


class Applications(ReaderMixin, View):
    """Applications for those who look at them, what waits longest first."""

    policy = is_signed_in

    def get(self, request):
        """One page of them; without a filter those that are under way."""
        if not reviews(self.access):
            raise Http404
        form = ApplicationFilter(request.GET)
        state = form.cleaned_data["state"] if form.is_valid() else ""
        rows = under_review(self.access).filter(state__in=[state] if state else OPEN_STATES)
        rows = with_verdicts(rows.select_related("organisation")).order_by("state_since", "pk")
        page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
        found = list(page)
        closed = closed_to(self.access, found)
        context = {
            "items": [row_of_list(row, is_closed=row.pk in closed) for row in found],
            "page": page,
            "count_label": page.paginator.count,
            "filter_form": form,
            "is_filtered": bool(state),
        }
        return render(request, "partners/review_list.html", context)


class UnderReviewMixin(ReaderMixin):
    """A page about one application for those who look at it; absent for everybody else, its applicant included."""

    policy = is_signed_in

    @cached_property
    def application(self):
        """The application of the address. Raises Http404."""
        memoranda = Memorandum.objects.filter(application=OuterRef("pk")).exclude(state=Memorandum.State.VOID)
        rows = under_review(self.access).annotate(memorandum=Subquery(memoranda.values("number")[:1]))
        rows = rows.select_related("organisation__headquarters", "data_key")
        return get_object_or_404(rows, ref=self.kwargs["ref"])

    @cached_property
    def parties(self) -> frozenset[str]:
        """Which party the reader is to it."""
        return parties_to_application(self.access, self.application)

    def review_url(self, part=""):
        """The page of the review."""
        return reverse("partners:review", args=[self.application.ref]) + part


class Review(UnderReviewMixin, View):
    """Where one application stands, what was said about it, and what its reader can do next."""

    def get(self, request, ref):
        """Everything for all but a recused seat, which sees what the applicant said."""
        row, recommendation = self.application, recommendation_of(self.application)
        may_read = reads_internal(self.access, recommendation)
        is_with_group = row.state in WITH_WORKING_GROUP
        context = {
            "application": row,
            "inquiries": inquiries_of(row),
            "internal": Internal.of(row, self.access) if may_read else None,
            "recommendation": recommendation if may_read else None,
            "opens_decision": bool(self.access.offices_for("oversight_committee")) or is_secretariat(self.access),
            "steps": steps_open(row, self.parties),
            "may_write": is_with_group and "working_group" in self.parties,
            "may_request": is_with_group and bool(self.parties & {"working_group", "dss_headquarters"}),
            "state": row_of_list(row, is_closed=True),
        }
        return render(request, "partners/review_page.html", context)


class ReviewDeclared(UnderReviewMixin, View):
    """What the applicant declared: its answers section by section, its agreements, its documents."""

    def get(self, request, ref):
        """The page."""
        context = {"application": self.application, "declared": declared_of(self.application)}
        return render(request, "partners/review_declared.html", context)


class ReviewFile(UnderReviewMixin, View):
    """A document of the applicant as a download, noted before its first byte leaves."""

    def get(self, request, ref, uid):
        """The bytes; absent where the file was removed meanwhile, or cannot be opened."""
        row = get_object_or_404(self.application.files.select_related("file__data_key"), uid=uid, file__isnull=False)
        try:
            content = row.file.read()
        except FileBroken as broken:
            raise Http404 from broken
        facts = {"item": row.item, "file": str(row.uid)}
        record(
            "partners.file_read",
            by=request.user,
            object_type="application",
            object_ref=self.application.ref,
            facts=facts,
        )
        response = HttpResponse(content, content_type=row.file.media_type)
        ending = row.file.name.rpartition(".")[2].lower()
        ending = f".{ending}" if ending.isascii() and ending.isalnum() and len(ending) <= 5 else ""
        response["Content-Disposition"] = f'attachment; filename="{self.application.ref}-{row.item}{ending}"'
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return response


class GroupForm(UnderReviewMixin, FormView):
    """A form of the Working Group about an application. `step` names the step it takes, where it takes one."""

    step = ""
    part = ""  # of the review page, to go back to
    parties_wanted = frozenset({"working_group"})
    error_field: str | None = None  # at which an error of the action stands that names none

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            if not self.parties & self.parties_wanted:
                raise Http404
            if not self.is_open():
                if request.method != "POST":
                    messages.info(request, _("This is not possible any more: the application has moved on."))
                    return redirect(self.review_url())
                # Too late; the form says so, with what it stands beside: nothing for a seat that recused itself.
                if not reads_internal(self.access, recommendation_of(self.application)):
                    raise Http404
        return super().dispatch(request, *args, **kwargs)

    def is_open(self):
        """Whether the application is where this can be done."""
        if self.step:
            return self.step in steps_open(self.application, self.parties)
        return self.application.state in WITH_WORKING_GROUP

    def form_valid(self, form):
        try:
            said = self.act(form.cleaned_data)
        except StaleState:
            return self._too_late(form)
        except ValidationError as refused:  # what the form asks too, changed a moment ago
            form.add_error(None if hasattr(refused, "error_dict") else self.error_field, refused)
            return self.form_invalid(form)
        messages.success(self.request, said)
        return redirect(self.review_url(self.part))

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def _too_late(self, form):
        del self.application
        if self.was_mine(form.cleaned_data):
            return redirect(self.review_url(self.part))
        words = _("Somebody else changed this first: the application is now “%(state)s”. Nothing was saved.")
        form.add_error(None, words % {"state": self.application.get_state_display()})
        return self.render_to_response(self.get_context_data(form=form), status=409)

    def was_mine(self, data) -> bool:
        """Whether it was this very person who had done it, as by a double click."""
        return not data

    def get_context_data(self, **kwargs):
        return super().get_context_data(application=self.application, back_url=self.review_url(), **kwargs)


class CheckCriterion(GroupForm):
    """Says whether a criterion is met."""

    form_class = CheckForm
    template_name = "partners/review_check.html"
    part = "#criteria"

    @cached_property
    def criterion(self):
        """The criterion of the address. Raises Http404."""
        if self.kwargs["criterion"] not in Criterion:
            raise Http404
        return Criterion(self.kwargs["criterion"])

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "application": self.application, "criterion": self.criterion}

    def act(self, data):
        """Keep it."""
        actions.check(self.application, criterion=self.criterion, by=self.request.user, **data)
        return _("Your check is saved.")

    def get_context_data(self, **kwargs):
        row = self.application
        return super().get_context_data(
            criterion=self.criterion,
            shown=next(item for item in criteria_of(row) if item["code"] == self.criterion),
            declared=declared_for(row, self.criterion),
            link=un_link_of(row) if self.criterion == Criterion.UN_LINK else None,
            **kwargs,
        )


class NoteWrite(GroupForm):
    """Adds a remark to the internal discussion."""

    form_class = NoteForm
    template_name = "partners/review_note.html"
    part = "#discussion"

    def act(self, data):
        """Keep it."""
        actions.note(self.application, by=self.request.user, **data)
        return _("Your remark is saved.")


class Ask(GroupForm):
    """Asks the applicant something."""

    form_class = QuestionForm
    template_name = "partners/review_ask.html"
    step = "ask"
    part = "#questions"

    def act(self, data):
        """Ask it."""
        row = actions.ask(self.application, by=self.request.user, **data)
        return _("Question %(number)s is on its way to the applicant.") % {"number": row.number}


class GoOn(GroupForm):
    """Goes on without an answer."""

    form_class = NothingForm
    template_name = "partners/review_go_on.html"
    step = "go_on"
    part = "#questions"

    def act(self, data):
        """Go on."""
        actions.go_on(self.application, by=self.request.user)
        return _("The application is back with the Working Group.")


class Recommend(GroupForm):
    """Recommends to admit or to refuse; that opens the decision of the Committee."""

    form_class = RecommendationForm
    template_name = "partners/review_recommend.html"
    step = "recommend"
    part = "#recommendation"

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "application": self.application}

    def act(self, data):
        """Recommend it."""
        actions.recommend(self.application, by=self.request.user, **data)
        return _("The recommendation is with the Oversight Committee. Its members have a mail.")

    def was_mine(self, data):
        row = Recommendation.objects.filter(application=self.application).last()
        same = row is not None and row.by_id == self.request.user.pk and row.verdict == data["verdict"]
        return same and row.texts.get("reasons") == data["reasons"]

    def get_context_data(self, **kwargs):
        row = self.application
        trouble = actions.trouble_of(row, Recommendation.Verdict.ADMIT)
        return super().get_context_data(criteria=criteria_of(row), link=un_link_of(row), trouble=trouble, **kwargs)
