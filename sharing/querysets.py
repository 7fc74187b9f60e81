"""Who sees what, as questions to the database: the one rule in SQL (C2)."""

from django.apps import apps
from django.db.models import Exists, OuterRef, Q

from .access import Access, access_of, outside
from .scoping import ScopedQuerySet


class ReleaseQuerySet(ScopedQuerySet):
    def visible_to(self, viewer) -> "ReleaseQuerySet":
        """The releases that `viewer` (a user or an Access) may read: an audience row or a grant, nothing else."""
        access = viewer if isinstance(viewer, Access) else access_of(viewer)
        return self.filter(self.visible(access))._scoped(f"visible to user {access.user_id}")

    @staticmethod
    def visible(access: Access, *, release: str = "pk", area: str = "area") -> Q:
        """The same rule as a condition on any table that has a column pointing to a release and one to its area."""
        audience = apps.get_model("sharing", "Audience").objects.for_system("the visibility rule")
        condition = Q(pk__in=[])
        for principals, closed in access.groups():
            row = audience.filter(release=OuterRef(release), principal__in=principals)
            condition |= Q(Exists(row)) & outside(closed, area)
        if access.is_member:
            grants = apps.get_model("sharing", "Grant").objects.live(access.user_id, access.on)
            condition |= Q(Exists(grants.filter(content_object=OuterRef(release)))) & outside(access.closed_areas, area)
        return condition


class GrantQuerySet(ScopedQuerySet):
    def live_on(self, on) -> "GrantQuerySet":
        """The grants that have not expired at the moment `on`."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=on))

    def live(self, user_id: int, on) -> "GrantQuerySet":
        """The grants of one person that have not expired."""
        return self.live_on(on).filter(user=user_id)._scoped(f"grants of user {user_id}")
