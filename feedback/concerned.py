"""Who is complained about, as the sender says it; and who could ever handle a case, to be ticked off by name (F3)."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from areas.names import folded
from organisations.models import Membership, Organisation
from organisations.roles import ROLES
from sharing.holdings import holdings

from .models import Case, Concerned
from .offices import dss, principals_of

_HANDLING = ("dss_world", "consortium_desk", "working_group", "oversight_committee")
_ROLES = frozenset(
    role.code for role in ROLES.values() if any(term.startswith(_HANDLING) for term in (*role.holds, *role.offices))
)
_WORD = re.compile(r"[^\W_]+")
MOST_WORDS = 8  # of a person's name


@dataclass(frozen=True)
class Candidate:
    """Somebody who may come to handle cases: for which organisation, by which principals."""

    user_id: int
    name: str
    organisations: tuple[str, ...]
    principals: frozenset[str]

    @property
    def label(self) -> str:
        """Name and offices, as a form offers it: the names of people may be written from right to left."""
        return f"\u2068{self.name}\u2069 ({', '.join([*self.organisations, *self._offices()])})"

    @property
    def kinds(self) -> set[str]:
        """By what they would handle one: dss_world, consortium_desk:7, working_group, oversight_committee."""
        return {name if name.startswith("consortium_desk") else name.partition(":")[0] for name in self.principals}

    def _offices(self):
        words = {
            "dss_world": _("DSS headquarters"),
            "consortium_desk": _("consortium desk"),
            "working_group": _("Working Group"),
            "oversight_committee": _("Oversight Committee"),
        }
        kinds = {name.partition(":")[0] for name in self.principals}
        return [word for kind, word in words.items() if kind in kinds]


def candidates() -> list[Candidate]:
    """Everybody who takes cases in or sits in one of the bodies now, by name; three queries."""
    now = timezone.now()
    rows = Membership.objects.on(now).filter(role__in=_ROLES, user__is_active=True, user__is_mailbox=False)
    rows = rows.filter(Q(user__expires_at=None) | Q(user__expires_at__gt=now))
    rows = list(rows.select_related("user", "organisation"))
    names = {row.user_id: row.user.name for row in rows}
    held, works_for = defaultdict(set), defaultdict(dict)
    for holding in holdings(now, memberships=rows):
        if holding.principal.startswith(_HANDLING):
            held[holding.user_id].add(holding.principal)
            works_for[holding.user_id][holding.organisation] = None
    found = [Candidate(key, names[key], tuple(works_for[key]), frozenset(held[key])) for key in held]
    return sorted(found, key=lambda person: folded(person.name))


def people_named_in(text: str) -> set[int]:
    """The ids of the people whose e-mail address, or whose full name in whatever order, stands on a line of `text`;
    case, accents and spaces do not matter."""
    lines = [folded(line) for line in text.splitlines() if line.strip()]
    if not lines:
        return set()
    addresses = {word.strip("<>()[],;:\"'.") for line in lines for word in line.split() if "@" in word}
    named = set().union(*(_runs(_WORD.findall(line)) for line in lines))
    people = User.objects.filter(is_active=True).values_list("pk", "email", "name")
    return {pk for pk, email, name in people if email in addresses or _words_of(name) in named}


def _words_of(name):
    return tuple(sorted(_WORD.findall(folded(name)))) or None


def _runs(words) -> set[tuple[str, ...]]:
    """Each run of words that may be a name, in alphabetical order; a single word only where it stands alone."""
    if len(words) == 1:
        return {tuple(words)}
    starts, lengths = range(len(words) - 1), range(2, MOST_WORDS + 1)
    return {tuple(sorted(words[start : start + length])) for start in starts for length in lengths}


def organisation_named(text: str) -> Organisation | None:
    """The organisation of exactly this name or acronym; the portal never tells the sender whether there is one."""
    wanted = " ".join(text.split())
    if not wanted:
        return None
    match = Q(name__iexact=wanted) | Q(acronym__iexact=wanted) | Q(names__name__iexact=wanted)
    return Organisation.objects.filter(match).order_by("pk").first()


def concerns_dss(*, office: str, organisation: Organisation | None) -> bool:
    """Whether a case about this office or organisation is one about DSS headquarters, who must not keep it (F3)."""
    return office == "dss_headquarters" or (organisation is not None and organisation == dss())


def note(rows: Iterable[Concerned]) -> list[Concerned]:
    """Save who is concerned, of one case, and with each office and organisation who is there now; returns `rows`.
    Call it in the action's transaction."""
    rows = Concerned.objects.bulk_create(rows)
    offices = {row.principal: row for row in rows if row.principal}
    organisations = {row.organisation_id: row for row in rows if row.organisation_id}
    found = holdings(principals=frozenset(offices)) if offices else ()
    held = [hold for hold in found if not hold.is_mailbox]
    there = {(hold.user_id, offices[hold.principal]) for hold in held}
    staff = Membership.objects.on().filter(organisation__in=organisations).values_list("user", "organisation")
    there |= {(user, organisations[organisation]) for user, organisation in staff}
    Concerned.objects.bulk_create(
        Concerned(case=row.case, user_id=user, through=row, noted_by=row.noted_by)
        for user, row in sorted(there, key=lambda pair: (pair[1].pk, pair[0]))
        if user != row.case.sender_id
    )
    return rows


def rows_for(case: Case, *, persons: Iterable[User], persons_text: str) -> list[Concerned]:
    """Who is concerned in a case that was just filed: persons ticked or named, the office, the organisation it is
    about, and DSS headquarters with all their people where they are. Not saved."""
    people = {person.pk for person in persons} | people_named_in(persons_text)
    principals = principals_of(case.office, case.area) if case.office else set()
    organisations = {case.about_organisation_id} if case.about_organisation_id else set()
    if case.is_dss_concerned:
        principals.add("dss_world")
        organisations |= {row.pk for row in [dss()] if row}
    rows = [Concerned(case=case, user_id=pk) for pk in sorted(people - {case.sender_id})]
    rows += [Concerned(case=case, principal=name) for name in sorted(principals)]
    rows += [Concerned(case=case, organisation_id=pk) for pk in sorted(organisations)]
    for row in rows:
        row.noted_by = case.sender
    return rows
