"""Who reads which report: both bodies and the secretariat; once it is approved, everybody who takes part (G3)."""

from governance.policies import reads_bodies
from partners.querysets import as_access
from sharing.access import Access
from sharing.scoping import ScopedQuerySet


class ReportQuerySet(ScopedQuerySet):
    def visible_to(self, viewer) -> "ReportQuerySet":
        """The reports that `viewer` (a user or an Access) may read."""
        access = as_access(viewer)
        rows = self
        if not reads_bodies(access):
            rows = self.filter(state="approved") if reads_approved(access) else self.none()
        return rows._scoped(f"reports for user {access.user_id}")


def reads_approved(access: Access) -> bool:
    """Whether this person reads approved reports: partner organisations in good standing, UN security officers."""
    return "community" in access.principals
