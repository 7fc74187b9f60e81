"""Requests to UN entities: asking, the list, the page of one, and the page behind the link in the mail (P4)."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache

from accounts.models import ActionLink
from governance.querysets import is_secretariat
from organisations.models import Membership
from partners.actions import confirmations as actions
from partners.forms.confirmations import AskForm, ConfirmForm, DenyForm, NotKnowForm, PassForm
from partners.forms.review import NothingForm
from partners.internal import under_review
from partners.models import Confirmation
from partners.policies import parties_to_confirmation
from partners.review_page import shown
from sharing.views import ReaderMixin
from slt_portal.states import StaleState, steps_open
from slt_portal.views import is_signed_in

from .review import GroupForm

PER_PAGE = 50
_RELATED = ("organisation__headquarters", "entity", "addressee", "asked_by", "answered_by", "application", "agreement")
_KEYS = ("data_key", "link", "passed_from__addressee", "agreement__application__data_key")


class AskConfirmation(GroupForm):
    """Asks a named person of a UN entity about an application."""

    form_class = AskForm
    template_name = "partners/confirmation_ask.html"
    part = "#confirmations"
    parties_wanted = frozenset({"working_group", "dss_headquarters"})
    error_field = "email"

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "application": self.application, "by": self.request.user}

    def act(self, data):
        """Ask."""
        row = actions.ask_confirmation(
            organisation=self.application.organisation,
            application=self.application,
            agreement=data["agreement"],
            entity=data["entity"],
            addressee_email=data["email"],
            addressee_name=data["name"],
            language=data["language"],
            question=data["question"],
            by=self.request.user,
        )
        return _("The request %(ref)s to %(name)s is on its way.") % {"ref": row.ref, "name": row.addressee.name}


class Confirmations(ReaderMixin, View):
    """The requests to one's own entity, or for Working Group and secretariat all; what waits, oldest first."""

    policy = is_signed_in

    def get(self, request):
        """One page of those that wait, or with ?answered=1 of those that are over, newest first."""
        access = self.access
        is_agency = bool(access.offices_for("agency"))
        if not (is_agency or access.offices_for("working_group") or is_secretariat(access)):
            raise Http404
        rows = Confirmation.objects.visible_to(access)
        rows = rows.select_related("organisation", "entity", "addressee", "application")
        is_over = request.GET.get("answered") == "1"
        if is_over:
            rows = rows.exclude(state__in=Confirmation.WAITING).order_by("-settled_at", "-pk")
        else:
            rows = rows.filter(state__in=Confirmation.WAITING).order_by("asked_at", "pk")
        page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
        context = {"items": list(page), "page": page, "count_label": page.paginator.count, "is_over": is_over}
        return render(request, "partners/confirmation_list.html", context)


class _OneConfirmation(ReaderMixin, View):
    """A page of one request, for those who see it."""

    policy = is_signed_in

    @cached_property
    def row(self):
        """The request of the address. Raises Http404."""
        rows = Confirmation.objects.visible_to(self.access).select_related(*_RELATED, *_KEYS)
        return get_object_or_404(rows, ref=self.kwargs["ref"])

    @cached_property
    def steps(self):
        """What the reader may do with it now."""
        is_over = self.row.due_at <= timezone.now()
        parties = parties_to_confirmation(self.access, self.row)
        return [] if is_over else steps_open(self.row, parties)


class ConfirmationDetail(_OneConfirmation):
    """What is asked and what became of it; somebody of the agency answers here, signed in."""

    def get(self, request, ref):
        """The page, with the forms for who may answer."""
        return self._page(_Answers(self.row, self.steps))

    def post(self, request, ref):
        """One answer."""
        if not set(self.steps) & set(_FORMS) and not parties_to_confirmation(self.access, self.row) & {"agency"}:
            raise Http404
        answers = _Answers(self.row, self.steps, request.POST)
        if not self.steps:
            return self._too_late()
        try:
            if not answers.given(by=request.user):
                return self._page(answers, status=422)
        except StaleState:
            return self._too_late()
        messages.success(request, _("Your answer is recorded. The Working Group is told."))
        return redirect("partners:confirmation", self.row.ref)

    def _too_late(self):
        messages.info(self.request, _("This request is over: somebody answered it, or it is no longer needed."))
        return redirect("partners:confirmation", self.row.ref)

    def _page(self, answers, status=200):
        row = self.row
        sees_review = row.application and under_review(self.access).filter(pk=row.application_id).exists()
        context = {
            "item": shown(row),
            "confirmation": row,
            "declared": _declared(row),
            "answers": answers,
            "form": answers.sent,
            "steps": self.steps,
            "sees_review": sees_review,
        }
        return render(self.request, "partners/confirmation_page.html", context, status=status)


class ConfirmationCancel(_OneConfirmation):
    """Asks, then cancels a request that is no longer needed."""

    def get(self, request, ref):
        """Ask."""
        if "cancel" not in self.steps:
            raise Http404
        return render(request, "partners/confirmation_cancel.html", {"confirmation": self.row, "form": NothingForm()})

    def post(self, request, ref):
        """Do it."""
        if not parties_to_confirmation(self.access, self.row) & {"working_group", "dss_headquarters"}:
            raise Http404
        try:
            actions.cancel(self.row, by=request.user)
        except StaleState:
            messages.info(request, _("This request is over: somebody answered it, or it is no longer needed."))
        else:
            messages.success(request, _("The request is cancelled. Its link no longer works."))
        return redirect("partners:confirmation", self.row.ref)


@method_decorator(never_cache, name="dispatch")
class Confirm(View):
    """The page behind the link of a request. Looking at it changes nothing; one of its buttons answers, once."""

    def get(self, request, token):
        """What is asked, and the ways to answer."""
        row = _linked(token)
        return self._page(row, _Answers(row, _steps_of(row))) if row else _over(request)

    def post(self, request, token):
        """One answer."""
        row = _linked(token)
        if row is None:
            return _over(request)
        answers = _Answers(row, _steps_of(row), request.POST)
        try:
            if not answers.given(by=row.addressee):
                return self._page(row, answers, status=422)
        except StaleState:
            return _over(request)
        return render(request, "partners/confirm_done.html", {"confirmation": row})

    def _page(self, row, answers, status=200):
        context = {
            "confirmation": row,
            "declared": _declared(row),
            "question": row.texts.get("question", ""),
            "answers": answers,
            "form": answers.sent,
        }
        return render(self.request, "partners/confirm.html", context, status=status)


def _linked(token):
    """The request behind a link that works, or None: used, expired, forged, passed on and cancelled are all one; so is
    that of who has gone to work for the organisation in question since."""
    link = ActionLink.objects.live(actions.PURPOSE, token)
    rows = Confirmation.objects.for_system("the link is the right to see it").select_related(*_RELATED, *_KEYS)
    theirs = Membership.objects.on().filter(user=OuterRef("addressee"), organisation=OuterRef("organisation"))
    return rows.filter(~Exists(theirs), link=link, state__in=Confirmation.WAITING).first() if link else None


def _over(request):
    return render(request, "partners/confirm_over.html", status=404)


def _steps_of(row):
    """What the addressee may do: whoever has the link. A request that was passed on is not passed again."""
    steps = steps_open(row, {"addressee"})
    return [step for step in steps if step != "pass_on" or row.passed_from_id is None]


def _declared(row):
    """What the organisation declared of its agreement with this very entity; None where it declared none."""
    agreement = row.agreement
    return agreement and {"row": agreement, "reference": agreement.texts.get("reference", "")}


_FORMS = {"confirm": ConfirmForm, "deny": DenyForm, "not_know": NotKnowForm, "pass_on": PassForm}


class _Answers:
    """The forms of one request: each answer has a button of its own, and only what was sent is looked at."""

    def __init__(self, row, steps, posted=None):
        self.row = row
        self.step = posted.get("answer", "") if posted is not None else ""
        self.forms = {step: self._form(step, posted) for step in _FORMS if step in steps}
        self.sent = self.forms.get(self.step)

    def _form(self, step, posted):
        more = {"confirmation": self.row} if step == "pass_on" else {}
        if step == "confirm":
            more = {"initial": self._as_declared()}
        return _FORMS[step](posted if step == self.step else None, **more)

    def _as_declared(self):
        declared = _declared(self.row)
        if declared is None:
            return {}
        row = declared["row"]
        return {"relation": row.relation, "reference": declared["reference"], "ends_on": row.ends_on}

    def given(self, *, by) -> bool:
        """Record the answer of the button that was pressed. False if what belongs to it is not filled in as it should
        be: then the form says so. Raises StaleState."""
        if self.sent is None or not self.sent.is_valid():
            return False
        act = {
            "confirm": actions.answer_confirm,
            "deny": actions.answer_deny,
            "not_know": actions.answer_not_know,
            "pass_on": actions.pass_on,
        }[self.step]
        try:
            act(self.row, by=by, **self.sent.cleaned_data)
        except ValidationError as refused:
            self.sent.add_error(None if hasattr(refused, "error_dict") else "email", refused)
        return self.sent.is_valid()
