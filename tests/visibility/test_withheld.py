"""Two worlds, one with a report that is withheld: to everybody else they are the same to the letter (C5)."""

import re
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.core.cache import cache
from django.db import transaction

from accounts.models import User
from incidents.desk_queue import at_the_desk
from notifications.models import DigestEntry, Message
from overview.figures.counted_incidents import count
from sharing.access import access_of
from tests.cast import signed_in
from tests.factories.incidents import file_report, followed_up
from tests.factories.withholding import withheld_report

from .two_worlds import answer_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
QUARTER = date(2026, 1, 1)
AT = datetime(2026, 3, 20, 12, tzinfo=UTC)
PAGES = ["/", "/incidents/", "/incidents/?q=canary", "/incidents/?area=south-sudan", "/incidents/desk/",
         "/incidents/export/", "/dashboard/", "/statistics/", "/areas/south-sudan/"]  # fmt: skip
READERS = ["dss.hq@un.example", "dss.field@un.example", "field@benu.example", "ocha@un.example", "admin@portal.example"]


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def seen(cast, *, with_withheld: bool) -> dict:
    """What everybody else gets to see of one of the worlds, which is gone afterwards."""
    cache.clear()
    with transaction.atomic(), time_machine.travel(AT, tick=False):
        User.objects.update(language="en")
        ref = file_report(cast, by="field@benu.example", organisation="benu").incident.item.ref
        if with_withheld:
            followed_up(cast, withheld_report(cast), category="abduction")
        found = {"messages": Message.objects.count(), "digests": DigestEntry.objects.count()}
        found["figures"] = count([QUARTER], datetime(2026, 5, 1, tzinfo=UTC))
        for email in READERS:
            client = signed_in(cast[email])
            for path in PAGES:
                found[email, path] = _without_reference(answer_of(client.get(path)), ref)
        transaction.set_rollback(True)
    return found


def _without_reference(answer, ref):
    return re.sub(r"INC-\w+|\d{6,}", "N", repr(answer).replace(ref, "REF"))


def test_nobody_else_can_tell(cast):
    without, with_it = seen(cast, with_withheld=False), seen(cast, with_withheld=True)
    assert without.keys() == with_it.keys()
    assert {key for key, value in without.items() if with_it[key] != value} == set()


def test_not_even_the_desk_counts_it(cast, rf):
    file_report(cast)
    withheld_report(cast)
    request = rf.get("/")
    request.user = cast["dss.field@un.example"]
    assert at_the_desk(request, access_of(request.user)).count() == 1
