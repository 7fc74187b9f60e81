"""Expressions of interest: the public page, its receipt, and what DSS headquarters makes of them (§3.1; P1, P3)."""

from datetime import timedelta

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.debug import sensitive_post_parameters

from areas.models import Country
from organisations.addresses import domain_of
from organisations.duplicates import likely
from organisations.models import Organisation
from partners.actions.applications import CannotApply
from partners.actions.interests import (
    NameTaken,
    decline,
    invite_to_apply,
    open_from_interest,
    receive_interest,
    record_local,
)
from partners.forms.interests import DeclineForm, InterestForm, InviteForm, LocalForm, OpenForm, WhichForm
from partners.models import Interest
from partners.policies import is_dss_headquarters
from sharing.views import ReaderMixin
from slt_portal.states import StaleState
from slt_portal.views import is_signed_in

_NNGO = Organisation.Kind.NNGO
_RECEIPT = "join"
_PER_PAGE = 50


@method_decorator(sensitive_post_parameters(), name="dispatch")
class Join(View):
    """What SLT is, what it takes, and a short form. Anybody may send it; the answer is the same for everybody (§3.1).

    Nothing is looked up in a register, so neither words nor time tell what is known.
    """

    def get(self, request):
        """The page with an empty form."""
        return self._page(InterestForm(initial={"language": get_language()[:2]}))

    def post(self, request):
        """Keep what was sent; a national NGO first reads what is open to it (P3)."""
        form = InterestForm(request.POST)
        if not form.is_valid():
            return self._page(form, status=422)
        if form.must_be_told:
            form.data = form.data.copy()
            form.data["told"] = "on"
            return self._page(form, is_told=True)
        if not ratelimit.consume(request, action="join", key="all"):
            form.add_error(None, _("Too many were sent from your address, or in all, for now. Try again in an hour."))
            return self._page(form, status=429)
        answers = form.answers
        interest = receive_interest(answers=answers, language=answers["language"])
        request.session[_RECEIPT] = {"ref": interest.ref, "is_national": answers["kind"] == _NNGO}
        return redirect("partners:join_received")

    def _page(self, form, status=200, is_told=False):
        context = {
            "form": form,
            "is_told": is_told,
            "interest_days": settings.INTEREST_DAYS,
            "check_days": settings.APPLICATION_CHECK_DAYS,
            "decision_days": settings.DECISION_DAYS,
        }
        return render(self.request, "partners/join.html", context, status=status)


class JoinReceived(View):
    """The receipt: reference, what happens next and by when. Only who sent it has one, in their session."""

    def get(self, request):
        """The receipt, or where to begin."""
        until = timezone.now() + timedelta(days=settings.INTEREST_DAYS)
        context = {"receipt": request.session.get(_RECEIPT), "until": until}
        return render(request, "partners/join_received.html", context)


class DssMixin(ReaderMixin):
    """A page of DSS headquarters; absent for everybody else."""

    policy = is_signed_in

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not is_dss_headquarters(self.access):
            raise Http404
        return super().dispatch(request, *args, **kwargs)


class Interests(DssMixin, View):
    """Expressions of interest: what waits first, the oldest on top; then what was settled, the newest on top."""

    def get(self, request):
        """One page of them."""
        is_settled = request.GET.get("show") == "settled"
        rows = Interest.objects.select_related("data_key", "organisation")
        if is_settled:
            rows = rows.exclude(state=Interest.State.RECEIVED).order_by("-settled_at", "-pk")
        else:
            rows = rows.filter(state=Interest.State.RECEIVED).order_by("received_at", "pk")
        page = Paginator(rows, _PER_PAGE).get_page(request.GET.get("page"))
        kinds = dict(Organisation.Kind.choices)
        items = [{"row": row, "said": row.texts, "kind": kinds.get(row.texts.get("kind"), "")} for row in page]
        late = timezone.now() - timedelta(days=settings.INTEREST_DAYS)
        context = {
            "items": items,
            "page": page,
            "is_settled": is_settled,
            "late": late,
            "count_label": page.paginator.count,
        }
        return render(request, "partners/interest_list.html", context)


class InterestPage(DssMixin, View):
    """One expression of interest beside the organisations that it may be, and what can be done with it (P12)."""

    def get(self, request, ref):
        """What was said, and the forms that go with it."""
        return self._page(self._interest(ref), {})

    def post(self, request, ref):
        """Open, record or decline, as the button says."""
        interest = self._interest(ref)
        do = request.POST.get("do")
        if interest.state != Interest.State.RECEIVED:
            return self._too_late(ref)
        forms = self._forms(interest, request.POST, only=do)
        form = forms.get(do)
        if form is None:
            raise Http404
        if form.is_valid():
            try:
                return getattr(self, f"_{do}")(interest, form)
            except StaleState:
                return self._too_late(ref)
            except (CannotApply, NameTaken, ValidationError) as refused:
                form.add_error(None, sentence_of(refused))
        return self._page(interest, forms, do=do, status=422)

    def _interest(self, ref):
        rows = Interest.objects.select_related("data_key", "organisation")
        return get_object_or_404(rows, ref=ref)

    def _forms(self, interest, data=None, only=""):
        """The forms that fit; bound is the one that was sent."""
        said = interest.texts
        self.matches = likely(said.get("name", ""), acronym=said.get("acronym", ""))
        fitting = {"open": OpenForm, "local": LocalForm}
        if said.get("kind") == _NNGO:
            del fitting["open"]
        bound = {only: data}
        forms = {name: form(bound.get(name), matches=self.matches) for name, form in fitting.items()}
        return {**forms, "decline": DeclineForm(bound.get("decline"))}

    def _open(self, interest, form):
        chosen = {"organisation": form.chosen, "notes_domain": form.cleaned_data["notes_domain"]}
        application = open_from_interest(interest, **chosen, by=self.request.user)
        text = _("%(ref)s is open, and the contact is asked in by mail to fill it in.")
        messages.success(self.request, text % {"ref": application.ref})
        return redirect("partners:interests")

    def _local(self, interest, form):
        chosen = {"organisation": form.chosen, "invites": form.cleaned_data["invites"]}
        area = form.cleaned_data["area"]
        record_local(interest, **chosen, area=area, by=self.request.user)
        messages.success(self.request, _("Recorded as local arrangement: %(area)s.") % {"area": area.name})
        return redirect("partners:interests")

    def _decline(self, interest, form):
        decline(interest, words=form.cleaned_data["words"], by=self.request.user)
        messages.success(self.request, _("Declined. Your words go to the contact by mail."))
        return redirect("partners:interests")

    def _too_late(self, ref):
        messages.info(self.request, _("Somebody else changed this first. This is how it stands now."))
        return redirect("partners:interest", ref)

    def _page(self, interest, forms, do="", status=200):
        said = interest.texts
        is_waiting = interest.state == Interest.State.RECEIVED
        if is_waiting and not forms:
            forms = self._forms(interest)
        country = Country.objects.filter(code=said.get("country", "")).first()
        context = {
            "interest": interest,
            "said": said,
            "kind": dict(Organisation.Kind.choices).get(said.get("kind"), ""),
            "country": country,
            "domain": domain_of(said.get("email", "")),
            "is_national": said.get("kind") == _NNGO,
            "is_waiting": is_waiting,
            "matches": self.matches if is_waiting else [],
            "forms": forms,
            "form": forms.get(do),
            "until": interest.received_at + timedelta(days=settings.INTEREST_DAYS),
        }
        return render(self.request, "partners/interest.html", context, status=status)


class InviteOrganisation(DssMixin, View):
    """The Committee invites an organisation to apply (§3.1): likely duplicates first, then its application opens."""

    def get(self, request):
        """An empty form."""
        return self._page(InviteForm(initial={"language": get_language()[:2]}))

    def post(self, request):
        """Show what it may be, or open the application."""
        form = InviteForm(request.POST)
        if not form.is_valid():
            return self._page(form, status=422)
        matches = likely(form.cleaned_data["name"], acronym=form.cleaned_data["acronym"])
        which = WhichForm(request.POST if "organisation" in request.POST else None, matches=matches)
        if matches and not which.is_valid():
            return self._page(form, which, matches, status=422 if which.is_bound else 200)
        try:
            application = invite_to_apply(
                answers=form.answers,
                organisation=which.chosen if matches else None,
                notes_domain=form.cleaned_data["notes_domain"],
                by=request.user,
            )
        except (CannotApply, NameTaken, ValidationError) as refused:
            form.add_error(None, sentence_of(refused))
            return self._page(form, which if matches else None, matches, status=422)
        text = _("%(ref)s is open, and the contact is asked in by mail to fill it in.")
        messages.success(request, text % {"ref": application.ref})
        return redirect("partners:interests")

    def _page(self, form, which=None, matches=(), status=200):
        context = {"form": form, "which": which, "matches": matches}
        return render(self.request, "partners/invite_organisation.html", context, status=status)


def sentence_of(refused: Exception) -> str:
    """Why an application could not be opened, for people."""
    if isinstance(refused, NameTaken):
        return _("There is an organisation of exactly this name. Choose it above, or write the name in full.")
    return " ".join(refused.messages) if isinstance(refused, ValidationError) else str(refused)
