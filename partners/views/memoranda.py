"""Memoranda: issued by DSS headquarters, read, signed and taken back on their page (P7)."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from audit.actions import record
from documents.files import FileBroken, FileNotStored
from documents.uploads import ENDINGS, UploadRefused, cleaned
from partners.actions import conclusion as actions
from partners.actions.activation import contacts_not_invited
from partners.forms.memoranda import ConcludeForm, SignForm, UploadForm
from partners.models import Application, Memorandum, Signature
from partners.policies import parties_to_application
from partners.presence import areas_of_codes, codes_declared, signatory_declared
from partners.signing import Signing, memoranda_seen
from sharing.views import ReaderMixin
from slt_portal.states import StaleState, steps_open
from slt_portal.views import is_signed_in

_CHANGED = gettext_lazy("Somebody else changed this first. This is how it stands now.")
_SIGNED = gettext_lazy("You have signed. The other side gets a mail; the partnership begins when both have signed.")
_BOTH = gettext_lazy("Both sides have signed. The organisation is a partner organisation from now on.")
_BEING_MADE = gettext_lazy("The PDF is being made. Try again in a minute.")
_FOR_THE_OTHER = gettext_lazy("You signed for the other side. Somebody else signs for this one.")


def download(content: bytes, *, media_type: str, name: str) -> HttpResponse:
    """Bytes as an attachment that no browser opens as a page of the portal."""
    return HttpResponse(
        content,
        content_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
        },
    )


class Conclude(ReaderMixin, View):
    """DSS headquarters issues the memorandum of an approved application."""

    policy = is_signed_in

    @cached_property
    def application(self) -> Application:
        """The application; 404 for whoever does not see it or cannot take this step now."""
        rows = Application.objects.visible_to(self.access).select_related("organisation", "data_key")
        row = get_object_or_404(rows, ref=self.kwargs["ref"])
        if "dss_headquarters" not in parties_to_application(self.access, row):
            raise Http404
        return row

    @property
    def is_open(self):
        """Whether the step can be taken: only on a closed approval of the Committee (§3.3)."""
        parties = parties_to_application(self.access, self.application)
        return "conclude" in steps_open(self.application, parties) and actions.is_approved(self.application)

    def get(self, request, ref):
        """The form, with what the organisation declared filled in."""
        if not self.is_open:
            raise Http404
        signatory = signatory_declared(self.application)
        initial = {
            "areas": [area.code for area in self.areas],
            "partner_name": signatory.get("name", ""),
            "partner_title": signatory.get("title", ""),
            "dss_name": request.user.name,
        }
        return self._page(ConcludeForm(initial=initial, areas=self.areas))

    @cached_property
    def areas(self):
        """Where the organisation declared its presence."""
        return areas_of_codes(codes_declared(self.application))

    def post(self, request, ref):
        """Issue it; a second click finds the one that was issued."""
        if not self.is_open:
            return self._over()
        form = ConcludeForm(request.POST, areas=self.areas)
        if not form.is_valid():
            return self._page(form, status=422)
        chosen = set(form.cleaned_data["areas"])
        try:
            memorandum = actions.conclude(
                self.application,
                areas=[area for area in self.areas if area.code in chosen],
                signatory=form.signatory("partner"),
                dss_signatory=form.signatory("dss"),
                by=request.user,
            )
        except StaleState:
            return self._over()
        messages.success(request, _("The memorandum is issued. Both sides get a mail; its PDFs are being made."))
        return redirect("partners:memorandum", memorandum.number)

    def _over(self):
        """To the memorandum that a colleague, or the first of two clicks, issued; 404 if there is none."""
        row = memoranda_seen(self.access).filter(application=self.application).first()
        if row is None or row.state == Memorandum.State.VOID:
            raise Http404
        messages.info(self.request, _CHANGED)
        return redirect("partners:memorandum", row.number)

    def _page(self, form, status=200):
        context = {"form": form, "application": self.application}
        return render(self.request, "partners/conclude.html", context, status=status)


class OneMemorandum(ReaderMixin):
    """A page about one memorandum, `number` in its address; 404 for whoever does not see its application."""

    policy = is_signed_in

    @cached_property
    def memorandum(self) -> Memorandum:
        """The memorandum with its application."""
        return get_object_or_404(memoranda_seen(self.access), number=self.kwargs["number"])

    @cached_property
    def signing(self) -> Signing:
        """It as its reader sees it."""
        return Signing(self.memorandum, self.access)

    def back(self, level, text):
        """To its page, with a sentence."""
        messages.add_message(self.request, level, text)
        return redirect("partners:memorandum", self.memorandum.number)

    def shown(self, template, status=200, **context):
        """A page with the memorandum and how it stands."""
        context |= {"memorandum": self.memorandum, "application": self.memorandum.application, "signing": self.signing}
        return render(self.request, template, context, status=status)


class MemorandumPage(OneMemorandum, View):
    """How it stands: whose turn it is, who signed when and how, its documents."""

    def get(self, request, number):
        """For both sides with their buttons; for the others who see the application to read."""
        is_dss = Signature.Side.DSS in self.signing.party_sides
        is_concluded = self.memorandum.state == Memorandum.State.CONCLUDED
        return self.shown(
            "partners/memorandum.html",
            is_applicant="applicant" in parties_to_application(self.access, self.memorandum.application),
            areas=areas_of_codes(self.memorandum.texts["areas"]),
            left_out=contacts_not_invited(self.memorandum.application) if is_dss and is_concluded else [],
        )


class _Signs(OneMemorandum, View):
    """One side signs. Absent for who belongs to neither; who has signed, or comes too late, is led to the page."""

    template_name = ""

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            if not self.signing.party_sides:
                raise Http404
            if self.signing.side_to_sign() is None:
                return self._led_back()
            if self.signing.document is None:
                return self.back(messages.WARNING, _BEING_MADE)
        return super().dispatch(request, *args, **kwargs)

    def _led_back(self):
        if not self.signing.has_signed(self.request.user.pk):
            return self.back(messages.INFO, _CHANGED)
        own = {side for side, row in self.signing.signatures.items() if row.by_id == self.request.user.pk}
        is_missing = set(self.signing.party_sides) - set(self.signing.signatures) - own
        return self.back(messages.INFO, _FOR_THE_OTHER if is_missing else _SIGNED)

    def get(self, request, number):
        """The form."""
        return self._page(self._form())

    def post(self, request, number):
        """Sign, or say at the field why not."""
        form = self._form(request.POST, request.FILES)
        if not form.is_valid():
            # The second of two clicks: its code was used by the first.
            return self._done() if actions.has_signed(self.memorandum, by=request.user) else self._page(form, 422)
        try:
            self._sign(form, side=self.signing.side_to_sign(), by=request.user)
        except (UploadRefused, FileNotStored) as refused:
            form.add_error("file", str(refused))
            return self._page(form, 422)
        except StaleState:
            return self._done() if actions.has_signed(self.memorandum, by=request.user) else self._changed()
        except actions.SignedForTheOther:
            return self.back(messages.WARNING, _FOR_THE_OTHER)
        return self._done()

    def _changed(self):
        return self.back(messages.INFO, _CHANGED)

    def _done(self):
        is_concluded = Memorandum.objects.filter(pk=self.memorandum.pk, state=Memorandum.State.CONCLUDED).exists()
        return self.back(messages.SUCCESS, _BOTH if is_concluded else _SIGNED)

    def _page(self, form, status=200):
        side = self.signing.side_to_sign()
        return self.shown(self.template_name, status, form=form, named=self.memorandum.texts[side])


class Sign(_Signs):
    """Typed: one's name and title, and a code of the second factor, asked for on this very form."""

    template_name = "partners/memorandum_sign.html"

    def _form(self, data=None, files=None):
        name = self.signing.name_of(self.signing.side_to_sign())
        initial = {"name": self.request.user.name}
        return SignForm(data, initial=initial, user=self.request.user, organisation=name)

    def _sign(self, form, **who):
        terms = {name: form.cleaned_data[name] for name in ("name", "title")}
        actions.sign_typed(self.memorandum, **terms, **who)


class Upload(_Signs):
    """On paper: the signed copy, as PDF or picture."""

    template_name = "partners/memorandum_upload.html"

    def _form(self, data=None, files=None):
        return UploadForm(data, files, initial=self.memorandum.texts[self.signing.side_to_sign()])

    def _sign(self, form, **who):
        terms = {name: form.cleaned_data[name] for name in ("name", "title")}
        clean = cleaned(form.cleaned_data["file"], by=self.request.user)
        actions.sign_uploaded(self.memorandum, clean=clean, **terms, **who)


class Void(OneMemorandum, View):
    """DSS headquarters takes it back: a page that asks, and a button that does it."""

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and Signature.Side.DSS not in self.signing.party_sides:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get(self, request, number):
        """Ask."""
        if not self.signing.can_void:
            return self.back(messages.INFO, _CHANGED)
        return self.shown("partners/memorandum_void.html")

    def post(self, request, number):
        """Do it."""
        try:
            actions.void(self.memorandum, by=request.user)
        except StaleState:
            return self.back(messages.INFO, _CHANGED)
        return self.back(messages.SUCCESS, _("The memorandum is void. Issue another one when you are ready."))


class MemorandumFile(OneMemorandum, View):
    """One document of it as a download; each time is noted."""

    def get(self, request, number, document):
        """The bytes; 404 for what there is not, back to the page for what cannot be opened."""
        paper = next((row for row in self.signing.papers() if row.code == document and row.is_ready), None)
        if paper is None:
            raise Http404
        try:
            content = paper.stored.read()
        except FileBroken as broken:
            return self.back(messages.ERROR, str(broken))
        facts = {"document": document}
        record("partners.memorandum_read", by=request.user, object_type="memorandum", object_ref=number, facts=facts)
        ending = ENDINGS[paper.stored.media_type]
        return download(content, media_type=paper.stored.media_type, name=f"{paper.number}.{ending}")
