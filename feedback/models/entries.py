"""What is said in a case: the conversation with its files, what an office is asked, what the Committee is asked."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from areas.models import Area
from documents.models import StoredFile
from documents.sealed import SealedRow
from feedback.codes import EntryKind, Office, Outcome, Side
from feedback.models.cases import Case
from feedback.querysets import InquiryQuerySet
from governance.models import Decision
from notifications.models import Subject
from organisations.models import Organisation
from sharing.scoping import ScopedQuerySet
from slt_portal.references import new_reference
from slt_portal.states import Step, next_of


def inquiry_reference() -> str:
    """A fresh public reference of a question to an office; it says nothing of the case."""
    return new_reference("INQ")


class Entry(SealedRow):
    """One contribution; its `uid` is made by the form, so that the same form sent twice is one entry. Its texts: text.

    The sender never reads an internal one.
    """

    append_only = True

    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=EntryKind)
    side = models.CharField(max_length=8, choices=Side)
    is_internal = models.BooleanField(default=False)
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(is_internal=False) | Q(side="handler"), name="internal_of_handlers")
        ]

    def __str__(self):
        return f"{self.case}: {self.kind}"

    @property
    def key(self):
        """The case's."""
        return self.case.data_key


class CaseFile(models.Model):
    """A file that came with the case (no entry) or with an entry; read by whoever reads that."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    entry = models.ForeignKey(Entry, models.PROTECT, null=True, related_name="+")
    file = models.OneToOneField(StoredFile, models.SET_NULL, null=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = ScopedQuerySet.as_manager()

    def __str__(self):
        return f"file of {self.case}"


class Inquiry(SealedRow):
    """An office is asked for its view through its head or the next level up, in words the handler writes (F3).

    Who is asked sees this and nothing of the case. Its texts: question, answer.
    """

    class State(models.TextChoices):
        OPEN = "open", _("asked")
        ANSWERED = "answered", _("answered")
        WITHDRAWN = "withdrawn", _("no longer needed")

    STEPS = (
        Step("answer", (State.OPEN,), State.ANSWERED, ("asked",)),
        Step("withdraw", (State.OPEN,), State.WITHDRAWN, ("handler", "portal")),
    )
    NEXT = next_of(STEPS, State)

    ref = models.CharField(max_length=16, unique=True, default=inquiry_reference)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    about = models.CharField(max_length=20, choices=Office, blank=True, help_text="The office whose view is asked.")
    area = models.ForeignKey(Area, models.PROTECT, null=True, blank=True, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    principal = models.CharField(max_length=64, help_text="Who holds it is asked.")
    names_sender = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")

    objects = InquiryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="answered", answered_by__isnull=False) | (~Q(state="answered") & Q(answered_by=None)),
                name="answered_by_somebody",
            )
        ]

    def __str__(self):
        return self.ref

    @property
    def key(self):
        """The case's."""
        return self.case.data_key


class Escalation(SealedRow):
    """One case put to the Oversight Committee. Its texts: proposal (the resolution asked for), why."""

    append_only = True

    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    decision = models.OneToOneField(Decision, models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = ScopedQuerySet.as_manager()

    def __str__(self):
        return f"{self.case}: {self.decision}"

    @property
    def key(self):
        """The case's."""
        return self.case.data_key
