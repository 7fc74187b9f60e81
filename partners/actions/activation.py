"""What begins when both sides have signed: standings, roles, invitations; in the transaction of the last signature."""

from datetime import date

import structlog
from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.utils import timezone

from audit.actions import record
from organisations.actions import end_membership, invite
from organisations.models import Invitation, Membership, Standing
from partners.models import Application, Basis, Confirmation, Memorandum
from partners.presence import areas_of_codes, contacts_declared

from .bases import record_basis, renew_basis
from .steps import enter

log = structlog.get_logger(__name__)
ROLE = "partner_headquarters"


def activate(memorandum: Memorandum, *, signed_by, by) -> None:
    """The organisation is a partner world-wide, and active in the areas of its memorandum (§3.3, P7, P8).

    Who looked after the application looks after the organisation; the declared contacts are invited by whoever signed
    for it. Raises StaleState.
    """
    application = memorandum.application
    enter(application, Application.State.ACTIVE, by=None)
    _stands(memorandum, by)
    for membership in _open(application.organisation).filter(role="applicant").select_related("user", "area"):
        _becomes_focal_point(membership, by)
    for contact in contacts_not_invited(application):
        _invite(contact, application, signed_by)


def _stands(memorandum, by):
    organisation = memorandum.application.organisation
    common = {"organisation": organisation, "memorandum": memorandum, "by": by}
    link = _un_link(memorandum.application)
    basis = record_basis(kind=Standing.Kind.PARTNER, area=None, route=Basis.Route.MEMORANDUM, **link, **common)
    if basis.memorandum_id != memorandum.pk:  # a partner from before the portal: what was agreed now counts
        renew_basis(basis, ends_on=link.get("ends_on"), confirmed_by=link.get("confirmed_by", ""), by=by)
    for area in areas_of_codes(memorandum.texts["areas"]):
        record_basis(kind=Standing.Kind.ACTIVE, area=area, route=Basis.Route.DSS, **common)


def _un_link(application) -> dict:
    """Who confirmed the link with the UN, and until when it holds: the one that lasts longest (§2a).

    An end that passed while the memorandum was being signed is said to be today: it lapses openly, not in silence.
    """
    rows = Confirmation.objects.for_system("on what the partnership rests").filter(
        application=application, state=Confirmation.State.CONFIRMED
    )
    rows = list(rows.select_related("entity").order_by("entity__name", "pk"))
    if not rows:  # admitted as an exception (footnote 2)
        return {}
    names = ", ".join(dict.fromkeys(row.entity.name for row in rows))
    longest = max(rows, key=lambda row: row.ends_on or date.max)
    ends_on = longest.ends_on and max(longest.ends_on, timezone.now().date())
    return {"entity": longest.entity, "relation": longest.relation, "confirmed_by": names[:200], "ends_on": ends_on}


def _open(organisation):
    return Membership.objects.on().filter(organisation=organisation)


def _becomes_focal_point(membership, by):
    """The role of an applicant ends and that at headquarters begins, under the same exception for the address."""
    terms = {"user": membership.user, "organisation": membership.organisation, "area": None, "role": ROLE}
    ends_at, exception = membership.ends_at, membership.exception
    end_membership(membership, by=None)  # the portal ends it: the person does not leave
    if Membership.objects.on().filter(**terms).exists():
        return
    begun = Membership.objects.create(**terms, exception=exception, ends_at=ends_at)
    facts = {"area": None, "user": begun.user_id, "role": ROLE}
    ref = begun.organisation.ref
    record("organisations.membership_begun", by=by, object_type="organisation", object_ref=ref, facts=facts)


def _invite(contact, application, signed_by):
    """One contact who cannot be invited costs nobody anything: DSS sees on the page who is left."""
    language = contact.get("language") or application.language
    terms = {"email": contact["email"], "name": contact.get("name") or contact["email"], "language": language}
    try:
        invite(**terms, organisation=application.organisation, area=None, role=ROLE, by=signed_by)
    except (ValidationError, DatabaseError) as error:
        log.info("contact_not_invited", application=application.ref, error=type(error).__name__)


def contacts_not_invited(application: Application) -> list[dict]:
    """The declared contacts who neither belong to the organisation nor were asked to; two queries."""
    contacts = contacts_declared(application)
    addresses = [row["email"].strip().lower() for row in contacts]
    known = set()
    for rows in (_open(application.organisation), Invitation.objects.filter(organisation=application.organisation)):
        known |= set(rows.filter(user__email__in=addresses).values_list("user__email", flat=True))
    return [row for row, address in zip(contacts, addresses, strict=True) if address not in known]
