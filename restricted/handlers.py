"""Whom a sender may choose: the handlers there are, each with a name, before anything is typed (C10)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db.models import F
from django.utils.translation import gettext as _

from organisations.models import Membership

from .models import Handler, Report
from .querysets import handlers_now

_WHY = "who reads a report that was found by who may read it"


@dataclass(frozen=True)
class Offered:
    """One handler as others see them. `pk`: of the membership; `is_ticked`: chosen unless the sender takes it away;
    `is_near`: of the organisation of who looks."""

    pk: int
    user: int
    name: str
    for_whom: str
    is_ticked: bool = True
    is_near: bool = False

    @property
    def label(self) -> str:
        """The name, the organisation, the area of who works for one area only, and whether it is one's own."""
        words = _("%(name)s, %(organisation)s (your organisation)") if self.is_near else _("%(name)s, %(organisation)s")
        return words % {"name": self.name, "organisation": self.for_whom}


def _offered(row: Membership, **marks) -> Offered:
    words = row.organisation.acronym or str(row.organisation)
    return Offered(row.pk, row.user_id, str(row.user), f"{words}, {row.area}" if row.area_id else words, **marks)


def offered_to(user) -> list[Offered]:
    """The handlers whom this person may choose, by name, each once; not themselves. Two queries.

    Ticked from the beginning is everybody who works for the whole world; not who works for one area only, who may be
    too near. Who is of the sender's own organisation is marked and not left out: what is ticked is the same for every
    sender, and so tells nothing of who that is.
    """
    own = set(Membership.objects.on().filter(user=user).values_list("organisation", flat=True))
    rows = handlers_now().exclude(user=user).select_related("user", "organisation", "area")
    found: dict[int, Offered] = {}
    for row in rows.order_by(F("area_id").asc(nulls_first=True), "pk"):  # who is there for the world is named as that
        one = _offered(row, is_ticked=row.area_id is None, is_near=row.organisation_id in own)
        found.setdefault(row.user_id, one)
    return _by_name(found.values())


def readers_of(report: Report) -> list[Offered]:
    """Who may read a report now, by name, as its sender and its other handlers see them. One query."""
    rows = Handler.objects.in_force().filter(report=report)
    rows = rows.select_related("membership__user", "membership__organisation", "membership__area")
    return _by_name(_offered(grant.membership) for grant in rows)


def offered_again(user, readers: Sequence[Offered]) -> list[Offered]:
    """As `offered_to`, where some read it already: each of them in the role in which they do. Two queries."""
    held = {one.user: one.pk for one in readers}
    return [replace(one, pk=held.get(one.user, one.pk)) for one in offered_to(user)]


def names_of_readers(report: Report) -> dict[int, str]:
    """By user id the names of everybody who is or was let in to read a report. One query."""
    rows = Handler.objects.for_system(_WHY).filter(report=report)
    return dict(rows.values_list("membership__user", "membership__user__name"))


def people_to_remind(report: Report) -> set[int]:
    """The ids of everybody who may read a report now, its sender among them if they are one: whoever brought them in
    must not see that they are left out, and their mail says nothing (`still_due` drops it)."""
    return set(Handler.objects.in_force().filter(report=report).values_list("membership__user", flat=True))


def _by_name(found):
    return sorted(found, key=lambda one: (one.name, one.pk))
