"""Reporting an incident: the form, its draft, its receipt."""

import uuid

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import cache_control

from incidents import codes, policies
from incidents.actions import (
    FULL_TEXTS,
    Account,
    AlreadyFiled,
    Sharing,
    already_filed,
    discard_draft,
    file_incident,
    save_draft,
)
from incidents.forms import AffectedFormSet, IncidentForm, affected_groups
from incidents.models import Draft, IncidentRelease
from incidents.typed import initial_of, typed_in
from notifications.models import Message
from sharing.audiences import in_words
from sharing.markings import ALLOWED, Marking
from sharing.views import ReaderMixin
from slt_portal.crypto import SealBroken
from slt_portal.views import PolicyMixin

_CODED = ("category", "means", "context", "actor", "place_type", "place_precision")


# Not no-store, as all other pages: on a line that breaks, "back" must bring back what was typed.
@method_decorator(cache_control(private=True, no_cache=True), name="dispatch")
class IncidentFile(PolicyMixin, View):
    """The report form. Sending it makes the incident, its releases, its messages and a receipt."""

    policy = policies.can_file

    def get(self, request):
        """An empty form, or the draft named by `?draft=`."""
        draft, initial, rows = None, {}, []
        if name := request.GET.get("draft"):
            draft = _draft(request.user, name)
            try:
                initial, rows = initial_of(draft.typed)
            except SealBroken:
                messages.error(request, _("This draft cannot be opened: it was changed outside the portal."))
                return redirect("home")
        affected = AffectedFormSet(initial=rows, prefix="affected")
        return self._page(request, self._form(request, initial=initial), affected, draft=draft)

    def post(self, request):
        """File it, or show what is missing beside what was typed."""
        form, affected = self._form(request, data=request.POST), AffectedFormSet(request.POST, prefix="affected")
        if not (form.is_valid() & affected.is_valid()):
            return self._page(request, form, affected, status=422)
        try:
            report = file_incident(
                by=request.user,
                originator=form.cleaned_data["originator"],
                area=form.cleaned_data["area"],
                account=_account(form.cleaned_data, affected_groups(affected)),
                sharing=_sharing(form.cleaned_data),
                submission=form.cleaned_data["submission"],
            )
        except AlreadyFiled as earlier:
            return self._page(request, self._as_new(request, earlier.report), affected, status=422)
        return redirect("incidents:receipt", report.incident.item.ref)

    def _as_new(self, request, earlier):
        """The form as typed, ready to become a report of its own: somebody went back and changed what they had sent."""
        typed = request.POST.copy()
        typed["submission"] = str(uuid.uuid4())
        form = self._form(request, data=typed)
        words = _("You have sent this form already, as %(ref)s. That report stands as it was; this text is not in it.")
        form.add_error(None, words % {"ref": earlier.incident.item.ref})
        form.add_error(None, _("Send it again to make a second report of what is written here now."))
        return form

    def _form(self, request, **options):
        return IncidentForm(filing=policies.filing_memberships(request.user), user=request.user, **options)

    def _page(self, request, form, affected, *, draft=None, status=200):
        allowed = {str(marking): sorted(map(str, choices)) for marking, choices in ALLOWED.items()}
        context = {"form": form, "affected": affected, "allowed": allowed, "default_marking": Marking.AMBER_STRICT}
        context["draft"] = draft
        return render(request, "incidents/incident_file.html", context, status=status)


def _account(cleaned, groups):
    coded = {name: cleaned[name] or "unknown" for name in _CODED}
    return Account(
        texts={name: cleaned[name] for name in FULL_TEXTS},
        occurred_from=cleaned["occurred_from"],
        time_precision=cleaned["time_precision"] if cleaned["occurred_from"] else codes.TimePrecision.NOT_SURE,
        time_zone=cleaned["time_zone"],
        coded={**coded, "is_near_miss": cleaned["is_near_miss"]},
        groups=groups,
    )


def _sharing(cleaned):
    return Sharing(
        marking=cleaned["marking"],
        choices=cleaned["audience"],
        organisations=list(cleaned["organisations"]),
        persons=cleaned["named_persons"],
        shows_originator=cleaned["shows_originator"],
    )


class DraftSave(PolicyMixin, View):
    """The button “Save draft”: keeps everything as typed, right or wrong, and goes on with the form."""

    policy = policies.can_file

    def post(self, request):
        """Keep what was typed under the id of the form, or under a new one if that was damaged or is filed already."""
        try:
            submission = uuid.UUID(request.POST.get("submission", ""))
        except ValueError:
            submission = uuid.uuid4()
        if already_filed(submission, request.user):
            submission = uuid.uuid4()
        typed = typed_in(request.POST) | {"submission": [str(submission)]}
        draft = save_draft(by=request.user, submission=submission, typed=typed)
        messages.success(request, _("Your draft is saved. Nobody else can see it."))
        return redirect(f"{reverse('incidents:file')}?draft={draft.submission}")


class DraftDiscard(PolicyMixin, View):
    """Throws a draft away: a page that asks, and a button that does it."""

    policy = policies.can_file

    def get(self, request, submission):
        """Ask."""
        return render(request, "incidents/draft_discard.html", {"draft": _draft(request.user, submission)})

    def post(self, request, submission):
        """Do it."""
        discard_draft(_draft(request.user, submission))
        messages.success(request, _("The draft is gone."))
        return redirect("home")


def _draft(user, name):
    return get_object_or_404(Draft.objects.of(user), submission=_uuid(name))


def _uuid(text):
    try:
        return uuid.UUID(str(text))
    except ValueError as error:
        raise Http404 from error


class IncidentReceipt(ReaderMixin, View):
    """What the reporter keeps: reference, when it arrived, who may see it, how many were told (I2)."""

    policy = policies.can_file

    def get(self, request, ref):
        """Only for people of the organisation that reported it."""
        own = IncidentRelease.objects.visible_to(self.access).own(self.access).with_release().select_related("report")
        facts = get_object_or_404(own, release__item__ref=ref)
        item = facts.release.item
        context = {
            "facts": facts,
            "item": item,
            "seen_by": in_words(item, for_originator=True),
            "told": Message.objects.filter(subject=facts.report.subject_id).count(),
        }
        return render(request, "incidents/incident_receipt.html", context)
