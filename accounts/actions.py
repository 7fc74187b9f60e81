"""Links in mails that act once, and what people change about their own account."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone

from slt_portal.crypto import keyed_digest
from slt_portal.states import StaleState

from .models import ActionLink, User, token_digest

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


def set_language(*, by: User, language: str) -> None:
    """`by` reads the portal and its mails in this language from now on."""
    by.language = language
    by.save(update_fields=["language"])
