"""Bodies with their seats, and decisions with everything that was said on the way (§11). Knows no domain object.

Who holds a seat is a membership: its start and end are the term. A decision holds its texts under a key of its own;
positions, discussion and closings are append-only, the newest of a seat counts.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from areas.models import Area
from documents.models import DataKey
from documents.sealed import SealedRow
from notifications.models import Subject
from organisations.models import Organisation
from slt_portal.references import new_reference
from slt_portal.states import Step, next_of

from .querysets import DecisionQuerySet


def decision_reference() -> str:
    """A fresh public reference of a decision."""
    return new_reference("DEC")


class Body(models.Model):
    """The Oversight Committee, the Working Group, or those who must agree on something in one area (§3, §11)."""

    class Kind(models.TextChoices):
        OVERSIGHT_COMMITTEE = "oversight_committee", _("Oversight Committee")
        WORKING_GROUP = "working_group", _("Working Group")
        AREA = "area", _("DSS, OCHA and NGO representatives of the area")

    kind = models.CharField(max_length=20, choices=Kind)
    area = models.OneToOneField(Area, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind"], condition=Q(area=None), name="one_body_of_a_kind"),
            models.CheckConstraint(
                condition=Q(kind="area", area__isnull=False) | (~Q(kind="area") & Q(area=None)),
                name="area_bodies_name_an_area",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} · {self.area}" if self.area_id else self.get_kind_display()


class Seat(models.Model):
    """A seat of a body. Whoever has the role for its organisation, or in its area, holds it; nobody: it is vacant."""

    class Capacity(models.TextChoices):
        MEMBER = "member", _("member")  # of an organisation: who has the role of the body there
        DSS = "dss", _("DSS of the area")
        OCHA = "ocha", _("OCHA")
        MECHANISM = "mechanism", _("NGO representative")  # of an organisation: who represents it in the area

    body = models.ForeignKey(Body, models.PROTECT, related_name="seats")
    capacity = models.CharField(max_length=10, choices=Capacity, default=Capacity.MEMBER)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    is_co_chair = models.BooleanField(default=False)
    order = models.PositiveSmallIntegerField(default=0)
    closed_at = models.DateTimeField(null=True, blank=True, help_text="The seat is no longer one of the body's.")

    class Meta:
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["body", "capacity", "organisation"], name="each_seat_once"),
            models.UniqueConstraint(  # in SQL no organisation is not equal to no organisation
                fields=["body", "capacity"], condition=Q(organisation=None), name="each_seat_of_an_office_once"
            ),
            models.CheckConstraint(
                condition=Q(capacity__in=["dss", "ocha"], organisation=None)
                | Q(capacity="mechanism")  # without an organisation: the area has no mechanism, the seat is vacant
                | Q(capacity="member", organisation__isnull=False),
                name="members_seats_name_an_organisation",
            ),
        ]

    def __str__(self):
        return str(self.organisation) if self.organisation_id else self.get_capacity_display()

    @property
    def principals(self) -> frozenset[str]:
        """Whoever holds one of these (sharing.holdings) holds the seat."""
        kind, area, organisation = self.body.kind, self.body.area_id, self.organisation_id
        if self.capacity == self.Capacity.MEMBER:
            return frozenset({f"{kind}:{organisation}"})
        if self.capacity == self.Capacity.MECHANISM:
            return frozenset({f"mechanism:{organisation}:{area}"}) if organisation else frozenset()
        world = "dss_world" if self.capacity == self.Capacity.DSS else "ocha"
        return frozenset({f"{self.capacity}:{area}", world})


class Decision(SealedRow):
    """Something put to a body. `question` says what it is about and what follows (governance.questions).

    `proposal` is the outcome that is proposed; `outcome` the one it closed with. Its texts: reasons. `concerns` is the
    organisation it is about: nobody of it holds a seat in this decision. `area` is the area it is about, if it is one.
    """

    class State(models.TextChoices):
        OPEN = "open", _("open")
        CLOSED = "closed", _("decided")
        CANCELLED = "cancelled", _("no longer needed")

    class Rule(models.TextChoices):
        SILENCE = "silence", _("approved if nobody objects by the deadline")
        UNANIMOUS = "unanimous", _("everybody must agree")

    STEPS = (
        Step("close", (State.OPEN,), State.CLOSED, ("co_chairs", "portal")),
        Step("cancel", (State.OPEN,), State.CANCELLED, ("portal",)),
    )
    NEXT = next_of(STEPS, State)

    ref = models.CharField(max_length=16, unique=True, default=decision_reference)
    body = models.ForeignKey(Body, models.PROTECT, related_name="+")
    question = models.CharField(max_length=64)
    rule = models.CharField(max_length=10, choices=Rule)
    proposal = models.CharField(max_length=20)
    outcome = models.CharField(max_length=20, blank=True)
    concerns = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    area = models.ForeignKey(Area, models.PROTECT, null=True, blank=True, related_name="+")
    has_exclusions = models.BooleanField(default=False, help_text="It is kept from some people: Exclusion.")
    data_key = models.OneToOneField(DataKey, models.PROTECT, related_name="+")
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    deadline = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    closed_at = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=80, blank=True, help_text="What kept the outcome from being carried out.")
    trouble_at = models.DateTimeField(null=True, blank=True)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", closed_at=None) | (~Q(state="open") & Q(closed_at__isnull=False)),
                name="decision_closed_at_some_time",
            ),
            models.CheckConstraint(
                condition=(Q(state="closed") & ~Q(outcome="")) | (~Q(state="closed") & Q(outcome="")),
                name="closed_decisions_have_an_outcome",
            ),
        ]
        indexes = [models.Index(fields=["deadline"], condition=Q(state="open"), name="decision_open")]

    def __str__(self):
        return self.ref

    @property
    def key(self):
        """Its own."""
        return self.data_key


class Exclusion(models.Model):
    """Who is kept out of a decision by the portal: a person, whoever holds a principal, whoever works for an
    organisation. They hold no seat in it, are told nothing and never see that there is one (§12; F3).
    """

    append_only = True

    decision = models.ForeignKey(Decision, models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    principal = models.CharField(max_length=64, blank=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, principal="", organisation=None)
                | (Q(user=None, organisation=None) & ~Q(principal=""))
                | Q(user=None, principal="", organisation__isnull=False),
                name="one_sort_of_exclusion",
            )
        ]
        indexes = [models.Index(fields=["decision"], name="exclusions_of_a_decision")]

    def __str__(self):
        return f"kept out of {self.decision}"


class _Said(SealedRow):
    """Something that the holder of a seat said about a decision; never changed, never removed."""

    append_only = True

    decision = models.ForeignKey(Decision, models.PROTECT, related_name="%(class)ss")
    seat = models.ForeignKey(Seat, models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True
        ordering = ["pk"]

    @property
    def key(self):
        """The decision's."""
        return self.decision.data_key


class Position(_Said):
    """Where a seat stands; its newest counts, but whoever recused themselves stays out. Its texts: reasons."""

    class Choice(models.TextChoices):
        AGREE = "agree", _("agree")
        OBJECT = "object", _("object")
        ABSTAIN = "abstain", _("abstain")
        RECUSE = "recuse", _("recuse")

    choice = models.CharField(max_length=10, choices=Choice)

    def __str__(self):
        return f"{self.decision}: {self.choice}"


class Comment(_Said):
    """A contribution to the discussion. Its texts: text."""

    def __str__(self):
        return f"{self.decision}: {self.uid}"


class Closing(_Said):
    """A co-chair proposes to close with an outcome and its reasons, or confirms (`confirms`) what the other proposed.

    Its texts: reasons; none in a confirmation, which stands for the very words that were proposed.
    """

    outcome = models.CharField(max_length=20)
    confirms = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="confirmed_by")

    def __str__(self):
        return f"{self.decision}: {self.outcome}"
