"""Who sees which decision: whoever holds a seat of the body; of the two standing bodies also the secretariat.

The secretariat of the Oversight Committee is DSS headquarters and OCHA (§11). Nobody of the organisation concerned.
"""

from django.apps import apps
from django.db.models import Q
from django.utils import timezone

from organisations.models import Membership
from sharing.access import Access, access_of
from sharing.scoping import ScopedQuerySet

SECRETARIAT = frozenset({"dss_world", "ocha"})


def is_secretariat(access: Access) -> bool:
    """Whether this person is of the secretariat: DSS headquarters, or OCHA world-wide."""
    return bool(access.principals & SECRETARIAT)


def seats_of(access: Access) -> list:
    """The seats that this person holds now, in whatever body; one query."""
    seats = apps.get_model("governance", "Seat").objects.filter(closed_at=None).select_related("body__area")
    return [seat for seat in seats.select_related("organisation") if seat.principals & access.principals]


def held_by(access: Access) -> Q:
    """The condition of a seat being held by this person: what Seat.principals says, for the database to ask."""
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
            held |= Q(capacity="dss" if name == "dss_world" else "ocha")
    return held


class DecisionQuerySet(ScopedQuerySet):
    def visible_to(self, viewer) -> "DecisionQuerySet":
        """The decisions that `viewer` (a user or an Access) may open. What of them is another question: a seat that
        recused itself sees neither discussion nor positions (governance.policies)."""
        access = viewer if isinstance(viewer, Access) else access_of(viewer)
        seats = apps.get_model("governance", "Seat").objects.filter(held_by(access), closed_at=None)
        seen = Q(body__in=seats.order_by().values("body"))
        if is_secretariat(access):
            seen |= ~Q(body__kind="area")
        official = [
            int(name.partition(":")[2]) for name in access.principals if name.startswith("designated_official:")
        ]
        seen |= Q(body__kind="area", body__area__in=official)  # who asked for the agreement
        own = Membership.objects.on(access.on).filter(user=access.user_id).values("organisation")
        rows = self.filter(seen).exclude(concerns__isnull=False, concerns__in=own)
        return rows._scoped(f"decisions of user {access.user_id}")

    def waiting(self, now=None) -> "DecisionQuerySet":
        """Those that are open, the nearest deadline first."""
        return self.filter(state="open").order_by("deadline", "pk")

    def in_trouble(self) -> "DecisionQuerySet":
        """Those whose outcome could not be carried out, and is tried again."""
        return self.filter(state="open").exclude(trouble="")

    def overdue(self, now=None) -> "DecisionQuerySet":
        """Those that are open after their deadline."""
        return self.filter(state="open", deadline__lte=now or timezone.now())
