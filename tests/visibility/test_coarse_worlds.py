"""An adversary who reads only the shared release tries to find out where and when exactly something happened.

The same incidents twice, at another hour and place within one coarse cell: whatever readers get hold of is the same
both times to the letter (C4). One incident that its originator does not make coarser differs: the eyes are real.
"""

import html
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from urllib.parse import quote_plus
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.db import transaction
from django.test import override_settings

from accounts.models import User
from incidents.account import Limits
from incidents.control import share_with, sharing_of
from incidents.export_runs import run_due
from incidents.exports import ask_export
from incidents.models import Report
from notifications.actions import choose
from notifications.digests import make_digests
from notifications.outbox import drain
from sharing.models import Item, Release
from tests.cast import signed_in
from tests.factories.incidents import an_account, file_report, followed_up

from . import oracle
from .two_worlds import answer_of, cast_of_february, pdf_of, without_chance

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(300)]
START, JUBA = datetime(2026, 3, 20, 12, 0, tzinfo=UTC), ZoneInfo("Africa/Juba")
READERS = [oracle.BENU_FIELD, oracle.OCHA, oracle.LAKE]  # at once, in a digest, with the right to export
CLOCKS = ["UTC", "Pacific/Kiritimati", "Asia/Kathmandu", "Pacific/Pago_Pago"]


def at(day, hour, minute=0):
    return datetime(2026, 3, day, hour, minute, tzinfo=JUBA)


def cell(limits, hours, precisions=("about", "about"), **more):
    return {"limits": Limits(*limits), "hours": hours, "precisions": precisions, **more}


# Each in both worlds: limits of place and time, when. Two of one cell in each order, so that none may tell it.
CELLS = [
    cell(("district", "day_part"), (at(14, 12), at(14, 17, 59)), ("exact", "about"), place_shown="Magwi county"),
    cell(("district", "day_part"), (at(14, 17, 59), at(14, 12))),
    cell(("province", "day"), (at(10, 0, 5), at(10, 23, 50)), ("about", "day")),
    cell(("country", "day"), (at(10, 23, 50), at(10, 0, 5)), place_shown="Eastern Equatoria"),
    cell(("country", "month"), (at(1, 0, 30), at(19, 12))),  # in UTC the first is February
    cell(("country", "month"), (at(19, 12), at(1, 0, 30)), ("not_sure", "not_sure")),
    cell(("within_25_km", "day_part"), (at(14, 13), at(14, 16)), places=("road to Torit", "road to Torit")),
]
EYES = cell(("within_25_km", "as_reported"), (at(14, 14), at(14, 15)))  # what is not made coarser can be told apart
PLACES = ("Lotukei", "Owinykibul")
INNER = ("zebrawise bend", "heronward bridge")


@dataclass
class World:
    """What readers got to see of one of the two worlds, by what they tried."""

    number: int
    cast: object
    items: list = field(default_factory=list)
    seen: dict = field(default_factory=dict)

    def file(self, number, cells, **more):
        """One incident as it was in this world. Returns its first report."""
        place = cells.get("places", PLACES)[self.number]
        coded = {"category": "robbery", "place_precision": ("exact", "within_25_km")[self.number], "actor": "criminal"}
        if cells["limits"].place in {"province", "country"}:
            coded["place_type"] = ("health", "road")[self.number]
        account = an_account(
            texts={"what": f"two vehicles stopped number {number}", "place": place, "exact_place": INNER[self.number]},
            occurred_from=cells["hours"][self.number],
            time_precision=cells["precisions"][self.number],
            coded=coded,
            groups=[],
        )
        how = {"limits": cells["limits"], "place_shown": cells.get("place_shown", ""), "marking": "TLP:GREEN"}
        choices = ["dss_desks", "community", "ocha", "partners_of_area"]
        report = file_report(self.cast, account=account, choices=choices, **how, **more)
        item = report.incident.item
        Item.objects.for_system("test").filter(pk=item.pk).update(ref=f"INC-COAR{number:02}")
        item.refresh_from_db(fields=["ref"])
        self.items.append(item)
        return Report.objects.for_system("test").select_related("incident__item").get(pk=report.pk)


def _lived(world):
    """Everything is filed, the first followed up by an hour of the same cell, the second made coarser and finer."""
    for number, cells in enumerate(CELLS):
        report = world.file(number, cells)
        if number == 0:
            other = CELLS[0]["hours"][1 - world.number] + timedelta(minutes=world.number)
            followed_up(world.cast, report, occurred_from=other.astimezone(UTC), exact_place="x", news="they are back")
        if number == 1:
            _changed(world, report.incident.item, Limits("country", "month"))
            _changed(world, report.incident.item, CELLS[1]["limits"])


def _changed(world, item, limits):
    item = Item.objects.for_system("test").select_related("area", "originator").get(pk=item.pk)
    old = sharing_of(item)
    new = type(old)(**{**vars(old), "limits": limits})
    share_with(item, new, by=world.cast[oracle.ALBA_FIELD], version=item.version)


PAGES = {
    **{f"list {order}": f"/incidents/?order={order}" for order in ("", "oldest")},
    "home": "/",
    "area": "/areas/south-sudan/",
    **{f"statistics{by}": f"/statistics/?period=all{by}" for by in ("", "&by=month")},
    **{f"statistics as a table{by}": f"/statistics/tables.csv?period=all{by}" for by in ("", "&by=month")},
    **{f"filter {query}": f"/incidents/?{query}" for query in ("place_type=health", "place_type=road")},
    **{f"page {name}": f"/incidents/{{ref}}/{name}" for name in ("", "audience/", "follow-up/", "desk/", "reports/1/")},
}
SOUGHT = (*PLACES, *INNER, "Magwi", "Equatoria", "vehicles", "Torit")
EDGES = [*(f"since=2026-03-{day:02}" for day in (1, 2, 10, 11, 14, 15)), "until=2026-02-28", "until=2026-03-13"]


def _look(world, who):
    client, user = signed_in(world.cast[who]), User.objects.filter(pk=world.cast[who].pk)

    def get(name, path):
        world.seen[who, name] = answer_of(client.get(path))

    for name, path in PAGES.items():
        for item in world.items if "{ref}" in path else world.items[:1]:
            get(f"{name} {item.ref}" if "{ref}" in path else name, path.format(ref=item.ref))
    for word in SOUGHT:
        get(f"search {word}", f"/incidents/?q={quote_plus(word)}")
    for zone, query in product(CLOCKS, EDGES if who == oracle.LAKE else []):
        user.update(time_zone=zone)  # the edge of a day moves with the reader's clock: a way to halve the time
        get(f"{query} {zone}", f"/incidents/?{query}")
    user.update(time_zone="UTC")
    for how in ({"format": "csv", "with_hxl": True}, {"format": "csv", "query": "order=oldest&until=2026-03-14"}):
        world.seen[who, f"export {how}"] = _exported(client, world.cast[who], **how)


def _exported(client, user, **how):
    """A table, or nothing for who may not export."""
    if user.email not in oracle.MAY_FILE:
        return None
    export = ask_export(by=user, purpose="Planning of the week", **how)
    run_due()
    return answer_of(client.get(f"/incidents/exports/{export.pk}/file/"))


def _dossier(world):
    user = world.cast[oracle.LAKE]
    export = ask_export(by=user, purpose="Planning of the week", format="pdf")
    run_due()
    world.seen[user.email, "dossier"] = pdf_of(signed_in(user).get(f"/incidents/exports/{export.pk}/file/").content)


def _told(world, clock):
    mail.outbox.clear()
    for hours in (1, 24, 48):
        clock.move_to(START + timedelta(hours=hours))
        make_digests()
        drain()
    for who in READERS:
        mine = [without_chance(row.message().as_bytes().decode()) for row in mail.outbox if row.to == [who]]
        world.seen[who, "mails"] = sorted(mine)
    others = {email for row in mail.outbox for email in row.to}
    assert set(READERS) <= others, "nobody was told: this would prove nothing"


@pytest.fixture(scope="module")
def both(django_db_setup, django_db_blocker, tmp_path_factory):
    """The two worlds, and whether what was not made coarser can be told apart in them."""
    folder, found, eyes = tmp_path_factory.mktemp("files"), [], []
    with django_db_blocker.unblock(), override_settings(DATA_DIR=folder), cast_of_february() as cast:
        for number in (0, 1):
            cache.clear()
            with transaction.atomic(), time_machine.travel(START, tick=False) as clock:
                world = World(number, cast)
                choose(cast.areas[oracle.SS], by=cast[oracle.OCHA], choice="follow", delivery="digest")
                _lived(world)
                for who in READERS:
                    _look(world, who)
                _dossier(world)
                dates = Release.objects.for_system("test").filter(item__in=world.items).order_by("item", "depth")
                world.seen["nobody", "dates"] = list(
                    dates.filter(depth=1).values_list("item__ref", "sort_at", "version")
                )
                _told(world, clock)
                world.file(99, EYES)
                eyes.append(answer_of(signed_in(cast[oracle.LAKE]).get("/incidents/INC-COAR99/")))
                found.append(world.seen)
                transaction.set_rollback(True)
    return *found, eyes


def test_another_hour_and_place_of_the_same_cell_change_nothing(both, subtests):
    one, other, (here, there) = both
    assert one.keys() == other.keys()
    for name in one:
        with subtests.test(str(name)):
            assert one[name] == other[name]
            text = html.unescape(repr(one[name])).replace(name[1].removeprefix("search "), "")
            assert [word for word in (*PLACES, *INNER) if word in text] == []
    assert here != there, "what is not made coarser can be told apart"
    listed = one[oracle.LAKE, "list "][2]
    assert [f"INC-COAR{number:02}" in listed for number in range(len(CELLS))] == [True] * len(CELLS)
