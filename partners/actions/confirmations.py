"""Asking a named person of a UN entity whether an organisation is its partner, and what comes of it (§2a; P4).

A request ends once: answered, cancelled or given up. Its link is used up in the same transaction, and never by looking.
"""

from contextlib import suppress
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import account_for, make_link, use_link
from accounts.models import ActionLink
from audit.actions import record
from documents.models import DataKey
from governance.seats import people_concerned, people_of_body, working_group
from notifications.actions import announce
from notifications.models import Subject
from organisations.addresses import check_address, domain_of, is_at, is_own
from organisations.models import Membership, Organisation
from partners.messages.confirmations import (
    ConfirmationAsked,
    ConfirmationLate,
    ConfirmationReminder,
    ConfirmationSettled,
)
from partners.models import Agreement, Application, Confirmation
from sharing.holdings import people_of
from slt_portal.states import StaleState, move

from .review import lock

PURPOSE = "confirmation"
State = Confirmation.State


@transaction.atomic
def ask_confirmation(
    *,
    organisation: Organisation,
    entity: Organisation,
    addressee_email: str,
    addressee_name: str,
    language: str,
    question: str,
    by,
    application: Application | None = None,
    agreement: Agreement | None = None,
) -> Confirmation:
    """Ask a person at `entity` whether `organisation` is its partner; without an application, for a partner (P10).

    The person needs no account: the link in the mail is enough. Asked again while it waits, it is the same request.
    Raises ValidationError for an address that is not the entity's, StaleState once the application has left the
    Working Group.
    """
    if application is not None:
        application = lock(application)
        organisation = application.organisation
    organisation = Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    if entity.kind != Organisation.Kind.UNSMS_ENTITY or (agreement and agreement.entity_id != entity.pk):
        raise ValidationError({"entity": _("Choose the UN entity of the agreement.")}, code="entity")
    check_address(addressee_email, entity)
    addressee = _person(addressee_email, addressee_name, language, organisation)
    if addressee.pk == by.pk:
        raise ValidationError(_("This is your own address. Somebody at the entity has to answer."), code="own")
    terms = {"organisation": organisation, "entity": entity, "application": application, "agreement": agreement}
    known = Confirmation.objects.for_system("asked before").filter(
        **terms, addressee=addressee, state__in=Confirmation.WAITING, due_at__gt=timezone.now()
    )
    if (row := known.first()) is not None:
        return row
    return _send(Confirmation(**terms, addressee=addressee, asked_by=by), {"question": question}, by=by)


@transaction.atomic
def answer_confirm(confirmation: Confirmation, *, relation: str, reference: str, ends_on, by, note: str = "") -> None:
    """The organisation is our partner: as what, under which agreement, until when.

    Raises ValidationError for an agreement that has ended, StaleState if the request is over.
    """
    if ends_on is not None and ends_on < timezone.now().date():
        raise ValidationError(
            {"ends_on": _("This day is over: the agreement has ended. If there is no later one, say that it is no.")},
            code="ended",
        )
    changes = {"relation": Agreement.Relation(relation), "ends_on": ends_on}
    _answer(confirmation, State.CONFIRMED, by=by, texts={"reference": reference, "note": note}, **changes)


@transaction.atomic
def answer_deny(confirmation: Confirmation, *, by, note: str = "") -> None:
    """The organisation is not our partner. Raises StaleState if the request is over."""
    _answer(confirmation, State.DENIED, by=by, texts={"note": note})


@transaction.atomic
def answer_not_know(confirmation: Confirmation, *, by, note: str = "") -> None:
    """Whoever was asked does not know. Raises StaleState if the request is over."""
    _answer(confirmation, State.UNKNOWN, by=by, texts={"note": note})


@transaction.atomic
def pass_on(confirmation: Confirmation, *, email: str, name: str, by) -> Confirmation:
    """Pass the request to a colleague at the same entity, once; it becomes a request of its own.

    Raises ValidationError for an address elsewhere, StaleState if the request is over or was passed before.
    """
    if confirmation.passed_from_id is not None:
        raise StaleState(f"{confirmation.ref}: passed before")
    check_colleague(confirmation, email)
    addressee = _person(email, name, confirmation.addressee.language, confirmation.organisation)
    _answer(confirmation, State.PASSED, by=by, texts={})
    terms = {name: getattr(confirmation, name) for name in ("organisation", "entity", "application", "agreement")}
    row = Confirmation(**terms, addressee=addressee, asked_by=confirmation.asked_by, passed_from=confirmation)
    return _send(row, {"question": confirmation.texts.get("question", "")}, by=by)


def check_colleague(confirmation: Confirmation, email: str) -> None:
    """Raises ValidationError for an address that is neither where the addressee's is nor at a domain of the entity."""
    own = domain_of(confirmation.addressee.email)
    domains = [own, *(row.domain for row in confirmation.entity.domains.all())]
    if email.strip().lower() == confirmation.addressee.email:
        raise ValidationError(_("This is the address that was asked already. Name a colleague."), code="own")
    if email.strip().lower() == confirmation.asked_by.email:
        raise ValidationError(_("This is who sent the request. Name a colleague who can answer it."), code="own")
    if not is_at(email, domains):
        raise ValidationError(
            _("Only a colleague at the same entity can answer: use an address at %(domains)s."),
            code="other_domain",
            params={"domains": ", ".join(dict.fromkeys(domains))},
        )


@transaction.atomic
def cancel(confirmation: Confirmation, *, by) -> None:
    """The answer is no longer needed; the link stops working. Raises StaleState if the request is over."""
    _close_link(confirmation)
    move(confirmation, State.CANCELLED, settled_at=timezone.now())
    _record("partners.confirmation_cancelled", confirmation, by=by)


@transaction.atomic
def cancel_open(application: Application, *, by) -> int:
    """Cancel what still waits about `application`, which was withdrawn or decided. Returns how many."""
    done, rows = [], Confirmation.objects.for_system("its application is over").filter(application=application)
    # Links, requests, audit: in the order of who answers at this moment, or each waits for the other. What they passed
    # on meanwhile is found in the next round.
    while waiting := list(rows.filter(state__in=Confirmation.WAITING).order_by("pk")):
        for row in waiting:
            _close_link(row)
        for row in waiting:
            with suppress(StaleState):
                move(row, State.CANCELLED, settled_at=timezone.now())
                done.append(row)
    for row in done:
        _record("partners.confirmation_cancelled", row, by=by)
    return len(done)


def remind_and_escalate(now=None) -> int:
    """Remind who was asked, tell their agency, record "no answer": whatever is due. Returns how many requests moved on.

    After a standstill each request takes the latest step that is due, once: nobody is reminded of what is over.
    """
    now = now or timezone.now()
    waiting = Confirmation.objects.for_system("reminders").filter(state__in=Confirmation.WAITING)
    late = now - timedelta(days=settings.CONFIRMATION_ESCALATE_DAYS)
    silent = now - timedelta(days=settings.CONFIRMATION_REMIND_DAYS)
    asked = waiting.filter(state=State.ASKED, due_at__gt=now)
    due = (
        (_give_up, waiting.filter(due_at__lte=now)),
        (_escalate, asked.filter(asked_at__lte=late)),
        (_remind, asked.filter(asked_at__lte=silent, asked_at__gt=late, reminded_at=None)),
    )
    done = 0
    for step, rows in due:
        for row in rows.select_related("organisation", "entity", "application").order_by("pk"):
            try:
                with transaction.atomic():
                    step(row, now)
            except StaleState:  # answered, or done by another process, at this moment
                continue
            done += 1
    return done


def _remind(row, now):
    mine = Confirmation.objects.for_system("a reminder").filter(pk=row.pk, state=State.ASKED, reminded_at=None)
    if mine.update(reminded_at=now) != 1:
        raise StaleState(row.ref)
    _announce(ConfirmationReminder, row, "reminded", {row.addressee_id})
    _record("partners.confirmation_reminded", row, by=None)


def _escalate(row, now):
    move(row, State.ESCALATED, escalated_at=now)
    people = people_of({f"agency:{row.entity_id}", f"oversight_committee:{row.entity_id}"})
    people -= people_concerned(row.organisation_id) | {row.addressee_id}
    # The agency has nobody here: the Working Group should know that only another address helps.
    _announce(ConfirmationLate, row, "late", people or _askers(row))
    _record("partners.confirmation_escalated", row, by=None)


def _give_up(row, now):
    move(row, State.NO_ANSWER, settled_at=now)
    _announce(ConfirmationSettled, row, "settled", _askers(row))
    _record("partners.confirmation_given_up", row, by=None)


def _person(email, name, language, organisation):
    """The account of who is asked: nobody of the organisation in question, and no mailbox."""
    is_theirs = organisation.domains.exists() and is_own(email, organisation)
    user = None if is_theirs else account_for(email, name=name, language=language)
    if is_theirs or Membership.objects.on().filter(user=user, organisation=organisation).exists():
        raise ValidationError(_("Nobody of the organisation itself can answer for the UN entity."), code="theirs")
    if user.is_mailbox:
        raise ValidationError(_("This is a functional mailbox. Name a person."), code="mailbox")
    return user


def _send(row, texts, *, by):
    """Give the request its link, save it, and write to who is asked."""
    row.subject, row.data_key = Subject.objects.create(), DataKey.objects.make()
    lifetime = timedelta(days=settings.CONFIRMATION_GIVE_UP_DAYS)
    row.link, _token = make_link(PURPOSE, str(row.subject.pk), lifetime, row.asked_at)
    row.due_at = row.link.expires_at
    row.write(texts)
    row.save(force_insert=True)
    _announce(ConfirmationAsked, row, "asked", {row.addressee_id})
    _record("partners.confirmation_asked", row, by=by)
    return row


def _answer(confirmation, state, *, by, texts, **changes):
    use_link(confirmation.link)
    confirmation.write({**confirmation.texts, **texts})
    now = timezone.now()
    move(confirmation, state, settled_at=now, answered_by=by, sealed=confirmation.sealed, **changes)
    _announce(ConfirmationSettled, confirmation, "settled", _askers(confirmation) - {by.pk})
    _record(f"partners.confirmation_{state}", confirmation, by=by)


def _close_link(confirmation):
    ActionLink.objects.filter(pk=confirmation.link_id, used_at=None).update(used_at=timezone.now())


def _askers(row):
    """The Working Group, and who asked: whom the outcome concerns."""
    return people_of_body(working_group(), concerns=row.organisation) | {row.asked_by_id}


def _announce(kind, row, event, people):
    announce(kind, subject=row.subject, event_key=f"confirmation:{row.uid}:{event}", recipients=people)


def _record(verb, row, *, by):
    facts = {"entity": row.entity.ref, "application": row.application.ref if row.application_id else None}
    record(verb, by=by, object_type="confirmation", object_ref=row.ref, facts=facts)
