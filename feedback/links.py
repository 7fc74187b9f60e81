"""What a case has to do with: an incident, a suspension, a level, a decision. A link opens for whoever may see that."""

from typing import NamedTuple

from django.db.models import Case as Chosen
from django.db.models import Exists, OuterRef, Subquery, Value, When
from django.urls import reverse

from governance.models import Decision
from implementation_levels.models import LevelDecision
from implementation_levels.policies import reads_levels
from incidents.models import IncidentRelease
from partners.models import Suspension
from sharing.access import Access

from .codes import LinkKind
from .models import Case, CaseLink

PREFIXES = {
    "INC": LinkKind.INCIDENT,
    "SUS": LinkKind.SUSPENSION,
    "LEV": LinkKind.LEVEL,
    "DEC": LinkKind.DECISION,
}
PAGES = {
    LinkKind.INCIDENT: "incidents:detail",
    LinkKind.SUSPENSION: "partners:suspension",
    LinkKind.DECISION: "governance:decision",
}


_HIDDEN = "which decisions somebody is kept out of"


class Linked(NamedTuple):
    """One link as its reader sees it: `href` is empty where they may not see the target."""

    kind: str
    target: str
    href: str

    @property
    def label(self) -> str:
        """What it is."""
        return LinkKind(self.kind).label


def kind_of(target: str) -> str:
    """What a reference is one of; empty for none that can be linked."""
    return PREFIXES.get(target.partition("-")[0], "")


def links_of(access: Access, case: Case) -> list[Linked]:
    """The links of a case that the reader handles, in the order in which they were made; one query. A decision from
    which somebody is kept out is there for those alone who may open it: who is kept out never learns of it (F3)."""
    target = OuterRef("target")
    visible = {
        LinkKind.INCIDENT: IncidentRelease.objects.visible_to(access).filter(release__item__ref=target),
        LinkKind.SUSPENSION: Suspension.objects.visible_to(access).filter(ref=target),
        LinkKind.DECISION: Decision.objects.visible_to(access).filter(ref=target),
    }
    rows = CaseLink.objects.for_system("links of a case that the reader handles").filter(case=case).order_by("pk")
    rows = rows.annotate(
        is_seen=Chosen(*(When(kind=kind, then=Exists(found)) for kind, found in visible.items()), default=Value(False)),
        is_hidden=Exists(Decision.objects.for_system(_HIDDEN).filter(ref=target, has_exclusions=True)),
        area=Subquery(LevelDecision.objects.filter(ref=target).values("area__code")[:1]),
    )
    found = rows.exclude(is_seen=False, is_hidden=True).values_list("kind", "target", "is_seen", "area")
    return [Linked(kind, ref, _page_of(access, kind, ref, is_seen, area)) for kind, ref, is_seen, area in found]


def _page_of(access, kind, ref, is_seen, area):
    if kind == LinkKind.LEVEL:
        return reverse("implementation_levels:area", args=[area]) if area and reads_levels(access) else ""
    return reverse(PAGES[kind], args=[ref]) if is_seen else ""


def addresses(access: Access, kind: str, targets: set[str]) -> dict[str, str]:
    """The pages of those of `targets`, references of one kind, that this person may see by themselves; one query."""
    if kind == LinkKind.LEVEL:
        rows = LevelDecision.objects.filter(ref__in=targets) if reads_levels(access) else LevelDecision.objects.none()
        return {
            ref: reverse("implementation_levels:area", args=[code])
            for ref, code in rows.values_list("ref", "area__code")
        }
    if kind == LinkKind.INCIDENT:
        rows = IncidentRelease.objects.visible_to(access).filter(release__item__ref__in=targets)
        found, page = rows.values_list("release__item__ref", flat=True), "incidents:detail"
    elif kind == LinkKind.SUSPENSION:
        found, page = _refs(Suspension, access, targets), "partners:suspension"
    else:
        found, page = _refs(Decision, access, targets), "governance:decision"
    return {ref: reverse(page, args=[ref]) for ref in found}


def _refs(model, access, targets):
    return model.objects.visible_to(access).filter(ref__in=targets).values_list("ref", flat=True)
