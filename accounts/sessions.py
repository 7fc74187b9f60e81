"""Sessions that a copy of the database does not open (SESSION_ENGINE).

The browser has a random key; the table has only its keyed digest, and what the session remembers is sealed under the
master keys. A session ends an hour after its last request and twelve hours after it began (docs/decisions).
"""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from slt_portal.crypto import SealBroken, keyed_digest, seal, unseal
from slt_portal.prepared import prepared

from .models import Session, User

IDLE = timedelta(seconds=settings.SESSION_COOKIE_IDLE_AGE)
LONGEST = timedelta(seconds=settings.SESSION_COOKIE_AGE)
GRAIN = timedelta(minutes=5)  # a session is written down as used at most this often, not at every page
BROWSER = "browser"  # in the session: what it was begun with, to be recognised in the list
_DIGITS = 40


def digest_of(session_key: str) -> str:
    """What the table knows a session by."""
    return keyed_digest("session", session_key)[:_DIGITS]


class SessionStore(SessionBase):
    """One session: `session_key` is what the browser has; the row is found by its digest."""

    started_at: datetime | None = None
    is_unknown = False  # the browser came with the key of no session

    def load(self) -> dict:
        """What the session remembers; nothing once it has ended. Being asked for prolongs it."""
        found = _open(digest_of(self.session_key), timezone.now())
        if not found:
            self._session_key, self.is_unknown = None, True
            return {}
        row = found[0]
        self.started_at = row.started_at
        until = self.get_expiry_date()
        if until - row.expire_date > GRAIN:
            Session.objects.filter(pk=row.pk).update(expire_date=until)
        return remembered(row)

    def is_empty(self) -> bool:
        """Whether the browser is told to forget its key: not if it is unknown here. Another tab may have been given a
        new key in the meantime, and an answer that comes late to this one would take that away."""
        return super().is_empty() and not self.is_unknown

    def flush(self) -> None:
        """Forget everything, and have the browser forget its key."""
        super().flush()
        self.is_unknown = False

    def exists(self, session_key: str) -> bool:
        """Whether there is such a session."""
        return Session.objects.filter(pk=digest_of(session_key)).exists()

    def create(self) -> None:
        """Begin a session under a key that nobody had before."""
        self.started_at = timezone.now()
        self._session_key = self._get_new_session_key()
        self.save(must_create=True)
        self.modified = True

    def cycle_key(self) -> None:
        """Go on under a new key. Whoever was signed in before stays so for no longer than they would have."""
        was_signed_in = SESSION_KEY in self
        started_at = self.started_at
        super().cycle_key()
        if was_signed_in:
            self.started_at = started_at

    def save(self, must_create: bool = False) -> None:
        """Write it down. Raises CreateError if it should be new and is not, UpdateError if it has ended meanwhile."""
        if self.session_key is None:
            self.create()
            return
        row = self.as_row(self._get_session(no_load=must_create))
        try:
            with transaction.atomic():
                row.save(force_insert=must_create, force_update=not must_create)
        except IntegrityError as error:
            if must_create:
                raise CreateError from error
            raise
        except DatabaseError as error:
            if not must_create:
                raise UpdateError from error
            raise

    def as_row(self, remembers: dict) -> Session:
        """The row of this session, not saved."""
        row = Session(
            session_key=digest_of(self.session_key),
            expire_date=self.get_expiry_date(),
            started_at=self.started_at or timezone.now(),
            user_id=remembers.get(SESSION_KEY),
        )
        row.session_data = base64.b64encode(seal(json.dumps(remembers).encode(), context=row.context)).decode()
        return row

    def delete(self, session_key: str | None = None) -> None:
        """End this session, or the one with the key that is given."""
        if key := session_key or self.session_key:
            Session.objects.filter(pk=digest_of(key)).delete()

    def get_expiry_date(self, **kwargs) -> datetime:
        """An hour from now, but never later than twelve hours after the beginning."""
        now = timezone.now()
        return min(now + IDLE, (self.started_at or now) + LONGEST)

    @classmethod
    def clear_expired(cls) -> None:
        """Remove the rows of sessions that have ended (`manage.py clearsessions`)."""
        Session.objects.filter(expire_date__lt=timezone.now()).delete()


@prepared
def _open(digest, on):
    return Session.objects.filter(pk=digest, expire_date__gt=on)


def remembered(row: Session) -> dict:
    """What a session remembers; nothing if it was changed, moved to another row, or its master key is gone."""
    try:
        return json.loads(unseal(base64.b64decode(row.session_data), context=row.context))
    except (SealBroken, binascii.Error, ValueError):
        return {}


@dataclass(frozen=True)
class OpenSession:
    """A line of the list of one's own sessions; `digest` names it in the form that ends it."""

    digest: str
    started_at: datetime
    user_agent: str
    ip: str


def sessions_of(user: User) -> list[OpenSession]:
    """Where `user` is signed in, oldest first; without sessions that a new password has closed."""
    found = []
    for row in Session.objects.filter(user=user, expire_date__gt=timezone.now()).order_by("started_at"):
        held = remembered(row)
        if constant_time_compare(held.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
            browser = held.get(BROWSER, {})
            found.append(OpenSession(row.pk, row.started_at, browser.get("agent", ""), browser.get("ip", "")))
    return found


def end_sessions(user: User, *, besides: str | None = None, only: str | None = None) -> int:
    """End the sessions of `user`, at once: all, all `besides` the one with this key, or `only` that with this digest.

    Returns how many.
    """
    rows = Session.objects.filter(user=user)
    if besides:
        rows = rows.exclude(pk=digest_of(besides))
    if only is not None:
        rows = rows.filter(pk=only if only.isalnum() else "")
    return rows.delete()[0]
