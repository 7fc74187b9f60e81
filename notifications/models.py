"""The outbox: everything that leaves the building is a row here first. Knows no domain object."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from areas.models import Area
from slt_portal.crypto import UnderMasterKey


class Subject(models.Model):
    """What messages are about. The domain row that announces itself holds a one-to-one key to it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    def __str__(self):
        return str(self.pk)


class Message(models.Model):
    """One message to one person over one channel. Its text is rendered when it is sent, from what they may see."""

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        DROPPED = "dropped", _("no longer due")
        FAILED = "failed", _("failed")
        BOUNCED = "bounced", _("came back")

    NEXT = {
        State.QUEUED: frozenset({State.SENDING}),
        # SENDING again: the lease ran out, the worker was killed, another takes over with the same Message-ID.
        State.SENDING: frozenset({State.SENDING, State.SENT, State.QUEUED, State.DROPPED, State.FAILED}),
        State.SENT: frozenset({State.BOUNCED}),
        State.DROPPED: frozenset(),
        State.FAILED: frozenset({State.QUEUED}),
        State.BOUNCED: frozenset({State.QUEUED}),
    }

    class Priority(models.IntegerChoices):
        LIFE_SAFETY = 0, _("life safety")
        ACCOUNT = 2, _("account")
        NORMAL = 5, _("normal")

    class Channel(models.TextChoices):
        EMAIL = "email", _("e-mail")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=64)
    subject = models.ForeignKey(Subject, models.PROTECT, related_name="messages")
    event_key = models.CharField(max_length=120)
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    channel = models.CharField(max_length=8, choices=Channel, default=Channel.EMAIL)
    priority = models.SmallIntegerField(choices=Priority, default=Priority.NORMAL)
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    lease = models.UUIDField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event_key", "recipient", "channel"], name="each_message_once"),
            models.CheckConstraint(
                condition=Q(state="sending", lease__isnull=False, leased_until__isnull=False)
                | (~Q(state="sending") & Q(lease__isnull=True, leased_until__isnull=True)),
                name="lease_exactly_while_sending",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["sent", "bounced"], sent_at__isnull=False)
                | (~Q(state__in=["sent", "bounced"]) & Q(sent_at__isnull=True)),
                name="sent_at_exactly_when_sent",
            ),
        ]
        indexes = [
            models.Index(fields=["priority", "next_attempt_at"], condition=Q(state="queued"), name="message_waiting"),
            models.Index(fields=["leased_until"], condition=Q(state="sending"), name="message_leased"),
            models.Index(fields=["created_at"], condition=Q(state__in=["failed", "bounced"]), name="message_failed"),
            models.Index(fields=["sent_at"], condition=Q(state="sent"), name="message_last_sent"),
            models.Index(fields=["recipient", "created_at"], condition=Q(priority=5), name="message_this_hour"),
        ]

    def __str__(self):
        return f"{self.kind} {self.pk}"


class Bounce(models.Model):
    """A mail that came back, is late, or was answered by a machine: what, in a status code, and when. Nothing else of
    what came is kept, because it quotes our mail. `address` is where ours had gone: of another one it says nothing."""

    class Kind(models.TextChoices):
        PERMANENT = "permanent", _("came back")
        TEMPORARY = "temporary", _("held up")
        AUTO_REPLY = "auto_reply", _("answered automatically")

    message = models.ForeignKey(Message, models.CASCADE, related_name="bounces")
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    address = models.EmailField(max_length=254)
    kind = models.CharField(max_length=10, choices=Kind)
    status = models.CharField(max_length=9, blank=True, help_text="RFC 3463, such as 5.1.1.")
    at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, blank=True, help_text="It says nothing about the address any more.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "kind"], name="one_bounce_of_a_kind")]
        indexes = [
            models.Index(fields=["at"], name="bounce_at"),
            models.Index(fields=["recipient"], condition=Q(settled_at=None), name="bounce_open"),
        ]

    def __str__(self):
        return f"{self.kind} {self.message_id}"


class AccountMail(models.Model):
    """The finished text of a mail about an account, sealed; removed once it is sent, because it may hold a link that
    opens the account. Such mails cannot be rendered later: their link exists only in the request that makes it."""

    under_master_key = UnderMasterKey("sealed", context=lambda row: row.context)

    subject = models.OneToOneField(Subject, models.PROTECT, primary_key=True, related_name="+")
    sealed = models.BinaryField()

    def __str__(self):
        return f"account mail {self.pk}"

    @property
    def context(self) -> str:
        """What its text is sealed for."""
        return f"account mail {self.pk}"


class PasswordResetAsked(models.Model):
    """Somebody forgot the password of an address, which has an account or not; a worker answers and forgets."""

    CONTEXT = "password reset asked"
    under_master_key = UnderMasterKey("sealed", context=lambda row: row.CONTEXT)

    sealed = models.BinaryField()

    def __str__(self):
        return f"password reset asked {self.pk}"


class Subscription(models.Model):
    """What a person chose about an area: what they are told of it, and when (G8).

    Without a row, people who work there are told everything at once. Categories and severities are codes of the apps
    that announce; here they are only compared.
    """

    class Choice(models.TextChoices):
        FOLLOW = "follow", _("everything")
        LIFE_SAFETY = "life_safety", _("only when life is at risk")

    class Delivery(models.TextChoices):
        AT_ONCE = "at_once", _("at once")
        DIGEST = "digest", _("in the daily summary")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="subscriptions")
    area = models.ForeignKey(Area, models.CASCADE, related_name="+")
    choice = models.CharField(max_length=12, choices=Choice, default=Choice.FOLLOW)
    categories = models.JSONField(default=list, blank=True, help_text="Codes; none means all.")
    min_severity = models.PositiveSmallIntegerField(default=0, help_text="0 means all.")
    delivery = models.CharField(max_length=8, choices=Delivery, default=Delivery.AT_ONCE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "area"], name="one_subscription_per_area")]

    def __str__(self):
        return f"{self.user}: {self.area}"

    def lets_through(self, *, category: str, severity: int | None) -> bool:
        """Whether something of this category and severity is wanted; what has none ("", None) is not held back."""
        if self.choice == self.Choice.LIFE_SAFETY:
            return False
        if self.categories and category and category not in self.categories:
            return False
        return severity is None or severity >= self.min_severity


class Digest(models.Model):
    """One daily summary to one person: the row is what makes it one, however often the tick comes."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    on = models.DateField(help_text="The day on the person's own calendar.")
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "on"], name="one_digest_a_day")]

    def __str__(self):
        return f"digest {self.user_id} {self.on}"


class DigestEntry(models.Model):
    """Something that a person hears of in their next daily summary instead of in a mail of its own."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    subject = models.ForeignKey(Subject, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)
    # Chosen at once, but there were too many in that hour: what the person chose for the summary does not hold it back.
    is_overflow = models.BooleanField(default=False)
    digest = models.ForeignKey(Digest, models.PROTECT, null=True, blank=True, related_name="entries")
    is_listed = models.BooleanField(default=False, help_text="It stood in the summary that was sent.")

    class Meta:
        constraints = [
            # What stood in a summary may come again: after a further change, or when its reader regained access.
            models.UniqueConstraint(
                fields=["user", "subject", "kind"], condition=Q(digest=None), name="each_entry_waits_once"
            ),
            models.CheckConstraint(condition=Q(is_listed=False) | Q(digest__isnull=False), name="listed_in_a_digest"),
        ]
        indexes = [models.Index(fields=["user", "created_at"], condition=Q(digest=None), name="entry_waiting")]

    def __str__(self):
        return f"{self.kind} {self.subject_id} for {self.user_id}"


class DigestStop(models.Model):
    """This person wants no daily summary: nothing is moved into one for them. Gone once they choose one again."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    stopped_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return f"no digest for {self.user_id}"
