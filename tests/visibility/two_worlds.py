"""The same incidents reported by two organisations, and once more with their parts exchanged."""

import io
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pikepdf
import time_machine
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction

from accounts.models import User
from incidents import desk as desks
from incidents.attachments import add_attachment
from incidents.models import Attachment, Report
from incidents.proposals import decide
from notifications.actions import choose
from organisations.models import Membership, Standing
from sharing.models import Item
from tests.cast import Cast, make_cast
from tests.documents.hostile_files import a_plain_pdf, a_png
from tests.documents.hostile_files import written as bytes_of
from tests.documents.test_pdf import text_of
from tests.factories.desk import asked, desk_of_area, proposed
from tests.factories.incidents import an_account, file_report, followed_up

from . import oracle

START = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
EVERYBODY = ["dss_desks", "un_of_area", "partners_of_area", "ocha", "community", "everyone"]
# Who may be behind it; whoever files uses their own clock, their own file names.
SUSPECTS = {
    "alba": (oracle.ALBA_HQ, oracle.ALBA_FIELD, "Europe/Dublin"),
    "benu": (oracle.BENU_HQ, oracle.BENU_FIELD, "Africa/Ndjamena"),
}
NUMBER = 28  # more than one page of the list
INNER = {"exact_place": "zebrawise bend", "persons": "Nyakuoth Giraffe, +211 900"}
IN_SUMMARY, FOLLOWS = oracle.OCHA, oracle.CSFP


@dataclass
class Exchange:
    """What was filed in one of the two worlds: the items by number, and the clock, which stands still."""

    cast: Cast
    clock: time_machine.Traveller
    items: list[Item] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    @property
    def first(self) -> Item:
        """The one with everything on it."""
        return self.items[0]

    def minutes(self, number: int) -> None:
        """Move the clock to this many minutes after the start."""
        self.clock.move_to(START + timedelta(minutes=number))


@contextmanager
def cast_of_february() -> Iterator[Cast]:
    """Everybody, in English, since before the tests' today; gone afterwards."""
    with transaction.atomic():
        cast, february = make_cast(), datetime(2026, 2, 1, tzinfo=UTC)
        User.objects.update(language="en", created_at=february)
        for dated in (Membership, Standing):
            dated.objects.update(starts_at=february)
        cast.people = {user.email: user for user in User.objects.filter(email__in=cast.people)}
        yield cast
        transaction.set_rollback(True)


@contextmanager
def exchanged(cast: Cast, order: tuple[str, str]) -> Iterator[Exchange]:
    """One of the two worlds, gone afterwards. References and numbers of files are drawn by chance: here they are fixed,
    so that everything else can be compared to the letter."""
    cache.clear()
    with transaction.atomic(), time_machine.travel(START, tick=False) as clock:
        _count_releases_from(1_000_000)
        world = Exchange(cast, clock)
        choose(cast.areas[oracle.SS], by=cast[FOLLOWS], choice="follow")
        choose(cast.areas[oracle.SS], by=cast[IN_SUMMARY], choice="follow", delivery="digest")
        for number in range(NUMBER):
            world.items.append(_filed(world, order[number % 2], number))
        _lived_through(world, order[0])
        yield world
        transaction.set_rollback(True)


def _count_releases_from(number):
    """The same ids in both worlds: a sealed cursor is as long as the id in it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence('sharing_release', 'id'), %s)", [number])


def _filed(world, key, number):
    headquarters, _, zone = SUSPECTS[key]
    precise = number % 3  # an hour, a mere day, nothing
    account = an_account(
        texts={**INNER, "what": f"two vehicles stopped number {number}", "place": "road to Torit"},
        occurred_from=None if precise == 2 else _when(number, zone, is_day=precise == 1),
        time_precision=["about", "day", "not_sure"][precise],
        time_zone=zone,
        coded={"category": "robbery", "place_precision": "exact", "actor": "criminal"},
        groups=[],
    )
    names = {"organisation": key, "by": headquarters, "marking": "TLP:CLEAR", "choices": EVERYBODY}
    item = file_report(world.cast, account=account, **names).incident.item
    Item.objects.for_system("test").filter(pk=item.pk).update(ref=f"INC-SAME{number:02}")
    item.refresh_from_db(fields=["ref"])
    return item


def _when(number, zone, *, is_day):
    day = datetime(2026, 3, 1 + number % 5, tzinfo=ZoneInfo(zone))
    return day if is_day else datetime(2026, 3, 1 + number % 5, 6, 30, tzinfo=UTC)


def _lived_through(world, key):
    """Files, an update from the other office, a question, and all that a desk does, on the first two."""
    cast, item = world.cast, world.first
    headquarters, office, _ = SUSPECTS[key]
    for number, content in ((4001, a_png()), (4002, bytes_of(a_plain_pdf()))):
        upload = SimpleUploadedFile(f"{key} {office} report.pdf", content)
        made = add_attachment(item, upload, by=cast[headquarters], is_shared=True, submission=uuid.uuid4())
        Attachment.objects.for_system("test").filter(pk=made.pk).update(number=number)
        world.numbers.append(number)
    report = _report_of(item)
    followed_up(cast, report, by=headquarters, time_zone=SUSPECTS[key][2])
    here = {"by": cast[oracle.DSS_FIELD], "desk": desk_of_area(cast)}
    desks.acknowledge(item, **here)
    desks.grade(item, **here, reliability="B", credibility="2", text=f"INGO {key} is reliable")
    desks.note(item, **here, text=f"rang {office}")
    desks.answer(asked(cast, item, by=oracle.OCHA, organisation="ocha"), **here, text="It is true.")
    decide(_proposed(cast, item), by=cast[headquarters], agrees=True)


def _report_of(item):
    return Report.objects.for_system("test").select_related("incident__item").get(incident__item=item, number=1)


def _proposed(cast, item):
    made = proposed(cast, item, what="vehicles stopped number 0", place="a road")
    return type(made).objects.for_system("test").select_related("incident__item__data_key").get(pk=made.pk)


_CHANCE = [
    (re.compile(r'value="[A-Za-z0-9]{64}"'), 'value="CSRF"'),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "UUID"),
    (re.compile(r"(before|after)=[\w%-]{40,}"), r"\1=CURSOR"),
    (re.compile(r"-[0-9a-f]{8}\.(csv|pdf)"), r"-ID.\1"),
    (re.compile(r"nonce-[\w+/=-]+"), "NONCE"),
    (re.compile(r'nonce="[^"]+"'), "NONCE"),
]


def without_chance(text: str) -> str:
    """A text without what is drawn by chance for each answer: one-time values, sealed cursors, ids of rows."""
    for pattern, instead in _CHANCE:
        text = pattern.sub(instead, text)
    return text


def answer_of(response) -> tuple:
    """Status, headers and text of an answer; of a file its bytes."""
    kept = {name: value for name, value in response.headers.items() if name not in {"Set-Cookie", "X-Request-ID"}}
    content = b"".join(response.streaming_content) if response.streaming else response.content
    kind = response.headers.get("Content-Type", "")
    body = without_chance(content.decode("utf-8-sig")) if kind.startswith(("text", "application/json")) else content
    return response.status_code, without_chance(str(sorted(kept.items()))), body


def pdf_of(content: bytes) -> tuple:
    """Everything in a PDF but its random id: text by page, metadata, names, embedded files."""
    with pikepdf.open(io.BytesIO(content)) as document:
        info = {str(name): str(value) for name, value in document.docinfo.items()}
        root = sorted(map(str, document.Root.keys()))
        more = [bytes(document.Root.Metadata.read_bytes())] if "/Metadata" in document.Root else []
        sizes = [len(page.Contents.read_bytes()) for page in document.pages]
    return text_of(content), info, root, more, sizes
