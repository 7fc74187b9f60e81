"""What people may change about their own account, and agreeing to the confidentiality rules."""

from functools import cache
from zoneinfo import available_timezones

import structlog
from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.core import context
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import get_totp_secret
from django import forms
from django.conf import settings
from django.core.cache import cache as shared_cache
from django.utils.translation import gettext_lazy as _

from slt_portal.crypto import keyed_digest

from .models import User

log = structlog.get_logger("slt_portal.security")
MOST_WRONG_CODES = 20
CODES_COUNTED_SECONDS = 24 * 60 * 60

# Posix and historical names would only make the list longer.
_CONTINENTS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


@cache
def time_zones() -> list[tuple[str, str]]:
    """The time zones to choose from, as this machine knows them."""
    names = sorted(name for name in available_timezones() if name.partition("/")[0] in _CONTINENTS)
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names)]


class ProfileForm(forms.ModelForm):
    """Name, language and clock. The address is who one is here: it is not changed on this page."""

    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=time_zones, help_text=_("Times on pages and in mails are shown on this clock.")
    )

    class Meta:
        model = User
        fields = ["name", "language", "time_zone"]
        labels = {"name": _("Your name"), "language": _("Language")}
        help_texts = {"name": _("As colleagues know you. It is shown to people you work with.")}
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"}),
            "language": forms.RadioSelect,
        }

    def clean_name(self):
        """On one line: it stands in mails to others, where a line break could start a text of one's own."""
        return " ".join(self.cleaned_data["name"].split())


class RulesForm(forms.Form):
    """One tick: the rules in the version that the page showed."""

    mark_optional = False

    version = forms.IntegerField(widget=forms.HiddenInput)
    next = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput)
    agreed = forms.BooleanField(
        label=_("I have read these rules and will keep to them"),
        error_messages={"required": _("Tick this if you agree. Without it the portal stays closed to you.")},
    )


class LanguageForm(forms.Form):
    """The switch in the page's head."""

    language = forms.ChoiceField(choices=settings.LANGUAGES)


class SetUpForm(ActivateTOTPForm):
    """The first code of an authenticator app. The session has one key until it is used: a telephone loads this page
    again when one comes back from the app, which by then holds that key."""

    def __init__(self, *args, user, **options):
        forms.Form.__init__(self, *args, **options)  # allauth's own makes a new key for each empty form
        self.user = user
        self.secret = get_totp_secret()


class _CodeForm:
    """A code works once, for as long as it is valid at all: allauth itself remembers it for one period only.

    And nobody tries many codes: what is wrong is counted by account, from wherever it comes, so that many machines
    together try no more than one. A new password begins anew: whoever knew the old one cannot keep its owner out.
    """

    def clean_code(self) -> str:
        tried = f"codes-tried:{self.user.pk}:{keyed_digest('codes tried', self.user.password)[:16]}"
        shared_cache.add(tried, 0, timeout=CODES_COUNTED_SECONDS)
        if shared_cache.incr(tried) > MOST_WRONG_CODES:
            log.warning("second_factor_limited", user=self.user.pk)
            raise get_account_adapter().validation_error("too_many_login_attempts")
        code = super().clean_code()
        if self.authenticator.type == Authenticator.Type.TOTP:
            valid_for = (2 * app_settings.TOTP_TOLERANCE + 1) * app_settings.TOTP_PERIOD
            digits = "".join(filter(str.isdigit, code))  # "123 456" is the same code
            if not shared_cache.add(f"code-used:{self.user.pk}:{digits}", True, timeout=valid_for):
                log.warning("second_factor_repeated", user=self.user.pk)
                raise get_adapter().validation_error("incorrect_code")
        shared_cache.decr(tried)
        return code

    def _emit_authentication_failed(self, authenticator):
        log.warning("second_factor_failed", user=self.user.pk)
        super()._emit_authentication_failed(authenticator)

    def save(self) -> None:
        super().save()
        log.info("second_factor_passed", user=self.user.pk, kind=self.authenticator.type)


class AuthenticateForm(_CodeForm, mfa.AuthenticateForm):
    """The code after the password."""


class ReauthenticateForm(_CodeForm, mfa.ReauthenticateForm):
    """The code again, before something of weight, or for the first time: what follows has a new session key."""

    def save(self) -> None:
        context.request.session.cycle_key()
        super().save()
