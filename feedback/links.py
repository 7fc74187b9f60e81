"""What a case has to do with: an incident, a suspension, a level, a decision. A link opens for whoever may see that."""

from collections import defaultdict
from typing import NamedTuple

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
    """The links of a case that the reader handles, in the order in which they were made; a query more for each kind."""
    rows = CaseLink.objects.for_system("links of a case that the reader handles").filter(case=case)
    found = list(rows.order_by("pk").values_list("kind", "target"))
    targets = defaultdict(set)
    for kind, target in found:
        targets[kind].add(target)
    seen = {}
    for kind, each in targets.items():
        seen |= addresses(access, kind, each)
    return [Linked(kind, target, seen.get(target, "")) for kind, target in found]


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
