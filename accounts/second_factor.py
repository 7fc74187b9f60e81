"""Who has proved a second factor in this session, and which pages a person reaches before that."""

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator

# What one needs in order to set a second factor up, to pass it, or to go away again. By name, so that a new page is
# closed until somebody writes it down here.
ALWAYS_OPEN = frozenset(
    {
        "account_logout",
        "set_language",
        "healthz",
        "readyz",
        # Installed in the demo only: whoever is half signed in there can still go and be somebody else.
        "demo:index",
        "demo:sign_in",
        "demo:mail",
    }
)
OPEN_FOR_SET_UP = ALWAYS_OPEN | {"mfa_activate_totp", "account_reauthenticate"}
OPEN_FOR_PASSING = ALWAYS_OPEN | {"mfa_reauthenticate"}


def authenticators(user):
    """The authenticator apps of a user (a row, or an OuterRef). Recovery codes alone are none: they run out."""
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP)


def passed_second_factor(request) -> bool:
    """Whether the person proved a second factor in this very session."""
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user))
