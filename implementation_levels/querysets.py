"""Questions to the levels and to what leads to them. Who sees reviews, answers and requests: `visible_to` (C2)."""

from datetime import date

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q

from governance.policies import reads_bodies, recusals_of
from partners.querysets import areas_of, as_access
from sharing.scoping import ScopedQuerySet

FIELD = ("dss", "designated_official", "ocha", "mechanism")  # who may ask for a review of their own area (§5d)


class LevelDecisionQuerySet(models.QuerySet):
    def in_force(self, on: date) -> "LevelDecisionQuerySet":
        """The decision that gave each area its level on the day `on`: the highest number in effect by then (L2)."""
        rows = apps.get_model("implementation_levels", "LevelDecision").objects
        later = rows.filter(area=OuterRef("area"), number__gt=OuterRef("number"), effective_from__lte=on)
        return self.filter(~Exists(later), effective_from__lte=on)

    def to_come(self, on: date) -> "LevelDecisionQuerySet":
        """Decisions that come into effect after `on`, as one knew on that day: those that no later one had taken back
        by then."""
        rows = apps.get_model("implementation_levels", "LevelDecision").objects.filter(decided_on__lte=on)
        later = rows.filter(area=OuterRef("area"), number__gt=OuterRef("number"))
        taken_back = Exists(later.filter(effective_from__lte=OuterRef("effective_from")))
        return self.filter(~taken_back, effective_from__gt=on, decided_on__lte=on)


def consulted_areas(access) -> set[int]:
    """The ids of the areas for which this person is asked about the level: as partner, or UN security officer there."""
    return areas_of(access, "area_partners", "un")


class ReviewQuerySet(ScopedQuerySet):
    def visible_to(self, viewer) -> "ReviewQuerySet":
        """All for both bodies and the secretariat; for nobody else: partners see the question put to them
        (`ReviewedAreaQuerySet.asked_of`), not the review."""
        access = as_access(viewer)
        rows = self if reads_bodies(access) else self.none()
        return rows._scoped(f"reviews of user {access.user_id}")


class ReviewedAreaQuerySet(ScopedQuerySet):
    def visible_to(self, viewer) -> "ReviewedAreaQuerySet":
        """As the review, but for what was put in a decision in which a seat of theirs recused itself."""
        access = as_access(viewer)
        rows = self.exclude(decision__isnull=False, decision__in=recusals_of(access))
        rows = rows if reads_bodies(access) else self.none()
        return rows._scoped(f"reviewed areas of user {access.user_id}")

    def asked_of(self, viewer) -> "ReviewedAreaQuerySet":
        """Areas about whose level this person is asked now: their own, while the consultation is open (§5c)."""
        return self.put_to(viewer).filter(review__state="consulting")

    def put_to(self, viewer) -> "ReviewedAreaQuerySet":
        """The same, also once the consultation is closed: what of it they read is what their organisation said."""
        access = as_access(viewer)
        rows = self.filter(area__in=consulted_areas(access))
        return rows._scoped(f"questions to user {access.user_id}")


class ProposalQuerySet(ScopedQuerySet):
    def visible_to(self, viewer) -> "ProposalQuerySet":
        """As the review, but for decisions in which a seat of theirs recused itself."""
        access = as_access(viewer)
        rows = self.exclude(decision__in=recusals_of(access)) if reads_bodies(access) else self.none()
        return rows._scoped(f"proposals to user {access.user_id}")


class AnswerQuerySet(ScopedQuerySet):
    def visible_to(self, viewer) -> "AnswerQuerySet":
        """All for both bodies and the secretariat; for everybody else what their own organisation said: at
        headquarters all of it, in an area that of the area."""
        access = as_access(viewer)
        if reads_bodies(access):
            return self._scoped(f"answers of user {access.user_id}")
        seen = Q(pk__in=[])
        for name in access.principals:
            kind, *ids = name.split(":")
            if kind == "organisation":
                seen |= Q(organisation=int(ids[0]))
            elif kind == "organisation_in_area":
                seen |= Q(organisation=int(ids[0]), reviewed__area=int(ids[1]))
        return self.filter(seen)._scoped(f"answers of user {access.user_id}")

    def newest(self) -> "AnswerQuerySet":
        """The answers that count: the newest of each organisation about each area, headquarters and field apart."""
        rows = apps.get_model("implementation_levels", "Answer").objects.for_system("is there a newer one")
        same = {name: OuterRef(name) for name in ("reviewed", "organisation", "is_headquarters")}
        return self.filter(~Exists(rows.filter(**same, pk__gt=OuterRef("pk"))))


class ReviewRequestQuerySet(ScopedQuerySet):
    def visible_to(self, viewer) -> "ReviewRequestQuerySet":
        """All for both bodies and the secretariat; for the field what they asked themselves, while they could still ask
        it: the page says which level the area has, and what was answered."""
        access = as_access(viewer)
        own = Q(asked_by=access.user_id, area__in=areas_of(access, *FIELD))
        rows = self if reads_bodies(access) else self.filter(own)
        return rows._scoped(f"requests of user {access.user_id}")
