"""Who got to know of an incident: the log that belongs to its originator, without a blind spot (C6)."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from notifications.querysets import mailed
from organisations.roles import ROLES
from sharing.audiences import all_readers_of
from sharing.models import Item, Reading

from .control import subjects_of

PAGE = 50
_MAILED = {"mail": _("told by e-mail"), "digest": _("told in the daily summary")}


@dataclass(frozen=True)
class Seen:
    """One person of the log, as who they were then: first and last time, how often, in which ways and versions."""

    person: str
    organisation: str
    role: str
    first: datetime
    last: datetime
    times: int
    how: list[str]
    versions: list[int]
    is_own: bool
    reads_now: bool


@dataclass(frozen=True)
class ReaderPage:
    """People of the log, who came last first, with the number of persons in all of it and the page's number."""

    rows: list[Seen]
    persons: int
    number: int
    has_more: bool

    @property
    def others(self) -> list[Seen]:
        """Those outside the originator."""
        return [row for row in self.rows if not row.is_own]

    @property
    def own(self) -> list[Seen]:
        """The originator's own people."""
        return [row for row in self.rows if row.is_own]


def readers_now(item: Item) -> int:
    """How many people other than the originator's can read `item` now, as it was shared or passed on."""
    return sum(
        not any(name.startswith("originator") for name in reader.through) for reader in all_readers_of(item).values()
    )


def reader_log(item: Item, *, number: int = 1) -> ReaderPage:
    """The page `number` of who opened, exported, downloaded or was mailed `item`: person, organisation, role, times,
    and whether they can still read it.

    Everybody is in it: desks, headquarters and the originator's own people as well. Somebody who worked for another
    organisation or in another role meanwhile has a row for each. Six queries.
    """
    names = ("at", "reader", "organisation", "role", "how", "version", "in_emergency")
    read = Reading.objects.filter(item_ref=item.ref).values_list(*names)
    mails = mailed(subjects_of(item, answers=False))
    sent = [(row.at, row.recipient_id, None, None, row.how, None, False) for row in mails]
    lines = sorted(chain(read, sent), key=lambda line: (line[0], line[1]), reverse=True)
    people, groups = _People({line[1] for line in lines}, item), defaultdict(list)
    for line in lines:
        at, reader, organisation, role, *_ = line
        if organisation is None:  # a mail: for whom they worked when it went out
            organisation, role = people.at(reader, at)
        groups[reader, organisation, role].append(line)
    shown = list(groups.items())[(number - 1) * PAGE : number * PAGE]  # in the order of their newest lines
    now = all_readers_of(item, with_emergency=True)
    rows = [_row(whose, of_them, people, item, now) for whose, of_them in shown]
    return ReaderPage(rows, len({line[1] for line in lines}), number, len(groups) > number * PAGE)


def _row(whose, lines, people, item, now):
    reader, organisation, role = whose
    ways = dict.fromkeys((line[4], line[6]) for line in lines)
    return Seen(
        person=people.names[reader],
        organisation=organisation,
        role=ROLES[role].label if role in ROLES else role,
        first=lines[-1][0],
        last=lines[0][0],
        times=len(lines),
        how=[_way(*way) for way in ways],
        versions=sorted({line[5] for line in lines if line[5]}),
        is_own=organisation == item.originator.name,
        reads_now=reader in now,
    )


def _way(how, in_emergency):
    way = str(_MAILED.get(how) or Reading.How(how).label)
    return str(_("%(opened)s by emergency access")) % {"opened": way} if in_emergency else way


class _People:
    """Who they are and for whom they worked at some moment: in the area of the item, if in several roles."""

    def __init__(self, ids, item):
        of = "memberships__"
        names = ("organisation__name", "role", "area_id", "starts_at", "ends_at")
        rows = User.objects.filter(pk__in=ids).order_by(f"{of}pk")
        self.names, self.worked, self.area = {}, defaultdict(list), item.area_id
        for user, name, email, *terms in rows.values_list("pk", "name", "email", *(of + field for field in names)):
            self.names[user] = name or email
            self.worked[user].append(terms)

    def at(self, user, moment) -> tuple[str, str]:
        """Organisation and role of `user` then, empty if none."""
        then = [
            (organisation, role, area)
            for organisation, role, area, starts_at, ends_at in self.worked[user]
            if starts_at and starts_at <= moment and (ends_at is None or ends_at > moment)
        ]
        here = [row for row in then if row[2] == self.area]
        return next(iter(here or then), ("", "", None))[:2]
