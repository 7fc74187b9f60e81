"""Passing on with the originator's consent (C3): ask, answer, withdraw; the ledger that both sides read."""

from dataclasses import replace
from datetime import date

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from incidents import consents, policies
from incidents.account import SHARED_TEXTS
from incidents.forms.consent import ConsentAnswerForm, ConsentAskForm
from incidents.models import IncidentRelease
from incidents.pointing import PointedOut, ask_about, pointed_out, reaches_others
from incidents.shown import opened_texts, shown
from sharing.actions import log_reading
from sharing.audiences import audience_of, chosen_of, nameable_organisations
from sharing.consent_terms import AlreadyAsked, AskedLately, NotAccepted, Said
from sharing.consents import asks_again_on, ledger_of, named_in, said_in
from sharing.markings import PASSED_ON_TO, Depth, Marking
from sharing.models import ConsentRequest, Item, Reading
from sharing.views import ReaderMixin
from slt_portal.states import StaleState
from slt_portal.templatetags.portal import day_text

from .mixins import IncidentMixin

_TOO_SOON = gettext_lazy(
    "The answer was no, or there was none in time. Your organisation can ask about it again from %(day)s."
)
_OVER = gettext_lazy("It does not wait any more: see below what became of it.")


class ConsentAsk(IncidentMixin, View):
    """A reader asks the originator, whoever that is, to let others have it."""

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not self.may_pass_on:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get(self, request, ref):
        """The form; or that nobody needs to be asked, or that nobody may, or not again so soon."""
        if not PASSED_ON_TO[Marking(self.item.marking)]:
            return self._page(request, None)
        again_on = asks_again_on(self.item, self._organisation)
        return self._page(request, None if again_on else self._form(), again_on=again_on)

    def post(self, request, ref):
        """The originator's people are asked."""
        if not PASSED_ON_TO[Marking(self.item.marking)]:
            return self._page(request, None, status=409)
        form = self._form(request.POST)
        if not form.is_valid():
            return self._page(request, form, status=422)
        try:
            row = consents.ask(
                self.item,
                by=request.user,
                organisation=self._organisation,
                wish=form.wish(),
                submission=form.cleaned_data["submission"],
            )
        except AlreadyAsked as asked:
            return self._page(request, form, asked=asked.request.ref, status=409)
        except AskedLately as lately:
            form.add_error(None, _TOO_SOON % {"day": day_text(lately.day)})
            return self._page(request, form, status=409)
        except StaleState:
            form.add_error(None, _("Somebody changed who may see it meanwhile. Nothing was asked."))
            return self._page(request, form, status=409)
        messages.success(request, _("The originator is asked. You hear by mail; without an answer it is a no."))
        return redirect("incidents:consent", row.ref)

    @cached_property
    def _organisation(self):
        return policies.asks_to_pass_on(self.request, self.access, self.facts, self.audience[0])

    def _form(self, *args):
        shared, texts = consents.shared_of(self.item)
        others = nameable_organisations().exclude(pk=self._organisation.pk)
        return ConsentAskForm(*args, item=self.item, offered=consents.offered(shared, texts), organisations=others)

    def _page(self, request, form, *, status=200, **more):
        context = {"item": self.item, "facts": self.facts, "form": form, "organisation": self._organisation, **more}
        return render(request, "incidents/consent_ask.html", context, status=status)


class ConsentMixin(ReaderMixin):
    """A page of one request: for those who report for the originator, and for the side that asked. 404 for everybody
    else, also for those to whom it is passed on."""

    policy = policies.can_read_lists

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not (self.is_originator or self.is_asker):
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def consent(self) -> ConsentRequest:
        """The request named in the address."""
        rows = ConsentRequest.objects.for_system("whose side the reader is on").with_item()
        return get_object_or_404(rows, ref=self.kwargs["ref"])

    @cached_property
    def facts(self) -> IncidentRelease | None:
        """What the reader reads of the incident as its originator chose; None if they do not read it (any more)."""
        rows = IncidentRelease.objects.visible_to(self.access).marked_own(self.access).with_release()
        rows = rows.filter(release__item=self.consent.item_id, release__depth__gt=Depth.CONSENT)
        return rows.first()

    @cached_property
    def is_originator(self) -> bool:
        """Whether the reader answers for the originator: then they read it, too, in full."""
        return policies.can_report_on(self.request, self.consent.item)

    @cached_property
    def is_asker(self) -> bool:
        """Whether the reader asked, or a colleague of whoever asked reads the incident as well."""
        if self.is_originator or self.consent.organisation_id not in policies.passes_on_for(self.request):
            return False
        return self.consent.asked_by_id == self.request.user.pk or self.facts is not None

    @cached_property
    def named(self) -> list:
        """The organisations for which it is asked, by name."""
        return named_in(self.consent)

    @cached_property
    def said(self) -> dict[Depth, IncidentRelease]:
        """What the releases say, for the originator alone."""
        return consents.rows_of(self.consent)

    @cached_property
    def shared_texts(self) -> dict:
        """The texts of the shared report by name, for the originator alone."""
        return opened_texts(self.said[Depth.SHARED]) or {}

    def page(self, request, form=None, *, status=200, **more):
        """The page of the side that the reader is on."""
        row = self.consent
        states, said = ConsentRequest.State, said_in(row)
        context = {
            "consent": row,
            "item": row.item,
            "facts": None if self.is_originator else self.facts,
            "said": said,
            "named": self._named_to_reader(said),
            "parts": [label for name, label in consents.LABELS.items() if name in row.fields],
            "asked_until": _asked_until(said),
            "asked_parts": [str(consents.LABELS[name]) for name in _asked(said).get("fields", [])],
            "ledger": list(ledger_of(row)),
            "is_originator": self.is_originator,
            "is_open": row.state == states.OPEN,
            "is_given": row.state == states.GIVEN,
            "may_take_back": self.is_asker and row.state == states.OPEN,
            "may_withdraw": self.is_originator and row.state == states.GIVEN,
            "may_hand_on": self.is_asker and consents.is_to_hand_on(row) and consents.may_take(row, self.access),
            "form": form,
            **more,
        }
        if self.is_originator and not row.item.is_erased:
            context |= self._of_originator(form)
        return render(request, "incidents/consent_page.html", context, status=status)

    def _named_to_reader(self, said):
        """For whom it is asked. Whom of them an originator took off, who asked is not told: it may be those who read it
        already, and the originator."""
        if self.consent.is_edited and not self.is_originator:
            return _asked(said).get("named", [])
        return [organisation.name for organisation in self.named]

    def _of_originator(self, form):
        """For the originator alone: who could read it, and exactly what they would get, or got."""
        row = self.consent
        chosen, _persons = audience_of(row.item)
        full, passed_on = self.said[Depth.FULL].release, self.said.get(Depth.CONSENT)
        names = [name for name, depth in chosen.items() if depth == Depth.FULL]
        log_reading(full, reader=self.request.user, how=Reading.How.OPENED, access=self.access, names=names)
        body = None
        if passed_on is not None:
            body = _body(passed_on, opened_texts(passed_on))
        elif form is not None:
            would = self._would(form, changed=form.is_shown_changed)
            body = _body(would.facts, would.texts)
        return {"figures": consents.recipients_in_figures(row.item, self.named, chosen), "body": body}

    def _would(self, form, *, changed):
        """What they would get as asked, or `changed` as the originator wants it."""
        row, changes = self.consent, {}
        names = row.fields
        if changed:
            terms = form.terms(changed=True)
            names = terms.fields
            changes = {"edited": form.edited(changed=True), "shows_originator": terms.shows_originator}
        return consents.passed_on(row.item, self.said[Depth.SHARED], self.shared_texts, names, **changes)


def _asked(said: Said | None) -> dict:
    return said.asked if said else {}


def _asked_until(said):
    until = _asked(said).get("until")
    return until and date.fromisoformat(until)


def _body(facts, texts):
    """The context of incidents/incident_body.html, as on the page of whoever gets it."""
    seen_by = [_("Those to whom it was passed on with the originator’s consent")]
    return shown(facts, texts=texts, groups=[], attachments=[], seen_by=seen_by)


class ConsentPage(ConsentMixin, View):
    """A request with its ledger, for both sides; for the originator also what would be passed on, and the answer."""

    def get(self, request, ref):
        """Looking at it answers nothing."""
        return self.page(request, self._form() if self._waits else None)

    def post(self, request, ref):
        """The originator answers: yes, yes with changes, no; or looks at what the changes make of it."""
        if not self.is_originator or self.consent.item.is_erased:
            raise Http404
        answer = request.POST.get("answer", "")
        form = self._form(request.POST)
        is_complete = form.is_complete(answer)
        if not self._waits:
            return self._too_late(request, form, answer)
        if answer not in _ANSWERS or not is_complete:
            return self.page(request, form, status=422)
        found = self._found(form, answer)
        form.is_about_changes = answer in {"changed", "see"}
        if answer == "see":
            form.is_shown_changed = True
            return self.page(request, form, sees=True, found=found)
        if found and not found.is_confirmed(request.POST):
            ask_about(form, found, {name: f"text_{name}" for name in SHARED_TEXTS})
            return self.page(request, form, found=found, status=422)
        return self._answered(form, answer, found)

    def _found(self, form, answer) -> PointedOut | None:
        """What the finder points at in what they would get and readers beyond DSS do not have yet; None for a no."""
        if answer == "no":
            return None
        would, item = self._would(form, changed=answer != "yes"), self.consent.item
        names_originator = would.facts.release.shows_originator
        is_known = reaches_others(chosen_of(item).choices)
        if names_originator != self.said[Depth.SHARED].release.shows_originator:
            is_known = False  # in a text whose readers know the name nobody looked for it
        known = self.shared_texts if is_known else {}
        new = {name: text for name, text in would.texts.items() if known.get(name) != text}
        return pointed_out(new, item.originator, names_originator=names_originator)

    def _answered(self, form, answer, found):
        """Do it, or show what came between."""
        request = self.request
        try:
            _ANSWERS[answer](self, form, found)
        except consents.Changed:
            form.add_error(None, _("The report was changed meanwhile. Look at what they would get now."))
            form.data = form.data.copy()
            self._forget()
            form.data["version"] = str(self.said[Depth.SHARED].release.version)
            return self.page(request, form, status=409)
        except NotAccepted:
            self._forget()
            form = self._form(request.POST)
            form.is_complete(answer)
            return self.page(request, form, status=409)
        except StaleState:
            self._forget()
            return self._too_late(request, form, answer)
        said = _("It is a no. Who asked is told.") if answer == "no" else _("Consent given. Who asked is told.")
        messages.success(request, said)
        return redirect("incidents:consent", self.consent.ref)

    def _forget(self):
        """What was read before: it is something else by now."""
        for name in ("consent", "named", "said", "shared_texts"):
            self.__dict__.pop(name, None)

    @property
    def _waits(self):
        is_open = self.consent.state == ConsentRequest.State.OPEN
        return self.is_originator and is_open and not self.consent.item.is_erased

    def _form(self, *args):
        shared = self.said[Depth.SHARED]
        return ConsentAnswerForm(
            *args,
            initial={"version": shared.release.version},
            request=self.consent,
            named=self.named,
            texts=self.shared_texts,
            has_source=self.consent.item.source != Item.Source.OWN,
            may_show=shared.release.shows_originator,
        )

    def _yes(self, form, found, *, changed=False):
        terms, edited = replace(form.terms(changed=changed), pointed_out=found.count), form.edited(changed=changed)
        version = form.cleaned_data["version"]
        consents.give(self.consent, by=self.request.user, terms=terms, version=version, edited=edited)

    def _changed(self, form, found):
        self._yes(form, found, changed=True)

    def _no(self, form, _found):
        cleaned = form.cleaned_data
        consents.refuse(
            self.consent, by=self.request.user, reason=cleaned.get("reason", ""), ground=cleaned.get("ground", "")
        )

    def _too_late(self, request, form, answer):
        """Somebody was faster, perhaps the other half of a double click. What was typed comes back."""
        row, states = self.consent, ConsentRequest.State
        wanted = {"yes": states.GIVEN, "changed": states.GIVEN, "no": states.REFUSED}.get(answer)
        is_same = row.state == wanted and row.decided_by_id == request.user.pk
        if is_same and row.is_edited == (answer == "changed") and self._says_the_same(form, answer):
            return redirect("incidents:consent", row.ref)
        still_waits = row.state == states.OPEN
        messages.warning(request, _NOT_READ if still_waits else _OVER)
        typed = [value for name, value in request.POST.items() if name.startswith(("text_", "reason")) and value]
        return self.page(request, None, typed=typed, status=409)

    def _says_the_same(self, form, answer):
        said = said_in(self.consent)
        if answer == "no":
            return said is not None and said.reason == form.data.get("reason", "").replace("\r\n", "\n").strip()
        if answer == "yes":
            return True
        row = (
            IncidentRelease.objects.for_system("what was passed on").with_release().get(release=self.consent.release_id)
        )
        given = {name: text for name, text in form.edited(changed=True).items() if text and name in self.consent.fields}
        return (opened_texts(row) or {}) == given


_NOT_READ = gettext_lazy(
    "The organisation that asked cannot read it any more, or the day is over. Nothing was passed on."
)
_ANSWERS = {"yes": ConsentPage._yes, "changed": ConsentPage._changed, "no": ConsentPage._no, "see": None}


class ConsentStep(ConsentMixin, View):
    """A button on the page of a request."""

    http_method_names = ["post"]

    def post(self, request, ref):
        """Back to the page, that says what became of it."""
        if not self.is_mine:
            raise Http404
        try:
            self.act()
        except StaleState:
            messages.warning(request, _OVER)
        else:
            messages.success(request, self.done)
        return redirect("incidents:consent", ref)


class ConsentTakeBack(ConsentStep):
    """Who asked takes it back, as long as nobody has answered."""

    done = gettext_lazy("Taken back. The originator is not asked any more.")

    @property
    def is_mine(self):
        """For the side that asked."""
        return self.is_asker

    def act(self):
        """Take it back."""
        consents.take_back(self.consent, by=self.request.user)


class ConsentWithdraw(ConsentStep):
    """The originator withdraws a consent."""

    done = gettext_lazy(
        "Withdrawn. Nobody can read what was passed on any more; who asked, and who knew of it, is told."
    )

    @property
    def is_mine(self):
        """For the originator."""
        return self.is_originator

    def act(self):
        """Withdraw it."""
        consents.withdraw(self.consent, by=self.request.user)
