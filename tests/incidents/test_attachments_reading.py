"""Who gets which file of an incident, how it comes, and that the originator sees who took it (C2, C6, C7)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from documents.files import path_of
from incidents.attachments import attachments_of
from incidents.control import share_with, sharing_of, take_back
from incidents.models import Attachment, IncidentRelease
from organisations.models import Standing
from sharing.markings import Depth
from sharing.models import Item, Reading
from tests.documents.hostile_files import a_jpeg, a_png
from tests.factories.attachments import AUTHOR, COLLEAGUE, DESK, READER, add
from tests.factories.incidents import file_report

pytestmark = pytest.mark.django_db
FULL = {AUTHOR, COLLEAGUE, DESK, "dss.hq@un.example"}
SHARED = {"do@un.example", "wfp.security@un.example", "hq@benu.example", "field@benu.example", READER}


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def item(cast) -> Item:
    User.objects.update(language="en")
    return file_report(cast).incident.item


@pytest.fixture
def page(item):
    return f"/incidents/{item.ref}/attachments/"


@pytest.fixture
def two(cast, item):
    """A file for everybody and one for full readers only."""
    return add(cast, item, a_png(), is_shared=True), add(cast, item, a_jpeg(), is_shared=False)


@pytest.mark.slow
def test_who_gets_which_file(cast, item, page, sign_in, two):
    for email in cast.people:
        client = sign_in(cast[email])
        answers = [client.get(f"{page}{row.number}/").status_code for row in two]
        assert answers == ([200, 200] if email in FULL else [200, 404] if email in SHARED else [404, 404]), email
        text = client.get(f"/incidents/{item.ref}/").content.decode()
        assert (str(two[0].number) in text, str(two[1].number) in text) == (email in FULL | SHARED, email in FULL)
        assert ("CANARY-NAME" in text) is (email in {AUTHOR, COLLEAGUE}), email


def test_nobody_without_signing_in(client, page, two):
    answer = client.get(f"{page}{two[0].number}/")
    assert (answer.status_code, answer.url.startswith("/accounts/login/")) == (302, True)


def test_how_it_comes(cast, item, page, sign_in, two):
    answer = sign_in(cast[READER]).get(f"{page}{two[0].number}/")
    assert answer.content == two[0].file.read()
    assert dict(answer.headers) | {
        "Content-Type": "image/png",
        "Content-Disposition": f'attachment; filename="{item.ref}-{two[0].number}.png"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    } == dict(answer.headers)
    assert "no-store" in answer["Cache-Control"]
    assert "Content-Security-Policy-Report-Only" not in answer.headers
    assert not any("CANARY" in f"{name}{value}" for name, value in answer.headers.items())


def test_taking_it_is_in_the_reader_log(cast, item, page, sign_in, two):
    sign_in(cast[READER]).get(f"{page}{two[0].number}/")
    sign_in(cast[READER]).get(f"{page}{two[1].number}/")
    reading = Reading.objects.get(item_ref=item.ref, how=Reading.How.DOWNLOADED)
    assert (reading.reader, reading.organisation, reading.version) == (
        cast[READER].pk, cast.organisations["lake"].name, 1,
    )  # fmt: skip


@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_a_broken_file_is_a_page_that_says_so(cast, item, page, sign_in, two, damage):
    path = path_of(two[0].file)
    path.write_bytes(b"x" * 100) if damage == "changed" else path.unlink()
    answer = sign_in(cast[READER]).get(f"{page}{two[0].number}/")
    assert (answer.status_code, "Tell the administrator" in answer.content.decode()) == (410, True)
    assert not Reading.objects.filter(how=Reading.How.DOWNLOADED).exists(), "nothing was taken"


def test_withdrawn_is_absent(cast, item, page, sign_in, two):
    take_back(item, by=cast[AUTHOR], version=item.version)
    for email in cast.people:
        answers = {sign_in(cast[email]).get(f"{page}{row.number}/").status_code for row in two}
        assert answers == ({200} if email in {AUTHOR, COLLEAGUE} else {404}), email


def test_a_narrower_audience_is_at_once(cast, item, page, sign_in, two):
    narrower = sharing_of(item)
    narrower.choices[:] = ["dss_desks"]
    share_with(item, narrower, by=cast[AUTHOR], version=item.version)
    assert sign_in(cast[READER]).get(f"{page}{two[0].number}/").status_code == 404
    assert sign_in(cast[DESK]).get(f"{page}{two[1].number}/").status_code == 200


def test_a_suspended_reader_gets_none_and_a_suspended_originator_its_own(cast, page, sign_in, two):
    for key in ("lake", "alba"):
        Standing.objects.create(organisation=cast.organisations[key], kind="suspended")
    assert sign_in(cast[READER]).get(f"{page}{two[0].number}/").status_code == 404
    assert sign_in(cast[AUTHOR]).get(f"{page}{two[1].number}/").status_code == 200


def test_numbers_tell_nothing_of_what_one_does_not_see(cast, item):
    """Neither running nor rising: a reader of the shared release cannot count what is kept from them."""
    numbers = [add(cast, item, a_jpeg((40 + size, 40))).number for size in range(6)]
    assert numbers != sorted(numbers) or numbers[-1] - numbers[0] > 6
    assert all(1000 <= number <= 9999 for number in numbers)


@pytest.mark.parametrize("files", [1, 3])
def test_the_detail_page_asks_as_often_for_one_as_for_three(cast, item, sign_in, files):
    for number in range(files):
        add(cast, item, a_jpeg((40 + number, 40)), is_shared=True)
    facts = IncidentRelease.objects.for_system("test").with_release().get(
        release__item=item, release__depth=Depth.FULL
    )  # fmt: skip
    with CaptureQueriesContext(connection) as asked:
        rows = attachments_of(facts)
        assert [row.file.name for row in rows] == ["CANARY-NAME Joseph.jpg"] * files
    assert len(asked) == 1
    client = sign_in(cast[READER])
    client.get(f"/incidents/{item.ref}/")
    with CaptureQueriesContext(connection) as asked:
        client.get(f"/incidents/{item.ref}/")
    assert len(asked) == 9, [query["sql"][:90] for query in asked]


def test_what_a_release_opens(cast, item, two):
    rows = {row.release.depth: row for row in IncidentRelease.objects.for_system("test").with_release()}
    assert attachments_of(rows[Depth.FULL]) == [two[0], two[1]]
    assert attachments_of(rows[Depth.SHARED]) == [two[0]]


def test_files_of_others_are_not_opened(cast, item, two):
    other = file_report(cast).incident.item
    facts = IncidentRelease.objects.for_system("test").with_release().get(
        release__item=other, release__depth=Depth.FULL
    )  # fmt: skip
    assert attachments_of(facts) == []
    assert Attachment.objects.for_system("test").count() == 2
