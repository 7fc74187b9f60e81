"""Exports: what a person took out of the portal, and searches that a person keeps."""

import json
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from documents.models import StoredFile
from notifications.models import Subject
from sharing.scoping import ScopedQuerySet
from slt_portal import crypto


class OwnedQuerySet(ScopedQuerySet):
    def of(self, user) -> "OwnedQuerySet":
        """The rows of one person."""
        return self.filter(owner=user)._scoped(f"of user {user.pk}")


class Export(models.Model):
    """One person's copy of what they could see (C9): queued, made by a worker, fetched by them alone, gone in a day."""

    under_master_key = crypto.UnderMasterKey("sealed", context=lambda row: row.context)

    class Format(models.TextChoices):
        CSV = "csv", _("CSV (table for spreadsheets)")
        PDF = "pdf", _("PDF (dossier to read and print)")

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        RUNNING = "running", _("being made")
        DONE = "done", _("ready")
        FAILED = "failed", _("not made")
        EXPIRED = "expired", _("removed")

    class Problem(models.TextChoices):
        """Why there is no file, as a code; `incidents.exports.REASONS` has the sentences."""

        NONE = "", ""
        TOO_MANY = "too_many", _("too many")
        NOTHING = "nothing", _("nothing to export")
        NOT_ALLOWED = "not_allowed", _("not allowed any more")
        FILTERS = "filters", _("the filters no longer make sense")
        NO_PDF = "no_pdf", _("no PDF on this machine")
        NOT_STORED = "not_stored", _("not stored")
        BROKEN = "broken", _("failed")
        CHANGED = "changed", _("an item changed or is closed")
        OVER = "over", _("its day is over")

    NEXT = {
        State.QUEUED: frozenset({State.RUNNING}),
        # RUNNING again: the worker was killed and its lease ran out.
        State.RUNNING: frozenset({State.RUNNING, State.DONE, State.FAILED}),
        State.DONE: frozenset({State.EXPIRED}),
        State.FAILED: frozenset(),
        State.EXPIRED: frozenset(),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    format = models.CharField(max_length=3, choices=Format)
    with_hxl = models.BooleanField(default=False)
    sealed = models.BinaryField(help_text="Purpose and filters, or the one reference, under the master key.")
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    problem = models.CharField(max_length=12, choices=Problem, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    made_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    items = models.PositiveIntegerField(default=0)
    confidential = models.PositiveIntegerField(default=0, help_text="Of the items, those with an originator.")
    releases = models.JSONField(default=list, help_text="What it holds: release, its version, the marking.")
    file = models.OneToOneField(StoredFile, models.SET_NULL, null=True, related_name="+")
    alarm = models.OneToOneField(Subject, models.PROTECT, null=True, related_name="+")
    alarm_items = models.PositiveIntegerField(null=True, help_text="Confidential items of 24 hours, as the alarm says.")
    attempts = models.PositiveSmallIntegerField(default=0)
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)

    wall = "owner"
    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner"], condition=Q(state__in=["queued", "running"]), name="one_export_at_a_time"
            )
        ]
        indexes = [models.Index(fields=["owner", "-asked_at"], name="exports_of_a_person")]

    def __str__(self):
        return f"export {self.pk}"

    @property
    def context(self) -> str:
        """What purpose and filters are sealed for."""
        return f"export {self.pk}"

    @property
    def wish(self) -> dict:
        """`purpose`, and `query` (the filters as in the address) or `ref`. Raises crypto.SealBroken."""
        return json.loads(crypto.unseal(self.sealed, context=self.context))

    def seal_wish(self, wish: dict) -> None:
        """Keep purpose, filters and reference sealed for this row."""
        self.sealed = crypto.seal(json.dumps(wish).encode(), context=self.context)

    @property
    def is_under_way(self) -> bool:
        """Whether a worker has it or will have it."""
        return self.state in {self.State.QUEUED, self.State.RUNNING}


class SavedSearch(models.Model):
    """Filters that a person keeps under a name. Name and words stay sealed; the address remains the truth."""

    under_master_key = crypto.UnderMasterKey("sealed", context=lambda row: row.context)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    sealed = models.BinaryField(help_text="Name and filters, under the master key.")
    saved_at = models.DateTimeField(default=timezone.now)

    wall = "owner"
    objects = OwnedQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["owner", "saved_at"], name="searches_of_a_person")]

    def __str__(self):
        return f"search {self.pk}"

    @property
    def context(self) -> str:
        """What name and filters are sealed for."""
        return f"saved search {self.pk}"

    def seal_content(self, *, name: str, query: str) -> None:
        """Keep name and filters sealed for this row."""
        self.sealed = crypto.seal(json.dumps({"name": name, "query": query}).encode(), context=self.context)

    @property
    def content(self) -> dict:
        """`name` and `query`. Raises crypto.SealBroken."""
        return json.loads(crypto.unseal(self.sealed, context=self.context))
