"""Who may look at the portal's own state."""

from django.http import HttpRequest

from organisations.memberships import memberships_of
from overview.policies import WATCHERS


def can_see_status(request: HttpRequest) -> bool:
    """Administrators and DSS headquarters, who run the portal; from what the request has read of its person."""
    return any(row.role in WATCHERS and not row.is_suspended for row in memberships_of(request))
