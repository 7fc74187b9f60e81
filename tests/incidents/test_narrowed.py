"""A list that filters narrow, in whichever way it is read, is what the visibility rule says, with these filters."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents import lists
from incidents.filters import IncidentFilter
from incidents.lists import incident_page
from incidents.models import Incident, IncidentRelease
from organisations.models import Standing
from sharing import search
from sharing.access import access_of
from sharing.grants import grant
from sharing.models import Grant
from sharing.newest import CAP
from tests.factories.sharing import LONG_AGO, make_item, make_release
from tests.sharing.test_newest import PEOPLE, RELEASE, deepest, principals

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
WORDS = ["road", "gate", "market"]

FACTS = st.fixed_dictionaries(
    {
        "category": st.sampled_from(["road_attack", "robbery"]),
        "severity": st.sampled_from([2, 4]),
        "is_near_miss": st.booleans(),
        "killed": st.sampled_from([None, 0, 2]),
        "credibility": st.sampled_from(["", "2"]),
    }
)
INCIDENT = st.tuples(
    RELEASE,
    st.sampled_from([None, "alba", "benu", "nngo", "suspended"]),  # whose it is
    st.sampled_from(["TLP:CLEAR", "TLP:AMBER"]),
    FACTS,
    FACTS,  # the full release may say something else
    st.sets(st.sampled_from(WORDS), max_size=2),
)
QUERY = st.fixed_dictionaries(
    {},
    optional={
        "q": st.sampled_from([*WORDS, "road gate", "nowhere"]),
        "area": st.sampled_from(["south-sudan", "chad"]),
        "category": st.sampled_from(["road_attack", "robbery"]),
        "since": st.sampled_from(["2026-01-02", "2026-01-03"]),
        "until": st.sampled_from(["2026-01-03", "2026-01-04"]),
        "marking": st.sampled_from(["TLP:CLEAR", "TLP:AMBER"]),
        "whose": st.sampled_from(["own", "shared", "public"]),
        "consequence": st.just("killed"),
        "severity": st.just("4"),
        "near_miss": st.sampled_from(["yes", "no"]),
        "verification": st.sampled_from(["2", "none"]),
        "order": st.just("oldest"),
    },
)


def make(cast, incidents):
    """Incidents with a shared and a full release; their originators read the full one, as `release_item` has it."""
    names = [name for name in principals(cast) if not name.startswith("originator")]
    for (day, area, shared, full, grants, _), whose, marking, *facts, words in incidents:
        originator, place = cast.organisations.get(whose), cast.areas.get(area)
        item = make_item(originator, place, marking if originator else "TLP:CLEAR")
        Incident.objects.create(item=item)
        own = [f"originator:{originator.pk}"] if originator else []
        own += [f"originator_in_area:{originator.pk}:{place.pk}"] if originator and place else []
        at = LONG_AGO + timedelta(days=day)
        chosen = [{names[n % len(names)] for n in some} for some in (shared, full)]
        pair = [
            make_release(item, *(chosen[0] - chosen[1]), depth=1, sort_at=at),
            make_release(item, *chosen[1], *own, depth=2, sort_at=at),
        ]
        for release, fact in zip(pair, facts, strict=True):
            IncidentRelease.objects.create(release=release, occurred_from=at, time_precision="day", sealed=b"", **fact)
        search.index_releases([(pair[0], words), (pair[1], {*words, "market"})])
        for email, expiry, which in grants:
            grant(pair[which], [cast[email]], by=cast["field@alba.example"])
            if expiry:
                Grant.objects.for_system("test").filter(user=cast[email], content_object=pair[which]).update(
                    granted_at=LONG_AGO, expires_at=access_of(None).on + timedelta(days=expiry)
                )


def walk(read, *, oldest):
    """Every page from the beginning on, and the counts they show."""
    found, counts, page = [], set(), read()
    while True:
        found += [row.pk for row in page.rows]
        counts.add(page.count)
        cursor = page.newer if oldest else page.older
        if not cursor:
            return found, counts
        page = read(newer_than=cursor) if oldest else read(older_than=cursor)


def back(read, rows, *, oldest):
    """The same from the end: the page before the last row, and so on."""
    if not rows:
        return []
    position = lists._cursor(rows[-1])
    found = [rows[-1].pk]
    while position:
        page = read(older_than=position) if oldest else read(newer_than=position)
        found = [row.pk for row in page.rows] + found
        position = page.older if oldest else page.newer
    return found


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(
    incidents=st.lists(INCIDENT, max_size=6),
    suspended=st.sets(st.sampled_from(["south-sudan", "chad", None])),
    people=st.sets(st.sampled_from(PEOPLE), min_size=1, max_size=2),
    query=QUERY,
    size=st.integers(1, 3),
    limits=st.tuples(st.sampled_from([3, 1000]), *[st.sampled_from([0, 1, 3, 100])] * 3),
)
def test_narrowed_is_visible_to_with_filters(cast, monkeypatch, incidents, suspended, people, query, size, limits):
    for module, name, limit in zip((lists, lists, lists, search), ("CAP", "FEW", "MOST", "_FEW"), limits, strict=True):
        monkeypatch.setattr(module, name, limit)
    with transaction.atomic():
        compare(cast, incidents, suspended, people, query, size)
        transaction.set_rollback(True)


def compare(cast, incidents, suspended, people, query, size):
    """Page after page, both ways, for everybody: the rows of the rule, and their number."""
    Standing.objects.filter(organisation=cast.organisations["benu"], kind="suspended").delete()
    for code in suspended:
        Standing.objects.create(
            organisation=cast.organisations["benu"], kind="suspended", area=cast.areas[code] if code else None
        )
    make(cast, incidents)
    for email in people:
        access = access_of(cast[email])

        def filters(access=access):
            rows = IncidentRelease.objects.visible_to(access)
            made = IncidentFilter(query, queryset=rows, request=None, access=access)
            assert made.form.is_valid()
            return made

        def read(access=access, filters=filters, **where):
            return incident_page(access, filters(), size=size, **where)

        oldest = "order" in query
        rows = list(filters().qs.by_date(oldest_first=oldest))
        assert {row.pk for row in rows} <= set(deepest(access)), email
        wanted = [row.pk for row in rows]
        cap = lists.CAP if filters().is_narrowing else CAP
        assert walk(read, oldest=oldest) == (wanted, {min(len(wanted), cap + 1)}), email
        assert back(read, rows, oldest=oldest) == wanted, email
