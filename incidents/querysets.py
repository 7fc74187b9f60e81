"""Questions about incidents: always about releases that the asker may read."""

from datetime import datetime

from django.apps import apps
from django.db import connections
from django.db.models import BooleanField, Case, Exists, F, Func, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import TruncDay

from areas.models import Area
from sharing.access import Access
from sharing.markings import Depth
from sharing.models import Audience, ConsentRequest, Release
from sharing.newest import Position
from sharing.querysets import OneOf, ReleaseQuerySet
from sharing.scoping import ScopedQuerySet
from sharing.wall import SYSTEM

from . import codes
from .coarser import TO_THE_DAY


class IncidentReleaseQuerySet(ScopedQuerySet):
    def visible_to(self, access: Access) -> "IncidentReleaseQuerySet":
        """What the releases that `access` opens say of incidents; of several of one incident only the deepest, and of
        several that were passed on the newest."""
        rule = ReleaseQuerySet.visible(access, release="release", area="release__area")
        return self.filter(rule, ~_deeper(access))._scoped(f"visible to user {access.user_id}", access)

    def ruled(self, access: Access) -> "IncidentReleaseQuerySet":
        """The same rows as `visible_to`, by the rule alone: to be asked of what the wall let through."""
        return self.visible_to(access)._beside_the_wall(f"visible to user {access.user_id}")

    def all_visible_to(self, access: Access) -> "IncidentReleaseQuerySet":
        """The same rows as `visible_to`, for questions that read nearly all of them."""
        rule = ReleaseQuerySet.gathered(access, release="release")
        return self.filter(rule, ~_deeper(access))._beside_the_wall(f"visible to user {access.user_id}")

    def top(self, limit: int) -> "IncidentReleaseQuerySet":
        """The first `limit` of the rows of `visible_to`, for questions that put many in order to show a few: the rule
        finds them beside the wall, then each of them is held against it, in the same question."""
        reader, rows = self.query.wall, self._beside_the_wall(self.query.scope)
        if connections[self.db].vendor != "postgresql" or reader == SYSTEM:
            return rows[:limit]
        opens = Func("pk", Value(reader), function="slt_opens_to", output_field=BooleanField())
        return rows.filter(OneOf(F("pk"), rows.values("pk")[:limit].query), opens)

    def capped_count(self, most: int) -> int:
        """How many of the rows of `visible_to` there are, counted up to `most`: a number, of the rule alone."""
        return self._beside_the_wall(self.query.scope).order_by()[:most].count()

    def with_release(self) -> "IncidentReleaseQuerySet":
        """With everything a list or a page shows of a release, in the same query."""
        return self.select_related("release__area", "release__item__originator", "release__item__data_key")

    def for_lists(self) -> "IncidentReleaseQuerySet":
        """With what a list shows of a release, in the same query; without the texts, which no list opens."""
        rows = self.select_related("release__area", "release__item__originator")
        return rows.defer("sealed", "release__area__note_en", "release__area__note_fr")

    def in_areas(self, areas) -> "IncidentReleaseQuerySet":
        """Those in one of `areas` (areas or their ids) or in a part of one."""
        ids = [getattr(area, "pk", area) for area in areas]
        places = Area.objects.filter(Q(pk__in=ids) | Q(parent__in=ids)).order_by().values("pk")
        return self.filter(OneOf(F("release__area"), places.query))

    def own(self, access: Access) -> "IncidentReleaseQuerySet":
        """Those that the reader's own organisation reported."""
        return self.filter(Exists(_own_rows(access)))

    def marked_own(self, access: Access) -> "IncidentReleaseQuerySet":
        """With `is_own`: whether the reader's own organisation reported it."""
        return self.annotate(is_own=Exists(_own_rows(access)))

    def with_waiting_work(self) -> "IncidentReleaseQuerySet":
        """With `has_proposal`, `has_questions`: whether one waits for the originator, or for the desk; since when the
        oldest does (`proposed_at`, `asked_at`). With `consent_asked`, `consent_asked_at`: the oldest request to pass it
        on, which waits for the originator alone."""
        why, here = "does anything wait", {"incident__item": OuterRef("release__item"), "state": "open"}
        proposals = apps.get_model("incidents", "Proposal").objects.for_system(why).filter(**here)
        questions = apps.get_model("incidents", "Question").objects.for_system(why).filter(**here)
        consents = ConsentRequest.objects.for_system(why).waiting().filter(item=OuterRef("release__item"))
        consents = consents.order_by("asked_at", "pk")
        return self.annotate(
            has_proposal=Exists(proposals),
            has_questions=Exists(questions),
            proposed_at=Subquery(proposals.order_by("proposed_at").values("proposed_at")[:1]),
            asked_at=Subquery(questions.order_by("asked_at").values("asked_at")[:1]),
            consent_asked=Subquery(consents.values("ref")[:1]),
            consent_asked_at=Subquery(consents.values("asked_at")[:1]),
        )

    def with_lives_at_risk(self) -> "IncidentReleaseQuerySet":
        """With `lives_at_risk`: whether somebody's life or liberty is at stake, as far as is known (G8)."""
        grave = Q(severity__gte=codes.Severity.SEVERE)
        category = Q(category__in=codes.LIFE_SAFETY_CATEGORIES, is_near_miss=False)
        return self.annotate(lives_at_risk=Case(When(grave | category, then=Value(True)), default=Value(False)))

    def shared(self, access: Access) -> "IncidentReleaseQuerySet":
        """Those that other organisations shared."""
        return self.filter(~Exists(_own_rows(access)), release__item__originator__isnull=False)

    def new_since(self, moment: datetime) -> "IncidentReleaseQuerySet":
        """Those on which a report came since `moment`, or which were passed on since then. Of what was passed on it is
        not told when it was reported: that may be no part of it."""
        why = "what is new"
        # By key, so that the database begins with the few of these days, not with the readers' rows.
        reported = self.model.objects.for_system(why).filter(report__filed_at__gte=moment)
        reported = reported.exclude(release__depth=Depth.CONSENT).order_by().values("pk")
        passed = Release.objects.for_system(why).filter(passed_on_at__gte=moment).order_by().values("pk")
        return self.filter(OneOf(F("pk"), reported.union(passed, all=True).query))

    def newest_reported(self, *before: str) -> "IncidentReleaseQuerySet":
        """The latest reported first, after what `before` orders by: as exactly as its readers may know when (C4). What
        was passed on stands before the rest."""
        known = Case(
            When(release__depth=Depth.CONSENT, then=None),
            When(Q(time_limit__in=TO_THE_DAY) | Q(is_minimal=True), then=TruncDay("report__filed_at")),
            default=F("report__filed_at"),
        )
        return self.select_related("report").order_by(*before, known.desc(nulls_first=True), "-release")

    def after(self, position: Position, *, oldest_first: bool) -> "IncidentReleaseQuerySet":
        """Those that come later in the list than `position`."""
        side = "gt" if oldest_first else "lt"
        later = Q(**{f"release__sort_at__{side}": position.sort_at})
        tied = Q(release__sort_at=position.sort_at, **{f"release__{side}": position.release})
        return self.filter(later | tied)

    def by_date(self, *, oldest_first: bool) -> "IncidentReleaseQuerySet":
        """In the order of the list."""
        sign = "" if oldest_first else "-"
        return self.order_by(f"{sign}release__sort_at", f"{sign}release")


def _own_rows(access):
    audience = Audience.objects.for_system("own or shared")
    return audience.filter(release__item=OuterRef("release__item"), principal__in=access.originators)


def _deeper(access):
    rows = Release.objects.for_system("the deepest that is open").filter(ReleaseQuerySet.visible(access))
    rows = rows.filter(item=OuterRef("release__item"))
    depth, newer = OuterRef("release__depth"), Q(pk__gt=OuterRef("release"))
    return Exists(rows.filter(Q(depth__gt=depth) | Q(depth=Depth.CONSENT) & Q(depth=depth) & newer))
