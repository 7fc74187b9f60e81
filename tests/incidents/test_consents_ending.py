"""How passing on ends, by itself and with the report; and that nothing else is moved by it (C3)."""

import io
import threading
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from incidents import consents
from incidents.control import take_back
from incidents.desk import grade
from incidents.models import IncidentRelease, Report
from operations.erasure import NotErased, erase
from organisations.models import Membership, Standing
from overview.dashboard_own import balance_of
from sharing.access import access_of
from sharing.audiences import all_readers_of, audience_of, chosen_of, readers_of
from sharing.consents import said_in
from sharing.models import Audience, ConsentEntry, ConsentRequest, Grant, Release, SearchToken
from slt_portal.states import StaleState
from tests.factories.consents import (
    ALBA,
    ASKER,
    DESKS_AND_BENU,
    LAKE,
    LOCAL,
    PURPOSE,
    again,
    asked,
    asked_and_given,
    asked_for_donor,
    given,
    loaded,
    shared_with_benu,
)
from tests.factories.desk import desk_of_area
from tests.factories.incidents import followed_up

from .controlling import fresh, sent, share, withdraw

pytestmark = pytest.mark.django_db
DESK, HQ = "dss.field@un.example", "dss.hq@un.example"


@pytest.fixture(autouse=True)
def today(now, cast):
    User.objects.update(language="en")


@pytest.fixture
def item(cast):
    return shared_with_benu(cast)


def reads(cast, email, item) -> bool:
    return Release.objects.visible_to(access_of(cast[email])).filter(item=item).exists()


def lines(request) -> list[str]:
    rows = ConsentEntry.objects.for_system("test").filter(request=request).order_by("pk")
    return list(rows.values_list("what", flat=True))


def later(days) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(days=days))


def test_silence_is_no_with_a_reminder_after_half_of_the_time(cast, item):
    request = asked(cast, item)
    assert ALBA in sent()
    with later(3):
        assert consents.look_after() == 0
    with later(4):
        assert [consents.look_after() for _ in range(2)] == [1, 0]
        [mail] = sent()[ALBA]
        assert "reminder" in mail.subject
    with later(7):
        assert [consents.look_after() for _ in range(2)] == [1, 0]
        mails = sent()
        assert set(mails) == {ASKER}
        assert mails[ASKER][0].subject.endswith("no answer: it may not be passed on")
    assert lines(request) == ["asked", "reminded", "lapsed"]
    with pytest.raises(StaleState):
        given(cast, request)
    assert not reads(cast, LAKE, item)


def test_it_lapses_with_the_day_until_which_it_was_asked(cast, item):
    request = asked(cast, item, days=1)
    with time_machine.travel("2026-03-22T00:00:01Z"):
        with pytest.raises(StaleState):
            given(cast, request)
        assert consents.look_after() == 1
    assert again(request).state == "lapsed"


def test_it_ends_with_its_day_whether_anybody_looks_after_it_or_not(cast, item):
    request = asked_and_given(cast, item, days=2)
    sent()
    with time_machine.travel("2026-03-22T23:59:00Z"):
        assert reads(cast, LAKE, item)
        assert consents.look_after() == 0
    with time_machine.travel("2026-03-23T00:00:01Z"):
        assert not reads(cast, LAKE, item)
        assert [consents.look_after() for _ in range(2)] == [1, 0]
        mails = sent()
        assert (mails[ASKER][0].subject.endswith("consent has ended"), set(mails)) == (True, {ASKER, LAKE})
    assert lines(request)[-1] == "ended"


def test_one_that_fails_keeps_no_other_waiting(cast, item, monkeypatch):
    bad, good = asked(cast, item), asked(cast, shared_with_benu(cast))

    def lapse(request):
        if request.pk == bad.pk:
            raise RuntimeError
        return lapses(request)

    lapses = consents.consents.lapse
    monkeypatch.setattr(consents.consents, "lapse", lapse)
    with later(7):
        assert consents.look_after() == 1
    assert (again(bad).state, again(good).state) == ("open", "lapsed")


@pytest.mark.parametrize("is_given", [False, True])
def test_with_the_report_everything_closes(cast, item, is_given):
    request = asked_and_given(cast, item) if is_given else asked(cast, item)
    sent()
    withdraw(cast, item)
    assert (again(request).state, lines(request)[-1]) == ("closed", "closed")
    mails = sent()
    assert ASKER in mails
    assert [mail.subject for mail in mails.get(LAKE, [])] == (
        [f"{item.ref} is no longer shared with you"] if is_given else []
    )
    assert not reads(cast, LAKE, item)
    assert all_readers_of(loaded(item)) == readers_of(loaded(item))
    share(cast, item, DESKS_AND_BENU, organisations=[cast.organisations["benu"]])
    assert not reads(cast, LAKE, item)


def test_a_stricter_marking_ends_what_it_does_not_allow(cast, item):
    inside, donor = asked_and_given(cast, item), given(cast, asked_for_donor(cast, item))
    benu = [cast.organisations["benu"]]
    share(cast, item, DESKS_AND_BENU, organisations=benu, marking="TLP:AMBER+STRICT")
    assert (again(inside).state, again(donor).state) == ("given", "closed")
    share(cast, item, ["named_persons"], persons=[cast[ASKER]], marking="TLP:RED")
    assert (again(inside).state, reads(cast, LAKE, item)) == ("closed", False)


def test_who_asked_and_reads_it_no_more_asks_no_more_but_a_consent_stays(cast, item):
    done, waits = asked_and_given(cast, item), asked(cast, item, recipients="local_arrangement", to=("nngo",))
    sent()
    share(cast, item, ["dss_desks"])
    assert (again(done).state, again(waits).state) == ("given", "closed")
    assert (reads(cast, ASKER, item), reads(cast, LAKE, item)) == (False, True)
    assert any(mail.subject.endswith("request closed") for mail in sent()[ASKER])


def test_who_asked_is_suspended_before_the_answer(cast, item):
    request = asked(cast, item)
    Standing.objects.create(organisation=cast.organisations["benu"], kind="suspended", starts_at=timezone.now())
    with pytest.raises(StaleState):
        given(cast, request)
    assert (again(request).state, reads(cast, LAKE, item)) == ("open", False)
    with later(7):
        consents.look_after()
        assert ASKER not in sent()


def test_a_recipient_that_is_suspended_reads_nothing_until_that_is_over(cast, item):
    asked_and_given(cast, item)
    row = Standing.objects.create(organisation=cast.organisations["lake"], kind="suspended", starts_at=timezone.now())
    assert not reads(cast, LAKE, item)
    assert LAKE not in sent()
    row.delete()
    assert reads(cast, LAKE, item)


def test_the_local_arrangement_is_a_list_that_is_closed(cast, item, sign_in):
    """Who takes part later does not get it."""
    request = asked_and_given(cast, item, recipients="local_arrangement", to=("nngo",))
    assert reads(cast, LOCAL, item)
    cedar = cast.organisations["cedar"]
    Standing.objects.create(organisation=cedar, area=item.area, kind="local_arrangement", starts_at=timezone.now())
    assert [row.name for row in again(request).named.all()] == ["National NGO Nhial"]
    assert "National NGO Nhial" in sign_in(cast[ALBA]).get(f"/incidents/consents/{request.ref}/").content.decode()


def tables() -> dict[str, list]:
    """Everything that says who reads what, and by which words it is found; of what was passed on nothing is left."""
    why = "test"
    return {
        "audience": sorted(Audience.objects.for_system(why).values_list("principal", "release", "sort_at")),
        "grants": sorted(Grant.objects.for_system(why).values_list("user", "content_object")),
        "tokens": sorted(SearchToken.objects.for_system(why).values_list("token", "release")),
        "releases": sorted(
            Release.objects.for_system(why).filter(depth__gt=0).values_list("pk", "version", "sort_at", "area")
        ),
    }


def visible(cast) -> dict[str, list]:
    found = {}
    for email, user in cast.people.items():
        rows = IncidentRelease.objects.visible_to(access_of(user)).order_by("pk")
        found[email] = list(rows.values_list("release", "release__version"))
    return found


def test_asked_given_and_withdrawn_all_is_as_before(cast, item):
    shared_with_benu(cast)
    before, seen = tables(), visible(cast)
    audience, balance = audience_of(item), balance_of(access_of(cast[ALBA]))
    request = asked(cast, item)
    assert (tables(), visible(cast)) == (before, seen)
    request = given(cast, request)
    while_given = visible(cast)
    assert {email for email in seen if seen[email] != while_given[email]} == {LAKE}
    assert audience_of(loaded(item)) == audience
    assert chosen_of(item).organisation_ids == {cast.organisations["benu"].pk}
    assert balance_of(access_of(cast[ALBA])) == balance
    consents.withdraw(request, by=cast[ALBA])
    assert (tables(), visible(cast)) == (before, seen)


def test_the_search_that_is_built_anew_finds_no_consent_that_ended(cast, item):
    request = asked_and_given(cast, item)
    call_command("rebuild_search", stdout=io.StringIO())
    tokens = SearchToken.objects.for_system("test").filter(release=request.release)
    assert tokens.exists()
    consents.withdraw(request, by=cast[ALBA])
    call_command("rebuild_search", stdout=io.StringIO())
    assert not tokens.all().exists()


def test_a_change_of_the_audience_leaves_what_was_passed_on_alone(cast, item):
    asked_and_given(cast, item)
    share(cast, item, ["dss_desks", "un_of_area"])
    assert reads(cast, LAKE, item)
    share(cast, item, ["dss_desks", "partners_of_area"])
    shown = IncidentRelease.objects.visible_to(access_of(cast[LAKE])).with_release().get(release__item=item)
    assert shown.release.depth == 1  # the deepest wins
    share(cast, item, ["dss_desks"])
    shown = IncidentRelease.objects.visible_to(access_of(cast[LAKE])).with_release().get(release__item=item)
    assert shown.release.depth == 0


def test_of_two_consents_the_newer_is_read(cast, item):
    asked_and_given(cast, item, fields=["what"])
    newer = asked_and_given(cast, item, fields=["category"])
    [row] = IncidentRelease.objects.visible_to(access_of(cast[LAKE])).with_release().filter(release__item=item)
    assert (row.release_id, row.texts) == (newer.release_id, {})
    consents.withdraw(newer, by=cast[ALBA])
    [row] = IncidentRelease.objects.visible_to(access_of(cast[LAKE])).with_release().filter(release__item=item)
    assert "CANARY-WHAT" in row.texts["what"]


def test_a_grade_and_a_further_report_change_nothing_of_it(cast, item):
    report = Report.objects.for_system("test").select_related("incident__item").get(incident__item=item)
    request = asked_and_given(cast, item)
    kept = IncidentRelease.objects.for_system("test").filter(release=request.release).values().get()
    grade(item, by=cast[DESK], desk=desk_of_area(cast), reliability="B", credibility="2")
    followed_up(cast, report, what="CANARY-LATER", category="threat", groups=[])
    assert IncidentRelease.objects.for_system("test").filter(release=request.release).values().get() == kept
    again_release = Release.objects.for_system("test").get(pk=request.release_id)
    assert (again_release.version, again_release.sort_at) == (1, request.release.sort_at)
    shared = Release.objects.for_system("test").get(item=item, depth=1)
    assert shared.version > 1


def test_what_is_not_passed_on_is_not_told_by_order_or_grade(cast, item):
    """Without the time it is sorted by the day of the consent; without casualties severity tells of none."""
    request = asked_and_given(cast, item, fields=["what"])
    row = IncidentRelease.objects.for_system("test").with_release().get(release=request.release)
    assert row.release.sort_at == pytest.approx(timezone.now(), abs=timedelta(minutes=5))
    assert (row.category, row.consequence, row.killed, row.occurred_from) == ("unknown", "unknown", None, None)
    full = IncidentRelease.objects.for_system("test").get(release__item=item, release__depth=2)
    assert row.severity != full.severity


def test_from_the_desk_that_reads_all_only_the_shared_text_goes(cast, item):
    share(cast, item, ["dss_desks"])
    request = asked(cast, loaded(item), by=DESK, organisation="dss", fields=["what", "place"])
    row = given(cast, request)
    told = IncidentRelease.objects.for_system("test").with_release().get(release=row.release).texts
    assert set(told) == {"what", "place"}


def test_erased_nothing_opens_and_the_rows_stay(cast, item, sign_in):
    request, waits = asked_and_given(cast, item), asked(cast, item)
    consents.withdraw(request, by=cast[ALBA])
    with pytest.raises(NotErased, match="request to pass it on"):
        erase(loaded(item), by=cast[HQ], reason="person")
    erase(loaded(item), by=cast[HQ], reason="person", even_if_open=True)
    assert (again(waits).state, said_in(again(waits)).purpose) == ("closed", "")
    text = sign_in(cast[ALBA]).get(f"/incidents/consents/{waits.ref}/").content.decode()
    assert PURPOSE not in text
    assert ConsentRequest.objects.for_system("test").count() == 2


def at_once(*acts) -> list:
    """Really at the same moment, each over a connection of its own; what each came to."""
    together, found = threading.Barrier(len(acts)), []

    def run(act):
        try:
            together.wait(10)
            act()
            found.append(None)
        except Exception as error:
            found.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(found, key=str)


@pytest.mark.django_db(transaction=True)
def test_yes_at_the_moment_of_withdrawing_and_twice_at_once(cast):
    """Whoever is first: in the end nobody reads what is withdrawn; two times yes is one consent."""
    item = shared_with_benu(cast)
    request = asked(cast, item)
    assert at_once(lambda: given(cast, request), lambda: given(cast, request)) == [None, "StaleState"]
    assert Release.objects.for_system("test").filter(item=item, depth=0).count() == 1
    other = shared_with_benu(cast)
    request = asked(cast, other)
    kept = fresh(other)
    at_once(lambda: given(cast, request), lambda: take_back(kept, by=cast[ALBA], version=kept.version))
    with transaction.atomic():
        assert again(request).state == "closed"
        rows = Audience.objects.for_system("test").filter(release__item=other)
        assert {name.split(":")[0] for name in rows.values_list("principal", flat=True)} == {
            "originator",
            "originator_in_area",
        }


def test_who_left_the_organisation_reads_its_requests_no_more(cast, item, sign_in):
    request = asked(cast, item)
    Membership.objects.filter(user=cast[ASKER]).update(ends_at=timezone.now())
    assert sign_in(cast[ASKER]).get(f"/incidents/consents/{request.ref}/").status_code == 404
    with later(7):
        consents.look_after()
        assert ASKER not in sent()
