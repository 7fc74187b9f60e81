"""One row of a platform's list: what it says, and the steps that its reader can take with it (§3; P8)."""

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from organisations.models import Organisation
from partners.actions import member_settling as settling
from partners.actions.bases import NotEligible
from partners.forms.member_lists import NewMemberForm, ReasonForm, ReferForm
from partners.member_rows import candidates, shown
from partners.models import ListedMember
from partners.policies import parties_to_listed_member
from partners.suspending import revoked_in
from slt_portal.states import StaleState, steps_open

from .member_lists import OneListMixin

State = ListedMember.State
_UNKNOWN = frozenset({State.LIKELY, State.UNCLEAR})
# Which forms a step has, and which of the table's steps open it.
FORMS = {"new": NewMemberForm, "refer": ReferForm, "reject": ReasonForm}
OPENED_BY = {"choose": {"choose", "identify"}, "new": {"identify", "call_national"}}


class MemberPage(OneListMixin, TemplateView):
    """Which organisation is it, and is it recorded? The steps of the reader, and no others."""

    template_name = "partners/member.html"

    @cached_property
    def member(self) -> ListedMember:
        """The row of the address."""
        rows = self.list.members.select_related("organisation", "before", "settled_by")
        member = get_object_or_404(rows, pk=self.kwargs["pk"])
        member.list = self.list
        return member

    @cached_property
    def steps(self) -> list[str]:
        """The steps that the reader may take now."""
        return steps_open(self.member, parties_to_listed_member(self.access, self.member))

    def may(self, step: str) -> bool:
        """Whether the page has this step; what leads to a known organisation is one step here."""
        if step == "new" and not self.is_dss:
            return False
        return bool(OPENED_BY.get(step, {step}) & set(self.steps))

    def was_open(self, step: str) -> bool:
        """Whether the step is the reader's, but not any more: a colleague was faster, or it is a second click."""
        names, parties = OPENED_BY.get(step, {step}), parties_to_listed_member(self.access, self.member)
        is_theirs = any(one.name in names and parties & set(one.by) for one in ListedMember.STEPS)
        return is_theirs and self.member.settled_by_id is not None and (step != "new" or self.is_dss)

    def _gone_on(self):
        if self.member.settled_by_id == self.request.user.pk:
            messages.success(
                self.request, _("Row %(row)s is settled.") % {"row": self.member.number or self.member.name}
            )
            return redirect(self.list_url())
        messages.info(self.request, _("Somebody else changed this first. Look again."))
        return redirect(self.request.path)

    def post(self, request, **kwargs):
        """One step."""
        step = request.POST.get("step", "")
        if not hasattr(self, f"_{step}") or not (self.may(step) or self.was_open(step)):
            raise Http404
        if not self.may(step):
            return self._gone_on()
        form = FORMS[step](request.POST) if step in FORMS else None
        if form is not None and not form.is_valid():
            return self._again(step, form)
        try:
            done = getattr(self, f"_{step}")(form)
        except StaleState:
            messages.info(request, _("Somebody else changed this first. Look again."))
            return redirect(request.path)
        except settling.StillListed:
            messages.info(request, _("It is still listed, by another platform or under another name: it stays."))
            return redirect(request.path)
        except NotEligible:
            messages.info(request, _("An organisation of this kind cannot be a partner: nobody need be asked."))
            return redirect(request.path)
        if done is not None:
            return done
        messages.success(request, _("Row %(row)s is settled.") % {"row": self.member.number or self.member.name})
        return redirect(self.list_url())

    def _again(self, step, form):
        return self.render_to_response(self.get_context_data(**{f"{step}_form": form, "form": form}), status=422)

    def _choose(self, form):
        ref = self.request.POST.get("organisation", "")
        words = self.request.GET.get("q", "")[:100]
        known = {match.organisation.ref: match.organisation for match in self._candidates(words)}
        if ref not in known:
            messages.info(self.request, _("Choose one of them, or say that it is none."))
            return redirect(self.request.get_full_path())
        settling.choose(self.member, organisation=known[ref], by=self.request.user)
        return redirect(self.request.path) if self.is_dss else None

    def _none_of_them(self, form):
        settling.none_of_them(self.member, by=self.request.user)

    def _doubt(self, form):
        settling.doubt(self.member, by=self.request.user)
        return redirect(self.request.path)

    def _call_national(self, form):
        settling.call_national(self.member, by=self.request.user)
        return redirect(self.request.path)

    def _new(self, form):
        try:
            with transaction.atomic():
                settling.identify_new(self.member, **form.cleaned_data, by=self.request.user)
        except IntegrityError:  # a colleague added it at this moment
            form.add_error("name", _("An organisation of this name is known: choose it above."))
            return self._again("new", form)
        return redirect(self.request.path)

    def _record(self, form):
        settling.record_member(self.member, by=self.request.user)

    def _refer(self, form):
        organisation = self.member.organisation
        settling.refer(self.member, organisation=organisation, why=form.cleaned_data["why"], by=self.request.user)

    def _reject(self, form):
        settling.reject(self.member, reason=form.cleaned_data["reason"], by=self.request.user)

    def _reopen(self, form):
        settling.reopen(self.member, by=self.request.user)
        return redirect(self.request.path)

    def _keep(self, form):
        settling.keep(self.member, by=self.request.user)

    def _end(self, form):
        settling.end(self.member, by=self.request.user)

    def _candidates(self, words):
        return candidates(self.member, self.reader, words=" ".join(words.replace("\x00", "").split()))

    def get_context_data(self, **kwargs):
        member, words = self.member, self.request.GET.get("q", "")[:100]
        asks = member.state in _UNKNOWN or (member.state == State.NATIONAL and member.organisation is None)
        [row] = shown([member], self.reader, self.list.area)
        is_gone = "end" in self.steps
        first = {"name": member.name, "acronym": member.acronym[:20], "kind": Organisation.Kind.INGO}
        context = {
            "list": self.list,
            "item": row,
            "member": member,
            "is_dss": self.is_dss,
            "steps": {step: self.may(step) for step in ("choose", "none_of_them", "new", *self.steps)},
            "matches": self._candidates(words) if asks and self.steps else [],
            "words": words,
            "as_what": self._as_what(),
            "stays": is_gone and (settling.is_listed_elsewhere(member) or settling.may_be_renamed(member)),
            "back_url": self.list_url(),
            "new_form": NewMemberForm(initial=first),
            "refer_form": ReferForm(),
            "reject_form": ReasonForm(),
        }
        return super().get_context_data(**{**context, **kwargs})

    def _as_what(self) -> str:
        """As what it would be recorded."""
        member = self.member
        if "record" not in self.steps:
            return ""
        if member.state == State.NATIONAL:
            return _("It gets a local arrangement: no status as a partner, and it sees only what is released to it.")
        if settling.kind_to_record(member.organisation) == "active":
            return _("It is a partner everywhere: it is recorded as active in this area.")
        if revoked_in(self.list.area, [member.organisation_id]):
            return _("Its partnership was revoked. If you record it, it is a partner in this area again.")
        return _("It becomes a partner in this area as a member of its security platform.")
