"""What a level asks of an area: the lines of its check list, what was said about them, and what is to be done (L7)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from areas.models import Area
from notifications.models import Subject
from slt_portal.references import new_reference
from slt_portal.states import Step, next_of

from .levels import LevelDecision


def task_reference() -> str:
    """A fresh public reference of a task."""
    return new_reference("TSK")


class Line(models.TextChoices):
    """The lines of the check lists (L7): first those of the normal level, then what the reinforced level adds."""

    REPRESENTATIVES = "representatives", _("Representatives are named on both sides")
    DIALOGUE = "dialogue", _("There is a dialogue, and an arrangement to share information")
    LOGISTICS = "logistics", _("Logistics and training are shared where possible")
    FOCAL_POINT = "focal_point", _("DSS has named an SLT focal point")
    PLATFORM = "platform", _("The security platform is fully operational")
    MEETINGS = "meetings", _("Meetings take place regularly")
    INCIDENTS = "incidents", _("Incidents are shared systematically")
    ANALYSIS = "analysis", _("Analysis and risk assessment are done jointly")
    PLANNING = "planning", _("Operational planning is shared, and joint operations are secured together")
    SIOC = "sioc", _("Where there is a SIOC, it is the hub")
    APPEALS = "appeals", _("Security needs are part of humanitarian appeals")
    HOST_COUNTRY = "host_country", _("The host country is consulted")
    SUPPORT_TEAM = "support_team", _("There is a support team, if one is needed")


class Statement(models.Model):
    """Somebody who answers for it says how a line stands, in words, until when that holds; the newest counts.

    For lines that the portal has no data of; never a tick alone, and old ones no longer count.
    """

    append_only = True

    class Says(models.TextChoices):
        MET = "met", _("met")
        GAP = "gap", _("not met")
        NOT_NEEDED = "not_needed", _("not needed here")

    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    line = models.CharField(max_length=16, choices=Line)
    says = models.CharField(max_length=10, choices=Says)
    text = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    holds_until = models.DateField()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["area", "line"], name="statements_of_a_line")]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="statements_say_something")]

    def __str__(self):
        return f"{self.area_id} {self.line}: {self.says}"


class LevelTask(models.Model):
    """What is to be done in a newly reinforced area about one line, by whom, and by when (journey 11)."""

    class Owner(models.TextChoices):
        DSS = "dss", _("DSS of the area")
        MECHANISM = "mechanism", _("the NGO mechanism of the area")
        OCHA = "ocha", _("OCHA")
        DESIGNATED_OFFICIAL = "designated_official", _("the Designated Official")

    class State(models.TextChoices):
        OPEN = "open", _("to be done")
        DONE = "done", _("done")
        DROPPED = "dropped", _("no longer needed")

    STEPS = (
        Step("finish", (State.OPEN,), State.DONE, ("owner", "dss_headquarters", "portal")),  # the data may say so
        Step("reopen", (State.DONE,), State.OPEN, ("dss_headquarters",)),
        Step("drop", (State.OPEN,), State.DROPPED, ("dss_headquarters", "portal")),
    )
    NEXT = next_of(STEPS, State)

    ref = models.CharField(max_length=16, unique=True, default=task_reference)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    level_decision = models.ForeignKey(LevelDecision, models.PROTECT, related_name="+")
    line = models.CharField(max_length=16, choices=Line)
    owner = models.CharField(max_length=20, choices=Owner)
    due_on = models.DateField()
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    made_at = models.DateTimeField(default=timezone.now)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["due_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["level_decision", "line"], name="each_task_once"),
            models.CheckConstraint(
                condition=Q(state="open", settled_at=None) | (~Q(state="open") & Q(settled_at__isnull=False)),
                name="settled_tasks_say_when",
            ),
        ]
        indexes = [models.Index(F("due_on"), condition=Q(state="open"), name="task_open")]

    def __str__(self):
        return self.ref
