"""The kinds of message. Apps below this one declare theirs in their `messages.py`; the outbox finds them by code."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from .models import Message
from .rendering import Mail, render_mail


class UnknownKind(LookupError):
    """No installed app declares this kind: a message of a version or an app that is gone."""


class AnyKind(ABC):
    """One kind of message: its code `<app>.<name>`, its priority, whether it is still due, and its text.

    Every method is called when the message is sent, in the recipient's language and time zone.
    """

    code: str
    priority: Message.Priority = Message.Priority.NORMAL
    # A method, for kinds that keep something only for the message: called in the transaction in which it was sent or
    # dropped. Most keep nothing.
    settled: Callable[[Message], None] | None = None

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
        """What the templates show, read from what the recipient may see: reference, marking, what to do, link."""

    def templates(self) -> tuple[str, ...]:
        """The three templates: subject, text, HTML."""
        app, _, name = self.code.partition(".")
        return tuple(f"{app}/email/{name}{ending}" for ending in (".subject.txt", ".txt", ".html"))

    def mail(self, message):
        """The templates filled in."""
        return render_mail(message.recipient, self.templates(), self.context(message))


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


def all_kinds() -> list[AnyKind]:
    """Every registered kind, by code."""
    return [_kinds[code] for code in sorted(_kinds)]


def site_link(path: str) -> str:
    """The absolute address of a path of this portal: from the setting, never from a request's Host header."""
    return settings.SITE_URL.rstrip("/") + path
