"""Expressions of interest: received from anybody, settled by DSS headquarters (§3.1; P1, P3, P12)."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import account_for
from audit.actions import record
from documents.models import DataKey
from notifications.actions import announce
from notifications.models import Subject
from organisations.actions import add_organisation, invite
from organisations.address_actions import add_domain
from organisations.addresses import domain_of
from organisations.models import Organisation, Standing
from partners.messages.interests import InterestDeclined, InterestReceived
from partners.models import Application, Basis, Interest
from sharing.holdings import people_of
from slt_portal.states import move

from .applications import CannotApply, note_names, open_application
from .bases import record_basis

State = Interest.State
_Kind = Organisation.Kind


class NameTaken(Exception):
    """There is an organisation of exactly this name."""


@transaction.atomic
def receive_interest(*, answers: dict, language: str) -> Interest:
    """Keep what a stranger sent, sealed, and tell DSS headquarters (P1). Nothing is looked up: no answer can tell."""
    interest = Interest(data_key=DataKey.objects.make(), subject=Subject.objects.create(), language=language)
    interest.write(answers)
    interest.save(force_insert=True)
    key = f"interest {interest.ref}"
    announce(InterestReceived, subject=interest.subject, event_key=key, recipients=people_of({"dss_world"}))
    record("partners.interest_received", by=None, object_type="interest", object_ref=interest.ref)
    return interest


@transaction.atomic
def invite_to_apply(
    *, answers: dict, organisation: Organisation | None, notes_domain: bool, by, interest: Interest | None = None
) -> Application:
    """Open an application for an organisation, known or new (None), and ask its contact in to fill it in (§3.1).

    `answers` are those of an expression of interest; `notes_domain`: the domain of the contact's address becomes one
    of the organisation's. Raises CannotApply with a sentence, NameTaken, ValidationError for the address (I7).
    """
    if organisation is None:
        organisation = _new(answers, kind=answers["kind"], by=by)
    application = open_application(organisation=organisation, language=answers["language"], by=by, interest=interest)
    if interest is None:  # nothing was said yet, but by who invites
        application.write({**application.texts, **_said_by_dss(application, answers)})
        application.save(update_fields=["sealed"])
    note_names(organisation, answers, by=by)
    _ask_in(answers, organisation, role="applicant", area=None, notes_domain=notes_domain, by=by)
    return application


def _said_by_dss(application, answers):
    names = ("acronym", "other_names", "country", "website")
    said = {name: answers[name] for name in names if answers.get(name)}
    return {"identity": application.texts["identity"] | said}


@transaction.atomic
def open_from_interest(interest: Interest, *, organisation: Organisation | None, notes_domain: bool, by) -> Application:
    """Open the application that an expression of interest asks for. Raises as `invite_to_apply`, and StaleState."""
    answers = {**interest.texts, "language": interest.language}
    application = invite_to_apply(
        answers=answers, organisation=organisation, notes_domain=notes_domain, by=by, interest=interest
    )
    _settle(interest, State.OPENED, by=by, organisation=application.organisation)
    return application


@transaction.atomic
def record_local(interest: Interest, *, organisation: Organisation | None, area, invites: bool, by) -> Basis:
    """Record a national NGO as local arrangement of an area; `invites` asks its contact in as its focal point (P3).

    Raises CannotApply for an organisation that is no national NGO, NameTaken, ValidationError (I7), StaleState.
    """
    answers = {**interest.texts, "language": interest.language}
    if organisation is None:
        organisation = _new(answers, kind=_Kind.NNGO, by=by)
    if organisation.kind != _Kind.NNGO:
        raise CannotApply(_("Only a national NGO is recorded as local arrangement. This record is of another kind."))
    note_names(organisation, answers, by=by)
    basis = record_basis(
        organisation=organisation,
        kind=Standing.Kind.LOCAL_ARRANGEMENT,
        area=area,
        route=Basis.Route.DSS,
        by=by,
        confirmed_by=by.name,
    )
    if invites:
        _ask_in(answers, organisation, role="local_focal_point", area=area, notes_domain=False, by=by)
    _settle(interest, State.LOCAL, by=by, organisation=organisation)
    return basis


@transaction.atomic
def decline(interest: Interest, *, words: str, by) -> None:
    """Say no, in words that are mailed to the contact. Only now there is an account for them, which opens nothing.

    Raises StaleState if it was settled meanwhile, ValidationError where the address is a functional mailbox.
    """
    texts = interest.texts
    interest.write({**texts, "answer": words})
    _settle(interest, State.DECLINED, by=by, sealed=interest.sealed)
    contact = account_for(texts["email"], name=texts["contact_name"], language=interest.language)
    key = f"interest {interest.ref} declined"
    announce(InterestDeclined, subject=interest.subject, event_key=key, recipients=[contact.pk])


def _settle(interest, state, *, by, **changes):
    move(interest, state, settled_at=timezone.now(), **changes)
    facts = {"state": str(state)}
    if interest.organisation_id:
        facts["organisation"] = interest.organisation.ref
    record("partners.interest_settled", by=by, object_type="interest", object_ref=interest.ref, facts=facts)


def _new(answers, *, kind, by):
    try:
        with transaction.atomic():
            organisation = add_organisation(name=answers["name"], kind=kind, by=by)
    except IntegrityError:
        raise NameTaken from None
    organisation.acronym = answers.get("acronym", "")
    organisation.headquarters_id = answers.get("country") or None
    organisation.save(update_fields=["acronym", "headquarters"])
    return organisation


def _ask_in(answers, organisation, *, role, area, notes_domain, by):
    if notes_domain:
        add_domain(organisation=organisation, domain=domain_of(answers["email"]), by=by)
    try:
        invite(
            email=answers["email"],
            name=answers["contact_name"],
            organisation=organisation,
            area=area,
            role=role,
            language=answers["language"],
            by=by,
        )
    except ValidationError as refused:
        if refused.code != "mailbox":
            raise
        raise ValidationError(
            _("This address is a functional mailbox, with which nobody signs in. Ask for a person's."), code="mailbox"
        ) from None
