"""Keeping the list of services: added, changed, confirmed, ended. It is no secret, and who changed it is recorded."""

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from audit.actions import record
from restricted.models import SupportService
from restricted.policies import keeps_services

from .steps import today


class KnownAlready(Exception):
    """A service of this name is in the list of this area."""


@transaction.atomic
def keep_service(service: SupportService | None, *, by, **fields) -> SupportService:
    """Add a service, or change one; both confirm it as of today. `fields`: kind, area, name, what, telephone,
    languages, hours. Raises KnownAlready, PermissionDenied."""
    _check(by)
    row = service or SupportService()
    for name, value in fields.items():
        setattr(row, name, value)
    row.confirmed_on = today()
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise KnownAlready from None
    record("support.service_kept", by=by, object_type="service", object_ref=row.ref)
    return row


@transaction.atomic
def confirm_service(service: SupportService, *, by) -> None:
    """It was called today and is as it stands here. Raises PermissionDenied."""
    _check(by)
    SupportService.objects.filter(pk=service.pk, ended_on=None).update(confirmed_on=today())
    record("support.service_confirmed", by=by, object_type="service", object_ref=service.ref)


@transaction.atomic
def end_service(service: SupportService, *, by) -> None:
    """It is not shown any more. Twice changes nothing. Raises PermissionDenied."""
    _check(by)
    if SupportService.objects.filter(pk=service.pk, ended_on=None).update(ended_on=today()):
        record("support.service_ended", by=by, object_type="service", object_ref=service.ref)


def _check(by):
    if not keeps_services(by):
        raise PermissionDenied("keeps no services")
