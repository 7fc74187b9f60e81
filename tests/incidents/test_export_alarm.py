"""Who exports much in a day is noticed, by others than themselves."""

import pytest
from django.core import mail

from audit.models import Event
from incidents.exports_messages import watchers_of
from incidents.models import Export
from notifications.models import Message
from notifications.outbox import drain
from organisations.models import Membership
from tests.factories.incidents import file_report

from .exporting import made
from .test_lists import make_reference

pytestmark = pytest.mark.django_db
FIELD, HEAD, DESK, LAKE = "field@benu.example", "hq@benu.example", "dss.hq@un.example", "io@lake.example"


@pytest.fixture
def few(settings):
    """Three are many here."""
    settings.MASS_EXPORT_ITEMS = 3


def alarms():
    return set(Message.objects.filter(kind="incidents.mass_export").values_list("recipient__email", flat=True))


def file_many(cast, number):
    return [file_report(cast).incident.item.ref for _ in range(number)]


def test_desk_and_own_headquarters_are_told_at_once(cast, few):
    refs = file_many(cast, 4)
    made(cast, FIELD)
    assert alarms() == {DESK, HEAD}
    Message.objects.exclude(kind="incidents.mass_export").delete()
    drain()
    assert {message.to[0] for message in mail.outbox} == {DESK, HEAD}
    for message in mail.outbox:
        whole = message.subject + message.body + str(message.alternatives)
        assert cast[FIELD].name in message.subject
        assert "4 confidential" in message.body or "4 incidents" in message.body or " 4 " in message.body
        assert cast.organisations["benu"].name in message.body
        assert not any(ref in whole for ref in refs)
        assert "Alba" not in whole
    [event] = Event.objects.filter(verb="incidents.mass_export")
    assert event.facts == {"confidential": 4}


def test_public_incidents_do_not_count(cast, few):
    file_many(cast, 3)
    make_reference(20)
    assert made(cast, FIELD).confidential == 3
    assert alarms() == set()


def test_the_same_ones_again_do_not_count_twice_and_several_exports_add_up(cast, few):
    refs = file_many(cast, 4)
    for ref in refs[:3]:
        for _ in range(2):
            made(cast, FIELD, ref=ref)
    assert alarms() == set()
    made(cast, FIELD, ref=refs[3])
    assert alarms() == {DESK, HEAD}
    made(cast, FIELD)
    assert Export.objects.of(cast[FIELD]).exclude(alarm=None).count() == 1, "once, until it doubles"


def test_it_sounds_again_when_it_doubles(cast, few):
    refs = file_many(cast, 7)
    for ref in refs:
        made(cast, FIELD, ref=ref)
    numbers = Export.objects.of(cast[FIELD]).exclude(alarm=None).order_by("made_at")
    assert list(numbers.values_list("alarm_items", flat=True)) == [4, 7]


def test_never_the_one_who_exports(cast, few):
    file_many(cast, 4)
    made(cast, DESK)
    assert DESK not in alarms()
    assert Event.objects.filter(verb="incidents.mass_export").exists()
    made(cast, HEAD)
    assert alarms() == {DESK}


def test_who_no_longer_watches_gets_no_mail(cast, few):
    file_many(cast, 4)
    made(cast, FIELD)
    Membership.objects.filter(user=cast[HEAD]).update(ends_at="2026-01-02T00:00Z", starts_at="2026-01-01T00:00Z")
    assert watchers_of(cast[FIELD]) == {cast[DESK].pk}
    Message.objects.exclude(kind="incidents.mass_export").delete()
    drain()
    assert {message.to[0] for message in mail.outbox} == {DESK}
