"""The merged newest page and the capped count say exactly what the visibility rule says."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents.kept_back import warned_items
from organisations.models import Standing
from sharing import emergency
from sharing.access import access_of
from sharing.grants import grant, grant_in_emergency
from sharing.models import Audience, Grant, Kind, Release
from sharing.newest import Position, capped_count, newest, newest_matching
from sharing.querysets import ReleaseQuerySet
from tests.factories.emergency import of_dss
from tests.factories.sharing import LONG_AGO, make_item, make_release

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
KIND = Kind.INCIDENT
PEOPLE = ["dss.field@un.example", "hq@benu.example", "field@benu.example", "local@nngo.example", "hq@suspended.example"]


def deepest(access) -> dict[int, Release]:
    """Of the releases that the predicate opens, the one of each item that holds most, by id."""
    rows = Release.objects.visible_to(access).order_by("depth")
    return {row.pk: row for row in {row.item_id: row for row in rows}.values()}


def visible(access, *, oldest_first=False):
    """The releases by the predicate, in the order of the list."""
    rows = sorted(deepest(access).values(), key=lambda row: (row.sort_at, row.pk), reverse=not oldest_first)
    return [row.pk for row in rows]


def load(ids):
    """What `newest` asks for, without any rule: what is not open must not be asked for."""
    return Release.objects.for_system("test").in_bulk(ids)


def pages(access, limit, *, oldest_first=False):
    """All ids by walking page after page."""
    found, after = [], None
    while rows := newest(access, KIND, load, after=after, oldest_first=oldest_first, limit=limit):
        found += [row.pk for row in rows]
        after = Position(rows[-1].sort_at, rows[-1].pk)
    return found


def some(access, oldest_first):
    """Of the releases by the predicate those with an even id."""
    return [pk for pk in visible(access, oldest_first=oldest_first) if pk % 2 == 0]


def matching(access, limit, *, oldest_first):
    """The same by reading the newest that are open until there are enough."""

    def match(ids, most):
        opened = set(visible(access, oldest_first=oldest_first))
        return [pk for pk in ids if pk % 2 == 0 and pk in opened][:most]

    return newest_matching(access, KIND, match, oldest_first=oldest_first, limit=limit, most=1000)


def principals(cast):
    """Principals of all sorts in both areas, held by some and not by others."""
    south_sudan, chad = cast.areas["south-sudan"].pk, cast.areas["chad"].pk
    orgs = [cast.organisations[key].pk for key in ("alba", "benu", "nngo", "suspended")]
    return [
        "everyone", "community", "dss_world", "ocha",
        *(f"{term}:{area}" for term in ("dss", "un", "area_partners") for area in (south_sudan, chad)),
        *(f"{term}:{org}" for term in ("organisation", "originator") for org in orgs),
        *(f"{term}_in_area:{org}:{south_sudan}" for term in ("organisation", "originator") for org in orgs),
    ]  # fmt: skip


RELEASE = st.tuples(
    st.integers(0, 3),  # its date, with ties
    st.sampled_from(["south-sudan", "chad", None]),
    st.lists(st.integers(0, 21), max_size=4, unique=True),  # who reads the shared release
    st.lists(st.integers(0, 21), max_size=2, unique=True),  # and who the full one
    st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from([None, -1, 1]), st.integers(0, 1)), max_size=2),
    st.lists(st.tuples(st.sampled_from(PEOPLE), st.integers(0, 1)), max_size=1),  # who reads it in which emergency
)


@pytest.fixture
def emergencies(cast):
    """Open ones that opened nothing yet, in the area of which one of PEOPLE is DSS, and in another."""
    found = []
    for code in ("south-sudan", "chad"):
        one, other = (of_dss(cast, f"{name}.{code}@un.example", code) for name in ("one", "other"))
        asked = emergency.ask(by=one, area=cast.areas[code], days=1, hours=4, reason="Missing.", submission=uuid4())
        emergency.agree(asked, by=other, sparing=warned_items())
        found.append(asked)
    return found


def make(cast, rows, emergencies):
    """Items with two releases each, their audience rows and grants (open, expired, expiring, of an emergency)."""
    names, now = principals(cast), timezone.now()
    for day, area, shared, full, grants, opened in rows:
        item = make_item(area=cast.areas.get(area))
        at = LONG_AGO + timedelta(days=day)
        pair = [
            make_release(item, *(names[n] for n in chosen), depth=depth, sort_at=at)
            for depth, chosen in ((1, set(shared) - set(full)), (2, full))
        ]
        for email, expiry, which in grants:
            grant(pair[which], [cast[email]], by=cast["field@alba.example"])
            if expiry:
                Grant.objects.for_system("test").filter(user=cast[email], content_object=pair[which]).update(
                    granted_at=now - timedelta(days=9), expires_at=now + timedelta(days=expiry)
                )
        for email, which in opened:
            by = emergencies[which].decided_by
            grant_in_emergency([pair[1]], cast[email], emergency=emergencies[which], by=by)


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    rows=st.lists(RELEASE, max_size=10),
    suspended=st.sets(st.sampled_from(["south-sudan", "chad"])),
    limit=st.integers(1, 4),
)
def test_newest_is_visible_to_in_order(cast, emergencies, rows, suspended, limit):
    for model in (Grant, Audience, Release):
        model.objects.for_system("test").delete()
    Standing.objects.filter(organisation=cast.organisations["benu"], kind="suspended").delete()
    for code in suspended:
        Standing.objects.create(organisation=cast.organisations["benu"], kind="suspended", area=cast.areas[code])
    make(cast, rows, emergencies)
    for email in PEOPLE:
        access = access_of(cast[email])
        in_emergency = set(Release.objects.visible_to(access)) - set(Release.objects.visible_to(access.as_chosen()))
        assert email == "dss.field@un.example" or not in_emergency, email  # of DSS is none of the others
        for oldest_first in (False, True):
            assert pages(access, limit, oldest_first=oldest_first) == visible(access, oldest_first=oldest_first), email
            assert matching(access, limit, oldest_first=oldest_first) == some(access, oldest_first)[:limit], email
        gathered = Release.objects.for_system("test").filter(ReleaseQuerySet.gathered(access))
        assert set(gathered) == set(Release.objects.visible_to(access)), email
        everything = len(visible(access))
        assert [capped_count(access, KIND, cap) for cap in (0, 2, 100)] == [
            min(everything, cap + 1) for cap in (0, 2, 100)
        ], email


def test_nobody_sees_nothing(cast):
    make_release(make_item(), "everyone")
    for viewer in (None, cast["nobody@elsewhere.example"], cast["admin@portal.example"]):
        access = access_of(viewer)
        assert newest(access, KIND, load, limit=5) == []
        assert capped_count(access, KIND) == 0


def test_what_hardly_matches_is_given_up(cast):
    for _ in range(12):
        make_release(make_item(), "everyone")
    access = access_of(cast["hq@alba.example"])
    assert newest_matching(access, KIND, lambda ids, most: [], limit=2, most=8) is None
    assert newest_matching(access, KIND, lambda ids, most: [], limit=2, most=100) == []
    never = {"limit": 2, "most": 100, "unless": lambda: True}
    assert newest_matching(access, KIND, lambda ids, most: [], **never) is None
    assert len(newest_matching(access, KIND, lambda ids, most: ids[:most], **never)) == 2


def test_ties_of_dates_are_never_lost_between_pages(cast):
    made = [make_release(make_item(), "everyone", "community").pk for _ in range(7)]
    access = access_of(cast["hq@alba.example"])
    assert pages(access, 2) == made[::-1]
    assert pages(access, 2, oldest_first=True) == made


@pytest.mark.parametrize("number", [1, 3, 30])
def test_the_newest_page_asks_three_queries(cast, django_assert_num_queries, number):
    for _ in range(number):
        item = make_item()
        make_release(item, "everyone", depth=1)
        make_release(item, "community", depth=2)
    access = access_of(cast["hq@alba.example"])
    with django_assert_num_queries(3):
        assert len(newest(access, KIND, load, limit=10)) == min(number, 10)
    with django_assert_num_queries(1 if number > 10 else 2):  # where one audience opens more, nothing is merged
        assert capped_count(access, KIND, 10) == min(number, 11)


def test_access_costs_few_queries(cast, django_assert_num_queries):
    with django_assert_num_queries(2):
        access_of(cast["field@benu.example"])
    Standing.objects.create(organisation=cast.organisations["benu"], kind="suspended", area=cast.areas["chad"])
    with django_assert_num_queries(3):
        access_of(cast["field@benu.example"])


def test_two_grants_on_one_item_count_once(cast):
    for _ in range(6):
        item = make_item()
        for depth in (1, 2):
            grant(make_release(item, depth=depth), [cast["hq@alba.example"]], by=cast["field@alba.example"])
    access = access_of(cast["hq@alba.example"])
    assert [capped_count(access, KIND, cap) for cap in (2, 4, 9)] == [3, 5, 6]
