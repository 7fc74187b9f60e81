"""Everything that changes who belongs to which organisation, and how an organisation stands."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.actions import account_for, make_link, use_link
from accounts.models import ActionLink, User
from audit.actions import record
from notifications.actions import announce
from notifications.models import Subject
from slt_portal.states import StaleState

from .addresses import can_be_accepted, check_address, check_mailbox, exception_for
from .messages import InvitationMail, MailboxMail, SuccessorWanted
from .models import Invitation, Membership, Organisation, Standing
from .policies import NEVER_EMPTY, can_leave, mailbox_role
from .querysets import CONTACT_ROLES, FEWEST_CONTACTS, contacts_left, dss_headquarters, focal_points_of
from .roles import ROLES

PURPOSE = "invitation"
LIFETIME = timedelta(days=14)
# A second click on "send" within this time is the same wish, not a second one.
DOUBLE_CLICK = timedelta(minutes=2)


class LastOfRole(Exception):
    """Who is alone in a role without which nobody can run the portal cannot leave it."""


@transaction.atomic
def add_organisation(*, name: str, kind: str, by, acronym: str = "", headquarters=None) -> Organisation:
    """A new organisation, without standing. `by` is None for the first ones of an installation."""
    organisation = Organisation.objects.create(
        name=name, kind=Organisation.Kind(kind), acronym=acronym, headquarters=headquarters
    )
    facts = {"kind": organisation.kind}
    record(
        "organisations.organisation_added", by=by, object_type="organisation", object_ref=organisation.ref, facts=facts
    )
    return organisation


@transaction.atomic
def invite(*, email: str, name: str, organisation: Organisation, area, role: str, language: str, by) -> Invitation:
    """Ask a person in by mail. They get an account if they have none; the role begins when they accept.

    The answer is the same whether or not there was an account. `by` is None for the first person of an installation.
    Raises ValidationError for an address that is not the organisation's and has no exception, and for a mailbox (I7).
    """
    exception = check_address(email, organisation)
    user = account_for(email, name=name, language=language)
    if user.is_mailbox:
        raise ValidationError("a functional mailbox is nobody's account", code="mailbox")
    terms = {"user": user, "organisation": organisation, "area": area, "role": role}
    return _just_sent(terms) or _send(InvitationMail, terms, by=by, exception=exception)


@transaction.atomic
def add_mailbox(*, email: str, name: str, organisation: Organisation, language: str, by, area=None) -> Invitation:
    """Ask a functional mailbox whether it wants the mails of its scope; nothing is sent there before it says yes.

    Of a partner organisation it is a duty mailbox, of a UN entity an address of the distribution list (G6), without an
    area. Raises ValidationError if the address is not at a domain of the organisation or is somebody's account
    (item 10), and where there are no mailboxes.
    """
    role = mailbox_role(organisation)
    if not role or (area and ROLES[role].scope == "world"):
        raise ValidationError("no mailbox of this kind here", code="role")
    check_mailbox(email, organisation)
    user = account_for(email, name=name, language=language, is_mailbox=True)
    if not user.is_mailbox:
        raise ValidationError("this address is somebody's account", code="person")
    terms = {"user": user, "organisation": organisation, "area": area, "role": role}
    return _just_sent(terms) or _send(MailboxMail, terms, by=by)


def _send(kind, terms, *, by, exception=None):
    """The invitation with its link and its mail."""
    subject = Subject.objects.create()
    link, _token = make_link(PURPOSE, str(subject.pk), LIFETIME)
    invitation = Invitation.objects.create(**terms, invited_by=by, subject=subject, link=link, exception=exception)
    announce(kind, subject=subject, event_key=f"invitation:{subject.pk}", recipients=[invitation.user_id])
    _record("organisations.invitation_sent", invitation, by=by)
    return invitation


def _just_sent(terms):
    fresh = timezone.now() - DOUBLE_CLICK
    return Invitation.objects.filter(**terms, invited_at__gte=fresh, link__used_at=None).first()


@transaction.atomic
def accept_invitation(invitation: Invitation, *, password: str | None = None) -> Membership:
    """The invited person says yes: their password is set if they have none, and the role begins.

    At a personal address it ends with the exception for it. Raises StaleState if the invitation was used, withdrawn or
    has expired meanwhile, or if what it rests on is gone: the sender's right to give the role, the exception, or that
    the organisation has its addresses where this one is (I7).
    """
    if not can_be_accepted(invitation):
        raise StaleState("what this invitation rests on is gone")
    exception = exception_for(invitation)
    use_link(invitation.link)
    user = User.objects.select_for_update(no_key=True).get(pk=invitation.user_id)
    if password and not user.has_usable_password() and not user.is_mailbox:
        user.set_password(password)
        user.save(update_fields=["password"])
    terms = {"user": user, **{name: getattr(invitation, name) for name in ("organisation", "area", "role")}}
    # Who has the role already keeps the membership they have.
    not_over = Q(ends_at=None) | Q(ends_at__gt=timezone.now())
    rows = Membership.objects.filter(not_over, **terms)
    membership = rows.filter(exception=None).first() or rows.first()
    if membership is None:
        ends_at = exception and exception.expires_at
        membership = Membership.objects.create(**terms, exception=exception, ends_at=ends_at)
    elif membership.exception_id and exception is None:
        # The address has become the organisation's: nothing ends any more.
        Membership.objects.filter(pk=membership.pk).update(exception=None, ends_at=None)
        membership.refresh_from_db()
    _record("organisations.invitation_accepted", membership, by=user)
    return membership


@transaction.atomic
def withdraw_invitation(invitation: Invitation, *, by) -> None:
    """The link in the mail no longer works. Raises StaleState if it was used or has expired."""
    use_link(invitation.link)
    _record("organisations.invitation_withdrawn", invitation, by=by)


@transaction.atomic
def end_membership(membership: Membership, *, by) -> None:
    """End a role now: what it opened is closed at the person's next request.

    Invitations that the person sent for this organisation and that nobody accepted yet end too. If fewer than two
    contacts remain there, the organisation is asked for a successor (I6). Raises StaleState if the membership has
    ended already. `by` is the person themselves when they leave; LastOfRole says that they may not (`can_leave`).
    """
    if by is not None and by.pk == membership.user_id:
        _keep_one(membership, by)
    now = timezone.now()
    until = max(now, membership.starts_at)
    in_force = Membership.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), pk=membership.pk)
    if in_force.update(ends_at=until) != 1:
        raise StaleState("this membership has ended already")
    membership.ends_at = until
    sent = Invitation.objects.filter(invited_by=membership.user_id, organisation=membership.organisation_id)
    ActionLink.objects.filter(pk__in=sent.values("link"), used_at=None).update(used_at=now)
    _ask_for_successor(membership)
    _record("organisations.membership_ended", membership, by=by)


def _keep_one(membership, by):
    """Two who leave at the same moment would count each other: the second waits here, and then counts again."""
    if membership.role in NEVER_EMPTY:
        list(Membership.objects.on().filter(role=membership.role).order_by("pk").select_for_update(no_key=True))
    if not can_leave(by, membership):
        raise LastOfRole


def _ask_for_successor(membership):
    """One mail to the focal points at headquarters, or to DSS headquarters where there is none; never to who left."""
    if membership.role not in CONTACT_ROLES:
        return
    # Two who leave at the same moment count each other.
    Organisation.objects.select_for_update(no_key=True).get(pk=membership.organisation_id)
    if contacts_left(membership) >= FEWEST_CONTACTS:
        return
    others = [
        set(rows.exclude(user=membership.user_id).values_list("user", flat=True))
        for rows in (focal_points_of(membership.organisation), dss_headquarters())
    ]
    subject = Subject.objects.create()
    Membership.objects.filter(pk=membership.pk).update(successor_subject=subject)
    key = f"successor:{membership.ref}"
    announce(SuccessorWanted, subject=subject, event_key=key, recipients=others[0] or others[1])


@transaction.atomic
def add_standing(
    *, organisation: Organisation, kind: str, by, area=None, starts_at: datetime | None = None, ends_at=None
) -> Standing:
    """A dated fact about an organisation: partner, active, local arrangement or suspended. `area` None: everywhere."""
    standing = Standing.objects.create(
        organisation=organisation,
        kind=Standing.Kind(kind),
        area=area,
        starts_at=starts_at or timezone.now(),
        ends_at=ends_at,
    )
    _record("organisations.standing_added", standing, by=by)
    return standing


@transaction.atomic
def end_standing(standing: Standing, *, by) -> None:
    """The fact is true no longer. Raises StaleState if it has ended already."""
    now = timezone.now()
    until = max(now, standing.starts_at)
    in_force = Standing.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), pk=standing.pk)
    if in_force.update(ends_at=until) != 1:
        raise StaleState("this standing has ended already")
    standing.ends_at = until
    _record("organisations.standing_ended", standing, by=by)


def _record(verb, row, *, by):
    """The audit event of a membership, an invitation or a standing: on the organisation, with codes only."""
    facts = {"area": row.area.code if row.area else None}
    if isinstance(row, Standing):
        facts["standing"] = row.kind
    else:
        facts |= {"user": row.user_id, "role": row.role}
    record(
        verb,
        by=by,
        object_type="organisation",
        object_ref=row.organisation.ref,
        facts=facts,
    )
