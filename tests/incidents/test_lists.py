"""The list: what it counts, filters, orders and pages; the same for one way of reading it as for the other."""

import re
from datetime import timedelta

import pytest

from documents.models import DataKey
from incidents.filters import IncidentFilter
from incidents.lists import incident_page
from incidents.models import Incident, IncidentRelease
from sharing.access import access_of
from sharing.models import Audience, Item, Kind, Release
from slt_portal import cursors
from tests.factories.incidents import WHEN, an_account, file_report
from tests.factories.sharing import make_item, make_release

pytestmark = pytest.mark.django_db
PAGE = "/incidents/"
NEWEST, NARROWED = 11, 8  # ids of the newest page, which are shown, their rows, two to count if it is not complete


@pytest.fixture
def reader(cast, sign_in):
    """The field focal point of IO Lake, in South Sudan."""
    return sign_in(cast["io@lake.example"])


def refs(response) -> list[str]:
    return [row.release.item.ref for row in response.context["items"]]


def file_at(cast, hours, **how) -> str:
    """Files something that happened `hours` before WHEN; returns its reference."""
    account = an_account(occurred_from=WHEN - timedelta(hours=hours), **how.pop("account", {}))
    return file_report(cast, account=account, **how).incident.item.ref


def make_reference(number=1, at=WHEN):
    """Incidents from a public source, as the import makes them."""
    items = Item.objects.bulk_create(Item(kind=Kind.INCIDENT, marking="TLP:CLEAR") for _ in range(number))
    releases = Release.objects.bulk_create(Release(item=item, depth=1, sort_at=at) for item in items)
    Incident.objects.bulk_create(Incident(item=item) for item in items)
    IncidentRelease.objects.bulk_create(
        IncidentRelease(release=release, credit="A public source", occurred_from=at, time_precision="day", sealed=b"")
        for release in releases
    )
    Audience.objects.bulk_create(
        Audience(principal="everyone", kind="incident", sort_at=at, release=release) for release in releases
    )
    return [item.ref for item in items]


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(
    ("query", "queries"),
    [("", NEWEST), ("?order=oldest", NEWEST), ("?category=road_attack", NARROWED), ("?whose=shared", NARROWED)],
)
def test_the_list_asks_the_same_whatever_it_shows(cast, reader, django_assert_num_queries, number, query, queries):
    for hours in range(number):
        file_at(cast, hours)
    with django_assert_num_queries(queries):
        assert len(refs(reader.get(PAGE + query))) == number


@pytest.mark.parametrize("number", [1, 3])
def test_a_list_with_public_sources_asks_once_more(cast, reader, django_assert_num_queries, number):
    make_reference(number)
    with django_assert_num_queries(NEWEST + 1):
        assert len(refs(reader.get(PAGE))) == number


def test_newest_first_or_oldest_first(cast, reader):
    made = [file_at(cast, hours) for hours in (5, 1, 9)]
    newest = [made[1], made[0], made[2]]
    assert refs(reader.get(PAGE)) == newest
    assert refs(reader.get(PAGE + "?order=oldest")) == newest[::-1]


def test_every_filter_by_itself(cast, sign_in):
    """Each value that can be chosen leaves exactly what it says."""
    reader = sign_in(cast["dss.hq@un.example"])
    own = file_at(cast, 1, by="dss.field@un.example", organisation="dss", account={"coded": {"category": "safety"}})
    alba = file_at(cast, 48, marking="TLP:GREEN")
    chad = file_at(cast, 2, by="field@benu.example", organisation="benu", area="chad")
    [public] = make_reference(at=WHEN - timedelta(days=400))
    everything = {own, alba, chad, public}
    for query, left in [
        ("", everything),
        ("area=chad", {chad}),
        ("area=south-sudan", {own, alba}),
        ("area=kenya", set()),
        ("category=safety", {own}),
        ("category=unknown", {public}),
        ("since=2026-03-14", {own, chad}),
        ("until=2026-03-13", {alba, public}),
        ("since=2026-03-12&until=2026-03-12", {alba}),
        ("since=0001-01-01&until=9999-12-31", everything),
        ("marking=TLP:GREEN", {alba}),
        ("marking=TLP:RED", set()),
        ("whose=own", {own}),
        ("whose=shared", {alba, chad}),
        ("whose=public", {public}),
        ("whose=shared&area=chad&category=road_attack&marking=TLP:AMBER%2BSTRICT", {chad}),
        ("whose=own&area=chad", set()),
        ("nonsense=1&page=2", everything),
    ]:
        response = reader.get(f"{PAGE}?{query}")
        assert set(refs(response)) == left, query
        assert response.context["count_label"] == str(len(left)), query


@pytest.mark.parametrize(
    "query",
    ["area=atlantis", "area=%00", "category=sexual_violence", "since=yesterday", "until=2026-02-30", "marking=RED",
     "whose=theirs", "order=random", "since=%00", "category=%00", "marking=%27;--"],
)  # fmt: skip
def test_a_filter_that_makes_no_sense_is_said_and_lists_nothing(cast, reader, query):
    file_at(cast, 1)
    response = reader.get(f"{PAGE}?{query}")
    assert (response.status_code, refs(response)) == (200, [])
    assert 'class="field has-error"' in response.content.decode()


def walk(read, *, oldest=False, size=3):
    """All references by following the link to the next page, and back again by the link to the one before."""
    there, back, cursor = [], [], ""
    while True:
        page = read(newer_than=cursor, size=size) if oldest else read(older_than=cursor, size=size)
        there.append([row.release.item.ref for row in page.rows])
        cursor = page.newer if oldest else page.older
        if not cursor:
            break
    while True:
        back.append([row.release.item.ref for row in page.rows])
        cursor = page.older if oldest else page.newer
        if not cursor:
            return there, back[::-1]
        page = read(older_than=cursor, size=size) if oldest else read(newer_than=cursor, size=size)


@pytest.mark.slow
@pytest.mark.sqlite
@pytest.mark.parametrize("narrow", [{}, {"area": "south-sudan"}], ids=["newest", "narrowed"])
@pytest.mark.parametrize("oldest", [False, True], ids=["newest first", "oldest first"])
def test_pages_walk_every_row_exactly_once_both_ways(cast, narrow, oldest):
    """With ties: five happened at the same instant, two pages of three cannot hold them."""
    made = [file_at(cast, hours) for hours in (0, 1, 1, 1, 1, 1, 2, 3, 3, 4)]
    access = access_of(cast["dss.field@un.example"])
    query = narrow | ({"order": "oldest"} if oldest else {})

    def read(**where):
        rows = IncidentRelease.objects.visible_to(access)
        filters = IncidentFilter(query, queryset=rows, request=None, access=access)
        assert filters.form.is_valid()
        return incident_page(access, filters, **where)

    in_order = [made[0], *made[5:0:-1], made[6], made[8], made[7], made[9]]
    in_order = in_order[::-1] if oldest else in_order
    for size in (1, 3, 5, 10, 25):
        there, back = walk(read, oldest=oldest, size=size)
        assert [ref for page in there for ref in page] == in_order
        assert [len(page) for page in there[:-1]] == [size] * (len(there) - 1)
        assert sorted(ref for page in back for ref in page) == sorted(made)
        assert [ref for page in back for ref in page] == in_order


def test_both_ways_of_reading_are_one(cast):
    """The merged newest page, and the same rows through a filter that leaves all."""
    for hours in range(4):
        file_at(cast, hours % 2)
    for email in cast.people:
        access = access_of(cast[email])
        pages = []
        for query in ({}, {"since": "2020-01-01"}):
            filters = IncidentFilter(
                query, queryset=IncidentRelease.objects.visible_to(access), request=None, access=access
            )
            assert filters.form.is_valid()
            page = incident_page(access, filters)
            pages.append(([(row.pk, row.release.depth) for row in page.rows], page.count, page.newer, page.older))
        assert pages[0] == pages[1], email


def test_page_links_keep_the_filters(cast, reader):
    for hours in range(26):
        file_at(cast, hours)
    response = reader.get(PAGE + "?area=south-sudan&order=oldest")
    assert len(refs(response)) == 25
    [link] = re.findall(r'<a class="button button-secondary" rel="prev" href="([^"]+)"', response.content.decode())
    rest = reader.get(PAGE + link.replace("&amp;", "&"))
    assert len(refs(rest)) == 1
    assert set(refs(rest)).isdisjoint(refs(response))
    assert rest.context["filter_form"].cleaned_data["area"] == cast.areas["south-sudan"]


@pytest.mark.parametrize("word", ["x", "%00", "A" * 5000, "ж", "AQ", "..", "AQR0ZXN0"])
@pytest.mark.parametrize("name", ["before", "after"])
def test_a_cursor_that_is_none_begins_at_the_beginning(cast, reader, name, word):
    made = [file_at(cast, hours) for hours in range(2)]
    assert refs(reader.get(f"{PAGE}?{name}={word}")) == made


@pytest.mark.parametrize(
    "values", [(), ("x", 1), ("2026-03-14T00:00:00+00:00",), (1, 2), (None, None), ("2026-03-14", 1)]
)
def test_a_cursor_of_another_list_begins_at_the_beginning(cast, reader, values):
    """Sealed by us, but not what this list put into its own."""
    made = file_at(cast, 0)
    assert refs(reader.get(f"{PAGE}?before={cursors.pack(*values)}")) == [made]


def test_a_cursor_tells_nothing(cast):
    word = cursors.pack("2026-03-14T00:00:00+00:00", 4711)
    assert "4711" not in word
    assert cursors.pack("2026-03-14T00:00:00+00:00", 4711) != word


@pytest.mark.slow
def test_many_are_counted_up_to_a_thousand(cast, reader):
    make_reference(999)
    assert reader.get(PAGE).context["count_label"] == "999"
    make_reference(1)
    assert reader.get(PAGE).context["count_label"] == "1,000"
    make_reference(1)
    assert reader.get(PAGE).context["count_label"] == "1,000+"
    assert reader.get(PAGE + "?whose=public").context["count_label"] == "1,000+"
    assert reader.get(PAGE + "?whose=own").context["count_label"] == "0"


def test_the_list_shows_no_text_and_opens_none(cast, reader):
    file_report(cast)
    DataKey.objects.update(wrapped=b"broken")
    response = reader.get(PAGE)
    assert len(refs(response)) == 1
    assert "CANARY" not in response.content.decode()


def status_of(client) -> str:
    """What the list says in the cell “Status” of its only row."""
    return re.search(r'data-label="Status">(.*?)</td>', client.get(PAGE).content.decode())[1]


def test_the_status_says_in_a_few_words_how_severe_how_credible_how_far(cast, reader):
    ref = file_at(cast, 1)
    rows = IncidentRelease.objects.for_system("test").filter(release__item__ref=ref)
    rows.update(severity=3)
    assert status_of(reader) == "severe"
    rows.update(severity=4, credibility="2", stage="final")
    assert status_of(reader) == "critical · probably true · final"
    rows.update(
        severity=2, credibility="", stage="update", category="unknown", consequence="unknown", is_near_miss=False
    )
    assert status_of(reader) == "severity not known · update"


MORE = '<details class="more"'


@pytest.mark.parametrize(
    ("query", "is_open"),
    [("", False), ("?q=x&area=chad&category=safety&since=2026-01-01&until=2026-02-01", False), ("?severity=3", True),
     ("?order=oldest", True), ("?marking=RED", True), ("?area=atlantis", False)],
)  # fmt: skip
def test_more_filters_fold_until_one_of_them_is_set_or_wrong(cast, reader, query, is_open):
    first, _, more = reader.get(PAGE + query).content.decode().partition(MORE)
    assert more.startswith(" open>") is is_open
    for name in ("q", "area", "category", "since", "until"):
        assert f'name="{name}"' in first
    rest = more.partition("</details>")[0]
    for name in ("severity", "marking", "whose", "consequence", "near_miss", "actor", "verification", "stage", "order"):
        assert f'name="{name}"' in rest
    assert "Severity at least" in rest


def test_who_sees_nothing_is_told_what_to_do(cast, sign_in):
    file_report(cast)
    for email in ("nobody@elsewhere.example", "admin@portal.example", "wg@icva.example", "hq@suspended.example"):
        response = sign_in(cast[email]).get(PAGE)
        assert (response.status_code, refs(response), response.context["count_label"]) == (200, [], "0"), email
        assert "reference" not in response.context or response.context["reference"] is None
    assert "/areas/" in sign_in(cast["wg@icva.example"]).get(PAGE).content.decode()
    # Areas are for members: whoever is none is not sent to a page they do not have.
    page = sign_in(cast["admin@portal.example"]).get(PAGE).content.decode()
    assert "No incidents." in page
    assert "/areas/" not in page


def test_rows_without_particulars_are_left_out(cast, reader):
    """A release of another kind of item has no row here."""
    make_release(make_item(), "everyone")
    assert refs(reader.get(PAGE)) == []


def test_filter_choices_tell_nothing(cast, sign_in):
    """The areas offered are all areas, not those in which something happened."""
    file_report(cast)
    offered = [
        re.findall(r'<option value="([^"]+)"', sign_in(cast[email]).get(PAGE).content.decode())
        for email in ("dss.hq@un.example", "nobody@elsewhere.example")
    ]
    assert offered[0] == offered[1]
