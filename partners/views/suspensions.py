"""Suspending, lifting, revoking (§3, P9): the list, the page of one procedure, and a page for each of its steps.

The organisation concerned sees a page of its own: what is told to it, never with whom the matter lies.
"""

from datetime import datetime

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Case, F, Q, When
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import FormView, TemplateView

from governance.models import Decision
from governance.policies import recused_in
from partners.actions.suspensions import open_suspension
from partners.forms.suspensions import ListFilter, OpenForm
from partners.models import Suspension
from partners.policies import has_part_in_suspensions, opens_suspensions, organisations_of, parties_to_suspension
from partners.suspending import PUBLIC, since_in_public, turn_in_public, turn_of
from sharing.views import ReaderMixin
from slt_portal.states import StaleState, steps_open
from slt_portal.views import is_signed_in

State = Suspension.State
PER_PAGE = 50
TONES = {State.SUSPENDED: "strong", State.LIFTING: "strong", State.REVOKED: "strong"}
_RELATED = ("organisation", "area", "agreement", "decision", "lifting", "standing", "opened_by", "data_key")


def shown(row: Suspension, *, is_own: bool, now) -> dict:
    """What lists and pages say of a procedure, in the words for its reader."""
    return {
        "row": row,
        "is_own": is_own,
        "state": PUBLIC[row.state] if is_own else row.get_state_display(),
        "tone": TONES.get(row.state, "neutral"),
        "since": since_in_public(row) if is_own else row.state_since,
        "turn": turn_in_public(row) if is_own else turn_of(row, now),
    }


class Suspensions(ReaderMixin, TemplateView):
    """The procedures that the reader has to do with: what is open first, oldest first, then what is over."""

    policy = is_signed_in
    template_name = "partners/suspension_list.html"

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not (
            has_part_in_suspensions(self.access) or Suspension.objects.visible_to(self.access).exists()
        ):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        filters = ListFilter(self.request.GET or None)
        show = filters.cleaned_data["show"] if filters.is_valid() else ""
        page = Paginator(self._rows(show), PER_PAGE).get_page(self.request.GET.get("page"))
        own = organisations_of(self.access)
        return super().get_context_data(
            items=[shown(row, is_own=row.organisation_id in own, now=self.access.on) for row in page],
            page=page,
            count_label=page.paginator.count,
            filter_form=filters,
            is_filtered=bool(show),
            may_open=opens_suspensions(self.access),
            **kwargs,
        )

    def _rows(self, show):
        over = Q(state__in=Suspension.OVER)
        rows = Suspension.objects.visible_to(self.access).select_related(*_RELATED)
        if show:
            rows = rows.filter(over if show == ListFilter.OVER else ~over)
        opened = Case(When(over, then=None), default=F("opened_at"))
        return rows.order_by(opened.asc(nulls_last=True), F("ended_at").desc(nulls_last=True), "pk")


class SuspensionOpen(ReaderMixin, FormView):
    """Opens a procedure: the Designated Official in their area, DSS headquarters everywhere."""

    policy = is_signed_in
    form_class = OpenForm
    template_name = "partners/suspension_open.html"

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not opens_suspensions(self.access):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "access": self.access}

    def get_initial(self):
        """The organisation from whose page one comes."""
        return {"organisation": self.request.GET.get("organisation", "").replace("\x00", "")[:16]}

    def form_valid(self, form):
        try:
            row = open_suspension(**{"area": None, **form.cleaned_data}, by=self.request.user)
        except ValidationError as error:
            form.add_error("organisation", error)
            return self.form_invalid(form)
        except StaleState:
            form.add_error(None, _("Somebody else opened a procedure about this organisation at the same moment."))
            return self.form_invalid(form)
        messages.success(self.request, _("Opened. The organisation is asked for its answer."))
        return redirect("partners:suspension", row.ref)

    def form_invalid(self, form):
        known = form.known  # the second half of a double click
        if known and known.opened_by_id == self.request.user.pk and known.texts["reasons"] == form.data.get("reasons"):
            return redirect("partners:suspension", known.ref)
        return super().form_invalid(form)

    def get_context_data(self, **kwargs):
        return super().get_context_data(back_url=reverse("partners:suspensions"), **kwargs)


class OneSuspension(ReaderMixin):
    """A page about one procedure that the reader may see: `row`, and `parties` that they are to it."""

    policy = is_signed_in

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            rows = Suspension.objects.visible_to(self.access).select_related(*_RELATED)
            self.row = get_object_or_404(rows, ref=kwargs["ref"])
            self.parties = parties_to_suspension(self.access, self.row)
        return super().dispatch(request, *args, **kwargs)

    @property
    def is_own(self) -> bool:
        """Whether the reader works for the organisation concerned."""
        return "organisation" in self.parties

    def page_url(self):
        """The page of the procedure."""
        return reverse("partners:suspension", args=[self.row.ref])


class SuspensionPage(OneSuspension, TemplateView):
    """One procedure: where it stands, what was said, what happens next and by whom."""

    @property
    def template_name(self):
        """The organisation has a page of its own."""
        return "partners/suspension_own.html" if self.is_own else "partners/suspension.html"

    def get_context_data(self, **kwargs):
        texts = self.row.texts
        context = {
            **shown(self.row, is_own=self.is_own, now=self.access.on),
            "texts": {name: texts.get(name, "") for name in ("reasons", "hearing")},
            "notices": [self._notice(notice) for notice in reversed(texts.get("notices", ()))],
            "steps": steps_open(self.row, self.parties),
            "back_url": reverse("partners:suspensions"),
        }
        if not self.is_own:
            context |= self._inside(texts)
        return super().get_context_data(**context, **kwargs)

    def _notice(self, notice):
        label = _("stays suspended") if notice["outcome"] == "kept" else PUBLIC[notice["outcome"]]
        return {"label": label, "moment": datetime.fromisoformat(notice["at"]), "text": notice["text"]}

    def _inside(self, texts):
        """What the organisation never sees; a seat that recused itself sees no deliberation either."""
        keys = [key for key in (self.row.agreement_id, self.row.decision_id, self.row.lifting_id) if key]
        decisions = Decision.objects.visible_to(self.access).filter(pk__in=keys).order_by("pk") if keys else []
        is_recused = bool(keys and recused_in(self.access, keys))
        said = ("internal", "recommendation", "lifting")
        return {
            "decisions": list(decisions),
            "is_recused": is_recused,
            "inside": {name: "" if is_recused else texts.get(name, "") for name in said},
        }
