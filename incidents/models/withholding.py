"""Keeping information back: on which of the four grounds, and that the portal asked again where lives depend on it."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sharing.scoping import ScopedQuerySet

from .incident import Incident


class Withholding(models.Model):
    """The originator kept an incident, or a request to pass it on, back (C5). Read by its originator alone."""

    class Ground(models.TextChoices):
        """The four grounds of the guidelines (§6)."""

        RISK = "risk", _("It would put persons at risk.")
        DUTY = "duty", _("We owe confidentiality to somebody else.")
        INTERNAL = "internal", _("It is about our own decision-making.")
        OPERATIONS = "operations", _("It would hinder work that is under way or planned.")

    class Of(models.TextChoices):
        REPORT = "report", _("the report")
        WITHDRAWAL = "withdrawal", _("the report, after it was shared")
        CONSENT = "consent", _("consent to pass it on")
        FURTHER = "further", _("a further report")

    append_only = True

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="+")
    of = models.CharField(max_length=10, choices=Of)
    ground = models.CharField(max_length=10, choices=Ground)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    others_need_it = models.BooleanField(
        default=False, help_text="The originator said that nobody could answer the incident safely without it."
    )
    was_asked_again = models.BooleanField(
        default=False, help_text="Lives were at stake, or others need it: the portal asked again (C5)."
    )
    gave_warning = models.BooleanField(default=False, help_text="A minimal warning without source was given instead.")

    wall = "originator by incident: incident_id"
    objects = ScopedQuerySet.as_manager()

    def __str__(self):
        return f"{self.of} of {self.incident_id} withheld"
