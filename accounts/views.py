"""The language switch, one's own account and sessions, the second factor, and the confidentiality rules."""

from allauth.account.decorators import reauthentication_required
from allauth.account.views import LogoutView, ReauthenticateView
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views import View
from django.views.generic import FormView, TemplateView, UpdateView

from slt_portal.states import StaleState
from slt_portal.views import PolicyMixin

from .actions import acknowledge_rules, set_language
from .forms import LanguageForm, ProfileForm, RulesForm
from .models import User
from .policies import has_account
from .rules import RULES_VERSION, rules_due_at
from .sessions import digest_of, end_sessions, sessions_of

_LANGUAGE_COOKIE_SECONDS = 365 * 24 * 60 * 60


class LanguageSwitch(View):
    """Changes the language for everybody, signed in or not, and returns to the page one was on."""

    http_method_names = ["post"]

    def post(self, request):
        response = HttpResponseRedirect(_page_before(request))
        form = LanguageForm(request.POST)
        if form.is_valid():
            language = form.cleaned_data["language"]
            if request.user.is_authenticated:
                set_language(by=request.user, language=language)
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                language,
                max_age=_LANGUAGE_COOKIE_SECONDS,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response


def _page_before(request):
    return _own_page(request, request.POST.get("next", "")) or "/"


def _own_page(request, page):
    """The address of a page of this portal, or nothing for any other."""
    same_host = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return page if same_host else ""


class Profile(PolicyMixin, UpdateView):
    """One's own account: name, language, clock, and the way to password, second factor and sessions."""

    policy = has_account
    form_class = ProfileForm
    template_name = "accounts/profile.html"
    context_object_name = "account"
    success_url = reverse_lazy("accounts:profile")

    def get_object(self):
        """Nobody's account but one's own: a copy, so that a refused name does not show in the page's head."""
        return User.objects.get(pk=self.request.user.pk)

    def form_valid(self, form):
        with override(form.cleaned_data["language"]):
            messages.success(self.request, _("Saved."))
        return super().form_valid(form)


class Rules(PolicyMixin, FormView):
    """What the portal is for and the confidentiality rules, with one tick; then back to the page asked for (C9)."""

    policy = has_account
    form_class = RulesForm
    template_name = "accounts/rules.html"

    def get_initial(self):
        """The version that this page shows, and where to go afterwards."""
        page = self.request.GET.get("next", "")[:2000]
        return {"version": RULES_VERSION, "next": _own_page(self.request, page)}

    def get_context_data(self, **kwargs):
        due_at = rules_due_at(self.request.user)
        is_agreed = due_at is not None and due_at > timezone.now()
        return super().get_context_data(due_at=due_at if is_agreed else None, **kwargs)

    def form_valid(self, form):
        try:
            acknowledge_rules(by=self.request.user, version=form.cleaned_data["version"])
        except StaleState:
            messages.info(self.request, _("The rules have changed since you opened this page. Read them once more."))
            return redirect("accounts:rules")
        messages.success(self.request, _("Thank you. You will be asked again in a year."))
        return redirect(_own_page(self.request, form.cleaned_data["next"]) or reverse("home"))

    def form_invalid(self, form):
        if "version" in form.errors:  # no page of ours sent this
            return redirect("accounts:rules")
        return super().form_invalid(form)


class SignOut(LogoutView):
    """Asks, then ends the session; the browser forgets what it kept of the portal, should it have kept anything."""

    def post(self, request, *args, **kwargs):
        response = super().post(request, *args, **kwargs)
        response["Clear-Site-Data"] = '"cache", "storage"'
        return response


class Sessions(PolicyMixin, TemplateView):
    """Where one is signed in, and a way to end one of these sessions or all the others."""

    policy = has_account
    template_name = "accounts/sessions.html"

    def get_context_data(self, **kwargs):
        """The open sessions, and which of them this one is."""
        current = digest_of(self.request.session.session_key)
        return super().get_context_data(sessions=sessions_of(self.request.user), current=current, **kwargs)

    @method_decorator(reauthentication_required)
    def post(self, request):
        """End the session that is named, or every other: who ends sessions proves who they are once more."""
        only = request.POST.get("session") or None
        end_sessions(request.user, besides=request.session.session_key, only=only)
        messages.success(request, _("Ended. Whoever used it has to sign in again."))
        return redirect("accounts:sessions")


class Reauthenticate(ReauthenticateView):
    """The password once more: what follows is done under a new session key."""

    def form_valid(self, form):
        self.request.session.cycle_key()
        return super().form_valid(form)


class _EndsOtherSessions:
    """Whoever changes the second factor stays signed in here and nowhere else."""

    def form_valid(self, form):
        response = super().form_valid(form)
        self.request.session.cycle_key()
        end_sessions(self.request.user, besides=self.request.session.session_key)
        return response


class SecondFactorActivate(_EndsOtherSessions, ActivateTOTPView):
    """Setting up the second factor proves it at once: nobody has to type a second code for this session."""

    def form_valid(self, form):
        response = super().form_valid(form)
        authenticator = Authenticator.objects.get(user=self.request.user, type=Authenticator.Type.TOTP)
        post_authentication(self.request, authenticator)
        return response


class SecondFactorDeactivate(_EndsOtherSessions, DeactivateTOTPView):
    """Taking the authenticator app away, to set up another."""


class RecoveryCodesGenerate(_EndsOtherSessions, GenerateRecoveryCodesView):
    """New recovery codes in place of the old."""
