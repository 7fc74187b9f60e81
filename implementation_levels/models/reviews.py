"""The review of levels: partners are asked, the Working Group recommends, the Committee decides (§5c, §5d; L3)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from areas.models import Area
from documents.models import DataKey
from documents.sealed import SealedRow
from governance.models import Decision
from implementation_levels.querysets import (
    AnswerQuerySet,
    ProposalQuerySet,
    ReviewedAreaQuerySet,
    ReviewQuerySet,
    ReviewRequestQuerySet,
)
from notifications.models import Subject
from organisations.models import Organisation
from slt_portal.references import new_reference
from slt_portal.states import Step, next_of

from .levels import Level, LevelDecision


def review_reference() -> str:
    """A fresh public reference of a review."""
    return new_reference("REV")


def request_reference() -> str:
    """A fresh public reference of a request."""
    return new_reference("RRQ")


class Review(SealedRow):
    """One review: of all areas every six months (`cycle`), or of some areas early. Its texts: why (of an early one)."""

    class Kind(models.TextChoices):
        CYCLE = "cycle", _("six-monthly review")
        EARLY = "early", _("early review")

    class State(models.TextChoices):
        CONSULTING = "consulting", _("partner organisations are asked")
        RECOMMENDING = "recommending", _("with the Working Group")
        DECIDING = "deciding", _("before the Oversight Committee")
        DONE = "done", _("decided")

    STEPS = (
        # When the day has come; of an urgent review the Working Group need not wait for it.
        Step("close_consultation", (State.CONSULTING,), State.RECOMMENDING, ("portal", "hurried_group")),
        Step("put", (State.RECOMMENDING,), State.DECIDING, ("working_group",)),
        Step("return", (State.DECIDING,), State.RECOMMENDING, ("portal",)),
        Step("finish", (State.DECIDING,), State.DONE, ("portal",)),
    )
    NEXT = next_of(STEPS, State)

    ref = models.CharField(max_length=16, unique=True, default=review_reference)
    kind = models.CharField(max_length=8, choices=Kind)
    cycle = models.PositiveIntegerField(
        null=True, blank=True, unique=True, help_text="1, 2, … of the six-monthly ones."
    )
    is_urgent = models.BooleanField(default=False)
    state = models.CharField(max_length=14, choices=State, default=State.CONSULTING)
    state_since = models.DateTimeField(default=timezone.now)
    opened_on = models.DateField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    consult_until = models.DateField(help_text="The last day for answers.")
    recommend_by = models.DateField()
    due_on = models.DateField(help_text="When the Committee should have decided.")
    data_key = models.OneToOneField(DataKey, models.PROTECT, related_name="+")
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")

    objects = ReviewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="cycle", cycle__isnull=False) | Q(kind="early", cycle=None), name="cycles_are_numbered"
            )
        ]

    def __str__(self):
        return self.ref

    @property
    def key(self):
        """Its own."""
        return self.data_key


class ReviewedArea(SealedRow):
    """One area in a review, with what the Working Group recommends. Its texts: internal (for the bodies only).

    `reasons` become those of the decision: every reader of the levels reads them. `seen` is the number of the
    decision on this area that the Working Group had before it: if there is another by the time the Committee has
    decided, the area was decided elsewhere and this is overtaken.
    """

    class Verdict(models.TextChoices):
        KEEP = "keep", _("keep the level")
        ADD = "add", _("add to the reinforced list")
        REMOVE = "remove", _("remove from the reinforced list")

    class State(models.TextChoices):
        WAITING = "waiting", _("no recommendation yet")
        RECOMMENDED = "recommended", _("recommended")
        PUT = "put", _("before the Oversight Committee")
        DECIDED = "decided", _("decided")
        OVERTAKEN = "overtaken", _("overtaken: decided elsewhere meanwhile")

    STEPS = (
        Step("recommend", (State.WAITING, State.RECOMMENDED), State.RECOMMENDED, ("working_group",)),
        Step("put", (State.RECOMMENDED,), State.PUT, ("working_group",)),
        # Out of the list, to be decided by itself: only its decision changes.
        Step("take_out", (State.PUT,), State.PUT, ("oversight_committee",)),
        Step("return", (State.PUT,), State.RECOMMENDED, ("portal",)),
        Step("decide", (State.PUT,), State.DECIDED, ("portal",)),
        Step("overtake", (State.WAITING, State.RECOMMENDED, State.PUT), State.OVERTAKEN, ("portal",)),
    )
    NEXT = next_of(STEPS, State)

    review = models.ForeignKey(Review, models.PROTECT, related_name="+")
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    level_before = models.CharField(max_length=10, choices=Level, help_text="When the review was opened.")
    state = models.CharField(max_length=12, choices=State, default=State.WAITING)
    verdict = models.CharField(max_length=8, choices=Verdict, blank=True)
    effective_from = models.DateField(null=True, blank=True, help_text="Empty: the day on which it is decided.")
    reasons = models.TextField(blank=True)
    seen = models.PositiveIntegerField(default=0)
    recommended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    recommended_at = models.DateTimeField(null=True, blank=True)
    decision = models.ForeignKey(Decision, models.PROTECT, null=True, blank=True, related_name="+")
    result = models.OneToOneField(LevelDecision, models.PROTECT, null=True, blank=True, related_name="+")

    objects = ReviewedAreaQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "area"], name="each_area_once_in_a_review"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "overtaken"]) | ~Q(verdict=""), name="recommended_with_a_verdict"
            ),
            models.CheckConstraint(
                condition=Q(verdict__in=["", "keep"]) | ~Q(reasons=""), name="changes_are_recommended_with_reasons"
            ),
        ]

    def __str__(self):
        return f"{self.review}: {self.area_id}"

    @property
    def key(self):
        """The review's."""
        return self.review.data_key


class Proposal(models.Model):
    """What one decision of the Committee is about, in codes: it stays when the review goes on with another.

    `verdicts` is a list of {"area", "verdict", "level", "effective_from"}, `level` being what the area would have then;
    what a seat takes out goes from the list into a proposal of its own.
    """

    review = models.ForeignKey(Review, models.PROTECT, related_name="+")
    decision = models.OneToOneField(Decision, models.PROTECT, related_name="+")
    verdicts = models.JSONField()

    objects = ProposalQuerySet.as_manager()

    def __str__(self):
        return f"{self.review}: {self.decision}"


class Answer(SealedRow):
    """What a partner organisation thinks of the level of an area where it is active; its newest counts (§5c).

    Its texts: text. Read by both bodies, the secretariat, and the organisation itself.
    """

    append_only = True

    class View(models.TextChoices):
        KEEP = "keep", _("the level is right")
        NORMAL = "normal", _("it should be normal")
        REINFORCED = "reinforced", _("it should be reinforced")
        NO_VIEW = "no_view", _("we have no view")

    reviewed = models.ForeignKey(ReviewedArea, models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    is_headquarters = models.BooleanField(help_text="Said at headquarters, or in the field.")
    view = models.CharField(max_length=10, choices=View)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = AnswerQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["reviewed", "organisation"], name="answers_of_an_area")]

    def __str__(self):
        return f"{self.reviewed}: {self.view}"

    @property
    def key(self):
        """The review's."""
        return self.reviewed.review.data_key


class ReviewRequest(SealedRow):
    """The field, or a member of a body, asks for a review of an area now (§5d). Its texts: why, answer."""

    class State(models.TextChoices):
        OPEN = "open", _("with the Working Group")
        TAKEN_UP = "taken_up", _("taken up in a review")
        DECLINED = "declined", _("not taken up before the next review")

    STEPS = (
        Step("take_up", (State.OPEN,), State.TAKEN_UP, ("working_group", "portal")),
        Step("decline", (State.OPEN,), State.DECLINED, ("working_group",)),
    )
    NEXT = next_of(STEPS, State)

    ref = models.CharField(max_length=16, unique=True, default=request_reference)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    level = models.CharField(max_length=10, choices=Level, help_text="The level that is asked for.")
    party = models.CharField(max_length=24, help_text="As what they ask: dss, designated_official, mechanism, …")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    review = models.ForeignKey(Review, models.PROTECT, null=True, blank=True, related_name="+")
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)
    data_key = models.OneToOneField(DataKey, models.PROTECT, related_name="+")
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")

    objects = ReviewRequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["area", "asked_by"], condition=Q(state="open"), name="one_open_request_of_a_person"
            )
        ]

    def __str__(self):
        return self.ref

    @property
    def key(self):
        """Its own."""
        return self.data_key
