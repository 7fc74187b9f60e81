"""The page of one case, for the sender and for those who handle it; and what the sender does there (F1-F3)."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from documents.files import FileNotStored
from documents.uploads import UploadRefused
from feedback.actions import filing as actions
from feedback.attachments import cleaned_files
from feedback.case_buttons import buttons_of
from feedback.case_page import RELATED, page_of
from feedback.forms.filing import AcceptForm, MessageForm, RefuseForm, ReopenForm
from feedback.forms.handling import ConfirmForm
from feedback.models import Case, CaseReading
from feedback.policies import parties_to_case
from feedback.readings import note_reading, opened_today
from sharing.views import ReaderMixin
from slt_portal.states import StaleState
from slt_portal.views import is_signed_in

from .filing import mandatory_channels
from .handling import Step


class OneCase(ReaderMixin):
    """A page about one case that the reader sees, as sender or as one of those who handle it: `case`."""

    policy = is_signed_in

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            opened = opened_today(self.access).filter(case_ref=OuterRef("ref"))
            rows = Case.objects.visible_to(self.access).select_related(*RELATED)
            rows = rows.annotate(is_read_today=Exists(opened))
            self.case = get_object_or_404(rows, ref=kwargs["ref"])
        return super().dispatch(request, *args, **kwargs)

    def show(self, page, form=None, status=200):
        """The page; `form`: a message that could not be taken."""
        if form is None and actions.may_write(self.case, page.parties):
            form = message_form(self.case, page.parties)
        context = {
            "page": page,
            "case": self.case,
            "form": form,
            "is_closed": self.case.state == Case.State.CLOSED,
            "channels": mandatory_channels() if page.is_gone else [],
            "back_url": reverse("feedback:home"),
            **buttons_of(page),
        }
        return render(self.request, "feedback/case.html", context, status=status)


def message_form(case: Case, parties, *data) -> MessageForm:
    """The form to say something, for one who is one of `parties`."""
    return MessageForm(*data, may_note="sender" not in parties, is_note_only=case.sender_id is None)


class CasePageView(OneCase, View):
    """One case; that it was read is noted, once a day."""

    def get(self, request, ref):
        """The page."""
        page = page_of(self.access, self.case)
        if not self.case.is_read_today:
            note_reading(self.access, self.case, CaseReading.How.OPENED, parties=page.parties, is_first=True)
        return self.show(page)


class Message(OneCase, View):
    """Says something in the conversation."""

    def get(self, request, ref):
        """The form stands on the page of the case."""
        return redirect("feedback:case", ref)

    def post(self, request, ref):
        """Say it, or give it back with the reason at the field."""
        parties = parties_to_case(self.access, self.case)
        if not {"sender", "handler"} & parties:
            raise Http404
        form = message_form(self.case, parties, request.POST, request.FILES)
        if form.is_valid() and self._said(form):
            messages.success(request, _("Sent."))
            return redirect("feedback:case", ref)
        if request.FILES and "files" not in form.errors:
            form.add_error("files", _("Choose your files again: a browser does not keep them."))
        return self.show(page_of(self.access, self.case), form, status=422)

    def _said(self, form):
        said = {"is_internal": False, **form.cleaned_data}
        try:
            said["files"] = cleaned_files(said["files"], by=self.request.user)
            actions.write_message(self.case, **said, by=self.request.user)
        except PermissionDenied:
            raise Http404 from None
        except (UploadRefused, FileNotStored) as refused:
            form.add_error("files", str(refused))
            return False
        except StaleState:
            self.case.refresh_from_db()
            form.add_error(
                None, _("Somebody else changed this first. Nothing was sent. Copy your text if you need it.")
            )
            return False
        return True


class _OwnStep(Step):
    """A step of the sender's side, on a page of its own."""

    template_name = "feedback/sender_step.html"

    def rows(self):
        """Whatever the reader sees: the step says whose it is."""
        return Case.objects.visible_to(self.access)


class Withdraw(_OwnStep):
    """The sender takes it back."""

    step, form_class = "withdraw", ConfirmForm
    heading = gettext_lazy("Take it back")
    lede = gettext_lazy("The case is closed, and those who handle it are told. You can open it again for 60 days.")
    label = gettext_lazy("Take it back")
    done = gettext_lazy("Taken back. The case is closed.")

    def act(self, *, by):
        """Withdraw."""
        actions.withdraw(self.case, by=by)


class Accept(_OwnStep):
    """The sender accepts the proposed resolution."""

    step, form_class = "accept", AcceptForm
    heading = gettext_lazy("Accept the proposed resolution")
    lede = gettext_lazy("The case is closed as resolved. You can open it again for 60 days.")
    label = gettext_lazy("Accept and close")
    done = gettext_lazy("Accepted. The case is closed.")

    def act(self, *, by, text, uid):
        """Accept."""
        actions.accept(self.case, text=text, uid=uid, by=by)


class Refuse(_OwnStep):
    """The sender does not accept it."""

    step, form_class = "refuse", RefuseForm
    heading = gettext_lazy("Do not accept")
    lede = gettext_lazy("The Working Group has it again: it proposes something else, or asks the Oversight Committee.")
    label = gettext_lazy("Send")
    done = gettext_lazy("Sent. The Working Group has it again.")

    def act(self, *, by, text, uid):
        """Refuse."""
        actions.refuse(self.case, text=text, uid=uid, by=by)


class Reopen(_OwnStep):
    """Either side opens a closed case again."""

    step, form_class = "reopen", ReopenForm
    heading = gettext_lazy("Open it again")
    lede = gettext_lazy("The Working Group has it again, with everything that was said. The other side is told.")
    label = gettext_lazy("Open it again")
    done = gettext_lazy("It is open again, with the Working Group.")

    def act(self, *, by, text, uid):
        """Reopen."""
        actions.reopen(self.case, text=text, uid=uid, by=by)
