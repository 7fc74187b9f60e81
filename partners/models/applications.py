"""Expressions of interest, applications, and what the Working Group says about them (§2, §3.1, §3.2; P1-P5, P11)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from documents.models import DataKey, StoredFile
from documents.sealed import SealedRow
from governance.models import Decision
from notifications.models import Subject
from organisations.models import Organisation
from partners.querysets import ApplicationQuerySet
from slt_portal.references import new_reference
from slt_portal.states import Step, next_of


def interest_reference() -> str:
    """A fresh public reference of an expression of interest."""
    return new_reference("EOI")


def application_reference() -> str:
    """A fresh public reference of an application."""
    return new_reference("APP")


class Criterion(models.TextChoices):
    """The three criteria of §2."""

    UN_LINK = "un_link", _("Partner of a UN entity")
    PRESENCE = "presence", _("Established presence in the field")
    RISK_MANAGEMENT = "risk_management", _("Security risk management")


class Interest(SealedRow):
    """Somebody without an account says that their organisation is interested (§3.1). DSS headquarters looks at it.

    Its texts: name, other_names, acronym, kind, country, website, contact_name, email, phone, words, and the gates.
    """

    class State(models.TextChoices):
        RECEIVED = "received", _("waits for DSS headquarters")
        OPENED = "opened", _("application opened")
        LOCAL = "local", _("recorded as local arrangement")
        DECLINED = "declined", _("declined")

    STEPS = (
        Step("open", (State.RECEIVED,), State.OPENED, ("dss_headquarters",)),
        Step("record_local", (State.RECEIVED,), State.LOCAL, ("dss_headquarters",)),
        Step("decline", (State.RECEIVED,), State.DECLINED, ("dss_headquarters",)),
    )
    NEXT = next_of(STEPS, State)

    ref = models.CharField(max_length=16, unique=True, default=interest_reference)
    data_key = models.OneToOneField(DataKey, models.PROTECT, related_name="+")
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")
    language = models.CharField(max_length=2)
    received_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="received", settled_at=None) | (~Q(state="received") & Q(settled_at__isnull=False)),
                name="interest_settled_at_some_time",
            )
        ]

    def __str__(self):
        return self.ref

    @property
    def key(self):
        """Its own."""
        return self.data_key


class Application(SealedRow):
    """An organisation asks for partnership at the global level. Its texts: the answers, section by section."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("checked by the Working Group")
        QUESTIONED = "questioned", _("question to the applicant")
        RECOMMENDED = "recommended", _("before the Oversight Committee")
        APPROVED = "approved", _("approved, memorandum to be made")
        CONCLUDING = "concluding", _("memorandum to be signed")
        ACTIVE = "active", _("partner")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")

    STEPS = (
        Step("submit", (State.DRAFT,), State.SUBMITTED, ("applicant",)),
        Step("ask", (State.SUBMITTED, State.QUESTIONED), State.QUESTIONED, ("working_group",)),
        Step("answer", (State.QUESTIONED,), State.SUBMITTED, ("applicant",)),
        Step("go_on", (State.QUESTIONED,), State.SUBMITTED, ("working_group",)),  # without an answer
        Step("recommend", (State.SUBMITTED,), State.RECOMMENDED, ("working_group",)),
        Step("approve", (State.RECOMMENDED,), State.APPROVED, ("portal",)),
        Step("refuse", (State.RECOMMENDED,), State.REFUSED, ("portal",)),
        Step("conclude", (State.APPROVED,), State.CONCLUDING, ("dss_headquarters",)),
        Step("activate", (State.CONCLUDING,), State.ACTIVE, ("portal",)),  # both have signed
        Step("reopen", (State.CONCLUDING,), State.APPROVED, ("dss_headquarters",)),  # the memorandum was void
        Step(
            "withdraw",
            (
                State.DRAFT,
                State.SUBMITTED,
                State.QUESTIONED,
                State.RECOMMENDED,
                State.APPROVED,
                State.CONCLUDING,
            ),
            State.WITHDRAWN,
            ("applicant",),
        ),
    )
    NEXT = next_of(STEPS, State)
    OVER = frozenset({State.ACTIVE, State.REFUSED, State.WITHDRAWN})

    ref = models.CharField(max_length=16, unique=True, default=application_reference)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    interest = models.OneToOneField(Interest, models.PROTECT, null=True, blank=True, related_name="+")
    data_key = models.OneToOneField(DataKey, models.PROTECT, related_name="+")
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")
    language = models.CharField(max_length=2)
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    state_since = models.DateTimeField(default=timezone.now)
    revision = models.PositiveIntegerField(default=1, help_text="Counts the saves of the draft: two cannot cross.")
    is_exception = models.BooleanField(default=False, help_text="No agreement with a UN entity (footnote 2).")
    opened_at = models.DateTimeField(default=timezone.now)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"],
                condition=~Q(state__in=["active", "refused", "withdrawn"]),
                name="one_open_application_per_organisation",
            ),
            models.CheckConstraint(
                condition=Q(submitted_at=None, submitted_by=None)
                | Q(submitted_at__isnull=False, submitted_by__isnull=False),
                name="application_submitted_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "withdrawn"]) | Q(submitted_at__isnull=False),
                name="only_drafts_are_not_submitted",
            ),
        ]
        indexes = [models.Index(fields=["state", "state_since"], name="applications_by_state")]

    def __str__(self):
        return self.ref

    @property
    def key(self):
        """Its own."""
        return self.data_key


class _OfApplication(SealedRow):
    class Meta:
        abstract = True
        ordering = ["pk"]

    @property
    def key(self):
        """The application's."""
        return self.application.data_key


class StateEntry(models.Model):
    """When an application came into a state, and by whom: the clock, and the record of how long what took (P11)."""

    append_only = True

    application = models.ForeignKey(Application, models.PROTECT, related_name="entries")
    state = models.CharField(max_length=12, choices=Application.State)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["pk"]

    def __str__(self):
        return f"{self.application}: {self.state}"


class Agreement(_OfApplication):
    """An agreement with a UN entity as the applicant declares it (§2a). Its texts: reference."""

    class Relation(models.TextChoices):
        OPERATIONAL = "operational", _("operational partner")
        IMPLEMENTING = "implementing", _("implementing partner")

    application = models.ForeignKey(Application, models.PROTECT, related_name="agreements")
    entity = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    relation = models.CharField(max_length=12, choices=Relation)
    kind = models.CharField(max_length=100, help_text="Contract, treaty, project agreement ...")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    class Meta(_OfApplication.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="agreement_ends_after_it_begins"
            )
        ]

    def __str__(self):
        return f"{self.application}: {self.entity}"


class ApplicationFile(_OfApplication):
    """A document that came with an application or with an answer. `item` says what for: a code of its section."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="files")
    item = models.CharField(max_length=40)
    file = models.OneToOneField(StoredFile, models.SET_NULL, null=True, related_name="+")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return f"{self.application}: {self.item}"


class Inquiry(_OfApplication):
    """A question of the Working Group to the applicant, and the answer. Its texts: question, answer."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="inquiries")
    number = models.PositiveSmallIntegerField()
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    dropped_at = models.DateTimeField(null=True, blank=True, help_text="The Working Group went on without an answer.")

    class Meta(_OfApplication.Meta):
        constraints = [models.UniqueConstraint(fields=["application", "number"], name="each_inquiry_numbered_once")]

    def __str__(self):
        return f"{self.application}, question {self.number}"


class _Internal(_OfApplication):
    """What the Working Group says among itself and to the Committee: never joined to a page of the applicant."""

    append_only = True

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(_OfApplication.Meta):
        abstract = True


class Check(_Internal):
    """Whether a criterion is met, as a member of the Working Group sees it; the newest counts. Its texts: comment."""

    class Verdict(models.TextChoices):
        MET = "met", _("met")
        NOT_MET = "not_met", _("not met")
        UNCLEAR = "unclear", _("unclear")

    application = models.ForeignKey(Application, models.PROTECT, related_name="checks")
    criterion = models.CharField(max_length=16, choices=Criterion)
    verdict = models.CharField(max_length=8, choices=Verdict)

    def __str__(self):
        return f"{self.application}: {self.criterion} {self.verdict}"


class Note(_Internal):
    """A remark in the discussion of the Working Group. Its texts: text."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="notes")

    def __str__(self):
        return f"{self.application}: {self.uid}"


class Recommendation(_Internal):
    """What the Working Group recommends, with reasons; it opens the decision of the Committee. Its texts: reasons."""

    class Verdict(models.TextChoices):
        ADMIT = "approve", _("admit")
        REFUSE = "refuse", _("refuse")

    application = models.ForeignKey(Application, models.PROTECT, related_name="recommendations")
    verdict = models.CharField(max_length=8, choices=Verdict)
    decision = models.OneToOneField(Decision, models.PROTECT, related_name="+")

    def __str__(self):
        return f"{self.application}: {self.verdict}"
