"""What a desk does with an incident: it acknowledges, grades, notes, answers, proposes another text (I2)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from areas.models import Area
from incidents import codes
from notifications.models import Subject
from organisations.models import Organisation
from sharing.scoping import ScopedQuerySet

from .incident import Incident


class DeskEntry(models.Model):
    """One act of a desk on one incident; read by the desks and the originator, never by other readers."""

    class Kind(models.TextChoices):
        ACKNOWLEDGED = "acknowledged", _("received")
        GRADED = "graded", _("graded")
        NOTED = "noted", _("note")

    append_only = True

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    office = models.CharField(max_length=200, help_text="The organisation, as the reporter is told.")
    area = models.ForeignKey(
        Area, models.PROTECT, null=True, related_name="+", help_text="Whose desk; None: headquarters."
    )
    at = models.DateTimeField(default=timezone.now)
    reliability = models.CharField(max_length=1, choices=codes.Reliability, blank=True)
    credibility = models.CharField(max_length=1, choices=codes.Credibility, blank=True)
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")
    sealed = models.BinaryField(null=True, help_text="The note, encrypted with the item's key.")
    submission = models.UUIDField(null=True, help_text="Of the form with what it said: sent twice it is one entry.")

    wall = "desk entry"
    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "area"], condition=Q(kind="acknowledged"), name="a_desk_acknowledges_once"
            ),
            models.UniqueConstraint(
                fields=["incident"],
                condition=Q(kind="acknowledged", area=None),
                name="headquarters_acknowledge_once",
            ),
            models.UniqueConstraint(fields=["by", "submission"], name="each_entry_of_a_desk_once"),
            models.CheckConstraint(
                condition=~Q(kind="graded") | ~Q(reliability="", credibility=""), name="a_grade_grades_something"
            ),
            models.CheckConstraint(condition=~Q(kind="noted") | Q(sealed__isnull=False), name="a_note_says_something"),
        ]

    def __str__(self):
        return f"{self.kind} {self.incident_id}"


class Question(models.Model):
    """A headquarters focal point asks DSS to verify an incident and to follow it up; DSS answers (I3)."""

    class State(models.TextChoices):
        OPEN = "open", _("waiting for an answer")
        ANSWERED = "answered", _("answered")
        CLOSED = "closed", _("closed without an answer")

    NEXT = {
        State.OPEN: frozenset({State.ANSWERED, State.CLOSED}),
        State.ANSWERED: frozenset(),
        State.CLOSED: frozenset(),
    }

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    submission = models.UUIDField(help_text="Made by the form: the same form sent twice is one question.")
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")
    answer_subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")
    sealed = models.BinaryField(help_text="The question, encrypted with the item's key.")
    sealed_answer = models.BinaryField(null=True)

    wall = "question"
    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["asked_by", "submission"], name="each_question_once"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "closed"], answered_at=None, answered_by=None, sealed_answer=None)
                | Q(
                    state="answered",
                    answered_at__isnull=False,
                    answered_by__isnull=False,
                    sealed_answer__isnull=False,
                ),
                name="answered_by_whom_and_when",
            ),
        ]

    def __str__(self):
        return f"question {self.pk} on {self.incident_id}"


class Proposal(models.Model):
    """Another text for the readers of the shared release, proposed by a desk; the originator agrees or does not."""

    class State(models.TextChoices):
        OPEN = "open", _("waiting for the originator")
        AGREED = "agreed", _("agreed")
        REFUSED = "refused", _("refused")
        OUTDATED = "outdated", _("overtaken by a newer report")
        TAKEN_BACK = "taken_back", _("taken back")

    NEXT = {
        State.OPEN: frozenset({State.AGREED, State.REFUSED, State.OUTDATED, State.TAKEN_BACK}),
        State.AGREED: frozenset(),
        State.REFUSED: frozenset(),
        State.OUTDATED: frozenset(),
        State.TAKEN_BACK: frozenset(),
    }

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="+")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    office = models.CharField(max_length=200)
    area = models.ForeignKey(
        Area, models.PROTECT, null=True, related_name="+", help_text="Whose desk; None: headquarters."
    )
    proposed_at = models.DateTimeField(default=timezone.now)
    version = models.PositiveSmallIntegerField(help_text="Of the shared release that the proposal starts from.")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")
    answer_subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")
    sealed = models.BinaryField(help_text="The proposed texts by name, encrypted with the item's key.")
    sealed_reason = models.BinaryField(null=True, help_text="Why it was refused, encrypted with the item's key.")

    wall = "in full by incident: incident_id"
    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident"], condition=Q(state="open"), name="one_open_proposal"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "outdated"], decided_at=None, decided_by=None)
                | Q(state__in=["agreed", "refused", "taken_back"], decided_at__isnull=False, decided_by__isnull=False),
                name="decided_by_whom_and_when",
            ),
            models.CheckConstraint(
                condition=Q(sealed_reason=None) | Q(state="refused"), name="only_a_refusal_has_a_reason"
            ),
        ]

    def __str__(self):
        return f"proposal {self.pk} on {self.incident_id}"

    @property
    def desk(self) -> str:
        """Which desk proposes it, in the reader's language."""
        return f"{self.office}, {self.area}" if self.area else self.office
