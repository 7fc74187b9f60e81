"""The kinds of message. Apps below this one declare theirs in their `messages.py`; the outbox finds them by code."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse

from .models import Message
from .rendering import Mail, render_mail
from .stopping import stop_link


class UnknownKind(LookupError):
    """No installed app declares this kind: a message of a version or an app that is gone."""


@dataclass(frozen=True)
class Line:
    """One thing in a daily summary: what a mail of its own would have named, never more (C7).

    `is_news` about what was told before, else it is new; `at` is set by the summary: when it was put aside. The rest
    decides whether its reader still wants it: the area and what it is part of, category and severity of what
    they may read, and whether they work there. Without areas nothing is held back.
    """

    ref: str
    area: str
    marking: str
    link: str
    area_ids: tuple[int, ...] = ()
    category: str = ""
    severity: int | None = None
    works_there: bool = False
    is_news: bool = False
    at: datetime | None = None


class AnyKind(ABC):
    """One kind of message: its code `<app>.<name>`, its priority, whether it is still due, and its text.

    Every method is called when the message is sent, in the recipient's language and time zone.
    """

    code: str
    priority: Message.Priority = Message.Priority.NORMAL
    is_sent_once: bool = False  # its text is gone once it was sent, so what came back cannot be sent again
    # A method, for kinds that keep something only for the message: called in the transaction in which it was sent or
    # dropped. Most keep nothing.
    settled: Callable[[Message], None] | None = None
    # A method (subject id, recipient), for kinds that may wait for the daily summary: the line about it, from what the
    # recipient may see at that moment, or None if that is nothing. A kind without it never waits for a summary.
    digest_line: Callable[[UUID, object], Line | None] | None = None

    @abstractmethod
    def still_due(self, message: Message) -> bool:
        """Whether the recipient should still get it now. As a rule: whether they may still see what it is about."""

    @abstractmethod
    def mail(self, message: Message) -> Mail:
        """The finished text for this recipient."""


class Kind(AnyKind):
    """A kind with templates `<app>/email/<name>.subject.txt`, `.txt` and `.html`. The usual case."""

    @abstractmethod
    def context(self, message: Message) -> dict:
        """What the templates show, read from what the recipient may see: reference, marking, what to do, link.

        A mail that its reader can do without says with `stops` (`stopping.area_topic`, `stopping.DIGEST`) what one
        click in it stops. That holds for mails of normal priority only: the others cannot be stopped.
        """

    def templates(self) -> tuple[str, ...]:
        """The three templates: subject, text, HTML."""
        app, _, name = self.code.partition(".")
        return tuple(f"{app}/email/{name}{ending}" for ending in (".subject.txt", ".txt", ".html"))

    def mail(self, message):
        """The templates filled in; with the link that stops such mails where they can be stopped."""
        context = self.context(message)
        topic = context.get("stops", "") if message.priority == Message.Priority.NORMAL else ""
        stop_url = site_link(stop_link(message.recipient_id, topic)) if topic else ""
        return render_mail(message.recipient, self.templates(), {**context, "stop_url": stop_url}, stop_url=stop_url)


_kinds: dict[str, AnyKind] = {}


def register(kind: type[AnyKind]) -> type[AnyKind]:
    """Class decorator that makes a kind known. A doubled code, or one of no installed app, is ImproperlyConfigured."""
    app, _, name = kind.code.partition(".")
    if kind.code in _kinds or not name or not apps.is_installed(app):
        raise ImproperlyConfigured(f"Kind {kind.code!r}: write <app>.<name> of an installed app, each code once.")
    _kinds[kind.code] = kind()
    return kind


def kind_of(code: str) -> AnyKind:
    """The kind with this code. Raises UnknownKind."""
    try:
        return _kinds[code]
    except KeyError:
        raise UnknownKind(code) from None


def can_be_sent_again(message: Message) -> bool:
    """Whether a message that failed or came back still has its text, or one can be made."""
    kind = _kinds.get(message.kind)
    return not (kind and kind.is_sent_once and message.state == Message.State.BOUNCED)


def all_kinds() -> list[AnyKind]:
    """Every registered kind, by code."""
    return [_kinds[code] for code in sorted(_kinds)]


def site_link(path: str) -> str:
    """The absolute address of a path of this portal: from the setting, never from a request's Host header."""
    return settings.SITE_URL.rstrip("/") + path


def settings_link() -> str:
    """The address of the page on which a person chooses what they are told."""
    return site_link(reverse("overview:told"))
