"""Who may look at the portal's own state."""

from organisations.policies import has_role
from overview.policies import WATCHERS


def can_see_status(user) -> bool:
    """Administrators and DSS headquarters, who run the portal."""
    return has_role(user, *WATCHERS)
