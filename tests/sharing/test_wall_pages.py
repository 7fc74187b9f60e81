"""The second wall and the portal's pages: reports, lists and pages are the same with it and without."""

import re
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sharing.access import access_of
from sharing.models import Audience, Item
from sharing.wall import NOBODY, reading_as, surrounded_by, tell, walled
from tests import servers
from tests.factories.incidents import file_report, followed_up

from .test_wall import PEOPLE, bound, expected, seen  # noqa: F401 - a fixture

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no such wall"),
]


@pytest.fixture
def incidents(cast):
    """Reports as they are filed, followed up, and found again by their words."""
    first = file_report(cast)
    followed_up(cast, first)
    file_report(cast, by="field@benu.example", organisation="benu", choices=["dss_desks"], marking="TLP:AMBER")
    file_report(cast, area="chad", choices=["named_persons"], persons=["hq@benu.example"], marking="TLP:RED")
    return first.incident.item


def test_of_incidents_as_well(cast, incidents):
    for email in PEOPLE:
        access = access_of(cast[email])
        wanted = expected(access)
        with reading_as(access):
            assert {model.__name__: seen(model) for model in wanted} == {
                model.__name__: keys for model, keys in wanted.items()
            }, email
    assert all(wanted[walled()[f"incidents_{name}"]] == set() for name in ("incident", "report", "incidentrelease"))
    with surrounded_by(NOBODY):
        assert {model.__name__: seen(model) for model in walled().values() if seen(model)} == {}


@contextmanager
def without_the_wall():
    connection.execute_wrappers.remove(tell)
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {servers.USER}")
        try:
            yield
        finally:
            cursor.execute(f"SET ROLE {servers.OWNER}")
            connection.execute_wrappers.insert(0, tell)


PAGES = [
    *("/", "/incidents/", "/incidents/?category=robbery", "/incidents/?q=vehicles", "/statistics/?period=all"),
    *("/incidents/desk/", "/areas/south-sudan/"),
]


@pytest.mark.slow
@pytest.mark.parametrize("email", ["hq@benu.example", "dss.field@un.example", "field@alba.example"])
def test_pages_are_the_same_with_and_without(cast, sign_in, incidents, email):
    client = sign_in(cast[email])
    for path in (*PAGES, f"/incidents/{incidents.ref}/"):
        client.get(path)  # what is asked once an hour is asked
        pages = [_page(client, path)]
        with without_the_wall():
            pages.append(_page(client, path))
        assert pages[0] == pages[1], path


def _page(client, path):
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(path)
    text = re.sub(r'(value|after|before|before=|after=)[="]*[\w-]{40,}"', "", answer.content.decode())
    return answer.status_code, text, len(asked)


def test_a_hidden_incident_is_asked_about_as_one_that_is_not_there(cast, sign_in, incidents):
    client = sign_in(cast["hq@benu.example"])
    red = Item.objects.for_system("test").exclude(marking="TLP:RED").get(originator=cast.organisations["alba"])
    Audience.objects.for_system("test").filter(release__item=red).delete()
    hidden, absent = _page(client, f"/incidents/{red.ref}/"), _page(client, "/incidents/INC-AAAAAA/")
    assert hidden[0] == absent[0] == 404
    assert hidden[2] == absent[2]
    assert hidden[1].replace(red.ref, "") == absent[1].replace("INC-AAAAAA", "")
