"""Kept searches: the address under a name, for one person."""

import pytest

from incidents.models import SavedSearch
from incidents.searches import MOST, plain_query, save_search, searches_of
from tests.factories.incidents import file_report

pytestmark = pytest.mark.django_db
PAGE = "/incidents/searches/"


@pytest.fixture
def reader(cast, sign_in):
    return sign_in(cast["io@lake.example"])


def kept(cast, email="io@lake.example"):
    return [(search.name, search.query) for search in searches_of(cast[email])]


def test_keep_open_and_remove(cast, reader):
    ref = file_report(cast).incident.item.ref
    listing = reader.get("/incidents/?q=torit&near_miss=no")
    assert 'href="/incidents/searches/?q=torit&amp;near_miss=no"' in listing.content.decode()
    answer = reader.post(f"{PAGE}?q=torit&near_miss=no", {"name": "Road to Torit"})
    assert (answer.status_code, answer.url) == (302, "/incidents/?q=torit&near_miss=no")
    page = reader.get("/incidents/")
    assert ">Road to Torit<" in page.content.decode()
    assert 'href="?q=torit&amp;near_miss=no"' in page.content.decode()
    assert ref in reader.get(answer.url).content.decode()
    search = SavedSearch.objects.of(cast["io@lake.example"]).get()
    assert reader.post(f"{PAGE}{search.pk}/remove/").status_code == 302
    assert kept(cast) == []
    assert reader.post(f"{PAGE}{search.pk}/remove/").status_code == 404


def test_it_is_sealed_and_its_owners(cast, reader, sign_in):
    search = save_search(by=cast["io@lake.example"], name="CANARY name", query="q=canary")
    assert b"anary" not in bytes(SavedSearch.objects.for_system("test").get().sealed)
    for email in ("dss.hq@un.example", "admin@portal.example", "field@alba.example"):
        client = sign_in(cast[email])
        assert client.post(f"{PAGE}{search.pk}/remove/").status_code == 404
        assert "CANARY" not in client.get("/incidents/").content.decode() + client.get(PAGE).content.decode()
    assert kept(cast) == [("CANARY name", "q=canary")]


def test_the_same_name_takes_its_place(cast):
    for query in ("q=one", "q=two"):
        save_search(by=cast["io@lake.example"], name="mine", query=query)
    assert kept(cast) == [("mine", "q=two")]


def test_only_filters_are_kept():
    assert plain_query("q=a&before=XYZ&after=1&evil=%3Cscript%3E&order=oldest&area=&q=b") == "q=b&order=oldest"


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\x00b"])
def test_a_name_that_is_none_is_said(cast, reader, name):
    answer = reader.post(f"{PAGE}?q=torit", {"name": name})
    assert answer.status_code == 422
    assert 'class="error-summary"' in answer.content.decode()
    assert kept(cast) == []


def test_no_more_than_twenty(cast, reader):
    for number in range(MOST):
        save_search(by=cast["io@lake.example"], name=f"n{number}", query="q=torit")
    answer = reader.post(f"{PAGE}?q=torit", {"name": "one more"})
    assert answer.status_code == 422
    assert "You keep 20 searches already." in answer.content.decode()
    assert reader.post(f"{PAGE}?q=bridge", {"name": "n3"}).status_code == 302
    assert len(kept(cast)) == MOST


def test_a_hostile_name_is_text(cast, reader):
    reader.post(f"{PAGE}?q=torit", {"name": "<script>alert(1)</script>‮"})
    page = reader.get("/incidents/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_one_that_cannot_be_opened_is_left_out(cast, reader):
    save_search(by=cast["io@lake.example"], name="mine", query="q=one")
    SavedSearch.objects.for_system("test").update(sealed=b"broken")
    assert kept(cast) == []
    assert reader.get("/incidents/").status_code == 200
