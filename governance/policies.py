"""Who may take part in a decision, and to whom its deliberation is closed. Who sees that it exists: .querysets."""

from django.db.models import Q

from sharing.access import Access

from .models import Position, Seat
from .querysets import held_by, is_secretariat


def is_recused(access: Access, decision) -> bool:
    """Whether the deliberation of this decision is closed to this person: a seat of theirs recused itself, or they did.

    One query. Such a person reads that the decision exists and that they have no part in it, and nothing else.
    """
    return bool(recused_in(access, [decision]))


def recused_in(access: Access, decisions) -> set[int]:
    """Those of `decisions`, as keys, of whose deliberation this person reads nothing; one query."""
    return set(recusals_of(access).filter(decision__in=decisions).values_list("decision", flat=True))


def recusals_of(access: Access):
    """The keys of the decisions of whose deliberation this person reads nothing, as a question for the database."""
    mine = Seat.objects.filter(held_by(access), closed_at=None).order_by().values("pk")
    rows = Position.objects.filter(Q(by=access.user_id) | Q(seat__in=mine), choice=Position.Choice.RECUSE)
    return rows.order_by().values("decision")


def reads_bodies(access: Access) -> bool:
    """Whether this person holds a seat of the Oversight Committee or the Working Group, or is of the secretariat."""
    seats = access.offices_for("oversight_committee") | access.offices_for("working_group")
    return bool(seats) or is_secretariat(access)


def reads_decisions(access: Access) -> bool:
    """Whether this person may have decisions to read: also in an area, where DSS, OCHA, the NGO representative and the
    Designated Official have to do with some."""
    of_area = {"dss", "ocha", "designated_official"}
    in_area = any(name.partition(":")[0] in of_area for name in access.principals)
    return reads_bodies(access) or in_area or bool(access.offices_for("mechanism"))


def moves_co_chair(access: Access) -> bool:
    """Whether this person may move the NGO co-chair to another consortium: DSS headquarters."""
    return "dss_world" in access.principals
