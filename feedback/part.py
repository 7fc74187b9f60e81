"""Who has part in a case, for the page on which those who handle it see that: handlers, and who is kept out (F3)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from organisations.models import Membership
from sharing.holdings import holdings

from .actions.people import stays
from .codes import Office
from .models import Case, CaseGrant, CaseReading, Concerned

_WHY = "who has part in a case that the reader handles"
_OFFICES = {
    "dss": Office.DSS_FIELD,
    "designated_official": Office.DESIGNATED_OFFICIAL,
    "mechanism": Office.MECHANISM,
    "dss_world": Office.DSS_HEADQUARTERS,
}


@dataclass(frozen=True)
class Handler:
    """One person who handles a case, or reads along: for which offices, since when, and who let them in."""

    user: User
    offices: list[str]
    since: datetime
    by: User | None
    leads: bool
    takes_steps: bool


@dataclass(frozen=True)
class KeptOut:
    """Who is concerned, in words, with the rows that say so: one for each place in which an office is held. They may be
    taken back, unless that `stays`."""

    rows: list[Concerned]
    words: str
    stays: bool

    @property
    def first(self) -> Concerned:
        """The row that was there first."""
        return self.rows[0]


def handlers_in(case: Case, concerned: Iterable[Concerned]) -> list[Handler]:
    """Everybody with a grant that counts, by name; three queries."""
    rows = CaseGrant.objects.for_system(_WHY).filter(content_object=case)
    grants = defaultdict(list)
    for row in rows.select_related("user", "granted_by").order_by("user__name", "user", "granted_at", "pk"):
        grants[row.user].append(row)
    there = Q(user__expires_at=None) | Q(user__expires_at__gt=timezone.now())
    memberships = Membership.objects.on().filter(there, user__in=grants, user__is_active=True)
    memberships = list(memberships.select_related("organisation"))
    held = defaultdict(set)
    for holding in holdings(memberships=memberships):
        held[holding.user_id].add(holding.principal)
    barred = _barred(concerned, memberships, held)
    found = []
    for user, each in grants.items():
        each = [row for row in each if row.principal in held[user.pk] and user.pk not in barred]
        if each:
            found.append(_handler(case, user, each))
    return found


def _handler(case, user, grants) -> Handler:
    words = {
        "dss_world": _("DSS headquarters"),
        "consortium_desk": _("consortium desk"),
        "working_group": _("Working Group"),
        "oversight_committee": _("Oversight Committee"),
    }
    kinds = dict.fromkeys(row.principal.partition(":")[0] for row in grants)
    takes_steps = set(kinds) != {"oversight_committee"}
    offices = [words[kind] for kind in kinds]
    return Handler(user, offices, grants[0].granted_at, grants[0].granted_by, user.pk == case.owner_id, takes_steps)


def _barred(concerned, memberships, held) -> set[int]:
    """Those of the people at hand who are concerned: as feedback.handlers.concerned_people, of what is read already."""
    people = {row.user_id for row in concerned}
    principals, organisations = {row.principal for row in concerned}, {row.organisation_id for row in concerned}
    people |= {user for user, names in held.items() if names & principals}
    return people | {row.user_id for row in memberships if row.organisation_id in organisations}


def kept_out(case: Case, concerned: Iterable[Concerned]) -> list[KeptOut]:
    """Who is concerned (actions.people.concerned_rows), in words; an office held in several places is one, with all who
    held it."""
    found: dict[tuple, KeptOut] = {}
    for row in concerned:
        if row.through_id:
            continue
        key = row.user_id or row.organisation_id or 0, _words(row)
        found.setdefault(key, KeptOut([], key[1], stays(case, row))).rows.append(row)
    return list(found.values())


def _words(row) -> str:
    if row.user_id:
        return row.user.name or row.user.email
    if row.organisation_id:
        return _("everybody who works for %(name)s") % {"name": row.organisation}
    kind, _sep, place = row.principal.partition(":")
    office = Office.OCHA_FIELD if kind == "ocha" and place else _OFFICES.get(kind, Office.OCHA_HEADQUARTERS)
    return _("whoever holds: %(office)s") % {"office": office.label}


def readings_of(case: Case) -> QuerySet[CaseReading]:
    """The reader log of `case`, the newest first, each with the name of its reader."""
    name = User.objects.filter(pk=OuterRef("reader")).values("name")[:1]
    return CaseReading.objects.filter(case_ref=case.ref).annotate(name=Subquery(name)).order_by("-at", "-pk")
