"""The rows of passing on: the table of markings, the steps, and what the database itself refuses (C3)."""

import uuid
from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from sharing import consents
from sharing.markings import PASSED_ON_TO, Marking
from sharing.models import ConsentEntry, ConsentRequest, Item, Recall, Release
from slt_portal.states import StaleState, move
from tests.factories.consents import ALBA, ASKER, again, asked, asked_and_given, given, shared_with_benu

pytestmark = pytest.mark.django_db
_State = ConsentRequest.State
INSIDE = {"organisations", "local_arrangement"}


@pytest.fixture(autouse=True)
def in_english(cast):
    User.objects.update(language="en")


def test_the_table():
    assert {marking: set(found) for marking, found in PASSED_ON_TO.items()} == {
        Marking.RED: set(),
        Marking.AMBER_STRICT: INSIDE,
        Marking.AMBER: {*INSIDE, "donor"},
        Marking.GREEN: {*INSIDE, "donor"},
        Marking.CLEAR: set(),
    }


def test_the_steps():
    assert {str(state): set(map(str, follows)) for state, follows in ConsentRequest.NEXT.items() if follows} == {
        "open": {"given", "refused", "taken_back", "lapsed", "closed"},
        "given": {"withdrawn", "ended", "closed"},
    }


def test_no_step_from_where_it_ended(cast):
    for state in set(_State) - {_State.OPEN, _State.GIVEN}:
        for to in _State:
            with pytest.raises(StaleState):
                move(ConsentRequest(state=state), to)


@pytest.mark.parametrize("marking", [Marking.RED, Marking.CLEAR, Marking.AMBER_STRICT])
def test_what_the_marking_does_not_allow_is_refused_whoever_asks(cast, marking):
    item = shared_with_benu(cast)
    Item.objects.for_system("test").filter(pk=item.pk).update(marking=marking)
    with pytest.raises(StaleState):
        asked(cast, item, recipients="donor", donor="x")
    assert not ConsentRequest.objects.for_system("test").exists()


def test_an_organisation_that_does_not_read_it_cannot_ask(cast):
    with pytest.raises(StaleState):
        asked(cast, shared_with_benu(cast), by="io@lake.example", organisation="lake")


def test_one_waits_at_a_time_for_each_organisation(cast):
    item = shared_with_benu(cast)
    first = asked(cast, item)
    with pytest.raises(consents.AlreadyAsked) as other:
        asked(cast, item, by="hq@benu.example")
    assert other.value.request == first
    again_sent = uuid.uuid4()
    mine = asked(cast, shared_with_benu(cast), submission=again_sent)
    assert asked(cast, item, submission=again_sent) == mine


@pytest.mark.parametrize(
    "row",
    [
        {"state": "given"},
        {"state": "refused"},
        {"state": "lapsed", "decided_at": datetime(2026, 3, 1, tzinfo=UTC)},
    ],
)
def test_the_database_refuses_halves(cast, row):
    request = asked(cast, shared_with_benu(cast))
    with pytest.raises(IntegrityError), transaction.atomic():
        ConsentRequest.objects.for_system("test").filter(pk=request.pk).update(**row)


def test_only_a_consent_closes_by_itself(cast):
    item = shared_with_benu(cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        Release.objects.for_system("test").filter(item=item, depth=1).update(closes_at=timezone.now())


def test_the_end_of_a_day():
    assert consents.closes_at(date(2026, 12, 31)) == datetime(2027, 1, 1, tzinfo=UTC)


def test_the_ledger_names_no_person():
    """The originator may be hidden from who asked."""
    assert {field.name for field in ConsentEntry._meta.get_fields()} == {"id", "request", "what", "side", "at"}


def test_words_that_cannot_be_opened_are_none_and_nothing_breaks(cast, sign_in):
    request = asked(cast, shared_with_benu(cast))
    ConsentRequest.objects.for_system("test").filter(pk=request.pk).update(sealed=b"broken")
    assert consents.said_in(again(request)) is None
    for email in (ASKER, ALBA):
        page = sign_in(cast[email]).get(f"/incidents/consents/{request.ref}/")
        assert (page.status_code, "cannot be opened" in page.content.decode()) == (200, True)


def test_who_reads_something_else_of_it_gets_no_notice_of_the_end(cast):
    """The one who asked is told as who asked."""
    request = asked_and_given(cast, to=("benu", "lake"))
    consents.withdraw(request, by=cast[ALBA])
    assert not Recall.objects.for_system("test").exists()  # Lake had neither opened it nor been sent its mail
    with pytest.raises(StaleState):
        consents.withdraw(again(request), by=cast[ALBA])
    with pytest.raises(StaleState):
        given(cast, request)
