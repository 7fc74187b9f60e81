"""Which addresses an organisation may use: its e-mail domains, and exceptions for personal addresses (I7)."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from audit.actions import record
from notifications.actions import announce
from notifications.models import Subject
from slt_portal.crypto import keyed_digest
from slt_portal.states import StaleState, move

from .addresses import clean_domain, is_own
from .messages import ExceptionDecided, ExceptionRequested, ExceptionsEnding
from .models import AddressException, ExceptionReminder, Membership, Organisation, OrganisationDomain
from .policies import can_decide_exception
from .querysets import dss_headquarters, exceptions_ending, focal_points_of, live_exception

LONGEST = timedelta(days=366)  # twelve months, whichever they are
REMINDED_BEFORE = timedelta(days=14)
State = AddressException.State


@transaction.atomic
def add_domain(*, organisation: Organisation, domain: str, by) -> OrganisationDomain:
    """From now on people of this organisation are invited at its domains only. Known ones stay as they are.

    Raises ValidationError for what is no domain or is a free provider's.
    """
    row, is_new = OrganisationDomain.objects.get_or_create(
        organisation=organisation, domain=clean_domain(domain), defaults={"added_by": by}
    )
    if is_new:
        _record("organisations.domain_added", organisation, by=by, facts={"domain": row.domain})
    return row


@transaction.atomic
def remove_domain(row: OrganisationDomain, *, by) -> None:
    """The domain is the organisation's no longer. Raises StaleState if it was removed already."""
    deleted, _ = OrganisationDomain.objects.filter(pk=row.pk).delete()
    if not deleted:
        raise StaleState("this domain was removed already")
    _record("organisations.domain_removed", row.organisation, by=by, facts={"domain": row.domain})


@transaction.atomic
def request_exception(*, organisation: Organisation, email: str, reason: str, by) -> AddressException:
    """Ask DSS headquarters to let this personal address be used. Asked twice, it is one request.

    Raises ValidationError if the address is the organisation's anyhow.
    """
    email = email.strip().lower()
    if is_own(email, organisation):
        raise ValidationError("this address needs no exception", code="not_needed")
    waiting = AddressException.objects.filter(organisation=organisation, email=email, state=State.REQUESTED)
    if known := waiting.first():
        return known
    subject = Subject.objects.create()
    try:
        with transaction.atomic():
            row = AddressException.objects.create(
                organisation=organisation, email=email, reason=reason, requested_by=by, subject=subject
            )
    except IntegrityError:  # a second click, or a colleague, at the same moment
        return waiting.get()
    deciders = set(dss_headquarters().exclude(user=by).values_list("user", flat=True))
    announce(ExceptionRequested, subject=subject, event_key=f"exception:{row.ref}", recipients=deciders)
    _record_exception("organisations.exception_requested", row, by=by)
    return row


@transaction.atomic
def approve_exception(exception: AddressException, *, until: datetime, by) -> None:
    """The address may be used until then; memberships of an earlier exception for it last as long (I7).

    Raises StaleState if it was decided meanwhile, PermissionError for who asked, ValueError for more than a year.
    """
    now = timezone.now()
    _check(exception, until, now, by)
    move(exception, State.APPROVED, decided_by=by, decided_at=now, expires_at=until)
    _extend(exception, now)
    _tell(exception)
    _record_exception("organisations.exception_approved", exception, by=by, until=until.date().isoformat())


@transaction.atomic
def refuse_exception(exception: AddressException, *, by) -> None:
    """The address may not be used. Raises StaleState if it was decided meanwhile, PermissionError for who asked."""
    if not can_decide_exception(by, exception):
        raise PermissionError("DSS headquarters decides, and nobody about a request of their own")
    move(exception, State.REFUSED, decided_by=by, decided_at=timezone.now())
    _tell(exception)
    _record_exception("organisations.exception_refused", exception, by=by)


@transaction.atomic
def renew_exception(exception: AddressException, *, until: datetime, by) -> AddressException:
    """Prolong an exception that has not run out: a new one on the same request, and its memberships with it.

    Raises StaleState if it is not the one in force, PermissionError for who asked, ValueError for more than a year or
    a day that is no later.
    """
    now = timezone.now()
    _check(exception, until, now, by)
    Organisation.objects.select_for_update(no_key=True).get(pk=exception.organisation_id)  # two clicks, one renewal
    if live_exception(exception.organisation, exception.email) != exception:
        raise StaleState("this exception is not in force any more")
    if until <= exception.expires_at:
        raise ValueError("a renewal ends later")
    row = AddressException.objects.create(
        organisation=exception.organisation,
        email=exception.email,
        reason=exception.reason,
        requested_by_id=exception.requested_by_id,
        requested_at=now,
        state=State.APPROVED,
        decided_by=by,
        decided_at=now,
        expires_at=until,
        subject=Subject.objects.create(),
    )
    _extend(row, now)
    _record_exception("organisations.exception_renewed", row, by=by, until=until.date().isoformat())
    return row


@transaction.atomic
def remind_of_exceptions(on: datetime | None = None) -> int:
    """Tell focal points and DSS headquarters which exceptions end within two weeks; returns how many there are.

    One summary a day and person, one reminder an exception: run twice, it does nothing twice; after a downtime it
    catches up. What becomes due later on a day that has its summary stands in the next one.
    """
    on = on or timezone.now()
    due = list(exceptions_ending(within=REMINDED_BEFORE, on=on).filter(reminder=None))
    if not due or ExceptionReminder.objects.filter(on=on.date()).exists():
        return 0
    subject = Subject.objects.create()
    try:
        with transaction.atomic():
            reminder = ExceptionReminder.objects.create(on=on.date(), subject=subject)
    except IntegrityError:  # another worker had the same tick
        return 0
    AddressException.objects.filter(pk__in=[row.pk for row in due]).update(reminder=reminder)
    told = set(dss_headquarters().values_list("user", flat=True))
    for organisation in {row.organisation for row in due}:
        told |= set(focal_points_of(organisation).values_list("user", flat=True))
    announce(ExceptionsEnding, subject=subject, event_key=f"exceptions-ending:{on.date()}", recipients=told)
    return len(due)


def _check(exception, until, now, by):
    if not can_decide_exception(by, exception):
        raise PermissionError("DSS headquarters decides, and nobody about a request of their own")
    if not now < until <= now + LONGEST:
        raise ValueError("an exception lasts at most twelve months")


def _extend(exception, now):
    """Memberships that would end with an earlier exception for this address end with this one."""
    earlier = Membership.objects.filter(
        exception__organisation=exception.organisation_id,
        exception__email=exception.email,
        ends_at=F("exception__expires_at"),  # ended by hand stays ended
        ends_at__gt=now,
    )
    Membership.objects.filter(
        pk__in=list(earlier.values_list("pk", flat=True)), ends_at__lt=exception.expires_at
    ).update(exception=exception, ends_at=exception.expires_at)


def _tell(exception):
    key = f"exception-decided:{exception.ref}"
    announce(ExceptionDecided, subject=exception.subject, event_key=key, recipients=[exception.requested_by_id])


def _record_exception(verb, exception, *, by, **facts):
    digest = keyed_digest("address", exception.email)
    facts = {"exception": exception.ref, "address": digest, **facts}
    _record(verb, exception.organisation, by=by, facts=facts)


def _record(verb, organisation, *, by, facts):
    record(verb, by=by, object_type="organisation", object_ref=organisation.ref, facts=facts)
