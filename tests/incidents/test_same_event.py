"""Several reports on one event: a desk puts them together, readers see what they may read, nothing is moved (I10)."""

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from audit.models import Event
from incidents.control import take_back
from incidents.models import NotTheSame, PartOf, SameEvent
from incidents.same_event import merge, say_not_the_same, take_out
from notifications.models import Message
from sharing.models import Reading
from slt_portal.states import StaleState
from tests.factories.desk import desk_of_area
from tests.factories.same_event import published, say, together, told

pytestmark = pytest.mark.django_db
ALBA, BENU, LAKE = "field@alba.example", "field@benu.example", "io@lake.example"
DESK, HQ = "dss.field@un.example", "dss.hq@un.example"
BOX = "Other reports on the same event"


@pytest.fixture(autouse=True)
def today(now, cast):
    User.objects.update(language="en")


@pytest.fixture
def pair(cast):
    """Alba and Benu tell of one ambush, to the usual readers."""
    return told(cast), told(cast, "benu", hours=3)


def open_parts() -> dict:
    rows = PartOf.objects.for_system("test").filter(left_at=None)
    found = {}
    for group, item in rows.values_list("group", "item__ref"):
        found.setdefault(group, set()).add(item)
    return sorted(map(sorted, found.values()))


def refs(*items):
    return sorted(item.ref for item in items)


def verbs() -> list[str]:
    return list(Event.objects.filter(verb__startswith="incidents.").order_by("number").values_list("verb", flat=True))


def page(sign_in, user, item, path=""):
    return sign_in(user).get(f"/incidents/{item.ref}/{path}")


# What a desk says


def test_a_desk_puts_two_together_and_readers_of_both_are_told(cast, pair, sign_in):
    one, other = pair
    before = Message.objects.count()
    assert say(cast, DESK, one, other).status_code == 302
    assert open_parts() == [refs(one, other)]
    assert (verbs()[-1], Message.objects.count()) == ("incidents.merged", before)
    for email in (LAKE, ALBA, BENU, DESK, HQ):
        text = page(sign_in, cast[email], one).content.decode()
        assert (BOX in text, other.ref in text) == (True, True), email
        both = page(sign_in, cast[email], other, "same-event/")
        assert [row.release.item.ref for row in both.context["items"]] == [one.ref, other.ref], email


def test_only_a_desk_for_both_merges(cast, pair, sign_in):
    one, other = pair
    for email in cast.people:
        answer = say(cast, email, one, other)
        assert answer.status_code == (302 if email in {DESK, HQ} else 404), email
        if email not in {DESK, HQ}:
            assert say(cast, email, one, other, "not-the-same").status_code == 404, email
    hidden = told(cast, choices=["dss_headquarters"])
    answer = say(cast, DESK, one, hidden)
    assert (answer.status_code, open_parts()) == (422, [refs(one, other)])


def test_a_report_the_desk_may_not_read_is_answered_like_none(cast, pair, sign_in):
    one, _ = pair
    hidden = told(cast, choices=["dss_headquarters"])
    client, answers = sign_in(cast[DESK]), []
    for ref in (hidden.ref, "INC-NOWHERE", "INC-" + "X" * 12):
        answer = client.post(f"/incidents/{one.ref}/desk/same-event/", {"same-other": ref, "note-text": "CANARY-NOTE"})
        text = answer.content.decode()
        assert (answer.status_code, "CANARY-NOTE" in text, ref in text) == (422, True, True)
        answers.append(answer.context["form"].errors)
    assert answers == [{"other": ["You have no desk for a report with this reference. Check the reference."]}] * 3
    assert open_parts() == []


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Write the reference of the other report."),
        ("{one}", "This is the report on this page."),
        ("INC-\x00", "You have no desk"),
        ("x" * 41, "at most 40"),
        ("<b>", "You have no desk"),
    ],
)
def test_bad_references(cast, pair, sign_in, typed, sentence):
    one, _ = pair
    answer = sign_in(cast[DESK]).post(
        f"/incidents/{one.ref}/desk/same-event/", {"same-other": typed.format(one=one.ref)}
    )
    text = answer.content.decode()
    assert (answer.status_code, sentence in text, 'id="id_same-other_error"' in text) == (422, True, True)
    assert open_parts() == []


def test_a_reference_by_hand_as_people_write_it_and_what_else_is_typed_is_kept(cast, pair, sign_in):
    one, other = pair
    typed = {"same-other": f" inc {other.ref[4:].lower()} ", "note-text": "CANARY-NOTE rang them"}
    answer = sign_in(cast[DESK]).post(f"/incidents/{one.ref}/desk/same-event/", typed)
    assert (answer.status_code, "CANARY-NOTE" in answer.content.decode()) == (200, True)
    assert open_parts() == [refs(one, other)]


def test_said_twice_it_is_said_once(cast, pair):
    one, other = pair
    for first, second in ((one, other), (other, one), (one, other)):
        assert say(cast, DESK, first, second).status_code == 302
    assert open_parts() == [refs(one, other)]
    assert verbs().count("incidents.merged") == 1


def test_three_sources_and_two_events_that_are_one(cast, pair):
    one, other = pair
    third, fourth = told(cast, "lake"), told(cast, "lake", hours=1)
    together(cast, one, other)
    together(cast, third, fourth)
    assert open_parts() == sorted([refs(one, other), refs(third, fourth)])
    together(cast, fourth, one)
    assert open_parts() == [refs(one, other, third, fourth)]
    take_out(third, by=cast[DESK], desk=desk_of_area(cast))
    assert open_parts() == [refs(one, other, fourth)]
    for item in (one, other):
        take_out(item, by=cast[DESK], desk=desk_of_area(cast))
    assert open_parts() == []
    with pytest.raises(StaleState):
        take_out(fourth, by=cast[DESK], desk=desk_of_area(cast))


def test_taken_out_by_a_button_and_by_nobody_else(cast, pair, sign_in):
    one, other = pair
    together(cast, one, other)
    path = f"/incidents/{other.ref}/same-event/take-out/"
    for email in cast.people:
        shown = page(sign_in, cast[email], one, "same-event/")
        if shown.status_code == 200:
            assert (path in shown.content.decode()) == (email in {DESK, HQ}), email
        if email not in {DESK, HQ}:
            assert sign_in(cast[email]).post(path).status_code == 404, email
    assert open_parts() == [refs(one, other)]
    answers = [sign_in(cast[DESK]).post(path, follow=True).content.decode() for _ in range(2)]
    assert "Taken out" in answers[0]
    assert "not among the reports on that event any more" in answers[1]
    assert (open_parts(), verbs()[-1]) == ([], "incidents.unmerged")
    assert [page(sign_in, cast[email], one, "same-event/").status_code for email in (DESK, LAKE)] == [404, 404]
    assert BOX not in page(sign_in, cast[LAKE], one).content.decode()


def test_not_the_same_is_suggested_no_more(cast, pair, sign_in):
    one, other = pair
    assert [row.facts.release.item for row in page(sign_in, cast[DESK], one, "desk/").context["likely"]] == [other]
    for _ in range(2):
        assert say(cast, DESK, one, other, "not-the-same").status_code == 302
    assert NotTheSame.objects.for_system("test").count() == verbs().count("incidents.not_the_same") == 1
    for email, item in ((DESK, one), (HQ, other)):
        assert page(sign_in, cast[email], item, "desk/").context["likely"] == []
    say(cast, HQ, other, one)  # a desk that knows better
    assert open_parts() == [refs(one, other)]
    assert say(cast, DESK, one, other, "not-the-same").status_code == 409


# What readers see


def test_who_may_read_one_part_learns_nothing_of_the_other(cast, sign_in):
    one, hidden = told(cast), told(cast, "benu", choices=["dss_desks"])
    pages = {email: page(sign_in, cast[email], one).content.decode() for email in (LAKE, ALBA)}
    together(cast, one, hidden)
    for email, before in pages.items():
        now = page(sign_in, cast[email], one).content.decode()
        assert (BOX in now, hidden.ref in now, len(now)) == (False, False, len(before)), email
        assert page(sign_in, cast[email], one, "same-event/").status_code == 404
    assert hidden.ref in page(sign_in, cast[DESK], one).content.decode()


def test_of_three_parts_a_reader_sees_two(cast, pair, sign_in):
    one, other = pair
    hidden = told(cast, "lake", choices=["dss_desks"], texts={"what": "CANARY-HIDDEN seen from afar"})
    together(cast, one, hidden)
    together(cast, hidden, other)
    text = page(sign_in, cast[BENU], one, "same-event/").content.decode()
    assert (one.ref in text, other.ref in text, hidden.ref in text) == (True, True, False)
    assert ("CANARY-HIDDEN" in text, "CANARY-WHAT" in text) == (False, True)
    assert "CANARY-HIDDEN" in page(sign_in, cast[DESK], one, "same-event/").content.decode()


def test_each_part_shows_what_its_release_shows_and_no_more(cast, sign_in):
    one = told(cast, texts={"what": "armed men", "persons": "CANARY-PERSONS Joseph"})
    other = told(cast, "benu", shows_originator=True, texts={"what": "armed men"}, coded={"actor": "unknown"})
    together(cast, one, other)
    shown = page(sign_in, cast[LAKE], one, "same-event/").content.decode()
    assert "INGO Alba" not in shown
    assert "INGO Benu" in shown
    assert "CANARY-PERSONS" not in shown
    assert "CANARY-EXACT" not in shown
    assert "Where they differ" in shown
    assert "Who did it" in shown
    full = page(sign_in, cast[DESK], one, "same-event/").content.decode()
    assert "CANARY-EXACT" in full or "They say the same" not in full


def test_comparing_is_in_the_reader_log_of_each(cast, pair, sign_in):
    one, other = pair
    together(cast, one, other)
    page(sign_in, cast[LAKE], one, "same-event/")
    rows = Reading.objects.filter(reader=cast[LAKE].pk).values_list("item_ref", "how", "role")
    assert sorted(rows) == sorted((item.ref, "opened", "partner_field") for item in pair)


def test_order_is_of_the_event_not_of_the_reports(cast, sign_in):
    late, early = told(cast, hours=5), told(cast, "benu", hours=0)
    together(cast, late, early)
    for item in (late, early):
        rows = page(sign_in, cast[LAKE], item, "same-event/").context["items"]
        assert [row.release.item for row in rows] == [early, late]


def test_withdrawn_it_is_gone_for_those_who_lost_it(cast, pair, sign_in):
    one, other = pair
    together(cast, one, other)
    take_back(other, by=cast[BENU], version=other.version)
    for email in (LAKE, DESK, ALBA):
        assert BOX not in page(sign_in, cast[email], one).content.decode(), email
        assert page(sign_in, cast[email], one, "same-event/").status_code == 404, email
    assert BOX in page(sign_in, cast[BENU], other).content.decode()
    assert open_parts() == [refs(one, other)]


def test_a_public_source_can_be_a_part(cast, sign_in):
    report = told(cast)
    public = published(cast)
    assert say(cast, DESK, report, public).status_code == 302
    for email in (LAKE, "ocha@un.example"):
        shown = page(sign_in, cast[email], public).content.decode()
        assert (report.ref in shown) == (email == LAKE), email
    path = f"/incidents/{public.ref}/same-event/take-out/"
    assert sign_in(cast[LAKE]).post(path).status_code == 404
    assert sign_in(cast[HQ]).post(path).status_code == 302
    assert open_parts() == []


# Two at once; what the database holds


def test_merged_or_taken_out_meanwhile(cast, pair):
    one, other = pair
    desk = {"by": cast[DESK], "desk": desk_of_area(cast)}
    together(cast, one, other)
    with pytest.raises(StaleState):
        say_not_the_same(one, other, **desk)
    take_out(other, **desk)
    with pytest.raises(StaleState):
        take_out(one, **desk)
    merge(other, one, **desk)
    assert SameEvent.objects.for_system("test").count() == 2


def test_part_of_one_event_at_a_time(cast, pair):
    one, other = pair
    together(cast, one, other)
    row = PartOf.objects.for_system("test").filter(item=one).get()
    with pytest.raises(IntegrityError), transaction.atomic():
        PartOf.objects.create(group=row.group, item=one, joined_by=cast[DESK], office="DSS")
    with pytest.raises(IntegrityError), transaction.atomic():
        PartOf.objects.for_system("test").filter(pk=row.pk).update(left_at=row.joined_at)
    with pytest.raises(IntegrityError), transaction.atomic():
        NotTheSame.objects.create(lower=other, higher=one, by=cast[DESK], office="DSS")
