"""The case: who sent what, how far it is, and whom it concerns (§12; F1-F4)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from guardian.models import UserObjectPermissionBase

from areas.models import Area
from documents.models import DataKey
from documents.sealed import SealedRow
from feedback.codes import About, Category, Kind, LinkKind, Office, Outcome
from feedback.querysets import CaseQuerySet, GrantQuerySet
from notifications.models import Subject
from organisations.models import Organisation
from partners.models import Suspension
from sharing.scoping import ScopedQuerySet
from slt_portal.references import new_reference
from slt_portal.states import Step, next_of


def case_reference() -> str:
    """A fresh public reference of a case."""
    return new_reference("FBK")


class Case(SealedRow):
    """One concern, disagreement or question. Its texts: title, text, persons (named by the sender), about (in words).

    `is_dss_concerned`: DSS headquarters themselves are concerned, so that the consortium desk keeps the records and
    nobody of DSS headquarters ever reads it (F3). A case of a suspension has no sender and follows its procedure.
    """

    class State(models.TextChoices):
        RECEIVED = "received", _("received")
        HANDLING = "handling", _("with the Working Group")
        PROPOSED = "proposed", _("a resolution is proposed")
        COMMITTEE = "committee", _("before the Oversight Committee")
        CLOSED = "closed", _("closed")

    STEPS = (
        Step("take", (State.RECEIVED,), State.RECEIVED, ("intake",)),
        Step("hand_over", (State.RECEIVED,), State.HANDLING, ("intake",)),
        Step("redirect", (State.RECEIVED,), State.CLOSED, ("intake",)),
        Step("assign", (State.HANDLING,), State.HANDLING, ("handler",)),
        Step("propose", (State.HANDLING,), State.PROPOSED, ("resolver",)),  # a handler, but of no suspension
        Step("take_back", (State.PROPOSED,), State.HANDLING, ("handler",)),
        Step("accept", (State.PROPOSED,), State.CLOSED, ("sender",)),
        Step("refuse", (State.PROPOSED,), State.HANDLING, ("sender",)),
        Step("conclude", (State.PROPOSED,), State.CLOSED, ("late_handler",)),  # the sender's time has passed
        Step("escalate", (State.HANDLING, State.PROPOSED), State.COMMITTEE, ("working_group",)),
        Step("divert", (State.RECEIVED, State.HANDLING, State.PROPOSED), State.CLOSED, ("resolver",)),
        Step("withdraw", (State.RECEIVED, State.HANDLING, State.PROPOSED), State.CLOSED, ("sender",)),
        Step("put_suspension", (State.HANDLING,), State.COMMITTEE, ("portal",)),
        Step("decide", (State.COMMITTEE,), State.CLOSED, ("portal",)),
        Step("end_suspension", (State.HANDLING,), State.CLOSED, ("portal",)),  # overtaken by a revocation
        Step("return", (State.COMMITTEE,), State.HANDLING, ("portal",)),
        Step("reopen", (State.CLOSED,), State.HANDLING, ("reopener",)),  # within FEEDBACK_REOPEN_DAYS
    )
    NEXT = next_of(STEPS, State)
    OPEN = frozenset({State.RECEIVED, State.HANDLING, State.PROPOSED, State.COMMITTEE})

    ref = models.CharField(max_length=16, unique=True, default=case_reference)
    submission = models.UUIDField(unique=True, default=uuid.uuid4, help_text="Made by the form: sent twice, one case.")
    kind = models.CharField(max_length=12, choices=Kind)
    about = models.CharField(max_length=12, choices=About)
    area = models.ForeignKey(Area, models.PROTECT, null=True, blank=True, related_name="+")
    office = models.CharField(max_length=20, choices=Office, blank=True)
    about_organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    is_dss_concerned = models.BooleanField(default=False)
    sender = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", help_text="The sender's."
    )
    headquarters_read = models.BooleanField(default=True, help_text="So do the sender's headquarters.")
    is_named_to_area = models.BooleanField(default=False, help_text="Else those who are asked never learn who asks.")
    to_dss = models.BooleanField(default=False)
    desk = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", help_text="The consortium it went to."
    )
    category = models.CharField(max_length=16, choices=Category, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    state_since = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(null=True, blank=True, help_text="By when whoever has the next step takes it.")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)
    filed_at = models.DateTimeField(default=timezone.now)
    handed_over_at = models.DateTimeField(null=True, blank=True, help_text="First, to the Working Group.")
    escalated_at = models.DateTimeField(null=True, blank=True, help_text="First, to the Oversight Committee.")
    closed_at = models.DateTimeField(null=True, blank=True)
    suspension = models.OneToOneField(Suspension, models.PROTECT, null=True, blank=True, related_name="+")
    data_key = models.OneToOneField(DataKey, models.PROTECT, related_name="+")
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")

    objects = CaseQuerySet.as_manager()

    class Meta:
        permissions = [("handle_case", "Handles this case")]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="suspension", suspension__isnull=False, sender=None)
                | (~Q(kind="suspension") & Q(suspension=None, sender__isnull=False, organisation__isnull=False)),
                name="a_case_has_a_sender_or_a_suspension",
            ),
            models.CheckConstraint(
                condition=Q(kind="suspension") | Q(to_dss=True) | Q(desk__isnull=False), name="a_case_goes_somewhere"
            ),
            models.CheckConstraint(  # the records then lie with the desk alone (F3)
                condition=Q(is_dss_concerned=False)
                | (Q(to_dss=False) & (Q(desk__isnull=False) | Q(kind="suspension"))),
                name="dss_keeps_no_case_about_itself",
            ),
            models.CheckConstraint(
                condition=(Q(state="closed", closed_at__isnull=False) & ~Q(outcome=""))
                | (~Q(state="closed") & Q(closed_at=None, outcome="")),
                name="closed_cases_have_an_outcome",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=~Q(state="closed"), name="cases_due"),
            models.Index(fields=["sender"], name="cases_by_sender"),
            models.Index(fields=["organisation"], name="cases_by_organisation"),
            models.Index(fields=["filed_at"], name="cases_by_date"),
        ]

    def __str__(self):
        return self.ref

    @property
    def key(self):
        """Its own."""
        return self.data_key

    def is_overdue(self, moment) -> bool:
        """Whether the next step should have been taken by then."""
        return self.state != self.State.CLOSED and self.due_at is not None and self.due_at < moment


class CaseStep(models.Model):
    """Each state a case has entered: its history, and what figures as of a day are counted from."""

    append_only = True

    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=Case.State)
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["case", "at"], name="steps_of_a_case")]

    def __str__(self):
        return f"{self.case}: {self.state}"


class Concerned(models.Model):
    """Who is complained about: a person, whoever holds an office (a principal), or whoever works for an organisation.

    They never handle the case, are never told of it and never see it, whatever else they hold (F3). Who held an office,
    or worked for an organisation, when it was noted stands in a row of their own `through` it: an office that they come
    to afterwards gives them nothing. Only feedback.concerned.note writes.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    principal = models.CharField(max_length=64, blank=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    through = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="+")
    noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    noted_at = models.DateTimeField(default=timezone.now)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, principal="", organisation=None)
                | (Q(user=None, organisation=None) & ~Q(principal=""))
                | Q(user=None, principal="", organisation__isnull=False),
                name="one_sort_of_concerned",
            ),
            models.CheckConstraint(condition=Q(through=None) | Q(user__isnull=False), name="people_through_an_office"),
            models.UniqueConstraint(
                fields=["case", "user"], condition=Q(through=None), name="each_person_concerned_once"
            ),
            models.UniqueConstraint(fields=["through", "user"], name="each_person_once_through_an_office"),
            models.UniqueConstraint(
                fields=["case", "principal"], condition=~Q(principal=""), name="each_office_concerned_once"
            ),
            models.UniqueConstraint(fields=["case", "organisation"], name="each_organisation_concerned_once"),
        ]

    def __str__(self):
        return f"concerned in {self.case}"


class CaseGrant(UserObjectPermissionBase):
    """One person handles one case, as holder of `principal` (django-guardian, direct key). Only feedback.grants writes.

    It opens the case only while the person still holds that principal.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    permission = models.ForeignKey("auth.Permission", models.CASCADE, related_name="+")
    content_object = models.ForeignKey(Case, models.CASCADE, related_name="+")
    principal = models.CharField(max_length=64, help_text="dss_world, consortium_desk:7, working_group:3, …")
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    granted_at = models.DateTimeField(default=timezone.now)

    objects = GrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "content_object", "principal"], name="each_handler_once"),
        ]

    def __str__(self):
        return f"{self.user_id} handles {self.content_object_id}"


class TakenOff(models.Model):
    """Somebody whom those who handle a case took off it: their office gives them no grant again (feedback.handlers)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "user"], name="each_taken_off_once")]

    def __str__(self):
        return f"{self.user_id} is off {self.case}"


class CaseReading(models.Model):
    """The reader log of cases: who read which, as what, how and when (F3)."""

    class How(models.TextChoices):
        OPENED = "opened", _("opened")
        EXPORTED = "exported", _("exported")
        DOWNLOADED = "downloaded", _("attachment downloaded")

    append_only = True

    case_ref = models.CharField(max_length=16, db_index=True)
    reader = models.PositiveBigIntegerField()
    party = models.CharField(max_length=20, help_text="sender, intake, handler, committee")
    how = models.CharField(max_length=10, choices=How)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return f"{self.reader} {self.how} {self.case_ref}"


class CaseLink(models.Model):
    """What a case has to do with, by its public reference; the link opens for whoever may see that by itself."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=LinkKind)
    target = models.CharField(max_length=16)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "target"], name="each_link_once")]

    def __str__(self):
        return f"{self.case}: {self.target}"


class Reminder(models.Model):
    """That the portal reminded of one deadline of a case: soon, or overdue. Made with its mails, in one transaction."""

    class What(models.TextChoices):
        SOON = "soon", _("due soon")
        OVERDUE = "overdue", _("overdue")

    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    what = models.CharField(max_length=8, choices=What)
    due_at = models.DateTimeField()
    at = models.DateTimeField(default=timezone.now)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "what", "due_at"], name="reminded_of_each_deadline_once"),
            models.CheckConstraint(
                condition=Q(what="overdue", at__gte=F("due_at")) | Q(what="soon"), name="overdue_after_its_day"
            ),
        ]

    def __str__(self):
        return f"{self.what} {self.case}"
