"""An adversary reads two reports that a desk merged: they find out neither who reported them nor that there is a third.

Two worlds that differ in that alone: whatever the adversary gets is the same both times to the letter (I10, C1, C2).
"""

from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from incidents.same_event import merge
from notifications.outbox import drain
from sharing.models import Item
from tests.cast import signed_in
from tests.factories.desk import desk_of_area
from tests.factories.incidents import an_account, file_report
from tests.sampling import some

from . import oracle
from .two_worlds import EVERYBODY, START, answer_of, cast_of_february

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(300)]
SUSPECTS = {"alba": oracle.ALBA_HQ, "benu": oracle.BENU_HQ}
THEIRS = {oracle.ALBA_HQ, oracle.ALBA_FIELD, oracle.BENU_HQ, oracle.BENU_FIELD}
FIRST, SECOND, HIDDEN = "INC-SAME01", "INC-SAME02", "INC-HIDDEN"
READERS = sorted(oracle.EVERYONE - THEIRS - oracle.DESKS[oracle.SS] - {oracle.CEDAR})
PAGES = [
    *(f"/incidents/{ref}/{page}" for ref in (FIRST, SECOND) for page in ("", "same-event/", "desk/", "receipt/")),
    *("/incidents/", "/incidents/?q=CANARY", "/incidents/?q=hidden", f"/incidents/?q={HIDDEN}", "/incidents/desk/"),
    *("/", "/areas/south-sudan/", "/statistics/?period=all", f"/incidents/{HIDDEN}/same-event/"),
]


def filed(cast, ref, *, hours, **options):
    account = an_account(occurred_from=datetime(2026, 3, 14, 6 + hours, tzinfo=UTC), time_zone="UTC")
    item = file_report(cast, account=account, **options).incident.item
    Item.objects.for_system("test").filter(pk=item.pk).update(ref=ref)
    item.refresh_from_db(fields=["ref"])
    return item


@contextmanager
def world(cast, names=("alba", "benu"), *, third=False):
    """Two reports that everybody reads, merged by headquarters; in some worlds by way of one that nobody else reads."""
    cache.clear()
    mail.outbox.clear()
    with transaction.atomic(), time_machine.travel(START, tick=False):
        one, other = (
            filed(
                cast, ref, hours=2 * number, organisation=key, by=SUSPECTS[key], marking="TLP:CLEAR", choices=EVERYBODY
            )
            for number, (ref, key) in enumerate(zip((FIRST, SECOND), names, strict=True))
        )
        acts = {"by": cast[oracle.DSS_HQ], "desk": desk_of_area(cast, area=None)}
        if third:
            options = {"organisation": "cedar", "by": oracle.CEDAR, "choices": ["dss_headquarters"]}
            hidden = filed(cast, HIDDEN, hours=0, **options)
            merge(one, hidden, **acts)
            merge(hidden, other, **acts)
        else:
            merge(one, other, **acts)
        drain()
        yield
        transaction.set_rollback(True)


def asked(client, path):
    """What a page answers, and how many questions the database is asked for it."""
    with CaptureQueriesContext(connection) as questions:
        answer = client.get(path)
    return answer_of(answer), len(questions)


def seen(cast, people, pages=PAGES):
    """Everything that these people get, with their mails."""
    found = {}
    for email in people:
        client = signed_in(cast[email])
        found |= {(email, path): asked(client, path) for path in pages}
        mine = [message for message in mail.outbox if message.to == [email]]
        found[email, "mails"] = sorted((message.subject, len(message.body)) for message in mine)
    return found


@pytest.fixture
def cast_before():
    with cast_of_february() as cast:
        yield cast


def check(one, other):
    assert [key for key in one if one[key] != other[key]] == []


def test_who_reported_which_cannot_be_told(cast_before):
    people, found = some(READERS, every=6), []
    for names in (("alba", "benu"), ("benu", "alba")):
        with world(cast_before, names):
            found.append(seen(cast_before, people))
    check(*found)
    for email in people:  # else it would prove nothing
        (status, _, body), _ = found[0][email, f"/incidents/{FIRST}/same-event/"]
        assert (status, FIRST in body, SECOND in body) == (200, True, True), email
        assert [word for word in ("Alba", "Benu", *THEIRS) if word in body] == []


def test_a_third_part_that_one_may_not_read_leaves_no_trace(cast_before):
    people, found = [*some(READERS, every=6), oracle.ALBA_HQ, oracle.DSS_FIELD], []
    for third in (False, True):
        with world(cast_before, third=third):
            found.append(seen(cast_before, people))
    check(*found)
    with world(cast_before, third=True):
        client = signed_in(cast_before[oracle.DSS_HQ])
        assert HIDDEN in client.get(f"/incidents/{FIRST}/").content.decode()


def test_nor_whatever_a_desk_does_that_may_not_read_it(cast_before):
    """It looks, tries the reference, takes one out, takes out the other, merges them again."""
    found = []
    for third in (False, True):
        with world(cast_before, third=third):
            found.append(list(_done_by_the_desk(cast_before)))
    assert found[0] == found[1]
    statuses = [answer[0] for answer in found[0] if isinstance(answer, tuple) and isinstance(answer[0], int)]
    assert statuses == [422, 302, 302, 302]


def _done_by_the_desk(cast):
    client = signed_in(cast[oracle.DSS_FIELD])
    acts = [
        (f"/incidents/{FIRST}/desk/same-event/", {"same-other": HIDDEN}),
        (f"/incidents/{FIRST}/same-event/take-out/", {}),
        (f"/incidents/{SECOND}/same-event/take-out/", {}),
        (f"/incidents/{FIRST}/desk/same-event/", {"same-ref": SECOND}),
    ]
    for path, data in acts:
        yield answer_of(client.post(path, data))
        yield seen(cast, [oracle.DSS_FIELD, oracle.LAKE], PAGES[:8])
