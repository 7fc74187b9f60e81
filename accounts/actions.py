"""Links in mails that act once, what people change about their own account, and what they agree to."""

from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.actions import record
from slt_portal.crypto import keyed_digest
from slt_portal.states import StaleState

from .models import ActionLink, RulesAcknowledgement, User, token_digest
from .rules import RULES_VERSION, latest

# A second click on "I agree" within this time is the same agreement.
DOUBLE_CLICK = timedelta(minutes=2)
TOKEN_LENGTH = 40  # hex digits of an HMAC: 160 bits, and the link still fits on a line


def make_link(purpose: str, subject: str, lifetime: timedelta, on: datetime | None = None) -> tuple[ActionLink, str]:
    """A link for `subject` that works once within `lifetime`, and its token. The token itself is stored nowhere.

    `subject` is a random reference used for one link only: the token is derived from it.
    """
    on = on or timezone.now()
    link = ActionLink(purpose=purpose, subject=subject, created_at=on, expires_at=on + lifetime)
    token = token_of(link)
    link.digest = token_digest(purpose, token)
    link.save(force_insert=True)
    return link, token


def token_of(link: ActionLink) -> str:
    """The token of a link, computed again when its mail is written. It takes the digest key of the installation."""
    moment = link.created_at.astimezone(UTC).isoformat()
    return keyed_digest(f"token of {link.purpose}", f"{link.subject} {moment}")[:TOKEN_LENGTH]


def use_link(link: ActionLink, on: datetime | None = None) -> None:
    """Use the link up. Raises StaleState if it was used, withdrawn or has expired meanwhile."""
    on = on or timezone.now()
    unused = ActionLink.objects.filter(pk=link.pk, used_at=None, expires_at__gt=on)
    if unused.update(used_at=on) != 1:
        raise StaleState("this link was used or has expired")
    link.used_at = on


def account_for(email: str, *, name: str, language: str, **fields) -> User:
    """The account of this address, locked until the end of the transaction; made, without a password, if there is none.

    It opens nothing: what somebody sees comes from memberships. Somebody who is known keeps name and language.
    """
    address = email.strip().lower()
    if not User.objects.filter(email=address).exists():
        try:
            with transaction.atomic():
                User.objects.create_user(address, name=name, language=language, **fields)
        except IntegrityError:
            pass  # somebody else wrote to the same person at the same moment
    return User.objects.select_for_update(no_key=True).get(email=address)


def set_language(*, by: User, language: str) -> None:
    """`by` reads the portal and its mails in this language from now on."""
    by.language = language
    by.save(update_fields=["language"])


@transaction.atomic
def acknowledge_rules(*, by: User, version: int) -> RulesAcknowledgement:
    """`by` has read the confidentiality rules in this version and agrees (C9). A double click is one agreement.

    Raises StaleState if the text changed since the page was shown: nobody agrees to what they have not read.
    """
    if version != RULES_VERSION:
        raise StaleState("the rules have changed since this page was shown")
    user = User.objects.select_for_update(no_key=True).get(pk=by.pk)
    if (known := latest(user).first()) and known.at > timezone.now() - DOUBLE_CLICK:
        return known
    row = RulesAcknowledgement.objects.create(user=user, version=version)
    record("accounts.rules_acknowledged", by=by, object_type="user", object_ref=str(by.pk), facts={"version": version})
    return row
