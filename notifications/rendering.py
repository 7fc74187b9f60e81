"""From templates to a finished mail, in the recipient's language and time zone."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template import Context, engines
from django.utils import timezone, translation

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,60}", re.ASCII)


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a mail. `content_id` stands for its bytes: the same id, the same bytes, encoded once.

    We name it: a name that could say anything to a mail program but what the file is called is a ValueError.
    """

    name: str
    media_type: str
    content_id: str
    content: bytes = field(compare=False, repr=False)

    def __post_init__(self):
        if not _FILE_NAME.fullmatch(self.name) or not _MEDIA_TYPE.fullmatch(self.media_type):
            raise ValueError("a file cannot go by this name or type")


@dataclass(frozen=True)
class Mail:
    """A finished text for one address; `html` may be empty, as may `stop_url`, the link that stops such mails."""

    address: str
    subject: str
    text: str
    html: str = ""
    stop_url: str = ""
    attachment: Attachment | None = None


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
    texts = render_texts(templates, {"recipient_name": user.name, **context})
    return Mail(address or user.email, *texts, stop_url=stop_url)


def render_texts(templates: tuple[str, ...], context: dict) -> tuple[str, str, str]:
    """Subject, text and HTML (empty without a third template) in the active language, for nobody in particular unless
    the context names them. `portal_url` is always in it."""
    context = {"portal_url": settings.SITE_URL, **context}
    subject, text, *html = templates
    # One line: a line break in a header would be refused, or worse, start another header.
    one_line = " ".join(_plain(subject, context).split())
    in_html = _template(html[0]).render(Context(context)) if html else ""
    return one_line, _plain(text, context).strip() + "\n", in_html


def _plain(name, context):
    return _template(name).render(Context(context, autoescape=False))


def _template(name):
    return engines["django"].get_template(name).template
