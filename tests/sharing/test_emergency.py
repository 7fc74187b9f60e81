"""Emergency access (C8): two people of DSS of the area, for some hours, the originator told; nothing else opens."""

import threading
import uuid
from contextvars import copy_context
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from accounts.models import User
from audit.actions import record
from audit.models import Event
from incidents.account import Sharing
from incidents.control import sharing_of, take_back
from incidents.kept_back import Warned, Withheld, warned_items
from incidents.messages import recipients_of
from incidents.models import Report
from incidents.withholding import withdraw_report
from notifications.outbox import drain
from organisations.models import Membership
from sharing import emergency as actions
from sharing.access import access_of
from sharing.audiences import audience_of, chosen_of, readers_of
from sharing.models import EmergencyAccess, Grant, Item, Release
from slt_portal.states import StaleState
from tests.factories.at_once import at_once
from tests.factories.emergency import of_dss
from tests.factories.incidents import file_report, followed_up
from tests.factories.withholding import WORDS, withheld_report

pytestmark = pytest.mark.django_db
DESK, HQ, ALBA, ALBA_HQ = "dss.field@un.example", "dss.hq@un.example", "field@alba.example", "hq@alba.example"
REASON = "CANARY-REASON two staff are missing and Alba does not answer"


@pytest.fixture(autouse=True)
def today(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def second(cast) -> User:
    return of_dss(cast, "second@un.example")


def fresh(item):
    return Item.objects.for_system("test").select_related("area", "originator").get(pk=item.pk)


@pytest.fixture
def closed(cast) -> Item:
    """A report that DSS of the area was not chosen for."""
    return file_report(cast, choices=["named_organisations"], organisations=["lake"]).incident.item


def ask(cast, **changes):
    asked = {"area": cast.areas["south-sudan"], "days": 7, "hours": 4, "reason": REASON, "submission": uuid.uuid4()}
    return actions.ask(by=cast[DESK], **{**asked, **changes})


def reads(user, item, on=None) -> list[int]:
    rows = Release.objects.visible_to(access_of(user, on)).filter(item=item)
    return sorted(rows.values_list("depth", flat=True))


def sent() -> dict[str, list]:
    mail.outbox.clear()
    drain()
    found = {}
    for message in mail.outbox:
        found.setdefault(message.to[0], []).append(message)
    return found


def test_two_people_of_the_area_read_it_for_some_hours(cast, closed, second):
    assert reads(cast[DESK], closed) == reads(second, closed) == []
    emergency = ask(cast)
    assert reads(cast[DESK], closed) == []  # asking opens nothing
    assert actions.agree(emergency, by=second, sparing=warned_items()) == 1
    assert reads(cast[DESK], closed) == reads(second, closed) == [2]
    for other in (HQ, "wfp.security@un.example", "do@un.example", "field@benu.example", "admin@portal.example"):
        assert reads(cast[other], closed) == [], other
    later = timezone.now() + timedelta(hours=4, minutes=1)
    assert reads(cast[DESK], closed, later) == []  # on its minute, worker or not
    actions.end_due(later)
    emergency.refresh_from_db()
    assert emergency.state == "closed"
    assert not Grant.objects.for_system("test").exists()


def test_the_second_person_is_another_one_of_dss_of_this_area(cast, closed, second):
    emergency = ask(cast)
    chad = of_dss(cast, "chad@un.example", "chad")
    for other in (cast[DESK], cast[HQ], cast["wfp.security@un.example"], chad):
        with pytest.raises(StaleState):
            actions.agree(emergency, by=other, sparing=warned_items())
    assert reads(cast[DESK], closed) == []
    Membership.objects.filter(user=second).update(ends_at=timezone.now())
    with pytest.raises(StaleState):
        actions.agree(emergency, by=second, sparing=warned_items())


def test_who_left_the_area_meanwhile_gets_nothing(cast, closed, second):
    emergency = ask(cast)
    Membership.objects.filter(user=cast[DESK]).update(ends_at=timezone.now())
    with pytest.raises(StaleState):
        actions.agree(emergency, by=second, sparing=warned_items())
    assert not Grant.objects.for_system("test").exists()


def test_nobody_else_asks(cast):
    for other in (HQ, "wfp.security@un.example", ALBA, "admin@portal.example"):
        with pytest.raises(StaleState):
            actions.ask(
                by=cast[other],
                area=cast.areas["south-sudan"],
                days=1,
                hours=1,
                reason=REASON,
                submission=uuid.uuid4(),
            )
    with pytest.raises(StaleState):
        ask(cast, area=cast.areas["chad"])


def test_originators_are_told_and_nothing_confidential_is_mailed(cast, closed, second):
    sent()
    emergency = ask(cast)
    asked = sent()
    assert set(asked) == {second.email}
    actions.agree(emergency, by=second, sparing=warned_items())
    told = sent()
    assert {ALBA, ALBA_HQ} <= set(told)
    assert all(address.endswith("alba.example") for address in told)
    for message in [*asked[second.email], *told[ALBA]]:
        text = message.subject + message.body + message.alternatives[0].content
        assert "CANARY" not in text
        assert emergency.ref in text
        assert f"/incidents/emergency/{emergency.ref}/" in text


def test_what_they_read_anyhow_and_what_is_older_or_elsewhere_is_not_opened(cast, closed, second):
    usual = file_report(cast).incident.item
    chad = file_report(cast, by=ALBA_HQ, area="chad", choices=["ocha"]).incident.item
    old = file_report(cast, choices=["ocha"]).incident.item
    long_ago = timezone.now() - timedelta(days=8)
    Item.objects.for_system("test").filter(pk=old.pk).update(created_at=long_ago)
    Release.objects.for_system("test").filter(item=old).update(sort_at=long_ago)
    emergency = ask(cast)
    actions.agree(emergency, by=second, sparing=warned_items())
    assert [item.pk for item in emergency.items.for_system("test")] == [closed.pk]
    assert reads(cast[DESK], usual) == [1, 2]
    assert reads(cast[DESK], chad) == reads(cast[DESK], old) == []


def test_they_were_not_chosen_so_nothing_else_follows_from_it(cast, closed, second):
    before = audience_of(closed), chosen_of(closed), set(readers_of(closed)), sharing_of(closed)
    actions.agree(ask(cast), by=second, sparing=warned_items())
    assert (audience_of(closed), chosen_of(closed), set(readers_of(closed)), sharing_of(closed)) == before
    told = recipients_of(fresh(closed), author=cast[ALBA], life_safety=True)
    assert not {cast[DESK].pk, second.pk} & (told.at_once | told.digest)
    sent()
    followed_up(cast, _report_of(closed))
    assert not {DESK, second.email} & set(sent())


def _report_of(item):
    return Report.objects.for_system("test").get(incident__item=item, number=1)


def test_withdrawing_closes_it_to_them_at_once(cast, closed, second):
    actions.agree(ask(cast), by=second, sparing=warned_items())
    item = fresh(closed)
    take_back(item, by=cast[ALBA], version=item.version)
    assert reads(cast[DESK], closed) == []


def test_what_is_kept_back_stays_so(cast, closed, second):
    """Withheld on a ground of the guidelines, withheld but for a warning, withdrawn: the two read none of it (C5)."""
    silent, warned = withheld_report(cast).incident.item, withheld_report(cast, text=WORDS).incident.item
    withdrawn = file_report(cast, choices=["named_organisations"], organisations=["lake"]).incident.item
    take_back(withdrawn, by=cast[ALBA], version=fresh(withdrawn).version)
    before = reads(second, warned)
    assert actions.agree(ask(cast), by=second, sparing=warned_items()) == 1
    assert reads(second, closed) == [2]
    assert reads(second, silent) == reads(second, withdrawn) == []
    assert reads(second, warned) == before == [1]


def test_leaving_no_more_than_a_warning_closes_it(cast, closed, second):
    actions.agree(ask(cast), by=second, sparing=warned_items())
    item = fresh(closed)
    sharing = Sharing("TLP:AMBER+STRICT", ["named_organisations"], organisations=[cast.organisations["lake"]])
    withheld = Withheld("risk", was_asked_again=True, warning=Warned(WORDS, sharing))
    withdraw_report(item, withheld, by=cast[ALBA], version=item.version)
    assert reads(cast[DESK], closed) == reads(second, closed) == []
    assert reads(cast["io@lake.example"], closed) == [1]


def test_closing_early_refusing_and_lapsing(cast, closed, second):
    first = ask(cast)
    actions.agree(first, by=second, sparing=warned_items())
    actions.close(first, by=cast[DESK])
    assert reads(cast[DESK], closed) == reads(second, closed) == []
    refused = ask(cast)
    actions.refuse(refused, by=second)
    with pytest.raises(StaleState):
        actions.agree(refused, by=second, sparing=warned_items())
    waiting = ask(cast)
    assert actions.end_due(timezone.now() + timedelta(hours=11)) == 0
    assert actions.end_due(timezone.now() + timedelta(hours=13)) == 1
    waiting.refresh_from_db()
    assert waiting.state == "lapsed"
    again = ask(cast)
    assert actions.agree(again, by=second, sparing=warned_items()) == 1  # after an earlier one has ended


def test_a_new_report_is_not_opened_by_an_older_emergency(cast, closed, second):
    actions.agree(ask(cast), by=second, sparing=warned_items())
    later = file_report(cast, choices=["ocha"]).incident.item
    assert reads(cast[DESK], later) == []


def test_the_audit_says_who_why_not_what(cast, closed, second):
    emergency = ask(cast)
    actions.agree(emergency, by=second, sparing=warned_items())
    actions.close(emergency, by=second)
    events = Event.objects.filter(object_ref=emergency.ref).order_by("number")
    verbs = ["sharing.emergency_asked", "sharing.emergency_opened", "sharing.emergency_closed"]
    assert [event.verb for event in events] == verbs
    assert "CANARY" not in str([event.facts for event in events])


def test_more_than_it_may_open_is_refused_whole(cast, closed, second, monkeypatch):
    file_report(cast, choices=["ocha"])
    monkeypatch.setattr(actions, "MOST_ITEMS", 1)
    emergency = ask(cast)
    with pytest.raises(actions.TooMany):
        actions.agree(emergency, by=second, sparing=warned_items())
    emergency.refresh_from_db()
    assert emergency.state == "asked"
    assert not Grant.objects.for_system("test").exists()


def test_nobody_agrees_to_what_has_lapsed_worker_or_not(cast, closed, second):
    emergency = ask(cast)
    EmergencyAccess.objects.update(asked_at=timezone.now() - timedelta(hours=12, minutes=1))
    emergency.refresh_from_db()
    assert (emergency.state, emergency.is_waiting) == ("asked", False)
    with pytest.raises(StaleState):
        actions.agree(emergency, by=second, sparing=warned_items())
    assert not Grant.objects.for_system("test").exists()
    assert not sent().get(second.email)  # nor is anybody asked any more


def test_sent_twice_it_is_one_request(cast):
    submission = uuid.uuid4()
    assert ask(cast, submission=submission) == ask(cast, submission=submission)
    assert EmergencyAccess.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_agreeing_and_refusing_at_once_is_one_of_them(cast, closed, second):
    emergency = ask(cast)

    def one():
        return EmergencyAccess.objects.select_related("area", "asked_by").get(pk=emergency.pk)

    at_once(lambda: actions.agree(one(), by=second, sparing=warned_items()), lambda: actions.refuse(one(), by=second))
    emergency.refresh_from_db()
    opened = Grant.objects.for_system("test").exists()
    assert opened == (emergency.state == "open")


def meanwhile(act, raised):
    """`act` in a thread of its own, which has a moment to get ahead; returns the thread. What it raises is in `raised`
    then."""
    thread = threading.Thread(target=copy_context().run, args=(lambda: raised.extend(at_once(act)),))
    thread.start()
    thread.join(0.5)
    return thread


def keep_back(cast, item, how):
    """Withdraw it, or leave no more than a warning of it."""
    item = fresh(item)
    sharing = Sharing("TLP:AMBER+STRICT", ["named_organisations"], organisations=[cast.organisations["lake"]])
    warning = Warned(WORDS, sharing) if how == "warned" else None
    withheld = Withheld("risk", was_asked_again=True, warning=warning)
    withdraw_report(item, withheld, by=cast[ALBA], version=item.version)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="on SQLite one writes after the other")
@pytest.mark.parametrize("how", ["withdrawn", "warned"])
@pytest.mark.parametrize("first", ["agree", "keep back"])
@pytest.mark.django_db(transaction=True)
def test_agreeing_crosses_no_keeping_back(cast, closed, second, monkeypatch, how, first):
    """Whoever comes second, whether they begin before or after the first has finished: the two read nothing of it."""
    emergency = ask(cast)
    acts = [
        lambda: actions.agree(emergency, by=second, sparing=warned_items()),
        lambda: keep_back(cast, closed, how),
    ]
    before, after = acts if first == "agree" else acts[::-1]
    begun, threads, raised = [], [], []

    def record_late(*args, **kwargs):
        """Called last, with all the rest written and nothing of it seen by others: now the other one begins."""
        if not begun:
            begun.append(True)
            threads.append(meanwhile(after, raised))
        return recorded(*args, **kwargs)

    recorded = record
    for module in ("sharing.emergency", "sharing.control"):
        monkeypatch.setattr(f"{module}.record", record_late)
    before()
    [thread] = threads
    thread.join(30)
    assert raised == []
    assert not Grant.objects.for_system("test").exists()
    assert reads(cast[DESK], closed) == reads(second, closed) == []
    emergency.refresh_from_db()
    assert emergency.state == "open"
