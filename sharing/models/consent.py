"""Passing an item on to others: who asked, what its originator answered, and the ledger both sides read (C3)."""

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.models import Subject
from organisations.models import Organisation
from sharing.markings import Recipients
from sharing.scoping import ScopedQuerySet
from slt_portal.references import new_reference
from slt_portal.states import Step, next_of

from .items import Item, Release


def consent_reference() -> str:
    """A fresh public reference of a request to pass an item on."""
    return new_reference("ONW")


class ConsentRequestQuerySet(ScopedQuerySet):
    def with_item(self) -> "ConsentRequestQuerySet":
        """With all that a page shows of a request, in the same query."""
        return self.select_related(
            *("item__area", "item__data_key", "item__originator", "organisation", "asked_by", "decided_by"),
            *("release__area", "subject", "answer_subject", "end_subject"),
        )

    def waiting(self) -> "ConsentRequestQuerySet":
        """Those that nobody has answered."""
        return self.filter(state=ConsentRequest.State.OPEN)

    def standing(self) -> "ConsentRequestQuerySet":
        """Consents that hold now."""
        return self.filter(state=ConsentRequest.State.GIVEN)

    def to_originators(self, reports_for) -> "ConsentRequestQuerySet":
        """Those that people may answer who report for these (organisation id, area id or None for everywhere)."""
        theirs = Q(pk__in=[])
        for organisation, area in reports_for:
            here = Q(item__area=area) | Q(item__area__parent=area) if area else Q()
            theirs |= Q(item__originator=organisation) & here
        return self.filter(theirs)

    def in_order_of_waiting(self) -> "ConsentRequestQuerySet":
        """What waits first, by when it is to be answered; then the newest."""
        waits = Case(When(state=ConsentRequest.State.OPEN, then=F("due_at")), default=None)
        return self.order_by(waits.asc(nulls_last=True), "-asked_at", "-pk")

    def from_side(self, user, organisations, items) -> "ConsentRequestQuerySet":
        """Those that `user` asked in the name of one of these organisations, or a colleague there about one of these
        items, which `user` may read as well (ids)."""
        return self.filter(Q(asked_by=user) | Q(item__in=items), organisation__in=organisations)


class ConsentRequest(models.Model):
    """A reader asks the originator of an item, whom they may not know, to let others have it.

    The portal carries the question. Silence is no: what was not answered by `due_at` lapses.
    """

    class State(models.TextChoices):
        OPEN = "open", _("waiting for the originator")
        GIVEN = "given", _("consent given")
        REFUSED = "refused", _("refused")
        LAPSED = "lapsed", _("not answered in time, which is a no")
        TAKEN_BACK = "taken_back", _("taken back by who asked")
        WITHDRAWN = "withdrawn", _("consent withdrawn")
        ENDED = "ended", _("consent ended on its date")
        CLOSED = "closed", _("closed, because the report is no longer shared")

    STEPS = (
        Step("give", (State.OPEN,), State.GIVEN, ("originator",)),
        Step("refuse", (State.OPEN,), State.REFUSED, ("originator",)),
        Step("take back", (State.OPEN,), State.TAKEN_BACK, ("asker",)),
        Step("withdraw", (State.GIVEN,), State.WITHDRAWN, ("originator",)),
        Step("lapse", (State.OPEN,), State.LAPSED, ("portal",)),
        Step("end", (State.GIVEN,), State.ENDED, ("portal",)),
        Step("close", (State.OPEN, State.GIVEN), State.CLOSED, ("portal",)),
    )
    NEXT = next_of(STEPS, State.values)

    Recipients = Recipients

    ref = models.CharField(max_length=16, unique=True, default=consent_reference)
    item = models.ForeignKey(Item, models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", help_text="In whose name.")
    asked_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    recipients = models.CharField(max_length=18, choices=Recipients)
    named = models.ManyToManyField(Organisation, related_name="+", help_text="The organisations that would get it.")
    fields = models.JSONField(default=list, help_text="Names of the texts and facts that are asked for.")
    until = models.DateField(null=True, help_text="Wanted until the end of this day; once answered, until when given.")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    is_edited = models.BooleanField(default=False, help_text="Given with changes to what was asked.")
    accepted_on = models.DateField(
        null=True, help_text="When the source (host authorities, a mission) accepted that it is passed on."
    )
    release = models.OneToOneField(Release, models.PROTECT, null=True, related_name="+")
    reminded_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, help_text="When a consent was withdrawn, ended or closed.")
    submission = models.UUIDField(help_text="Made by the form: the same form sent twice is one request.")
    subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")
    answer_subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")
    end_subject = models.OneToOneField(Subject, models.PROTECT, related_name="+")
    sealed = models.BinaryField(help_text="Purpose, and the donor's name; encrypted with the item's key.")
    sealed_answer = models.BinaryField(
        null=True, help_text="Reason or conditions, and who accepted for the source; encrypted with the item's key."
    )

    wall = "consent request"
    walls_of_links = {"named": "by consent: consentrequest_id"}
    objects = ConsentRequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["asked_by", "submission"], name="each_consent_asked_once"),
            models.UniqueConstraint(
                fields=["item", "organisation"], condition=Q(state="open"), name="one_open_consent_request"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["given", "withdrawn", "ended"], release__isnull=False)
                | Q(state__in=["open", "refused", "lapsed", "taken_back"], release=None)
                | Q(state="closed"),
                name="consent_given_makes_a_release",
            ),
            models.CheckConstraint(
                condition=Q(decided_at=None, decided_by=None, state__in=["open", "lapsed", "taken_back", "closed"])
                | Q(
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                    state__in=["given", "refused", "withdrawn", "ended", "closed"],
                ),
                name="consent_decided_by_whom_and_when",
            ),
        ]
        indexes = [models.Index(fields=["state", "due_at"], name="consents_due")]

    def __str__(self):
        return self.ref


class ConsentEntry(models.Model):
    """One line of the ledger of a request: what happened, when, from which side. It names no person: the originator may
    be hidden from who asked."""

    class What(models.TextChoices):
        ASKED = "asked", _("asked")
        REMINDED = "reminded", _("the originator was reminded")
        GIVEN = "given", _("consent given as asked")
        EDITED = "edited", _("consent given with changes")
        SOURCE_ACCEPTED = "source_accepted", _("the source accepted that it is passed on")
        REFUSED = "refused", _("refused")
        LAPSED = "lapsed", _("not answered in time")
        TAKEN_BACK = "taken_back", _("taken back")
        HANDED_ON = "handed_on", _("document for the recipient made")
        WITHDRAWN = "withdrawn", _("consent withdrawn")
        ENDED = "ended", _("ended on its date")
        CLOSED = "closed", _("closed with the report")

    class Side(models.TextChoices):
        ASKER = "asker", _("who asked")
        ORIGINATOR = "originator", _("the originator")
        PORTAL = "portal", _("the portal")

    append_only = True

    request = models.ForeignKey(ConsentRequest, models.PROTECT, related_name="+")
    what = models.CharField(max_length=16, choices=What)
    side = models.CharField(max_length=10, choices=Side)
    at = models.DateTimeField(default=timezone.now)

    wall = "by consent: request_id"
    objects = ScopedQuerySet.as_manager()

    def __str__(self):
        return f"{self.what} {self.request_id}"
