"""Whom a sender may choose: the handlers there are, each with a name, before anything is typed (C10)."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from organisations.models import Membership

from .codes import HANDLER_ROLE
from .models import Handler, Report
from .querysets import handlers_now

_WHY = "who reads a report that was found by who may read it"


@dataclass(frozen=True)
class Offered:
    """One handler as a sender sees them. `is_ticked`: chosen unless the sender takes it away."""

    pk: int
    name: str
    for_whom: str
    is_ticked: bool

    @property
    def label(self) -> str:
        """The name, the organisation, and the area of who works for one area only."""
        return _("%(name)s, %(organisation)s") % {"name": self.name, "organisation": self.for_whom}


def offered_to(user) -> list[Offered]:
    """The handlers whom this person may choose, by name, each once; not themselves. Two queries.

    Ticked from the beginning are those who work for the whole world; not who works for one area only, who may be too
    near, and nobody of the sender's own organisation.
    """
    own = set(Membership.objects.on().filter(user=user).values_list("organisation", flat=True))
    rows = handlers_now().exclude(user=user).select_related("user", "organisation", "area")
    found: dict[int, Offered] = {}
    for row in rows.order_by("area_id", "pk"):
        if row.user_id in found and row.area_id is not None:  # who is there for the whole world is named once
            continue
        words = row.organisation.acronym or str(row.organisation)
        words = f"{words}, {row.area}" if row.area_id else words
        is_ticked = row.area_id is None and row.organisation_id not in own
        found.setdefault(row.user_id, Offered(row.pk, str(row.user), words, is_ticked))
    return sorted(found.values(), key=lambda one: (one.name, one.pk))


def readers_of(report: Report) -> list[Offered]:
    """Who may read a report now, by name, as its sender and its other handlers see them. One query."""
    rows = Handler.objects.in_force().filter(report=report)
    rows = rows.select_related("membership__user", "membership__organisation", "membership__area")
    found = []
    for grant in rows:
        row = grant.membership
        words = row.organisation.acronym or str(row.organisation)
        found.append(Offered(row.pk, str(row.user), f"{words}, {row.area}" if row.area_id else words, True))
    return sorted(found, key=lambda one: (one.name, one.pk))


def names_of_readers(report: Report) -> dict[int, str]:
    """By user id the names of everybody who is or was let in to read a report. One query."""
    rows = Handler.objects.for_system(_WHY).filter(report=report)
    return dict(rows.values_list("membership__user", "membership__user__name"))


def is_handler(memberships) -> bool:
    """Whether one of the `memberships` of a request (organisations.memberships) makes its person a handler."""
    return any(row.role == HANDLER_ROLE and not row.is_suspended for row in memberships)
