"""Drafts: nothing a person typed is lost, and nothing is thrown away but on purpose (I1)."""

import uuid
from uuid import UUID

from django.core import signing
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from documents.models import DataKey
from sharing.models import Item
from slt_portal.crypto import SealBroken

from .account import FULL_TEXTS
from .changes import lock
from .models import Draft, Report
from .shown import opened_report

TOKEN_SECONDS = 24 * 60 * 60
_SALT = "incidents.draft"
MOST_DRAFTS = 30


class TooManyDrafts(Exception):
    """The person has so many drafts that something other than a person must be making them."""


class TokenSpent(Exception):
    """Both drafts that a token may write have moved on since its page last saved."""


def already_filed(submission: UUID, by: User) -> Report | None:
    """The report that `by` filed with this form, if they did."""
    reports = Report.objects.for_system("recognise a double submit").select_related("incident__item")
    return reports.filter(submission=submission, author=by).first()


@transaction.atomic
def save_draft(
    *,
    by: User,
    submission: UUID,
    typed: dict[str, list[str]],
    revision: int | None = None,
    item: Item | None = None,
    spare: UUID | None = None,
) -> Draft:
    """Keep what `by` has typed so far, encrypted, under the id their form was given. Returns the draft.

    `revision` is the one the form was opened with or last saved as. If the draft has moved on since (another tab, a
    phone beside the desk) both texts are kept: this one as a draft of its own, under a new id. The same for a form that
    was filed meanwhile. A page that only missed the answer, on a bad line, goes on. Raises TooManyDrafts, and
    changes.Erased when the text of `item` was destroyed: a form that is still open must not bring it back.

    `spare` is given for who writes on the word of a token alone: the one new id that it may write under, so that a
    stolen one cannot fill the account. Raises TokenSpent where that is taken.
    """
    if item is not None:
        lock(item)  # first, as an erasure does, which then takes the drafts
    rows = Draft.objects.of(by)
    draft = rows.filter(submission=submission).select_for_update(of=("self",)).first()
    if draft is not None:
        known = _opened(draft)
        # Not asked for a token: its bearer, who may not read, would be told that a guess of the text is right.
        if spare is None and known is not None and _text(known) == _text(_named(typed, submission)):
            return draft  # the other half of a double click: a new revision would be another tab's
        if _goes_on(draft, known, typed, revision):
            return _overwrite(draft, typed)
    if draft is not None or already_filed(submission, by):
        if spare is not None:
            return _save_spare(by, submission, typed, item, spare)
        submission = uuid.uuid4()
    if rows.count() >= MOST_DRAFTS:
        raise TooManyDrafts
    try:
        return _new(by, submission, typed, item)
    except IntegrityError:  # the other half of a double click was a moment faster: go on with its draft
        return save_draft(by=by, submission=submission, typed=typed, revision=revision, item=item, spare=spare)


def _save_spare(by, submission, typed, item, spare):
    if submission == spare:
        raise TokenSpent
    # Revision 0, which none has: that of the other draft says nothing of this one.
    return save_draft(by=by, submission=spare, typed=typed, revision=0, item=item, spare=spare)


@transaction.atomic
def _new(by, submission, typed, item):
    draft = Draft(submission=submission, owner=by, item=item, data_key=DataKey.objects.make())
    draft.sealed = draft.data_key.seal_json(_named(typed, submission), context=draft.context)
    draft.save(force_insert=True)
    return draft


def _opened(draft):
    """What a draft holds; None if it was changed outside of the portal."""
    try:
        return draft.typed
    except SealBroken:
        return None


def _text(typed):
    return {name: values for name, values in typed.items() if name != "page"}


def _goes_on(draft, known, typed, revision):
    """Whether a page knows what it overwrites: the last revision, or it wrote that itself and missed the answer."""
    page, last = typed.get("page"), (known or {}).get("page")
    if last:
        return revision == draft.revision or page == last
    return revision in {None, draft.revision}


def _overwrite(draft, typed):
    draft.sealed = draft.data_key.seal_json(_named(typed, draft.submission), context=draft.context)
    draft.saved_at = timezone.now()
    draft.revision += 1
    draft.save(update_fields=["sealed", "saved_at", "revision"])
    return draft


def _named(typed, submission):
    return typed | {"submission": [str(submission)]}


def own_words(draft: Draft) -> list[str]:
    """What its author wrote into the draft of a further report: its texts, without those the form began with, which
    stand in the reports before. For an author who may not read the incident any more. Raises SealBroken."""
    typed = draft.typed
    reports = Report.objects.for_system("what stood there already").filter(incident__item=draft.item)
    said = {_plain(text) for report in reports for text in (opened_report(report, draft.item) or {}).values()}
    found = [typed[name][-1] for name in FULL_TEXTS if typed.get(name)]
    return [text for text in found if _plain(text) and _plain(text) not in said]


def _plain(text):
    """Without what a form does to it: its line ends, and a position as one text."""
    return " ".join((", ".join(map(str, text)) if isinstance(text, list) else str(text)).split())


@transaction.atomic
def discard_draft(draft: Draft) -> None:
    """Remove a draft on its owner's word. Its key goes too, so that no copy of it can be read."""
    key = draft.data_key
    Draft.objects.for_system("discard").filter(pk=draft.pk).delete()
    key.delete()


def settle_draft(*, by: User, submission: UUID, revision: int | None) -> None:
    """Remove the draft of a form that was just filed. What another tab wrote into it since `revision` stays, as a draft
    of its own: only what was sent is settled."""
    draft = Draft.objects.of(by).filter(submission=submission).first()
    if draft is None:
        return
    if revision in {None, draft.revision}:
        discard_draft(draft)
        return
    typed, item = _opened(draft), draft.item
    if typed is None:
        return
    discard_draft(draft)
    save_draft(by=by, submission=uuid.uuid4(), typed=typed, item=item)


def keep_token(user: User, submission: UUID, *, ref: str = "") -> str:
    """A token that lets its bearer write (never read) this one draft of `user`, and one more where that has moved on,
    for 24 hours: typing goes on being saved when the session has ended. `ref` is the incident reported on further."""
    return signing.dumps([user.pk, str(submission), int(timezone.now().timestamp()), ref], salt=_SALT)


def read_token(token: str) -> tuple[User, UUID, UUID, str] | None:
    """The user, the form, the id of the one more draft and the reference in a token; None if it is forged or too old,
    or if the account is closed."""
    try:
        user_id, submission, issued_at, ref = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if timezone.now().timestamp() - issued_at > TOKEN_SECONDS:
        return None
    user = User.objects.filter(pk=user_id, is_active=True, is_mailbox=False).first()
    if user is None or (user.expires_at and user.expires_at <= timezone.now()):
        return None
    return user, UUID(submission), uuid.uuid5(UUID(submission), str(issued_at)), ref
