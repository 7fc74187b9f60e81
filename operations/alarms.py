"""Telling the operator of trouble, from outside the worker and beat, by mail that does not wait in the outbox.

Several processes may watch: what they know is one row, and whoever changes it first sends the mail (compare and set).
While the database is gone each process keeps what it knows in a file of its own and sends its own mail.
docs/decisions/0032.
"""

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import Error
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from .checks import CHECKS, WATCH_JOB, Check, Portal, outcomes
from .models import Tick, Watch

log = structlog.get_logger(__name__)
AGAIN_AFTER = timedelta(hours=1)
MAILING = timedelta(minutes=2)  # longer than a mail server may take: then another process sends it
WATCHED = [check for check in CHECKS if check.name != WATCH_JOB]


@dataclass
class Trouble:
    """A check that failed: since when, when it last did, and when somebody was last told."""

    since: datetime
    last: datetime
    told: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether somebody has to be told now: it lasts, and nobody was told in the last hour."""
        lasts = now - self.since >= timedelta(minutes=settings.ALARM_AFTER_MINUTES)
        return lasts and self.last == now and (self.told is None or now - self.told >= AGAIN_AFTER)

    def is_over(self, now: datetime) -> bool:
        """Whether it has been well for as long as it takes to be told: what comes and goes is one trouble."""
        return now > self.last and now - self.last >= timedelta(minutes=settings.ALARM_AFTER_MINUTES)


@dataclass
class Known:
    """What a process knows: the troubles by name, and the version of the row it read."""

    troubles: dict[str, Trouble] = field(default_factory=dict)
    version: int = 0

    def update(self, found: dict[str, bool | None], now: datetime) -> None:
        """Take in the outcomes of the checks; what could not be asked stays as it is. What passed untold is dropped."""
        for name, holds in found.items():
            if holds is False:
                trouble = self.troubles.setdefault(name, Trouble(since=now, last=now))
                trouble.last = now
        passed = [name for name, trouble in self.troubles.items() if not trouble.told and trouble.is_over(now)]
        for name in passed:
            del self.troubles[name]

    def due(self, now: datetime) -> list[str]:
        """The names of what somebody has to be told of now."""
        return [name for name, trouble in self.troubles.items() if trouble.is_due(now)]

    def over(self, now: datetime) -> list[str]:
        """The names of what is over."""
        return [name for name, trouble in self.troubles.items() if trouble.is_over(now)]

    def mark(self, due: list[str], over: list[str], now: datetime) -> None:
        """All of it was told in one mail: the hour begins anew, and what is over is forgotten."""
        for name in over:
            del self.troubles[name]
        for name, trouble in self.troubles.items():
            if trouble.told or name in due:
                trouble.told = now

    def as_json(self) -> dict:
        """The troubles, as the row and the file have them."""
        moments = ("since", "last", "told")
        return {
            name: {key: value.isoformat() for key in moments if (value := getattr(trouble, key))}
            for name, trouble in self.troubles.items()
        }


def _from_json(troubles):
    return {
        name: Trouble(**{key: datetime.fromisoformat(value) for key, value in moments.items()})
        for name, moments in troubles.items()
    }


class Watcher:
    """One process that watches: `look` once a minute."""

    def __init__(self, *, started: datetime | None = None, checks: Iterable[Check] = WATCHED):
        self.started = started or timezone.now()
        self.checks = list(checks)
        self.file = Path(settings.DATA_DIR) / "watch.json"
        self.offline = self._read_file()

    def look(self, now: datetime | None = None) -> dict[str, bool | None]:
        """Run the checks, remember what fails, and tell whoever is to be told; returns what was found, by name.

        Never raises for what is broken.
        """
        now = now or timezone.now()
        found = outcomes(Portal(now, started=self.started), self.checks)
        try:
            if not found["database"]:
                raise Error("the database does not answer")
            self._look_together(found, now)
        except Error:  # gone, or nothing can be written: what it knows must not stay untold
            self._look_alone(found, now)
        return found

    def _look_together(self, found, now):
        """With the database: what all processes know. Raises its errors."""
        Tick.note(WATCH_JOB, began_at=now, succeeded_at=now)
        row, _made = Watch.objects.get_or_create(pk=1)
        if row.mailing_until and row.mailing_until > now:
            return  # another process sends a mail about it just now
        known = Known(_from_json(row.troubles), row.version)
        before = known.as_json()
        for name, trouble in self.offline.items():
            known.troubles.setdefault(name, trouble)
        if not set(self.offline) - set(before):
            self._forget_alone()
        known.update(found, now)
        due, over = known.due(now), known.over(now)
        if due or over:
            self._tell(known, due, over, now)
        elif known.as_json() != before:
            self._write(known)

    def _tell(self, known, due, over, now):
        """Claim the mail, send it, and note that it was sent; another process that comes meanwhile sends none."""
        if self._write(known, mailing_until=now + MAILING):
            if self._send(known, due, over):
                known.mark(due, over, now)
            self._write(known)

    def _look_alone(self, found, now):
        """Without the database: what this process alone knows, in a file."""
        known = Known(dict(self.offline))
        known.update(found, now)
        due, over = known.due(now), known.over(now)
        if (due or over) and self._send(known, due, over):
            known.mark(due, over, now)
        self.offline = known.troubles
        self._write_file(known.as_json())

    def _send(self, known, due, over):
        lasting = [name for name, trouble in known.troubles.items() if trouble.told or name in due]
        lasting = [name for name in lasting if name not in over]
        log.error("alarm", troubles=lasting, over=over)
        try:
            send(known, due, lasting, over)
        except Exception as error:  # whatever the way out raises: tried again in a minute
            log.error("alarm_not_sent", error=type(error).__name__)
            return False
        return True

    def _write(self, known, *, mailing_until=None):
        """Write what is known if nobody else has written since it was read; says whether that was so."""
        changed = Watch.objects.filter(pk=1, version=known.version).update(
            version=known.version + 1, troubles=known.as_json(), mailing_until=mailing_until
        )
        if changed:
            known.version += 1
            self._forget_alone()
        return bool(changed)

    def _forget_alone(self):
        """What was known without the database now stands in it."""
        self.offline = {}
        with suppress(OSError):
            self.file.unlink(missing_ok=True)

    def _read_file(self):
        try:
            return _from_json(json.loads(self.file.read_text(encoding="ascii")))
        except (OSError, ValueError, TypeError):
            return {}

    def _write_file(self, troubles):
        part = self.file.with_suffix(".part")
        try:
            part.write_text(json.dumps(troubles), encoding="ascii")
            part.replace(self.file)
        except OSError as error:  # a full disk: what was told is then forgotten by a restart only
            log.warning("watch_not_written", error=type(error).__name__)


def send(known: Known, due: list[str], lasting: list[str], over: list[str]) -> None:
    """One mail, straight to the server: names of checks, since when, what to do. Raises what the server raises."""
    by_name = {check.name: check for check in CHECKS}
    with translation.override(settings.LANGUAGE_CODE):
        titles = ", ".join(str(by_name[name].title) for name in lasting)
        ended = ", ".join(str(by_name[name].title) for name in over)
        if due:
            subject = _("SLT portal, alarm: %(titles)s") % {"titles": titles}
        else:
            subject = _("SLT portal, over: %(titles)s") % {"titles": ended}
        paragraphs = [
            f"{by_name[name].wrong}\n{by_name[name].advice}\n"
            + _("Since %(moment)s UTC.") % {"moment": f"{known.troubles[name].since:%Y-%m-%d %H:%M}"}
            for name in lasting
        ]
        if over:
            paragraphs.append(_("Over: %(titles)s.") % {"titles": ended})
        if lasting:
            paragraphs.append(_("This is said again every hour while it lasts, and once when it is over."))
        paragraphs.append(settings.SITE_URL)
    EmailMessage(
        subject,
        "\n\n".join(paragraphs),
        to=settings.ALARM_TO,
        headers={"Auto-Submitted": "auto-generated"},
        connection=get_connection(timeout=settings.EMAIL_TIMEOUT, **settings.ALARM_MAIL),
    ).send()
