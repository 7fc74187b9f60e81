"""Who sees which decision: whoever holds a seat of the body, and the secretariat; who asked for it in an area.

The secretariat of the Oversight Committee is DSS headquarters and OCHA (§11). Nobody of the organisation concerned, and
nobody whom the portal keeps out (Exclusion).
"""

from django.apps import apps
from django.db.models import Exists, OuterRef, Q

from organisations.models import Membership
from sharing.access import Access, access_of
from sharing.scoping import ScopedQuerySet

SECRETARIAT = frozenset({"dss_world", "ocha"})
# The seat of an area that headquarters hold where nobody there does: its capacity, and the roles that hold it there.
_IN_AREA = {"dss_world": ("dss", ("dss_field", "country_security_focal_point")), "ocha": ("ocha", ("ocha",))}


def is_secretariat(access: Access) -> bool:
    """Whether this person is of the secretariat: DSS headquarters, or OCHA world-wide."""
    return bool(access.principals & SECRETARIAT)


def seats_of(access: Access) -> list:
    """The seats that this person holds now, in whatever body; one query."""
    seats = apps.get_model("governance", "Seat").objects.filter(held_by(access), closed_at=None)
    return list(seats.select_related("body__area", "organisation"))


def held_by(access: Access) -> Q:
    """The condition of a seat being held by this person: what Seat.principals says, for the database to ask; and that
    headquarters hold a seat of an area only where nobody there does (as seats.people_at)."""
    held = Q(pk__in=[])
    for name in access.principals:
        kind, *ids = name.split(":")
        if kind in {"oversight_committee", "working_group"}:
            held |= Q(capacity="member", body__kind=kind, organisation=int(ids[0]))
        elif kind == "mechanism":
            held |= Q(capacity="mechanism", body__kind="area", organisation=int(ids[0]), body__area=int(ids[1]))
        elif kind in {"dss", "ocha"} and ids:
            held |= Q(capacity=kind, body__area=int(ids[0]))
        elif name in SECRETARIAT:
            capacity, roles = _IN_AREA[name]
            there = Membership.objects.on(access.on).filter(role__in=roles, area=OuterRef("body__area"))
            held |= Q(~Exists(there.filter(user__is_active=True)), capacity=capacity, body__kind="area")
    return held


class DecisionQuerySet(ScopedQuerySet):
    def visible_to(self, viewer) -> "DecisionQuerySet":
        """The decisions that `viewer` (a user or an Access) may open. What of them is another question: a seat that
        recused itself sees neither discussion nor positions (governance.policies)."""
        access = viewer if isinstance(viewer, Access) else access_of(viewer)
        rows = self
        if not is_secretariat(access):
            seats = apps.get_model("governance", "Seat").objects.filter(held_by(access), closed_at=None)
            named = (name.split(":") for name in access.principals)
            official = [int(rest[0]) for kind, *rest in named if kind == "designated_official"]
            asked_for = Q(body__kind="area", body__area__in=official)
            rows = self.filter(Q(body__in=seats.order_by().values("body")) | asked_for)
        own = Membership.objects.on(access.on).filter(user=access.user_id).values("organisation")
        rows = rows.exclude(concerns__isnull=False, concerns__in=own)
        shut_out = apps.get_model("governance", "Exclusion").objects.filter(decision=OuterRef("pk"))
        mine = Q(user=access.user_id) | Q(principal__in=access.principals) | Q(organisation__in=own)
        rows = rows.exclude(Q(has_exclusions=True) & Q(Exists(shut_out.filter(mine))))
        return rows._scoped(f"decisions of user {access.user_id}")

    def waiting(self) -> "DecisionQuerySet":
        """Those that are open, the nearest deadline first."""
        return self.filter(state="open").order_by("deadline", "pk")

    def in_trouble(self) -> "DecisionQuerySet":
        """Those whose outcome could not be carried out, and is tried again."""
        return self.filter(state="open").exclude(trouble="")
