"""Who may do what with incidents."""

from django.db.models import QuerySet

from organisations.memberships import memberships_of
from organisations.models import Membership, Organisation
from organisations.policies import has_role, roles_held
from organisations.roles import ROLES
from sharing.models import Item

from .desk import Desk
from .models import Draft

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


def can_import(user) -> bool:
    """Whether `user` may bring files of public data sets: DSS headquarters (I9)."""
    return has_role(user, "dss_headquarters")
