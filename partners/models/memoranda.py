"""What concludes an application: a memorandum that both sides sign, or a letter with the reasons (§3.3; P7)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from documents.models import StoredFile
from documents.sealed import SealedRow
from notifications.models import Subject
from slt_portal.states import Step, next_of

from .applications import Application


class MemorandumTemplate(models.Model):
    """The text of the instrument in both languages, by version; DSS headquarters writes the next one. Not secret."""

    append_only = True

    version = models.PositiveSmallIntegerField(unique=True)
    text_en = models.TextField()
    text_fr = models.TextField()
    is_specimen = models.BooleanField(default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["version"]

    def __str__(self):
        return f"version {self.version}"


class Memorandum(SealedRow):
    """A numbered memorandum with one organisation. Its texts: what was filled in (names of signatories, titles)."""

    class State(models.TextChoices):
        ISSUED = "issued", _("to be signed by both")
        HALF_SIGNED = "half_signed", _("signed by one side")
        CONCLUDED = "concluded", _("signed by both")
        VOID = "void", _("void")

    STEPS = (
        Step("sign", (State.ISSUED,), State.HALF_SIGNED, ("dss_headquarters", "applicant")),
        Step("sign_last", (State.HALF_SIGNED,), State.CONCLUDED, ("dss_headquarters", "applicant")),
        Step("void", (State.ISSUED, State.HALF_SIGNED), State.VOID, ("dss_headquarters", "portal")),
    )
    NEXT = next_of(STEPS, State)

    number = models.CharField(max_length=20, unique=True, help_text="MOU-2026-0007; never used twice.")
    application = models.ForeignKey(Application, models.PROTECT, related_name="memoranda")
    template = models.ForeignKey(MemorandumTemplate, models.PROTECT, related_name="+")
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=State, default=State.ISSUED)
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    issued_at = models.DateTimeField(default=timezone.now)
    concluded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "memoranda"
        constraints = [
            models.UniqueConstraint(
                fields=["application"], condition=~Q(state="void"), name="one_memorandum_per_application"
            ),
            models.CheckConstraint(
                condition=Q(state="concluded", concluded_at__isnull=False)
                | (~Q(state="concluded") & Q(concluded_at=None)),
                name="memorandum_concluded_at_some_time",
            ),
        ]

    def __str__(self):
        return self.number

    @property
    def key(self):
        """The application's."""
        return self.application.data_key


class Signature(SealedRow):
    """One side has signed: typed, with the second factor shown again, or on paper. Its texts: name, title."""

    append_only = True

    class Side(models.TextChoices):
        DSS = "dss", _("DSS")
        PARTNER = "partner", _("partner organisation")

    class Way(models.TextChoices):
        TYPED = "typed", _("typed, with the second factor")
        UPLOADED = "uploaded", _("signed copy uploaded")

    memorandum = models.ForeignKey(Memorandum, models.PROTECT, related_name="signatures")
    side = models.CharField(max_length=8, choices=Side)
    way = models.CharField(max_length=8, choices=Way)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the document that was signed, as printed.")
    file = models.OneToOneField(StoredFile, models.PROTECT, null=True, blank=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["memorandum", "side"], name="each_side_signs_once"),
            models.CheckConstraint(
                condition=Q(way="uploaded", file__isnull=False) | Q(way="typed", file=None),
                name="an_uploaded_signature_has_a_file",
            ),
        ]

    def __str__(self):
        return f"{self.memorandum}: {self.side}"

    @property
    def key(self):
        """The application's."""
        return self.memorandum.application.data_key


class Letter(SealedRow):
    """The official letter with which an application is refused. Its texts: reasons, as they are given."""

    append_only = True

    number = models.CharField(max_length=20, unique=True, help_text="LET-2026-0007; never used twice.")
    application = models.OneToOneField(Application, models.PROTECT, related_name="letter")
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return self.number

    @property
    def key(self):
        """The application's."""
        return self.application.data_key
