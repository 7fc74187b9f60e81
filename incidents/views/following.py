"""Following an incident up: updates and the final report, by those who reported it (I1)."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views import View

from incidents import codes
from incidents.account import Account, Limits, account_of, limits_of, shared_texts_after
from incidents.actions import AlreadyFiled, AudienceChanged, Overtaken, file_follow_up
from incidents.forms import AffectedFormSet, FollowUpForm, affected_groups, initial_account
from incidents.kept_back import NotAsked
from incidents.models import AffectedGroup, Draft
from incidents.pointing import PointedOut, ask_about, pointed_out, reaches_others
from incidents.shown import opened_texts
from incidents.typed import initial_of
from sharing.audiences import chosen_of
from sharing.models import Item
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
from .withholding import STALE, AsksAnew


def follow_up_form(page: OriginatorMixin, **options) -> FollowUpForm:
    """The form of a further report on the incident of this page."""
    is_closed = page.facts.stage == codes.ReportKind.FINAL
    zone = page.facts.time_zone
    return FollowUpForm(area=page.item.area, zone=zone, is_closed=is_closed, user=page.request.user, **options)


def texts_further(page: OriginatorMixin, account: Account) -> dict[str, object]:
    """The texts of the shared report after a further report that says this."""
    before = opened_texts(page.facts) or {}
    return shared_texts_after(account, before=before, shown=page.shared_texts, limits=limits_of(page.shared))


def found_further(page: OriginatorMixin, account: Account) -> PointedOut | None:
    """What the finder points at in those of them that readers do not have yet; None if nobody is to read it: a warning
    stays as it was given (C5)."""
    is_read = page.item.state == Item.State.SHARED and not page.shared.is_minimal
    if not is_read or not reaches_others(chosen_of(page.item, *page.audience).choices):
        return None
    names, known = page.shared.release.shows_originator, page.shared_texts
    new = {name: text for name, text in texts_further(page, account).items() if text != known.get(name)}
    return pointed_out(new, page.item.originator, names_originator=names)


class IncidentFollowUp(AsksAnew, KeepsTyped, OriginatorMixin, View):
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
        found = None
        if form.is_valid() & affected.is_valid():
            found = found_further(self, form.account(affected_groups(affected)))
            if found and not found.is_confirmed(request.POST):
                ask_about(form, found)
                form.data = going_on(form.data, draft)
                return self._page(request, form, affected, draft=draft, found=found, status=422)
            try:
                return self._file_or_ask(request, form, affected, draft, found)
            except AlreadyFiled as earlier:
                form, draft = as_new(self._form, request, earlier.report)
            except Overtaken:
                form.add_error(None, _("Somebody of your organisation sent a report meanwhile: read it first."))
                form.add_error(None, _("Then check what is written here and send it again."))
                form.data = going_on(form.data, draft)
                form.data["after"] = str(self._latest())
            except AudienceChanged:
                form.add_error(None, STALE)
                form.data = going_on(form.data, draft)
            except StaleState:
                form.add_error("kind", _("The final report was sent meanwhile. Only another final report can follow."))
                form.data = going_on(form.data, draft)
        else:
            form.data = going_on(form.data, draft)
        return self._page(request, form, affected, draft=draft, found=found, status=422)

    def _file_or_ask(self, request, form, affected, draft, found):
        try:
            return self._file(request, form, affected, draft, found)
        except NotAsked:  # it was taken back at this very moment
            for name in ("facts", "shared", "shared_texts", "audience"):
                self.__dict__.pop(name, None)
            return self._file(request, form, affected, draft, found)

    def _file(self, request, form, affected, draft, found):
        account = form.account(affected_groups(affected))
        asking = self.asked_anew(request, form, account)
        if asking is not None and not asking.is_settled:
            return self.ask_anew(asking, request, draft, account)
        sent = {
            "kind": form.cleaned_data["kind"],
            "account": account,
            "submission": form.cleaned_data["submission"],
            "after": form.cleaned_data["after"],
            "revision": revision_sent(draft, form),
        }
        if asking is not None:
            answer = self.follow_up(asking, **sent)
            settle_fork(draft, form)
            return answer
        report = file_follow_up(by=request.user, item=self.item, pointed_out=found.count if found else 0, **sent)
        settle_fork(draft, form)
        return self._done(request, report)

    def _done(self, request, report):
        sent = {
            codes.ReportKind.UPDATE: _("Your update is sent. Readers are told within half an hour, at once if graver."),
            codes.ReportKind.FINAL: _("The final report is sent. Readers are told within half an hour."),
        }
        if self.item.state == Item.State.WITHHELD or self.shared.is_minimal:
            messages.success(request, _("It is kept. Nobody outside your organisation gets it or is told."))
        else:
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
        limits = limits_of(self.shared)
        is_coarser = limits.place != Limits().place
        form.say_agreed({name: text for name, text in self.agreed_texts.items() if name != "place" or not is_coarser})
        form.say_limited(limits, self.shared_texts.get("place", ""))
        return form

    def _page(self, request, form, affected, *, draft=None, found=None, status=200):
        context = {"form": form, "affected": affected, "found": found, "item": self.item, "facts": self.facts}
        context |= draft_state(request, form, draft, item=self.item)
        return render(request, "incidents/incident_follow_up.html", context, status=status)
