"""Reports of the restricted track for sexual violence (C10). Nothing of the portal points to them.

All that is said is sealed under the report's own key. In the clear stands a random reference, a state and the month:
nothing of who, where or what, and no key to the sender. The minute is not in these tables either, but the outbox has it
as long as it keeps the mails to the handlers (a year), and the numbers of rows tell between which others it was.
"""

import uuid
from datetime import date

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from areas.models import Area
from documents.models import DataKey
from documents.sealed import SealedRow
from notifications.models import Subject
from organisations.models import Membership
from sharing.scoping import ScopedQuerySet
from slt_portal.references import new_reference
from slt_portal.states import Step, next_of

from .codes import ServiceKind
from .querysets import HandlerQuerySet, ReportQuerySet


def report_reference() -> str:
    """A fresh reference, whose letters say nothing of what it is."""
    return new_reference("SUP")


def service_reference() -> str:
    """A fresh reference of a service."""
    return new_reference("SVC")


def this_month() -> date:
    """The first day of the month: all that is kept of a moment in the clear."""
    return timezone.now().date().replace(day=1)


class Report(SealedRow):
    """What somebody sent to handlers of their choice. Its texts: codes and how to reach the sender; no narrative."""

    class State(models.TextChoices):
        NEW = "new", _("waits for a handler")
        HANDLING = "handling", _("a handler has taken it on")
        CLOSED = "closed", _("closed")
        WITHDRAWN = "withdrawn", _("withdrawn: everything in it is destroyed")
        ERASED = "erased", _("destroyed after its time")

    STEPS = (
        Step("take", (State.NEW,), State.HANDLING, ("handler",)),
        Step("note", (State.HANDLING,), State.HANDLING, ("handler",)),
        Step("close", (State.HANDLING,), State.CLOSED, ("handler",)),
        Step("withdraw", (State.NEW, State.HANDLING, State.CLOSED), State.WITHDRAWN, ("sender",)),
        Step("erase", (State.NEW, State.HANDLING, State.CLOSED, State.WITHDRAWN), State.ERASED, ("portal",)),
    )
    NEXT = next_of(STEPS, State)
    OPEN = frozenset({State.NEW, State.HANDLING})
    OPEN_TO_HANDLERS = frozenset({State.NEW, State.HANDLING, State.CLOSED})

    ref = models.CharField(max_length=16, unique=True, default=report_reference)
    submission = models.UUIDField(
        unique=True, default=uuid.uuid4, help_text="Made by the form: sent twice, one report."
    )
    sender = models.CharField(max_length=64, blank=True, db_index=True, help_text="Keyed digest; empty once erased.")
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    month = models.DateField(default=this_month)
    ended_in = models.DateField(null=True, blank=True, help_text="The month in which it was closed or withdrawn.")
    reminded = models.PositiveSmallIntegerField(default=0, help_text="How often its handlers were reminded.")
    data_key = models.OneToOneField(DataKey, models.PROTECT, related_name="+")
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")

    objects = ReportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["new", "handling"], ended_in=None)
                | (~Q(state__in=["new", "handling"]) & Q(ended_in__isnull=False)),
                name="ended_reports_have_their_month",
            ),
            models.CheckConstraint(
                condition=(Q(state="erased") & Q(sender="")) | (~Q(state="erased") & ~Q(sender="")),
                name="an_erased_report_is_nobodys",
            ),
        ]

    def __str__(self):
        return self.ref

    @property
    def key(self):
        """Its own."""
        return self.data_key


class Handler(models.Model):
    """That somebody may read one report, in one role of theirs: chosen by its sender, or brought in with their consent.

    Who loses that role loses the report; who gets it again is a newcomer, whom older reports are not open to. Gone when
    the report is destroyed.
    """

    report = models.ForeignKey(Report, models.PROTECT, related_name="+")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    since = models.DateField(default=this_month)
    removed_in = models.DateField(null=True, blank=True)

    objects = HandlerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["report", "membership"], condition=Q(removed_in=None), name="each_handler_of_a_report_once"
            )
        ]

    def __str__(self):
        return f"{self.membership_id} reads {self.report_id}"


class Opening(models.Model):
    """That a handler opened a report on a day. The sender is told how many did, and when."""

    append_only = True

    report_ref = models.CharField(max_length=16, db_index=True)
    reader = models.PositiveBigIntegerField()
    on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report_ref", "reader", "on"], name="each_opening_once_a_day")]

    def __str__(self):
        return f"{self.report_ref} on {self.on}"


class Choice(SealedRow):
    """What the sender agreed to from a day on, all of it: the newest counts. Sealed under the key of the report."""

    append_only = True

    report = models.ForeignKey(Report, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    def __str__(self):
        return f"choice {self.pk}"

    @property
    def key(self):
        """That of its report."""
        return self.report.data_key


class Note(SealedRow):
    """What a handler did, in a code, with the day. Sealed under the key of the report."""

    append_only = True

    report = models.ForeignKey(Report, models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    def __str__(self):
        return f"note {self.pk}"

    @property
    def key(self):
        """That of its report."""
        return self.report.data_key


class YearFigure(models.Model):
    """The one figure of a year that was over, as it was counted once: published and never counted anew."""

    append_only = True

    year = models.PositiveSmallIntegerField(unique=True)
    at_least = models.PositiveSmallIntegerField(null=True, help_text="None: too few to be shown, or nobody.")

    def __str__(self):
        return str(self.year)


class SupportService(models.Model):
    """Who helps, in an area or everywhere: shown before anything is asked. What works everywhere anybody reads, the
    others everybody who is signed in."""

    ref = models.CharField(max_length=16, unique=True, default=service_reference)
    kind = models.CharField(max_length=12, choices=ServiceKind)
    area = models.ForeignKey(
        Area, models.PROTECT, null=True, blank=True, related_name="+", help_text="None: everywhere."
    )
    name = models.CharField(max_length=120)
    what = models.CharField(max_length=200, blank=True)
    telephone = models.CharField(max_length=80)
    languages = models.CharField(max_length=120, blank=True)
    hours = models.CharField(max_length=120, blank=True)
    confirmed_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["area", "name"], condition=Q(ended_on=None), name="each_service_of_an_area_once"
            ),
            models.UniqueConstraint(  # in SQL no area is not equal to no area
                fields=["name"], condition=Q(ended_on=None, area=None), name="each_service_everywhere_once"
            ),
        ]

    def __str__(self):
        return self.name
