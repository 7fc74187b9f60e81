"""Suspending and revoking a partnership, lifting that again, and breaches by UN entities (§3 "Infractions"; P9)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from areas.models import Area
from documents.models import DataKey
from documents.sealed import SealedRow
from governance.models import Decision
from notifications.models import Subject
from organisations.models import Organisation, Standing
from partners.querysets import ReferralQuerySet, SuspensionQuerySet
from slt_portal.references import new_reference
from slt_portal.states import Step, next_of


def suspension_reference() -> str:
    """A fresh public reference of a suspension procedure."""
    return new_reference("SUS")


def referral_reference() -> str:
    """A fresh public reference of a breach by a UN entity."""
    return new_reference("REF")


class Cause(models.TextChoices):
    """The four causes of §3."""

    NO_PARTNER = "no_partner", _("no longer an operational or implementing partner")
    PRINCIPLES = "principles", _("acts against the principles and objectives")
    COLLABORATION = "collaboration", _("unable or unwilling to collaborate")
    CONFIDENTIALITY = "confidentiality", _("wilful breach of confidentiality")


class Suspension(SealedRow):
    """One procedure, in an area or (no area) at the global level.

    Its texts: reasons (told to the organisation), hearing (its answer), notices (the reasons of each outcome); and what
    the organisation never reads: internal, recommendation, lifting (why the Committee is asked to lift it).
    """

    class State(models.TextChoices):
        HEARING = "hearing", _("the organisation is heard")
        AGREEING = "agreeing", _("DSS, OCHA and the NGO representative are asked")
        ESCALATED = "escalated", _("no consensus: with the Working Group")
        COMMITTEE = "committee", _("before the Oversight Committee")
        SUSPENDED = "suspended", _("suspended")
        LIFTING = "lifting", _("suspended; the Committee is asked to lift it")
        LIFTED = "lifted", _("lifted")
        REVOKED = "revoked", _("partnership revoked")
        DISMISSED = "dismissed", _("not suspended")

    STEPS = (
        Step("hear", (State.HEARING,), State.HEARING, ("answerer",)),  # the organisation answers, once
        Step("ask", (State.HEARING,), State.AGREEING, ("area_proposer",)),  # in an area: after the hearing
        Step("agree", (State.AGREEING,), State.SUSPENDED, ("portal",)),
        Step("escalate", (State.AGREEING,), State.ESCALATED, ("portal",)),
        Step("recommend", (State.ESCALATED,), State.COMMITTEE, ("working_group",)),
        Step("put", (State.HEARING,), State.COMMITTEE, ("world_proposer",)),  # global: after the hearing
        Step("suspend", (State.COMMITTEE,), State.SUSPENDED, ("portal",)),
        Step("revoke", (State.COMMITTEE,), State.REVOKED, ("portal",)),
        Step("dismiss", (State.COMMITTEE,), State.DISMISSED, ("portal",)),
        Step("drop", (State.HEARING, State.AGREEING), State.DISMISSED, ("opener",)),
        Step("lift", (State.SUSPENDED,), State.LIFTED, ("lifter",)),  # what was suspended in the area
        Step("ask_to_lift", (State.SUSPENDED,), State.LIFTING, ("committee_asker",)),  # what the Committee decided
        Step("lift_by_committee", (State.LIFTING,), State.LIFTED, ("portal",)),
        Step("keep", (State.LIFTING,), State.SUSPENDED, ("portal",)),
        Step(  # the partnership was revoked
            "overtake",
            (State.HEARING, State.AGREEING, State.ESCALATED, State.COMMITTEE, State.SUSPENDED, State.LIFTING),
            State.REVOKED,
            ("portal",),
        ),
    )
    NEXT = next_of(STEPS, State)
    IN_FORCE = frozenset({State.SUSPENDED, State.LIFTING})
    OVER = frozenset({State.LIFTED, State.REVOKED, State.DISMISSED})

    ref = models.CharField(max_length=16, unique=True, default=suspension_reference)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    area = models.ForeignKey(Area, models.PROTECT, null=True, blank=True, related_name="+")
    cause = models.CharField(max_length=16, choices=Cause)
    data_key = models.OneToOneField(DataKey, models.PROTECT, related_name="+")
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.HEARING)
    state_since = models.DateTimeField(default=timezone.now)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    hearing_until = models.DateTimeField()
    heard_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    heard_at = models.DateTimeField(null=True, blank=True)
    agreement = models.OneToOneField(Decision, models.PROTECT, null=True, blank=True, related_name="+")
    decision = models.OneToOneField(Decision, models.PROTECT, null=True, blank=True, related_name="+")
    lifting = models.OneToOneField(Decision, models.PROTECT, null=True, blank=True, related_name="+")
    standing = models.OneToOneField(Standing, models.PROTECT, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = SuspensionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "area"],
                condition=~Q(state__in=["lifted", "revoked", "dismissed"]),
                name="one_open_suspension_per_area",
            ),
            models.UniqueConstraint(  # in SQL no area is not equal to no area
                fields=["organisation"],
                condition=Q(area=None) & ~Q(state__in=["lifted", "revoked", "dismissed"]),
                name="one_open_world_suspension",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["suspended", "lifting"]) | Q(standing__isnull=False),
                name="suspended_by_a_standing",
            ),
        ]

    def __str__(self):
        return self.ref

    @property
    def key(self):
        """Its own."""
        return self.data_key

    def is_heard(self, moment) -> bool:
        """Whether the organisation has answered, or had its time to (§3)."""
        return self.heard_at is not None or self.hearing_until <= moment


class Referral(SealedRow):
    """A breach by a UN entity or its staff: recorded, and referred to that entity's own rules. Its texts: what, to."""

    append_only = True

    ref = models.CharField(max_length=16, unique=True, default=referral_reference)
    entity = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    area = models.ForeignKey(Area, models.PROTECT, null=True, blank=True, related_name="+")
    cause = models.CharField(max_length=16, choices=Cause)
    data_key = models.OneToOneField(DataKey, models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = ReferralQuerySet.as_manager()

    def __str__(self):
        return self.ref

    @property
    def key(self):
        """Its own."""
        return self.data_key
