"""By hand, and not from what models say of the wall: which rows of each table behind it somebody may see, from what the
pages show to whom (C1, C2, C3, C5, C6)."""

from functools import cached_property

from incidents.models import IncidentRelease, Withholding
from organisations.models import Organisation
from sharing.markings import Depth
from sharing.models import Audience, Item, Release
from sharing.querysets import ReleaseQuerySet
from sharing.wall import walled


class Rights:
    """What one person reads, by the rule alone: asked as the system, without any wall."""

    def __init__(self, access):
        self.access, self.user = access, access.user_id

    @cached_property
    def releases(self) -> dict[int, Release]:
        rows = Release.objects.for_system("test").filter(ReleaseQuerySet.visible(self.access))
        return {row.pk: row for row in rows}

    def of_depth(self, depth) -> set[int]:
        return {row.item_id for row in self.releases.values() if row.depth == depth}

    @cached_property
    def items(self) -> set[int]:
        return {row.item_id for row in self.releases.values()}

    @cached_property
    def in_full(self) -> set[int]:
        return self.of_depth(Depth.FULL)

    @cached_property
    def facts(self) -> dict[int, IncidentRelease]:
        return {row.pk: row for row in IncidentRelease.objects.for_system("test") if row.pk in self.releases}

    @cached_property
    def warned(self) -> set[int]:
        return {self.releases[row.pk].item_id for row in self.facts.values() if row.is_minimal}

    @cached_property
    def shared(self) -> set[int]:
        """Whose shared text they read, which is no warning."""
        return {item for item in self.of_depth(Depth.SHARED) & self.with_facts if item not in self.warned}

    @cached_property
    def with_facts(self) -> set[int]:
        return {self.releases[pk].item_id for pk in self.facts}

    @cached_property
    def own(self) -> set[int]:
        rows = Audience.objects.for_system("test").filter(principal__in=self.access.originators)
        return set(rows.values_list("release__item", flat=True))

    @cached_property
    def own_refs(self) -> set[str]:
        return set(Item.objects.for_system("test").filter(pk__in=self.own).values_list("ref", flat=True))

    @cached_property
    def reports(self) -> set[int]:
        """Of which what they read says when they came."""
        return {row.report_id for row in self.facts.values()}

    @cached_property
    def organisations(self) -> set[int]:
        held = {held.organisation for held in self.access.through if held.principal.startswith("organisation")}
        return set(Organisation.objects.filter(name__in=held).values_list("pk", flat=True))

    @cached_property
    def at_a_desk(self) -> set[int]:
        """What they read at a desk of theirs, in full or as a warning."""
        names = [name for name in self.access.principals if name == "dss_world" or name.startswith("dss:")]
        rows = Audience.objects.for_system("test").filter(principal__in=names, release__in=self.releases)
        return set(rows.values_list("release__item", flat=True))

    def is_of_desk(self, incident, moment) -> bool:
        """What desks and originator read of an incident: all; or what came since it is only a warning."""
        if incident.item_id in self.in_full:
            return True
        kept = Withholding.objects.for_system("test").filter(incident=incident).exclude(of__in=["consent", "further"])
        last = kept.order_by("pk").last()
        return incident.item_id in self.warned & self.at_a_desk and moment > last.at

    def is_side(self, request) -> bool:
        """Whether they answer a request to pass on, or are of the side that asked."""
        is_asker = request.asked_by_id == self.user or request.item_id in self.items
        return request.item_id in self.own or (request.organisation_id in self.organisations and is_asker)

    def reaches(self, row) -> bool:
        return any(
            row.principal in names and row.release.area_id not in closed for names, closed in self.access.groups()
        )

    def is_granted(self, row) -> bool:
        access = self.access
        counts = row.expires_at is None or row.expires_at > access.on
        counts &= row.emergency_area_id is None or row.emergency_area_id in access.emergency_areas
        mine = access.is_member and row.user_id == self.user
        return mine and counts and row.content_object.area_id not in access.closed_areas


BY_HAND = {
    "Item": lambda mine, row: row.pk in mine.items,
    "Release": lambda mine, row: row.pk in mine.releases,
    "Audience": Rights.reaches,
    "Grant": Rights.is_granted,
    "SearchToken": lambda mine, row: row.release_id in mine.releases,
    "Recall": lambda mine, row: row.item_id in mine.own,
    "Reading": lambda mine, row: row.reader == mine.user or row.item_ref in mine.own_refs,
    "ConsentRequest": Rights.is_side,
    "ConsentRequest_named": lambda mine, row: mine.is_side(row.consentrequest),
    "ConsentEntry": lambda mine, row: mine.is_side(row.request),
    "EmergencyAccess_items": lambda mine, row: row.item_id in mine.items,
    "Incident": lambda mine, row: row.item_id in mine.items,
    "IncidentRelease": lambda mine, row: row.pk in mine.releases,
    "AffectedGroup": lambda mine, row: row.facts_id in mine.releases,
    "Report": lambda mine, row: row.pk in mine.reports or row.incident.item_id in mine.in_full | mine.shared,
    "ReportCodes": lambda mine, row: row.item_id in mine.in_full,
    "Change": lambda mine, row: row.incident.item_id in mine.in_full,
    "Withholding": lambda mine, row: row.incident.item_id in mine.own,
    "DeskEntry": lambda mine, row: (
        mine.is_of_desk(row.incident, row.at)
        or (row.kind == "acknowledged" and row.incident.item_id in mine.warned & mine.at_a_desk)
    ),
    "Question": lambda mine, row: mine.is_of_desk(row.incident, row.asked_at),
    "Proposal": lambda mine, row: row.incident.item_id in mine.in_full,
    "Attachment": lambda mine, row: (
        row.item_id in mine.in_full or (row.is_shared and not row.removed_at and row.item_id in mine.shared)
    ),
    "PartOf": lambda mine, row: row.item_id in mine.items,
    "NotTheSame": lambda mine, row: {row.lower_id, row.higher_id} <= mine.items,
    "Draft": lambda mine, row: row.owner_id == mine.user,
    "Export": lambda mine, row: row.owner_id == mine.user,
    "SavedSearch": lambda mine, row: row.owner_id == mine.user,
}


def by_key(model) -> dict:
    """All rows of a model, by their key."""
    return {row.pk: row for row in model._base_manager.all()}


def expected(access) -> dict[type, set]:
    """For every walled model: the keys of the rows that are for this person."""
    mine = Rights(access)
    return {
        model: {key for key, row in by_key(model).items() if BY_HAND[model.__name__](mine, row)}
        for model in walled().values()
    }
