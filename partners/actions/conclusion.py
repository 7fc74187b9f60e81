"""What concludes an application: letter or memorandum, two signatures, and the moment it becomes active (§3.3; P7)."""

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from audit.actions import record
from documents.files import store
from documents.issue import document_of, next_number, order_document
from documents.uploads import Clean
from governance.models import Decision
from notifications.actions import announce
from notifications.models import Subject
from partners.instrument import LANGUAGES, blocks_of, check_text, ensure_template, instrument_name
from partners.messages import conclusion as mails
from partners.models import Application, Letter, Memorandum, MemorandumTemplate, Recommendation, Signature
from partners.presence import areas_of_codes, codes_declared, legal_name
from partners.signing import SIGNED
from slt_portal.states import StaleState, move
from slt_portal.templatetags.portal import day_text

from .activation import activate
from .steps import enter

_State, _Memorandum = Application.State, Memorandum.State
_Side, _Way = Signature.Side, Signature.Way


class NotApproved(Exception):
    """No closed decision of the Oversight Committee admits this organisation (§3.3)."""


class NotMadeYet(Exception):
    """The document that would be signed is still being made."""


class SignedForTheOther(Exception):
    """This person has signed for the other side."""


@transaction.atomic
def approve(application: Application, *, decision: Decision) -> None:
    """The Committee has admitted the organisation: it is told, and DSS headquarters prepares the memorandum (P7).

    Called in the transaction that closes `decision`. Raises StaleState.
    """
    enter(application, _State.APPROVED, by=None)
    for kind, recipients in ((mails.Approved, mails.applicants(application)), (mails.ToConclude, mails.dss())):
        key = f"{kind.code}:{decision.ref}"
        announce(kind, subject=application.subject, event_key=key, recipients=recipients)


@transaction.atomic
def refuse(application: Application, *, decision: Decision) -> Letter:
    """The Committee has refused: an official letter gives its reasons, and nothing else of what was said (§3.3, P7).

    Called in the transaction that closes `decision`. Raises StaleState, and ValueError where there are no reasons.
    """
    reasons = decision.texts.get("reasons", "").strip()
    if not reasons:
        raise ValueError("nobody is refused without reasons")
    enter(application, _State.REFUSED, by=None)
    letter = Letter(number=next_number("LET"), application=application, subject=Subject.objects.create())
    letter.write({"reasons": reasons})
    letter.save(force_insert=True)
    language = application.language
    with translation.override(language):
        title = _("Letter %(number)s") % {"number": letter.number}
        context = {
            "organisation": legal_name(application),
            "ref": application.ref,
            "day": day_text(letter.at),
            "reasons": reasons,
        }
    order_document(
        number=letter.number, language=language, template="partners/pdf/letter.html", title=title, context=context
    )
    _announce(mails.Refused, letter, mails.applicants(application))
    _record("partners.letter_issued", letter.number, by=None, facts={"application": application.ref})
    return letter


@transaction.atomic
def conclude(application: Application, *, areas, signatory: dict, dss_signatory: dict, by) -> Memorandum:
    """Issue the numbered memorandum, in both languages, to be signed by both sides (§3.3, P7).

    `areas` are those among the declared ones in which the organisation will be active; a signatory is {"name",
    "title"}. Raises NotApproved without a closed approval of the Committee, StaleState, and ValueError for an area
    that was not declared.
    """
    if not is_approved(application):
        raise NotApproved(application.ref)
    codes = sorted(area.code for area in areas)
    if not set(codes) <= set(codes_declared(application)):
        raise ValueError("an organisation is active where it declared its presence")
    enter(application, _State.CONCLUDING, by=by)
    memorandum = Memorandum(
        number=next_number(settings.INSTRUMENT_PREFIX),
        application=application,
        template=ensure_template(),
        subject=Subject.objects.create(),
        issued_by=by,
    )
    name = legal_name(application)
    memorandum.write({"organisation": name, "areas": codes, "partner": signatory, "dss": dss_signatory})
    memorandum.save(force_insert=True)
    for language in LANGUAGES:
        _order(memorandum, language)
    _announce(mails.ToSign, memorandum, mails.both(application))
    _record("partners.memorandum_issued", memorandum.number, by=by, facts={"application": application.ref})
    return memorandum


def is_approved(application: Application) -> bool:
    """Whether a closed decision of the Committee admits the organisation; the newest recommendation counts (§3.3)."""
    put = application.recommendations.order_by("pk").values_list("decision__state", "decision__outcome").last()
    return put == (Decision.State.CLOSED, Recommendation.Verdict.ADMIT)


def _order(memorandum, language, signatures=()):
    """Have the PDF made: of the text of its version, or that with the page that says who signed, when and how."""
    with translation.override(language):
        context = _content(memorandum, language) | {"signatures": [_signed(row) for row in signatures]}
        title = f"{instrument_name(language)} {memorandum.number}"
    order_document(
        number=f"{memorandum.number}{SIGNED}" if signatures else memorandum.number,
        language=language,
        template="partners/pdf/memorandum.html",
        title=title,
        context=context,
    )


def _content(memorandum, language):
    texts, template = memorandum.texts, memorandum.template
    areas = [str(area) for area in areas_of_codes(texts["areas"])]
    values = {
        "instrument": instrument_name(language),
        "number": memorandum.number,
        "date": day_text(memorandum.issued_at),
        "organisation": texts["organisation"],
        "areas": ", ".join(areas) or _("none yet"),
        "organisation_signatory": texts["partner"]["name"],
        "dss_signatory": texts["dss"]["name"],
    }
    return {
        "marking": "SPECIMEN" if template.is_specimen else "",
        "is_specimen": template.is_specimen,
        "blocks": blocks_of(template.text_fr if language == "fr" else template.text_en, values),
        "organisation": texts["organisation"],
        "partner": texts["partner"],
        "dss": texts["dss"],
        "day": values["date"],
        "version": template.version,
        "memorandum": memorandum.number,
        "signed_language": memorandum.application.language,
    }


def _signed(row):
    """A signature as it stands on the certificate."""
    at = f"{day_text(row.at)}, {row.at:%H:%M} UTC"
    return {"side": row.side, "way": row.way, "at": at, "digest": row.digest, **row.texts}


@transaction.atomic
def sign_typed(memorandum: Memorandum, *, side: str, name: str, title: str, by) -> Signature:
    """Sign with one's typed name; that the second factor was shown again is the calling form's proof (P7).

    Raises NotMadeYet, SignedForTheOther, and StaleState where this side has signed or nothing is to be signed.
    """
    return _sign(memorandum, side=side, way=_Way.TYPED, texts={"name": name, "title": title}, clean=None, by=by)


@transaction.atomic
def has_signed(memorandum: Memorandum, *, by) -> bool:
    """Whether this person has signed, once whatever is being signed at this moment is: a double click asks this."""
    return _locked(memorandum).signatures.filter(by=by).exists()


@transaction.atomic
def sign_uploaded(memorandum: Memorandum, *, side: str, name: str, title: str, clean: Clean, by) -> Signature:
    """Sign with a copy that was signed on paper by the person of that name (P7). Raises as `sign_typed` does, and
    files.FileNotStored."""
    return _sign(memorandum, side=side, way=_Way.UPLOADED, texts={"name": name, "title": title}, clean=clean, by=by)


def _sign(memorandum, *, side, way, texts, clean, by):
    memorandum = _locked(memorandum)
    application = memorandum.application
    before = list(memorandum.signatures.all())
    if application.state != _State.CONCLUDING or any(row.side == side for row in before):
        raise StaleState("this side has signed, or nothing is to be signed any more")
    if any(row.by_id == by.pk for row in before):
        raise SignedForTheOther(memorandum.number)
    document = document_of(memorandum.number, application.language)
    if document is None:
        raise NotMadeYet(memorandum.number)
    signature = Signature(memorandum=memorandum, side=_Side(side), way=way, digest=document.digest, by=by)
    signature.write(texts)
    if clean is not None:
        signature.file = store(clean.content, name=f"{memorandum.number}.{clean.ending}", media_type=clean.media_type)
    signature.save(force_insert=True)
    if before:
        _complete(memorandum, [*before, signature], by)
    else:
        move(memorandum, _Memorandum.HALF_SIGNED)
        others = mails.dss() if side == _Side.PARTNER else mails.applicants(application)
        _announce(mails.OtherSideSigned, memorandum, others)
    _record("partners.memorandum_signed", memorandum.number, by=by, facts={"side": str(side), "way": str(way)})
    return signature


def _complete(memorandum, signatures, by):
    """Both have signed: concluded, and in the same transaction active."""
    move(memorandum, _Memorandum.CONCLUDED, concluded_at=timezone.now())
    partner = next(row for row in signatures if row.side == _Side.PARTNER)
    activate(memorandum, signed_by=partner.by, by=by)
    in_order = sorted(signatures, key=lambda row: row.side != _Side.PARTNER)
    _order(memorandum, memorandum.application.language, in_order)
    _announce(mails.Concluded, memorandum, mails.both(memorandum.application))


@transaction.atomic
def void(memorandum: Memorandum, *, by) -> None:
    """Take a memorandum back before both have signed; the application is approved still, and gets a new number.

    Raises StaleState.
    """
    memorandum = _locked(memorandum)
    move(memorandum, _Memorandum.VOID)
    enter(memorandum.application, _State.APPROVED, by=by)
    _announce(mails.Voided, memorandum, mails.both(memorandum.application))
    _record("partners.memorandum_void", memorandum.number, by=by)


def _locked(memorandum):
    """The memorandum as it is now, with its application: who comes second waits here, and then sees what the first
    did."""
    rows = Application.objects.for_system("one signature at a time").select_related("organisation", "data_key")
    application = rows.select_for_update(of=("self",)).get(pk=memorandum.application_id)
    rows = Memorandum.objects.select_for_update(of=("self",)).select_related("template", "subject")
    memorandum = rows.get(pk=memorandum.pk)
    memorandum.application = application
    return memorandum


@transaction.atomic
def save_template(*, text_en: str, text_fr: str, version: int, by) -> MemorandumTemplate:
    """The next version of the text; memoranda that were issued keep theirs. A specimen stays one.

    `version` is the one that was edited: raises StaleState if somebody saved another since, ValidationError for a text
    that cannot be filled in.
    """
    for text in (text_en, text_fr):
        check_text(text)
    newest = ensure_template()
    try:
        with transaction.atomic():
            if newest.version != version:
                raise StaleState("somebody saved another version")
            template = MemorandumTemplate.objects.create(
                version=version + 1, text_en=text_en, text_fr=text_fr, is_specimen=newest.is_specimen, by=by
            )
    except IntegrityError:
        raise StaleState("somebody saved another version at the same moment") from None
    _record("partners.template_saved", str(template), by=by, facts={"version": template.version})
    return template


def _announce(kind, row, recipients):
    announce(kind, subject=row.subject, event_key=f"{kind.code}:{row.number}", recipients=recipients)


def _record(verb, number, *, by, facts=None):
    record(verb, by=by, object_type="memorandum", object_ref=number, facts=facts)
