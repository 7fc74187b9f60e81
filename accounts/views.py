"""The language switch, one's own account, and the second factor."""

from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views import View
from django.views.generic import UpdateView

from slt_portal.views import PolicyMixin

from .actions import set_language
from .forms import LanguageForm, ProfileForm
from .models import User
from .policies import has_account

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
    page = request.POST.get("next", "")
    same_host = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return page if same_host else "/"


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


class SecondFactorActivate(ActivateTOTPView):
    """Setting up the second factor proves it at once: nobody has to type a second code for this session."""

    def form_valid(self, form):
        response = super().form_valid(form)
        authenticator = Authenticator.objects.get(user=self.request.user, type=Authenticator.Type.TOTP)
        post_authentication(self.request, authenticator)
        return response
