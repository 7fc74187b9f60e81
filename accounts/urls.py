"""Accounts: our own pages, and those of django-allauth that the portal uses. No sign-up: people are invited."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from django.urls import include, path, re_path

from .views import (
    LanguageSwitch,
    Profile,
    Reauthenticate,
    RecoveryCodesGenerate,
    Rules,
    SecondFactorActivate,
    SecondFactorDeactivate,
    Sessions,
    SignOut,
)

own = [
    path("profile/", Profile.as_view(), name="profile"),
    path("rules/", Rules.as_view(), name="rules"),
    path("sessions/", Sessions.as_view(), name="sessions"),
]
allauth = [
    path("login/", account.login, name="account_login"),
    path("logout/", SignOut.as_view(), name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", Reauthenticate.as_view(), name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    path("password/reset/key/done/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("2fa/", mfa.index, name="mfa_index"),
    path("2fa/authenticate/", mfa.authenticate, name="mfa_authenticate"),
    path("2fa/reauthenticate/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("2fa/totp/activate/", SecondFactorActivate.as_view(), name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", SecondFactorDeactivate.as_view(), name="mfa_deactivate_totp"),
    path("2fa/recovery-codes/", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("2fa/recovery-codes/generate/", RecoveryCodesGenerate.as_view(), name="mfa_generate_recovery_codes"),
    path("2fa/recovery-codes/download/", recovery_codes.download_recovery_codes, name="mfa_download_recovery_codes"),
]
urlpatterns = [
    path("language/", LanguageSwitch.as_view(), name="set_language"),
    path("accounts/", include((own, "accounts"))),
    path("accounts/", include(allauth)),
]
