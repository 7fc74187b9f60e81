"""Never losing a word: drafts kept while typing, also when the session has ended (I1; pains 52-58)."""

import uuid

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from accounts.models import User
from incidents import policies
from incidents.changes import Erased
from incidents.drafts import (
    TokenSpent,
    TooManyDrafts,
    already_filed,
    discard_draft,
    keep_token,
    own_words,
    read_token,
    save_draft,
)
from incidents.models import Draft
from incidents.typed import is_empty, typed_in, whole_number
from notifications.rendering import as_read_by
from sharing.access import access_of
from sharing.models import Audience, Item
from slt_portal import views as portal_views
from slt_portal.crypto import SealBroken
from slt_portal.kept import kept_context, typed_page
from slt_portal.views import PolicyMixin

DRAFTS_SHOWN = 3


def _submission(request):
    try:
        return uuid.UUID(request.POST.get("submission", ""))
    except ValueError:  # damaged on its way, or made up
        return uuid.uuid4()


def keep(request: HttpRequest) -> Draft | None:
    """Keep what this request sends as a draft of its reader; None if they have far too many."""
    return _keep(request, request.user, _submission(request), request.POST.get("ref", ""))


def _keep(request, user, submission, ref, *, spare=None):
    typed, item = typed_in(request.POST), _item(ref, user)
    revision = whole_number(request.POST.get("revision"))
    try:
        return save_draft(by=user, submission=submission, typed=typed, revision=revision, item=item, spare=spare)
    except TooManyDrafts:
        return None
    except Erased as erased:  # since `_item` looked
        raise Http404 from erased


def _item(ref, user):
    """The item that a form reports further on, if its author reads it for its originator: else the ref is none.
    Http404 for one whose text was destroyed: a form that is still open somewhere must not bring it back."""
    if not ref or "\x00" in ref:
        return None
    own = Audience.objects.for_system("does it report further").filter(principal__in=access_of(user).originators)
    row = own.filter(release__item__ref=ref).select_related("release__item__data_key").first()
    if row and row.release.item.is_erased:
        raise Http404
    return row.release.item if row else None


def going_on(post: QueryDict, draft: Draft | None) -> QueryDict:
    """What was sent, as the form goes on with it: under the id and revision of the draft in which it is kept now."""
    data = post.copy()
    if draft is not None:
        data["submission"], data["revision"] = str(draft.submission), str(draft.revision)
    return data


def kept_before_sending(request: HttpRequest) -> Draft | None:
    """The draft in which a form is kept while it is being filed, so that an error of ours loses nothing; None for the
    second half of a double click, whose report is there already, and where nothing was written."""
    submission = _submission(request)
    if is_empty(typed_in(request.POST)) and not Draft.objects.of(request.user).filter(submission=submission).exists():
        return None
    return None if already_filed(submission, request.user) else keep(request)


def revision_sent(draft: Draft | None, form) -> int:
    """The revision of the draft that is sent with a form; 0, which none has, if the text is kept elsewhere or not at
    all: whatever is kept under the id of the form is then another tab's."""
    is_own = draft is not None and draft.submission == form.cleaned_data["submission"]
    return draft.revision if is_own else 0


def settle_fork(draft: Draft | None, form) -> None:
    """Remove the draft of its own in which a form was kept because another tab had gone on with the first one."""
    if draft is not None and draft.submission != form.cleaned_data["submission"]:
        discard_draft(draft)


def typed_of(draft: Draft) -> dict[str, list[str]] | None:
    """What a draft holds; None if it was changed outside of the portal."""
    try:
        return draft.typed
    except SealBroken:
        return None


def as_post(typed: dict[str, list[str]]) -> QueryDict:
    """What was typed as a browser would send it."""
    data = QueryDict(mutable=True)
    for name, values in typed.items():
        data.setlist(name, values)
    return data


def unreadable(request: HttpRequest) -> HttpResponse:
    """Where a draft leads that cannot be opened; it stays, to be discarded by its owner."""
    messages.error(request, _("This draft cannot be opened: it was changed outside the portal."))
    return redirect("home")


def orphan(request: HttpRequest, draft: Draft) -> HttpResponse:
    """A further report that its author may not send any more, as they moved on: their words, and nothing else (I1)."""
    try:
        words = own_words(draft)
    except SealBroken:
        return unreadable(request)
    return render(request, "incidents/draft_orphan.html", {"draft": draft, "words": words})


def draft_state(request: HttpRequest, form, draft: Draft | None, *, item: Item | None = None) -> dict:
    """What a form needs to be kept while it is typed: the draft it shows, and the token that goes on saving it; where
    the same form is found in another language; and on an empty form the drafts that wait to be gone on with."""
    submission = form["submission"].value()
    is_opened_empty = draft is None and request.method == "GET"
    is_refused = draft is not None and request.method == "POST"
    return {
        "draft": draft,
        "waiting_drafts": Draft.objects.of(request.user).filter(item=item)[:DRAFTS_SHOWN] if is_opened_empty else [],
        "this_page": f"{request.path}?draft={draft.submission}&check=yes" if is_refused else "",
        "keep_token": keep_token(request.user, submission, ref=item.ref if item else ""),
        "keep_url": reverse("incidents:draft_keep"),
        "page_id": uuid.uuid4().hex,
    }


class KeepsTyped:
    """A form whose text outlives the session: sent by somebody who was signed out meanwhile, it becomes a draft and is
    there again after signing in."""

    back_to = None  # where signing in leads if nothing could be kept; by default this very page

    def dispatch(self, request, *args, **kwargs):
        if request.method == "POST" and not request.user.is_authenticated:
            kept = kept_for_later(request) or typed_page(request, signed_in=False)
            return kept or redirect_to_login(str(self.back_to or request.get_full_path()))
        return super().dispatch(request, *args, **kwargs)


def kept_for_later(request: HttpRequest) -> HttpResponse | None:
    """Keep what was sent, on the word of the form's token, and ask to sign in; None without a good token."""
    known = _token_of(request)
    try:
        draft = known and _keep(request, *known[:3], spare=known[3])
    except TokenSpent:
        return None
    if draft is None:
        return None
    messages.warning(request, _("Your session had ended. What you typed is kept: sign in, check it and send it."))
    return redirect_to_login(f"{reverse('incidents:file')}?draft={draft.submission}")


def _token_of(request):
    """Who writes on the word of a token, under which id, on which incident, and under which id if that moved on; None
    without a good one. Of the ids in the form only those of the token are heard."""
    known = read_token(request.POST.get("keep", ""))
    if known is None or not policies.can_file(known[0]):
        return None
    user, submission, spare, ref = known
    # Also for an author who moved on since: the form began with what its reports said.
    if ref and Item.objects.for_system("is its text there").filter(ref=ref, state=Item.State.ERASED).exists():
        return None
    return user, spare if _submission(request) == spare else submission, ref, spare


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page for a form whose session ended meanwhile; a report in it is kept."""
    if request.method == "POST" and "keep" in request.POST:
        return kept_for_later(request) or portal_views.csrf_failure(request, reason)
    return portal_views.csrf_failure(request, reason)


class DraftSave(KeepsTyped, PolicyMixin, View):
    """The buttons “Save draft” and “See what readers get”: keep everything as typed, right or wrong."""

    policy = policies.can_file
    back_to = reverse_lazy("incidents:file")
    http_method_names = ["post"]

    def post(self, request):
        """Keep it under the id of the form, or under a new one if that is damaged, filed already or moved on."""
        draft = keep(request)
        if draft is None:
            return render(request, "incidents/drafts_full.html", kept_context(request), status=422)
        if "see" in request.POST:
            return redirect("incidents:draft_see", draft.submission)  # which sends a further report on to its own
        messages.success(request, _("Your draft is saved. Nobody else can see it."))
        return redirect(f"{reverse('incidents:file')}?draft={draft.submission}")


@method_decorator(csrf_exempt, name="dispatch")  # it carries its own proof and no session
class DraftKeep(View):
    """What the form's script sends every few seconds: writes one draft, reads nothing, needs no session."""

    http_method_names = ["post"]

    def post(self, request):
        """When it was saved, in words, and under which id it goes on; 404 for a forged, old or spent token."""
        known = _token_of(request)
        if known is None:
            raise Http404
        user, submission, ref, spare = known
        try:
            draft = _keep(request, user, submission, ref, spare=spare)
        except TokenSpent as spent:
            raise Http404 from spent
        if draft is None:
            return JsonResponse({"said": _said(user, None, submission)}, status=409)
        return JsonResponse(
            {
                "said": _said(user, draft, submission),
                "revision": draft.revision,
                "submission": str(draft.submission),
                "keep": request.POST["keep"],
            }
        )


def _said(user: User, draft, submission) -> str:
    with as_read_by(user):
        if draft is None:
            return _("Not saved: you have too many drafts. Send or discard some of them.")
        at = time_format(timezone.localtime(draft.saved_at), "H:i")
        if draft.submission != submission:
            return _("Saved %(time)s as a draft of its own: this form was changed elsewhere.") % {"time": at}
        return _("Saved %(time)s") % {"time": at}


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


def _draft(user, submission):
    return get_object_or_404(Draft.objects.of(user), submission=submission)
