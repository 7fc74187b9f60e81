"""Sending feedback: the question before all others, then one form (F1, C10)."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import FormView

from documents.files import FileNotStored
from documents.uploads import UploadRefused
from feedback.actions.filing import NobodyTakesIn, NotToItself, file_case
from feedback.attachments import cleaned_files
from feedback.forms.filing import FilingForm, StartForm
from feedback.models import Case
from feedback.policies import files_feedback
from restricted.channels import mandatory_channels
from sharing.views import ReaderMixin
from slt_portal.states import StaleState
from slt_portal.views import is_signed_in


class Filer(ReaderMixin):
    """A page for whoever may send feedback; absent for others."""

    policy = is_signed_in

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not files_feedback(self.access):
            raise Http404
        return super().dispatch(request, *args, **kwargs)


class Start(Filer, View):
    """Asks whether it is about sexual exploitation or abuse by aid staff. A yes is answered with the mandatory
    channels: it is neither stored nor audited, and its request not logged (QUIET_VIEWS)."""

    def get(self, request):
        """The question."""
        return self._page(StartForm())

    def post(self, request):
        """The channels, or on to the form."""
        form = StartForm(request.POST)
        if not form.is_valid():
            return self._page(form)
        if form.cleaned_data["answer"] == StartForm.NO:
            return redirect("feedback:file")
        return render(request, "feedback/channels.html", {"channels": mandatory_channels()})

    def _page(self, form):
        return render(self.request, "feedback/start.html", {"form": form, "back_url": reverse("feedback:home")})


class File(Filer, FormView):
    """The form; what was sent twice is one case, and what cannot be taken keeps every word."""

    form_class = FilingForm
    template_name = "feedback/file.html"

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "access": self.access}

    def form_valid(self, form):
        known = Case.objects.sent_by(self.access).filter(submission=form.cleaned_data["submission"]).first()
        if known is None:
            try:
                files = cleaned_files(form.cleaned_data["files"], by=self.request.user)
                known = file_case(**form.values(), files=files, sender=self.request.user)
            except (UploadRefused, FileNotStored) as refused:
                form.add_error("files", str(refused))
            except NotToItself:
                form.add_error("route", _("It is about DSS headquarters, so they cannot take it in."))
            except NobodyTakesIn:
                form.add_error("route", _("Nobody there could handle it: all are people it is about. Choose another."))
            except StaleState:
                form.add_error(None, _("This form was sent by somebody else. Start again."))
        if form.errors:
            return self.form_invalid(form)
        messages.success(self.request, _("Sent. Its number is %(ref)s.") % {"ref": known.ref})
        return redirect("feedback:case", known.ref)

    def form_invalid(self, form):
        """What was typed comes back; a browser never gives a file twice."""
        if self.request.FILES and "files" not in form.errors:
            form.add_error("files", _("Choose your files again: a browser does not keep them."))
        return super().form_invalid(form)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(back_url=reverse("feedback:home"), **kwargs)
        form = context["form"]
        return {**context, "handlers": form.later, "has_names": bool(form["persons"].value())}
