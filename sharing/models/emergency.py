"""Emergency access: DSS of an area reads for some hours what it was not chosen to read (C8)."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from areas.models import Area
from documents.models import DataKey
from notifications.models import Subject
from slt_portal.references import new_reference
from slt_portal.states import Step, next_of

LAPSES_AFTER = timedelta(hours=12)


def emergency_reference() -> str:
    """A fresh public reference of an emergency access."""
    return new_reference("EMG")


class EmergencyAccess(models.Model):
    """One person of DSS of an area asks, a second one there agrees; then both read what happened in the area since a
    day, for some hours. Off unless the installation switches it on. Every originator concerned is told."""

    class State(models.TextChoices):
        ASKED = "asked", _("waiting for a second person")
        OPEN = "open", _("open")
        REFUSED = "refused", _("refused")
        LAPSED = "lapsed", _("nobody agreed in time")
        CLOSED = "closed", _("closed")

    STEPS = (
        Step("open", (State.ASKED,), State.OPEN, ("second person",)),
        Step("refuse", (State.ASKED,), State.REFUSED, ("second person", "asker")),
        Step("lapse", (State.ASKED,), State.LAPSED, ("portal",)),
        Step("close", (State.OPEN,), State.CLOSED, ("asker", "second person", "portal")),
    )
    NEXT = next_of(STEPS, State.values)

    ref = models.CharField(max_length=16, unique=True, default=emergency_reference)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    since = models.DateTimeField(help_text="What happened, or was reported, from then on.")
    hours = models.PositiveSmallIntegerField(help_text="How long, once it is open.")
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    opened_until = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    items = models.ManyToManyField("sharing.Item", related_name="+", help_text="What it opened.")
    submission = models.UUIDField(unique=True, help_text="Made by the form: sent twice it is one request.")
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")
    told_subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")
    data_key = models.OneToOneField(DataKey, models.PROTECT, related_name="+")
    sealed = models.BinaryField(help_text="The reason.")

    walls_of_links = {"items": "by item: item_id"}

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "closed"], opened_until__isnull=False)
                | Q(state__in=["asked", "refused", "lapsed"], opened_until=None),
                name="emergency_open_until",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["asked", "lapsed"], decided_by=None, decided_at=None)
                | Q(state__in=["open", "refused", "closed"], decided_by__isnull=False, decided_at__isnull=False),
                name="emergency_decided_by_whom_and_when",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["asked", "refused", "lapsed"]) | ~Q(decided_by=F("asked_by")),
                name="emergency_needs_two_people",
            ),
            models.CheckConstraint(condition=Q(hours__gte=1, hours__lte=24), name="emergency_is_for_some_hours"),
        ]

    def __str__(self):
        return self.ref

    @property
    def is_waiting(self) -> bool:
        """Whether a second person can still agree: not for ever, whether or not a worker noted that it lapsed."""
        return self.state == self.State.ASKED and self.asked_at > timezone.now() - LAPSES_AFTER
