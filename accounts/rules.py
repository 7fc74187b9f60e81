"""The confidentiality rules: which text is in force, who has acknowledged it, and which pages are open before (C9).

The gate closes reading, never filing: whoever has an incident to report can always report it.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from .models import RulesAcknowledgement
from .second_factor import ALWAYS_OPEN

# One more whenever the text of templates/accounts/rules_text.html changes its meaning: everybody is asked anew.
RULES_VERSION = 1

# By name, so that a new page is closed until somebody writes it down here. One's own account, and going away.
_OWN_ACCOUNT = frozenset(
    {
        "account_login",
        "account_inactive",
        "account_reauthenticate",
        "account_change_password",
        "account_set_password",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
        "mfa_index",
        "mfa_authenticate",
        "mfa_reauthenticate",
        "mfa_activate_totp",
        "mfa_deactivate_totp",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_download_recovery_codes",
        "accounts:profile",
        "accounts:rules",
        "accounts:sessions",
        "organisations:accept",
        "organisations:my_roles",
        "organisations:leave",
        "notifications:stop",
    }
)
# A report is the person's own; so are its drafts and its receipt. (Its page leads to the rules before a colleague's.)
_FILING = frozenset(
    {
        "incidents:file",
        "incidents:draft_save",
        "incidents:draft_keep",
        "incidents:draft_see",
        "incidents:draft_discard",
        "incidents:receipt",
    }
)
# Help, and what somebody wrote there themselves.
_SUPPORT = frozenset(
    {
        "restricted:support",
        "restricted:channels",
        "restricted:report",
        "restricted:call",
        "restricted:mine",
        "restricted:own",
        "restricted:consents",
        "restricted:contact",
        "restricted:readers",
        "restricted:withdraw",
    }
)
OPEN_BEFORE_RULES = ALWAYS_OPEN | _OWN_ACCOUNT | _FILING | _SUPPORT


def valid_until(acknowledged_at: datetime | None) -> datetime | None:
    """Until when an acknowledgement of the current text counts; None if there is none."""
    return acknowledged_at and acknowledged_at + timedelta(days=settings.RULES_RENEWED_AFTER_DAYS)


def latest(user, version: int | None = None) -> QuerySet[RulesAcknowledgement]:
    """The acknowledgements of the current text (or of `version`) by `user` (a row, or an OuterRef), newest first."""
    return RulesAcknowledgement.objects.filter(user=user, version=version or RULES_VERSION).order_by("-at")


def rules_due_at(user) -> datetime | None:
    """When this person has to acknowledge the rules again; None if they have never acknowledged the current text."""
    return valid_until(latest(user).values_list("at", flat=True).first())


def has_acknowledged(user_path: str, on: datetime | None = None) -> Exists:
    """A condition for a query: whether the user at `user_path` (such as "user") has acknowledged, and lately enough."""
    oldest = (on or timezone.now()) - timedelta(days=settings.RULES_RENEWED_AFTER_DAYS)
    return Exists(latest(OuterRef(user_path)).filter(at__gt=oldest).order_by())
