"""An application on the side of its applicant: opened, saved as a draft, sent, answered, withdrawn (§3.1; P1-P3)."""

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import record
from documents.models import DataKey
from documents.uploads import cleaned
from governance.actions import cancel_decision
from governance.models import Decision
from governance.seats import committee, people_of_body, working_group
from notifications.actions import announce
from notifications.models import Subject
from organisations.duplicates import Finder
from organisations.models import Organisation, OrganisationName, Standing
from organisations.name_actions import add_name
from partners.criteria import missing_of
from partners.messages.applications import (
    ApplicationAnswered,
    ApplicationReceived,
    ApplicationSent,
    ApplicationWithdrawn,
)
from partners.models import (
    Agreement,
    Application,
    Inquiry,
    Interest,
    Memorandum,
    Recommendation,
    StateEntry,
)
from partners.querysets import ApplicationQuerySet
from sharing.holdings import people_of
from slt_portal.states import StaleState, move, steps_open

from .application_files import keep_clean
from .confirmations import cancel_open
from .steps import enter

State = Application.State
_INTERNATIONAL = frozenset({Organisation.Kind.INGO, Organisation.Kind.IO})
_APPLICANT = ("applicant",)
MOST_NAME = 200


class CannotApply(Exception):
    """An organisation cannot have an application, or not another one. Its text is for people."""


class Incomplete(Exception):
    """An application cannot be sent yet: `missing` says why, each with the id of its field."""

    def __init__(self, missing):
        super().__init__("something is missing")
        self.missing = missing


@transaction.atomic
def open_application(*, organisation: Organisation, language: str, by, interest: Interest | None = None) -> Application:
    """A draft for an organisation, filled in with what it said of itself already (§3.1; P1, P3).

    Raises CannotApply, with a sentence, for a national NGO and whatever else is no INGO or IO (§2), for a partner, and
    where an application is open.
    """
    _check_may_apply(organisation)
    application = Application(
        organisation=organisation,
        interest=interest,
        data_key=DataKey.objects.make(),
        subject=Subject.objects.create(),
        language=language,
        opened_by=by,
    )
    application.write(_first_answers(organisation, interest.texts if interest else {}))
    try:
        with transaction.atomic():
            application.save(force_insert=True)
    except IntegrityError:
        raise CannotApply(_("This organisation has an open application already.")) from None
    StateEntry.objects.create(application=application, state=State.DRAFT, at=application.state_since, by=by)
    facts = {"organisation": organisation.ref, "interest": interest.ref if interest else None}
    record("partners.application_opened", by=by, object_type="application", object_ref=application.ref, facts=facts)
    return application


def _check_may_apply(organisation):
    if organisation.kind not in _INTERNATIONAL:
        raise CannotApply(_("Only international NGOs and international organisations can apply."))
    standings = Standing.objects.on().filter(organisation=organisation, area=None)
    kinds = set(standings.values_list("kind", flat=True))
    if Standing.Kind.SUSPENDED in kinds:
        raise CannotApply(_("This organisation is suspended. That is lifted or not, but not applied for."))
    if Standing.Kind.PARTNER in kinds:
        raise CannotApply(_("This organisation is a partner organisation already."))


def _first_answers(organisation, said):
    identity = {
        "legal_name": said.get("name") or organisation.name,
        "acronym": said.get("acronym") or organisation.acronym,
        "other_names": said.get("other_names", ""),
        "country": said.get("country") or organisation.headquarters_id or "",
        "website": said.get("website", ""),
    }
    person = {"name": "contact_name", "email": "email", "phone": "phone", "language": "language"}
    contact = {name: said.get(source, "") for name, source in person.items()}
    return {"identity": identity, "contacts": [contact | {"role": ""}] if contact["email"] else []}


@transaction.atomic
def save_draft(
    application: Application, *, answers: dict, agreements: list[dict], revision: int, by, is_exception: bool = False
) -> None:
    """Keep a draft as typed: `answers` section by section, `agreements` as fields of Agreement with their `reference`.

    `revision` is the one that the form began from: raises StaleState if somebody saved or sent meanwhile (P1).
    """
    application.write(answers)
    drafts = Application.objects.for_system("save a draft").filter(pk=application.pk, state=State.DRAFT)
    changes = {"sealed": application.sealed, "is_exception": is_exception}
    if drafts.filter(revision=revision).update(revision=F("revision") + 1, **changes) != 1:
        raise StaleState("somebody else saved or sent this meanwhile")
    application.revision, application.is_exception = revision + 1, is_exception
    application.agreements.all().delete()
    for terms in agreements:
        row = Agreement(application=application, **{name: terms[name] for name in terms if name != "reference"})
        row.write({"reference": terms.get("reference", "")})
        row.save(force_insert=True)
    facts = {"revision": application.revision}
    record("partners.draft_saved", by=by, object_type="application", object_ref=application.ref, facts=facts)


@transaction.atomic
def submit(application: Application, *, by) -> None:
    """Send an application, once: from here on it cannot be changed; the Working Group and DSS headquarters are told.

    Raises StaleState if it was sent or saved meanwhile, Incomplete if something is missing, CannotApply (P2, P3).
    """
    now = timezone.now()
    row = Application.objects.for_system("send").select_for_update().get(pk=application.pk)
    if "submit" not in steps_open(row, _APPLICANT) or row.revision != application.revision:
        raise StaleState("somebody else saved or sent this meanwhile")
    _check_may_apply(application.organisation)
    if missing := missing_of(application):
        raise Incomplete(missing)
    note_names(application.organisation, application.texts["identity"], by=by)
    enter(application, State.SUBMITTED, by=by, submitted_at=now, submitted_by=by)
    key = f"application {application.ref} sent"
    announce(
        ApplicationReceived,
        subject=application.subject,
        event_key=f"{key}, receipt",
        recipients=_applicants(application),
    )
    announce(ApplicationSent, subject=application.subject, event_key=key, recipients=_reviewers(application))


def note_names(organisation: Organisation, said: dict, *, by) -> None:
    """Keep the other names that an organisation gives itself, so that it is found by them (P12).

    Never one that is spelt like that of another organisation: nobody makes the portal take them for somebody else.
    """
    given = [said.get("legal_name") or said.get("name", ""), *said.get("other_names", "").splitlines()]
    names = {" ".join(name.split())[:MOST_NAME] for name in given} - {"", organisation.name}
    finder = Finder.of_all() if names else None
    others = {name for name in names if any(_is_another(match, organisation) for match in finder.likely(name))}
    kinds = dict.fromkeys(sorted(names - others), OrganisationName.Kind.VARIANT)
    acronym = said.get("acronym", "").strip()
    if acronym and acronym != organisation.acronym:
        kinds[acronym] = OrganisationName.Kind.ACRONYM
    for name, kind in kinds.items():
        add_name(organisation=organisation, name=name, kind=kind, by=by)


def _is_another(match, organisation):
    return match.is_exact and match.organisation.pk != organisation.pk


def answer(inquiry: Inquiry, *, text: str, by, file=None) -> None:
    """Answer a question of the Working Group, once; with the last one the application goes back there (P5, P11).

    Raises StaleState if it was answered or dropped meanwhile; UploadRefused or FileNotStored, with a sentence, for the
    file: then nothing is kept.
    """
    clean = cleaned(file, by=by) if file else None
    _answer(inquiry, text=text, by=by, clean=clean, name=file.name if file else "")


@transaction.atomic
def _answer(inquiry, *, text, by, clean, name):
    # Two who answer different questions at once: the second waits here, and then sees that none is left.
    rows = Application.objects.for_system("answer").select_related("data_key").select_for_update(of=("self",))
    application = rows.get(pk=inquiry.application_id)
    row = Inquiry.objects.get(pk=inquiry.pk)
    if "answer" not in steps_open(application, _APPLICANT) or row.answered_at or row.dropped_at:
        raise StaleState("this question was answered or dropped meanwhile")
    row.application = application
    row.write({**row.texts, "answer": text})
    row.answered_by, row.answered_at = by, timezone.now()
    row.save(update_fields=["sealed", "answered_by", "answered_at"])
    if clean is not None:
        keep_clean(application, item=f"answer-{row.number}", clean=clean, name=name, by=by)
    facts = {"question": row.number}
    record("partners.inquiry_answered", by=by, object_type="application", object_ref=application.ref, facts=facts)
    if application.inquiries.filter(answered_at=None, dropped_at=None).exists():
        return
    enter(application, State.SUBMITTED, by=by)
    key = f"application {application.ref} answered to question {row.number}"
    announce(ApplicationAnswered, subject=application.subject, event_key=key, recipients=_reviewers(application))


@transaction.atomic
def withdraw(application: Application, *, by) -> None:
    """The applicant takes its application back: nothing of it stays open, whoever had it is told (P1, P11).

    The decision first and then the application, as where a decision closes: two at the same moment wait for each other
    in the same order. Raises StaleState if it is over, or something moved meanwhile.
    """
    before = application.state
    newest = Recommendation.objects.filter(application=application).select_related("decision").last()
    is_put = newest is not None and newest.decision.state == Decision.State.OPEN
    if is_put:
        Decision.objects.for_system("withdraw").select_for_update().get(pk=newest.decision_id)
    # no_key: a request that is being passed on refers to this row, and has its link, for which this waits.
    row = Application.objects.for_system("withdraw").select_for_update(no_key=True).get(pk=application.pk)
    if row.state != before or "withdraw" not in steps_open(row, _APPLICANT):
        raise StaleState("somebody else moved this first")
    cancel_open(application, by=by)
    if is_put:
        cancel_decision(newest.decision, by=by)
    for memorandum in application.memoranda.filter(state__in=[Memorandum.State.ISSUED, Memorandum.State.HALF_SIGNED]):
        move(memorandum, Memorandum.State.VOID)
        facts = {"application": application.ref}
        number = memorandum.number
        record("partners.memorandum_void", by=by, object_type="memorandum", object_ref=number, facts=facts)
    enter(application, State.WITHDRAWN, by=by)
    told = _applicants(application)
    if before != State.DRAFT:
        told |= _reviewers(application)
    if before in ApplicationQuerySet.BEFORE_THE_COMMITTEE:
        told |= people_of_body(committee(), concerns=application.organisation)
    key = f"application {application.ref} withdrawn"
    announce(ApplicationWithdrawn, subject=application.subject, event_key=key, recipients=told - {by.pk})


def _applicants(application):
    return people_of({f"applicant:{application.organisation_id}"})


def _reviewers(application):
    """The Working Group, and DSS headquarters, which runs the procedure; nobody of the organisation itself."""
    return people_of_body(working_group(), concerns=application.organisation) | people_of({"dss_world"})
