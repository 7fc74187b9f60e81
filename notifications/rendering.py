"""From templates to a finished mail, in the recipient's language and time zone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template import Context, engines
from django.utils import timezone, translation


@dataclass(frozen=True)
class Mail:
    """A finished text for one address; `html` may be empty, as may `stop_url`, the link that stops such mails."""

    address: str
    subject: str
    text: str
    html: str = ""
    stop_url: str = ""


@contextmanager
def as_read_by(user) -> Iterator[None]:
    """Inside, texts and times come in this person's language and time zone."""
    with translation.override(user.language), timezone.override(zone_of(user.time_zone)):
        yield


def zone_of(name: str) -> ZoneInfo:
    """The time zone of this name; UTC for one that this machine does not know: that delays no mail."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError):
        return ZoneInfo("UTC")


def render_mail(user, templates: tuple[str, ...], context: dict, *, address: str = "", stop_url: str = "") -> Mail:
    """A mail to a person from a subject template, a text template and, if there is a third name, an HTML template.

    `recipient_name` and `portal_url` are always in the context. It goes to the person's address unless told otherwise.
    """
    context = {"recipient_name": user.name, "portal_url": settings.SITE_URL, **context}
    subject, text, *html = templates
    return Mail(
        address=address or user.email,
        # One line: a line break in a header would be refused, or worse, start another header.
        subject=" ".join(_plain(subject, context).split()),
        text=_plain(text, context).strip() + "\n",
        html=_template(html[0]).render(Context(context)) if html else "",
        stop_url=stop_url,
    )


def _plain(name, context):
    return _template(name).render(Context(context, autoescape=False))


def _template(name):
    return engines["django"].get_template(name).template
