"""Who sees what, as questions to the database: the one rule in SQL (C2)."""

from django.apps import apps
from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.lookups import In, IsNull

from .access import Access, access_of, outside
from .scoping import ScopedQuerySet


def any_of(rows) -> Q:
    """That there is a row: like Exists, but always asked by key for one outer row at a time.

    Of an Exists the planner of PostgreSQL makes two plans, the other of which collects every row of a principal; that
    costs more than the question, and where it wrongly is chosen, grows with all incidents.
    """
    return Q(IsNull(Subquery(rows.order_by().values(found=Value(1))[:1]), False))


class OneOf(In):
    """IN, of which PostgreSQL does not guess how many there are, but looks each of them up."""

    def as_postgresql(self, compiler, connection):
        left, params = self.process_lhs(compiler, connection)
        right, more = self.process_rhs(compiler, connection)
        return f"{left} = ANY (ARRAY{right})", (*params, *more)


def _openings(access):
    """What opens releases to `access`: rows, their column of the release, the areas into which they do not reach."""
    audience = apps.get_model("sharing", "Audience").objects.for_system("the visibility rule")
    for principals, closed in access.groups():
        yield audience.filter(principal__in=principals), "release", closed
    if access.is_member:
        grants = apps.get_model("sharing", "Grant").objects.live(access)
        yield grants, "content_object", access.closed_areas


def _is_open(access, path):
    """That a release has not closed by itself; `path` leads to it."""
    return Q(**{f"{path}closes_at": None}) | Q(**{f"{path}closes_at__gt": access.on})


class ReleaseQuerySet(ScopedQuerySet):
    def visible_to(self, viewer) -> "ReleaseQuerySet":
        """The releases that `viewer` (a user or an Access) may read: an audience row or a grant, nothing else."""
        access = viewer if isinstance(viewer, Access) else access_of(viewer)
        return self.filter(self.visible(access))._scoped(f"visible to user {access.user_id}", access)

    @staticmethod
    def visible(access: Access, *, release: str = "pk", area: str = "area") -> Q:
        """The same rule as a condition on any table that has a column pointing to a release and one to its area."""
        condition = Q(pk__in=[])
        for rows, column, closed in _openings(access):
            condition |= any_of(rows.filter(**{column: OuterRef(release)})) & outside(closed, area)
        return condition & _is_open(access, area.removesuffix("area"))

    @staticmethod
    def gathered(access: Access, *, release: str = "pk") -> Q:
        """The same rule for questions that read nearly all that is open: what is open is gathered once, by index, where
        `visible` is asked of one row after the other."""
        ids = [
            rows.filter(outside(closed, f"{column}__area"), _is_open(access, f"{column}__")).values_list(column)
            for rows, column, closed in _openings(access)
        ]
        return Q(OneOf(F(release), ids[0].union(*ids[1:], all=True).query)) if ids else Q(pk__in=[])


class GrantQuerySet(ScopedQuerySet):
    def live_on(self, on) -> "GrantQuerySet":
        """The grants that have not expired at the moment `on`."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=on))

    def live(self, access: Access) -> "GrantQuerySet":
        """The grants of one person that have not expired; those of an emergency as long as they are DSS of its area."""
        counts = Q(emergency_area=None) | Q(emergency_area__in=sorted(access.emergency_areas))
        return self.live_on(access.on).filter(counts, user=access.user_id)._scoped(f"grants of user {access.user_id}")
