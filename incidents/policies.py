"""Who may do what with incidents."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import QuerySet

from organisations.memberships import memberships_of
from organisations.models import Membership, Organisation
from organisations.policies import has_role, roles_held
from organisations.roles import ROLES
from sharing import emergency
from sharing.access import Access
from sharing.markings import Depth
from sharing.models import Audience, Item

from .desk import Desk
from .models import Draft, IncidentRelease

# To see and to take away are two rights: seats, Designated Officials, representatives and confirmers read on the
# page; whoever answers for people's safety may export what they see.
EXPORTING_ROLES = frozenset(
    {
        "dss_headquarters",
        "dss_field",
        "country_security_focal_point",
        "un_security_officer",
        "ocha",
        "partner_headquarters",
        "partner_field",
        "local_focal_point",
    }
)
DESK_ROLES = frozenset({"dss_field", "country_security_focal_point"})
_ASKING_ROLES = ("partner_headquarters", "un_security_officer", "ocha")
FILING_ROLES = [role.code for role in ROLES.values() if role.may_file]


def filing_memberships(user) -> QuerySet[Membership]:
    """The memberships in which `user` may report; also those of a suspended organisation (§3)."""
    rows = Membership.objects.on().filter(user=user, role__in=FILING_ROLES)
    return rows.select_related("organisation", "area").order_by("pk")


def filing_of(request) -> list[Membership]:
    """The same of the reader of a request, without asking the database again."""
    return [row for row in memberships_of(request) if row.role in FILING_ROLES]


def can_file(user) -> bool:
    """Whether `user` may report an incident for an organisation."""
    return filing_memberships(user).exists()


def can_read_lists(user) -> bool:
    """Every signed-in person has lists; what is in them is the visibility rule's business."""
    return user.is_authenticated


def can_export(user) -> bool:
    """Whether `user` may take away what they may see, as a table or a dossier (C9)."""
    return Membership.objects.on().filter(user=user, role__in=EXPORTING_ROLES).exists()


def can_report_on(request, item: Item) -> bool:
    """Whether the reader reports for the originator of `item` in its area, or everywhere: they may follow it up, change
    who sees it and withdraw it; also while their organisation is suspended (§3)."""
    places = {None, *(item.area.places if item.area else ())}
    return any(
        row.role in FILING_ROLES and row.organisation_id == item.originator_id and row.area_id in places
        for row in memberships_of(request)
    )


def may_send(request, draft: Draft) -> bool:
    """Whether the reader may still send their draft: a further report only while they report on that incident."""
    return draft.item is None or can_report_on(request, draft.item)


def desk_of(request, item: Item, names: set[str]) -> Desk | None:
    """The desk in whose name the reader acts on `item`, of the area before headquarters; None if they have none.

    `names` are the principals through which they read it: without the originator's leave a desk is none (C2).
    """
    for row in _acting(request):
        if row.role in DESK_ROLES and f"dss:{row.area_id}" in names:
            return Desk(row.organisation.name, row.area)
    for row in _acting(request):
        if row.role == "dss_headquarters" and "dss_world" in names:
            return Desk(row.organisation.name, None)
    return None


def desk_reading(request, access: Access, facts: IncidentRelease, names: Iterable[str]) -> Desk | None:
    """The same of an incident of which the reader, with this `access`, reads `facts`; `names` are all the principals
    that may read it. Only who reads everything, or the warning that is all others get (C5), and only of a report:
    nobody sits at a desk for a public source."""
    if facts.report_id is None or (facts.release.depth != Depth.FULL and not facts.is_minimal):
        return None
    item = facts.release.item
    open_here = {name for name, closed in access.excepted if item.area_id not in closed}
    return desk_of(request, item, (set(access.plain) | open_here) & set(names))


def desk_names(request) -> list[str]:
    """The principals through which the reader's desks get to know of reports."""
    names = {f"dss:{row.area_id}" for row in _acting(request) if row.role in DESK_ROLES}
    return sorted(names | {"dss_world" for row in _acting(request) if row.role == "dss_headquarters"})


def desks_to_merge(request, access: Access, rows: Iterable[IncidentRelease]) -> dict[int, Desk]:
    """The desks in whose name the reader says of which of these incidents that it is the same event as another, by the
    id of the item (I10): of a report its desk, of one from a public source any desk of theirs. One query."""
    rows, names = list(rows), desk_names(request)
    audience = Audience.objects.for_system("which desk merges").filter(
        release__item__in=[row.release.item_id for row in rows], principal__in=names
    )
    known = defaultdict(set)
    for item, name in audience.values_list("release__item", "principal"):
        known[item].add(name)
    found = {}
    for row in rows:
        item = row.release.item
        is_public = item.originator_id is None
        found[item.pk] = _any_desk(request) if is_public else desk_reading(request, access, row, known[item.pk])
    return {item: desk for item, desk in found.items() if desk}


def _any_desk(request):
    for row in _acting(request):
        if row.role in DESK_ROLES or row.role == "dss_headquarters":
            return Desk(row.organisation.name, row.area)
    return None


def has_desk(user) -> bool:
    """Whether `user` works at a desk: DSS of an area, its country security focal point, or DSS headquarters."""
    return roles_held(user).filter(role__in={*DESK_ROLES, "dss_headquarters"}).exists()


def can_ask(request) -> bool:
    """Whether the reader may ask DSS to verify and follow up: focal points at headquarters (I3)."""
    return any(row.role in _ASKING_ROLES and row.area_id is None for row in _acting(request))


def asks_for(request) -> Organisation:
    """The organisation in whose name the reader asks."""
    return next(row.organisation for row in _acting(request) if row.role in _ASKING_ROLES and row.area_id is None)


def _acting(request):
    return [row for row in memberships_of(request) if not row.is_suspended]


def may_export(request) -> bool:
    """The same of the reader of a request, without asking the database again."""
    return any(row.role in EXPORTING_ROLES for row in memberships_of(request))


def may_watch_emergencies(user) -> bool:
    """Whether `user` has to do with emergency access: DSS of an area, and DSS headquarters, who sees that there was one
    but not what it opened (C8). The page is not there where it is switched off."""
    return emergency.is_on() and has_role(user, emergency.ROLE, "dss_headquarters")


def dss_areas(request) -> set[int]:
    """The ids of the areas in which the reader is DSS of the area."""
    return {row.area_id for row in _acting(request) if row.role == emergency.ROLE and row.area_id}


def can_import(user) -> bool:
    """Whether `user` may bring files of public data sets: DSS headquarters (I9)."""
    return has_role(user, "dss_headquarters")


def asks_to_pass_on(request, access: Access, facts: IncidentRelease, names: Iterable[str]) -> Organisation | None:
    """The organisation in whose name the reader, with this `access`, may ask the originator of what they read (`facts`,
    marked own) to let others have it; None if they may not (C3). `names` are the principals chosen for it.

    Not for what was passed on to them, nor for what a grant alone opens: that is for persons, or for an emergency. A
    colleague of the originator who may not know that they are is answered as anybody else.
    """
    item = facts.release.item
    if facts.is_own or facts.report_id is None or facts.release.depth == Depth.CONSENT:
        return None
    open_here = {name for name, closed in access.excepted if item.area_id not in closed} | set(access.plain)
    through = open_here & set(names)
    held = {(row.organisation, row.area_id, row.role) for row in access.through if row.principal in through}
    for row in _acting(request):
        reads = (row.organisation.name, row.area_id, row.role) in held
        if reads and row.role in EXPORTING_ROLES:
            return row.organisation
    return None


def reports_for(request) -> list[tuple[int, int | None]]:
    """The organisations for which the reader reports, with the area in which (None: everywhere); also while one is
    suspended: what becomes of its reports stays its own to say (§3)."""
    return [(row.organisation_id, row.area_id) for row in filing_of(request)]


def passes_on_for(request) -> list[int]:
    """The organisations in whose name the reader may ask to pass something on, or read what was asked."""
    return [row.organisation_id for row in _acting(request) if row.role in EXPORTING_ROLES]


def can_pass_on(user) -> bool:
    """Whether `user` has to do with passing on: asks for it, or answers."""
    return Membership.objects.on().filter(user=user, role__in={*EXPORTING_ROLES, *FILING_ROLES}).exists()
