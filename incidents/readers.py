"""Who got to know of an incident: the log that belongs to its originator, without a blind spot (C6)."""

from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from notifications.querysets import mailed
from organisations.models import Membership
from organisations.roles import ROLES
from sharing.audiences import readers_of
from sharing.models import Item, Reading

from .control import subjects_of

PAGE = 50
_MAILED = {"mail": _("told by e-mail"), "digest": _("told in the daily summary")}


@dataclass(frozen=True)
class Seen:
    """One line of the log: who, for which organisation, in which role, did what, when, and in which version."""

    at: datetime
    person: str
    organisation: str
    role: str
    how: str
    version: int | None


@dataclass(frozen=True)
class ReaderPage:
    """Lines of the log, newest first, with the number of persons in all of it and the page's number."""

    rows: list[Seen]
    persons: int
    number: int
    has_more: bool


def readers_now(item: Item) -> int:
    """How many people other than the originator's can read `item` now."""
    return sum(
        not any(name.startswith("originator") for name in reader.through) for reader in readers_of(item).values()
    )


def reader_log(item: Item, *, number: int = 1) -> ReaderPage:
    """The page `number` of who opened, exported, downloaded or was mailed `item`: person, organisation, role, time.

    Everybody is in it: desks, headquarters and the originator's own people as well. Five queries.
    """
    read = Reading.objects.filter(item_ref=item.ref).values_list(
        "at", "reader", "organisation", "role", "how", "version"
    )
    sent = [(row.at, row.recipient_id, None, None, row.how, None) for row in mailed(subjects_of(item, answers=False))]
    lines = sorted(chain(read, sent), key=lambda line: (line[0], line[1]), reverse=True)
    shown = lines[(number - 1) * PAGE : number * PAGE]
    people = User.objects.in_bulk({line[1] for line in shown})
    worked = _Worked(people, item)
    rows = [_line(line, people, worked) for line in shown]
    return ReaderPage(rows, len({line[1] for line in lines}), number, len(lines) > number * PAGE)


def _line(line, people, worked):
    at, reader, organisation, role, how, version = line
    if organisation is None:  # a mail: for whom they worked when it went out
        organisation, role = worked.at(reader, at)
    label = _MAILED.get(how) or Reading.How(how).label
    person = people[reader].name or people[reader].email
    return Seen(at, person, organisation, ROLES[role].label if role in ROLES else role, label, version)


class _Worked:
    """For whom people worked at some moment; in the area of the item, if in several roles."""

    def __init__(self, people, item):
        rows = Membership.objects.filter(user__in=people).select_related("organisation").order_by("pk")
        self.rows, self.area = list(rows), item.area_id

    def at(self, user, moment) -> tuple[str, str]:
        """Organisation and role of `user` then, empty if none."""
        then = [
            row
            for row in self.rows
            if row.user_id == user and row.starts_at <= moment and (row.ends_at is None or row.ends_at > moment)
        ]
        here = [row for row in then if row.area_id == self.area]
        row = next(iter(here or then), None)
        return (row.organisation.name, row.role) if row else ("", "")
