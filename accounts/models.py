"""People who sign in, their sessions, mailboxes that only receive, what people agreed to, and links that act once."""

import base64

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from slt_portal.crypto import UnderMasterKey, keyed_digest


class UserManager(BaseUserManager):
    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        """A user with a normalised address; without a password nobody can sign in until one is set."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, email):
        return self.get(email=email.lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person. What they may do and see comes from memberships alone; `is_superuser` opens nothing."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=150)
    language = models.CharField(
        _("language"), max_length=2, choices=[("en", "English"), ("fr", "Français")], default="en"
    )
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    is_active = models.BooleanField(_("active"), default=True)
    is_mailbox = models.BooleanField(
        _("functional mailbox"), default=False, help_text="Receives mails for a duty; nobody signs in with it."
    )
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=models.functions.Lower("email")), name="user_email_lower_case"
            ),
            # What Django writes for "no password": a mailbox cannot be given one by whatever door.
            models.CheckConstraint(
                condition=models.Q(is_mailbox=False) | models.Q(password__startswith="!"),  # noqa: S106
                name="mailboxes_have_no_password",
            ),
        ]

    def __str__(self):
        return self.name or self.email


class Session(AbstractBaseSession):
    """Somebody's open session. The key is a digest of what the browser has, and the data are sealed (sessions.py)."""

    under_master_key = UnderMasterKey(
        "session_data",
        context=lambda row: row.context,
        parts=lambda text, do: base64.b64encode(do(base64.b64decode(text))).decode(),
    )

    user = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="+")
    started_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return f"session since {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def context(self) -> str:
        """What its data are sealed for."""
        return f"session {self.pk}"


class RulesAcknowledgement(models.Model):
    """A person has read the confidentiality rules in one version and agreed (C9). Append-only: the newest counts."""

    append_only = True

    user = models.ForeignKey(User, models.PROTECT, related_name="rules_acknowledgements")
    version = models.PositiveSmallIntegerField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["user", "version", "-at"], name="acknowledged_by_user")]

    def __str__(self):
        return f"{self.user}: rules {self.version}"


class ActionLinkManager(models.Manager):
    def live(self, purpose: str, token: str, on=None) -> "ActionLink | None":
        """The unused, unexpired link of `purpose` with this token, or None. Looking does not use it up."""
        return self.filter(
            purpose=purpose, digest=token_digest(purpose, token), used_at=None, expires_at__gt=on or timezone.now()
        ).first()


class ActionLink(models.Model):
    """A signed link from a mail. Only a keyed digest is stored; a GET never consumes it, a button does, once."""

    purpose = models.CharField(max_length=32)
    subject = models.CharField(max_length=64, help_text="Reference of what the link acts on.")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    objects = ActionLinkManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="action_link_expires_after_creation"
            )
        ]

    def __str__(self):
        return f"{self.purpose} {self.subject}"


def token_digest(purpose: str, token: str) -> str:
    """What is stored instead of the token of a link."""
    return keyed_digest(f"action link {purpose}", token)
