"""Who may open the pages that read across apps."""

from organisations.policies import has_role

WATCHERS = frozenset({"administrator", "dss_headquarters"})


def has_home(user) -> bool:
    """Everybody who is signed in has a home page."""
    return user.is_authenticated


def can_watch_outbox(user) -> bool:
    """Administrators and DSS headquarters, who run the portal."""
    return has_role(user, *WATCHERS)
