"""The link in a mail that stops such mails: signed, for one person and one topic, without signing in (G8).

It can do one thing only, and that is never to silence what is told when life is at risk.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.urls import reverse

DIGEST = "digest"
SALT = "notifications.stop"
GOOD_FOR = timedelta(days=366)
_AREA = "area"


@dataclass(frozen=True)
class Stop:
    """What a link stops for whom: the mails about an area, or for None the daily summary."""

    user_id: int
    area_id: int | None


def area_topic(area_id: int) -> str:
    """The topic "mails about this area"."""
    return f"{_AREA} {area_id}"


def stop_link(user_id: int, topic: str) -> str:
    """The path of the page that stops `topic` for a person."""
    return reverse("notifications:stop", args=[signing.dumps([user_id, topic], salt=SALT)])


def read_stop(token: str) -> Stop | None:
    """What the token of such a link stands for; None if we did not make it or it is older than a year."""
    try:
        user_id, topic = signing.loads(token, salt=SALT, max_age=GOOD_FOR)
    except (signing.BadSignature, ValueError):  # ValueError: signed by us, but no such pair
        return None
    name, _, area_id = topic.partition(" ")
    if name == _AREA:
        return Stop(user_id, int(area_id))
    return Stop(user_id, None) if topic == DIGEST else None
