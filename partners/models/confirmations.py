"""A named person of a UN entity is asked whether an organisation is its partner (§2a, §3.2b; P4)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import ActionLink
from documents.models import DataKey
from documents.sealed import SealedRow
from notifications.models import Subject
from organisations.models import Organisation
from partners.querysets import ConfirmationQuerySet
from slt_portal.references import new_reference
from slt_portal.states import Step, next_of

from .applications import Agreement, Application


def confirmation_reference() -> str:
    """A fresh public reference of a request for confirmation."""
    return new_reference("CNF")


class Confirmation(SealedRow):
    """One request to one person. Passed on, it becomes a request of its own (`passed_from`), which cannot be passed
    again. Its texts: question (what the asker adds), reference (as confirmed), note (of the answer)."""

    class State(models.TextChoices):
        ASKED = "asked", _("waits for an answer")
        ESCALATED = "escalated", _("late: the agency's seat was told")
        CONFIRMED = "confirmed", _("confirmed")
        DENIED = "denied", _("denied")
        UNKNOWN = "unknown", _("does not know")
        PASSED = "passed", _("passed to a colleague")
        NO_ANSWER = "no_answer", _("no answer")
        CANCELLED = "cancelled", _("no longer needed")

    WAITING = (State.ASKED, State.ESCALATED)
    STEPS = (
        Step("escalate", (State.ASKED,), State.ESCALATED, ("portal",)),
        Step("confirm", WAITING, State.CONFIRMED, ("addressee", "agency")),
        Step("deny", WAITING, State.DENIED, ("addressee", "agency")),
        Step("not_know", WAITING, State.UNKNOWN, ("addressee", "agency")),
        Step("pass_on", WAITING, State.PASSED, ("addressee",)),
        Step("give_up", WAITING, State.NO_ANSWER, ("portal",)),  # not escalated where the portal stood still so long
        Step("cancel", WAITING, State.CANCELLED, ("working_group", "dss_headquarters", "portal")),
    )
    NEXT = next_of(STEPS, State)

    ref = models.CharField(max_length=16, unique=True, default=confirmation_reference)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    application = models.ForeignKey(Application, models.PROTECT, null=True, blank=True, related_name="+")
    agreement = models.ForeignKey(Agreement, models.PROTECT, null=True, blank=True, related_name="+")
    entity = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    addressee = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    data_key = models.OneToOneField(DataKey, models.PROTECT, related_name="+")
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")
    link = models.OneToOneField(ActionLink, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    passed_from = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="+")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The addressee, by the link; or somebody of the agency, signed in.",
    )
    relation = models.CharField(max_length=12, choices=Agreement.Relation, blank=True)
    ends_on = models.DateField(null=True, blank=True, help_text="Until when the agreement runs, as confirmed.")

    objects = ConfirmationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["asked", "escalated"], settled_at=None)
                | (~Q(state__in=["asked", "escalated"]) & Q(settled_at__isnull=False)),
                name="confirmation_settled_at_some_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["confirmed", "denied", "unknown", "passed"], answered_by__isnull=False)
                | (~Q(state__in=["confirmed", "denied", "unknown", "passed"]) & Q(answered_by=None)),
                name="answers_are_somebodys",
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | ~Q(relation=""), name="confirmed_partners_have_a_relation"
            ),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(state__in=["asked", "escalated"]), name="confirm_open")]

    def __str__(self):
        return self.ref

    @property
    def key(self):
        """Its own."""
        return self.data_key
