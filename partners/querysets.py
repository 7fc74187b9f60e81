"""Who sees which application, request and suspension: the one rule, from the principals of a person (C2, P11)."""

from django.apps import apps
from django.db.models import Exists, OuterRef, Q

from areas.models import Area
from governance.policies import recusals_of
from governance.querysets import is_secretariat
from organisations.models import Membership
from organisations.roles import ROLES
from sharing.access import Access, access_of
from sharing.scoping import ScopedQuerySet


def _access(viewer) -> Access:
    return viewer if isinstance(viewer, Access) else access_of(viewer)


def areas_of(access: Access, *kinds: str) -> set[int]:
    """The ids of the areas in which this person holds a principal of one of `kinds`, such as `dss` or `mechanism`."""
    found = (name.split(":") for name in access.principals)
    return {int(parts[-1]) for parts in found if parts[0] in kinds and len(parts) > 1}


def as_access(viewer) -> Access:
    """The access of a person, or the one that a request has resolved already."""
    return _access(viewer)


def platforms_of(access: Access) -> set[tuple[int, int]]:
    """The (platform, area) ids that this person represents."""
    found = (name.split(":") for name in access.offices)
    return {(int(rest[0]), int(rest[1])) for kind, *rest in found if kind == "mechanism"}


class ApplicationQuerySet(ScopedQuerySet):
    BEFORE_THE_COMMITTEE = ("recommended", "approved", "concluding", "active", "refused")

    def visible_to(self, viewer) -> "ApplicationQuerySet":
        """One's own organisation's; once sent, all for Working Group and secretariat; once recommended, for the
        Committee. A draft is its organisation's alone."""
        access = _access(viewer)
        seen = Q(organisation__in=access.offices_for("applicant"))
        if access.offices_for("working_group") or is_secretariat(access):
            seen |= Q(submitted_at__isnull=False)
        if access.offices_for("oversight_committee"):
            seen |= Q(state__in=self.BEFORE_THE_COMMITTEE)
        return self.filter(seen)._scoped(f"applications of user {access.user_id}")


class ConfirmationQuerySet(ScopedQuerySet):
    def visible_to(self, viewer) -> "ConfirmationQuerySet":
        """All for Working Group and secretariat, but for who recused themselves in the decision that they are part of;
        for an agency what its people are asked. Never for who works for the organisation in question (P6, P11)."""
        access = _access(viewer)
        seen = Q(entity__in=access.offices_for("agency")) | Q(addressee=access.user_id)
        if access.offices_for("working_group") or is_secretariat(access):
            closed = Q(pk__in=[])
            if access.offices_for("oversight_committee"):
                put = apps.get_model("partners", "Recommendation").objects.filter(decision__in=recusals_of(access))
                closed = Q(application__in=put.order_by().values("application"))
            seen |= ~closed
        own = Membership.objects.on(access.on).filter(user=access.user_id).values("organisation")
        return self.filter(seen).exclude(organisation__in=own)._scoped(f"requests of user {access.user_id}")


def _has_headquarters(moment):
    """Whether somebody answers at headquarters for the organisation of a row."""
    roles = [role.code for role in ROLES.values() if "applicant:{org}" in role.offices]
    there = Q(user__expires_at=None) | Q(user__expires_at__gt=moment)
    rows = Membership.objects.on(moment).filter(there, organisation=OuterRef("organisation"), role__in=roles)
    return Exists(rows.filter(user__is_active=True))


class SuspensionQuerySet(ScopedQuerySet):
    def visible_to(self, viewer) -> "SuspensionQuerySet":
        """The organisation's own, for its people in the field that of their area, and at the global level where nobody
        is at headquarters; of an area for its Designated Official, DSS, OCHA and NGO representatives; all for DSS
        headquarters and OCHA; for the bodies what has come up to them. What of it, the page says by party."""
        access = _access(viewer)
        if is_secretariat(access):
            return self._scoped(f"suspensions of user {access.user_id}")
        seen = Q(organisation__in=access.offices_for("applicant"))
        for name in access.principals:
            kind, *ids = name.split(":")
            if kind == "originator_in_area":
                around = Area.objects.filter(Q(pk=ids[1]) | Q(parts=ids[1])).order_by()
                here = Q(area__in=around.values("pk")) | Q(Q(area=None) & ~_has_headquarters(access.on))
                seen |= Q(organisation=int(ids[0])) & here
        seen |= Q(area__in=areas_of(access, "designated_official", "dss", "ocha", "mechanism"))
        if access.offices_for("working_group"):
            seen |= Q(state="escalated") | Q(decision__isnull=False)
        if access.offices_for("oversight_committee"):
            seen |= Q(decision__isnull=False)
        return self.filter(seen)._scoped(f"suspensions of user {access.user_id}")


class ReferralQuerySet(ScopedQuerySet):
    def visible_to(self, viewer) -> "ReferralQuerySet":
        """All for DSS headquarters; of an area for its DSS and its Designated Official. For nobody else."""
        access = _access(viewer)
        seen = Q() if "dss_world" in access.principals else Q(area__in=areas_of(access, "designated_official", "dss"))
        return self.filter(seen)._scoped(f"referrals of user {access.user_id}")


class EligibilityCaseQuerySet(ScopedQuerySet):
    def visible_to(self, viewer) -> "EligibilityCaseQuerySet":
        """Those of an area for its DSS, all for DSS headquarters and the Working Group. Nobody else, and nobody who
        works for the organisation that it is about (§3)."""
        access = _access(viewer)
        rows = self
        if not (access.offices_for("working_group") or "dss_world" in access.principals):
            rows = self.filter(area__in=areas_of(access, "dss"))
        own = Membership.objects.on(access.on).filter(user=access.user_id).values("organisation")
        return rows.exclude(organisation__in=own)._scoped(f"cases of user {access.user_id}")
