"""Following an incident up: updates and the final report, by those who reported it (I1)."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views import View

from incidents import codes
from incidents.account import account_of
from incidents.actions import AlreadyFiled, Overtaken, file_follow_up
from incidents.forms import AffectedFormSet, FollowUpForm, affected_groups, initial_account
from incidents.models import AffectedGroup, Draft
from incidents.shown import opened_texts
from incidents.typed import initial_of
from slt_portal.states import StaleState

from .filing import as_new, as_uuid
from .keeping import (
    KeepsTyped,
    as_post,
    draft_state,
    going_on,
    kept_before_sending,
    revision_sent,
    settle_fork,
    typed_of,
    unreadable,
)
from .mixins import OriginatorMixin


def follow_up_form(page: OriginatorMixin, **options) -> FollowUpForm:
    """The form of a further report on the incident of this page."""
    is_closed = page.facts.stage == codes.ReportKind.FINAL
    zone = page.facts.time_zone
    return FollowUpForm(area=page.item.area, zone=zone, is_closed=is_closed, user=page.request.user, **options)


class IncidentFollowUp(KeepsTyped, OriginatorMixin, View):
    """The form again, filled with what is known; the earlier reports stay as they were."""

    def get(self, request, ref):
        """As last reported, or the draft named by `?draft=`."""
        draft = None
        if request.GET.get("draft"):
            rows = Draft.objects.of(request.user).filter(item=self.item)
            draft = get_object_or_404(rows, submission=as_uuid(request.GET["draft"]))
            typed = typed_of(draft)
            if typed is None:
                return unreadable(request)
            if "check" in request.GET:
                return self._checked(request, draft, as_post(typed))
            initial, groups = initial_of(typed)
            initial |= {"revision": draft.revision}
        else:
            self.log_opened()
            account = self._account()
            initial = initial_account(account, self.item.area) | {"after": self.facts.report.number}
            groups = account.groups
        affected = AffectedFormSet(initial=groups, prefix="affected")
        return self._page(request, self._form(initial=initial), affected, draft=draft)

    def _checked(self, request, draft, data):
        """The draft with what is missing in it."""
        form, affected = self._form(data=data), AffectedFormSet(data, prefix="affected")
        form.is_valid()
        form.data = going_on(data, draft)
        return self._page(request, form, affected, draft=draft)

    def post(self, request, ref):
        """File it, or show what is missing beside what was typed. It is kept as a draft first, whatever happens."""
        draft = kept_before_sending(request)
        form, affected = self._form(data=request.POST), AffectedFormSet(request.POST, prefix="affected")
        if form.is_valid() & affected.is_valid():
            try:
                return self._file(request, form, affected, draft)
            except AlreadyFiled as earlier:
                form, draft = as_new(self._form, request, earlier.report)
            except Overtaken:
                form.add_error(None, _("Somebody of your organisation sent a report meanwhile: read it first."))
                form.add_error(None, _("Then check what is written here and send it again."))
                form.data = going_on(form.data, draft)
                form.data["after"] = str(self._latest())
            except StaleState:
                form.add_error("kind", _("The final report was sent meanwhile. Only another final report can follow."))
                form.data = going_on(form.data, draft)
        else:
            form.data = going_on(form.data, draft)
        return self._page(request, form, affected, draft=draft, status=422)

    def _file(self, request, form, affected, draft):
        report = file_follow_up(
            by=request.user,
            item=self.item,
            kind=form.cleaned_data["kind"],
            account=form.account(affected_groups(affected)),
            submission=form.cleaned_data["submission"],
            after=form.cleaned_data["after"],
            revision=revision_sent(draft, form),
        )
        settle_fork(draft, form)
        sent = {
            codes.ReportKind.UPDATE: _("Your update is sent. Readers are told within half an hour, at once if graver."),
            codes.ReportKind.FINAL: _("The final report is sent. Readers are told within half an hour."),
        }
        messages.success(request, sent[report.kind])
        return redirect("incidents:detail", self.item.ref)

    def _latest(self):
        del self.facts  # read before somebody else reported
        return self.facts.report.number

    def _account(self):
        groups = AffectedGroup.objects.for_system("a further report begins with the last").filter(facts=self.facts)
        return account_of(self.facts, opened_texts(self.facts) or {}, groups.order_by("pk"))

    def _form(self, **options):
        form = follow_up_form(self, **options)
        form.say_agreed(self.agreed_texts)
        return form

    def _page(self, request, form, affected, *, draft=None, status=200):
        context = {"form": form, "affected": affected, "item": self.item, "facts": self.facts}
        context |= draft_state(request, form, draft, item=self.item)
        return render(request, "incidents/incident_follow_up.html", context, status=status)
