"""Items, what an audience gets of them (releases), who the audience is, and who read what (C1, C2, C6)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from guardian.models import UserObjectPermissionBase

from areas.models import Area
from documents.models import DataKey
from notifications.models import Subject
from organisations.models import Organisation
from sharing.markings import Depth, Marking
from sharing.querysets import GrantQuerySet, ReleaseQuerySet
from sharing.scoping import ScopedQuerySet
from slt_portal.references import new_reference


def item_reference() -> str:
    """A fresh public reference of an item."""
    return new_reference("INC")


class Kind(models.TextChoices):
    """What an item is; the row that holds its particulars lives in the app of that kind."""

    INCIDENT = "incident", _("incident")


class Item(models.Model):
    """Something confidential with an originator and a marking. Nobody reads it: people read its releases."""

    class State(models.TextChoices):
        SHARED = "shared", _("shared")
        WITHHELD = "withheld", _("withheld")
        WITHDRAWN = "withdrawn", _("withdrawn")
        ERASED = "erased", _("text destroyed")

    class Source(models.TextChoices):
        """Where the information comes from: others than the originator must have accepted that it is passed on (C3)."""

        OWN = "own", _("our own knowledge")
        HOST_AUTHORITY = "host_authority", _("authorities of the host country")
        DIPLOMATIC_MISSION = "diplomatic_mission", _("a diplomatic mission")

    NEXT = {
        # SHARED again: the audience was changed; each change counts `version` up, so that two of them cannot cross.
        State.SHARED: frozenset({State.SHARED, State.WITHDRAWN, State.ERASED}),
        # Filed, and kept from everybody but its originator (C5).
        State.WITHHELD: frozenset({State.SHARED, State.ERASED}),
        State.WITHDRAWN: frozenset({State.SHARED, State.ERASED}),
        State.ERASED: frozenset(),
    }

    ref = models.CharField(max_length=16, unique=True, default=item_reference)
    kind = models.CharField(max_length=10, choices=Kind)
    originator = models.ForeignKey(
        Organisation, models.PROTECT, null=True, related_name="+", help_text="None: a public source."
    )
    area = models.ForeignKey(Area, models.PROTECT, null=True, related_name="+")
    marking = models.CharField(max_length=16, choices=Marking)
    source = models.CharField(max_length=18, choices=Source, default=Source.OWN)
    data_key = models.OneToOneField(DataKey, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State, default=State.SHARED)
    version = models.PositiveIntegerField(default=1, help_text="Counts the changes of marking, audience and state.")

    wall = "by item: id"
    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(originator__isnull=False) | Q(marking=Marking.CLEAR),
                name="only_clear_items_lack_an_originator",
            )
        ]
        indexes = [models.Index(fields=["marking"], name="items_by_marking")]  # for the rare ones

    def __str__(self):
        return self.ref

    @property
    def is_erased(self) -> bool:
        """Whether the key of its texts was destroyed: nobody can open them any more."""
        return self.data_key is None or self.data_key.destroyed_at is not None


class Release(models.Model):
    """What one audience gets of an item: all of it; the shared text without persons and, by default, originator; or
    what the originator consented to, for others, which says what was said then and no more (C3)."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="+")
    depth = models.PositiveSmallIntegerField(choices=Depth)
    area = models.ForeignKey(Area, models.PROTECT, null=True, related_name="+")
    sort_at = models.DateTimeField()
    shows_originator = models.BooleanField(default=False)
    version = models.PositiveSmallIntegerField(default=1, help_text="Counts the changes of what it says.")
    closes_at = models.DateTimeField(null=True, help_text="From then on nobody can read it, whatever rows there are.")
    passed_on_at = models.DateTimeField(null=True, help_text="When it was; empty for what its originator chose.")

    wall = "by release: id"
    objects = ReleaseQuerySet.as_manager()

    class Meta:
        permissions = [("read_release", "May read this release")]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["item", "depth"], condition=Q(depth__gt=0), name="one_release_per_depth"),
            models.CheckConstraint(condition=Q(depth=0) | Q(closes_at=None), name="only_a_consent_closes_by_itself"),
        ]
        indexes = [
            models.Index(fields=["area", "-sort_at", "-id"], name="release_by_area"),
            models.Index(fields=["-sort_at", "-id"], name="release_by_date"),
            models.Index(fields=["closes_at", "id"], condition=Q(closes_at__isnull=False), name="release_closing"),
            models.Index(fields=["passed_on_at"], condition=Q(passed_on_at__isnull=False), name="release_passed_on"),
        ]

    def __str__(self):
        return f"{self.item_id} {self.get_depth_display()}"


class Audience(models.Model):
    """One principal may read one release. Repeats the release's sort date, so that the newest page is index-only."""

    principal = models.CharField(max_length=64)
    kind = models.CharField(max_length=10, choices=Kind)
    sort_at = models.DateTimeField()
    release = models.ForeignKey(Release, models.CASCADE, related_name="+")

    wall = "audience"
    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["release", "principal"], name="one_audience_row_per_principal")]
        indexes = [models.Index(fields=["principal", "kind", "-sort_at", "-release"], name="audience_newest")]

    def __str__(self):
        return f"{self.principal} reads {self.release_id}"


class Grant(UserObjectPermissionBase):
    """One person may read one release (django-guardian, direct key). Only `sharing.grants` writes here."""

    # guardian's own two keys have reverse names, by which `User.objects.filter(grant__...)` would answer unscoped.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    permission = models.ForeignKey("auth.Permission", models.CASCADE, related_name="+")
    content_object = models.ForeignKey(Release, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    sort_at = models.DateTimeField()
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    emergency = models.ForeignKey("sharing.EmergencyAccess", models.PROTECT, null=True, related_name="+")
    # Of the emergency, repeated here: the rule asks it of every grant that it looks at.
    emergency_area = models.ForeignKey(Area, models.PROTECT, null=True, related_name="+")

    wall = "grant"
    objects = GrantQuerySet.as_manager()

    class Meta(UserObjectPermissionBase.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at=None) | Q(expires_at__gt=F("granted_at")), name="grant_expires_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(emergency=None, emergency_area=None)
                | Q(emergency__isnull=False, emergency_area__isnull=False, expires_at__isnull=False),
                name="an_emergency_grant_expires",
            ),
        ]
        indexes = [models.Index(fields=["user", "kind", "-sort_at", "-content_object"], name="grant_newest")]

    def __str__(self):
        return f"{self.user_id} reads {self.content_object_id}"


class Reading(models.Model):
    """The reader log: who got to see which release, as whom, how and when. It belongs to the originator (C6)."""

    class How(models.TextChoices):
        OPENED = "opened", _("opened")
        EXPORTED = "exported", _("exported")
        DOWNLOADED = "downloaded", _("attachment downloaded")

    append_only = True
    wall = "reader log"

    item_ref = models.CharField(max_length=16, db_index=True)
    release = models.PositiveBigIntegerField()
    reader = models.PositiveBigIntegerField()
    organisation = models.CharField(max_length=200, blank=True)
    role = models.CharField(max_length=32, blank=True)
    how = models.CharField(max_length=10, choices=How)
    in_emergency = models.BooleanField(default=False, help_text="By emergency access, without having been chosen (C8).")
    version = models.PositiveSmallIntegerField(null=True, help_text="Of the release, as it was read.")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return f"{self.reader} {self.how} {self.item_ref}"


class Recall(models.Model):
    """Some people lost access to an item they had got to know of, or its full text; their notice says so and nothing
    else."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="+")
    depth = models.PositiveSmallIntegerField(choices=Depth, help_text="Of the release that they could read.")
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    wall = "originator by item: item_id"
    objects = ScopedQuerySet.as_manager()

    def __str__(self):
        return f"recall of {self.item_id}"


class SearchToken(models.Model):
    """A word that occurs in the texts of one release, as a keyed digest: found by who may read that release (C2)."""

    token = models.CharField(max_length=16)
    release = models.ForeignKey(Release, models.CASCADE, related_name="+")

    wall = "by release: release_id"
    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "release"], name="each_word_once_per_release")]

    def __str__(self):
        return f"{self.token} in {self.release_id}"
