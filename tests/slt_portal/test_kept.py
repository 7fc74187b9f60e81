"""A form that cannot be taken now loses nothing: no session, an old token, the second factor not passed (I1)."""

from html import unescape

import pytest
from django.contrib.auth import SESSION_KEY
from django.db import OperationalError
from django.test import Client, RequestFactory

from incidents.control import take_back
from incidents.models import DeskEntry
from sharing.models import Item
from slt_portal.kept import is_same_origin
from slt_portal.views import failed
from tests.factories.incidents import file_report

pytestmark = pytest.mark.django_db
HERE = {"origin": "http://testserver", "sec-fetch-site": "same-origin"}
TEXT = 'telephoned "Torit" <b>twice</b>'
FORM = "7d6f3c1e-58ab-4b8f-9f0e-0c3d2a1b4c5d"
DESK = "dss.field@un.example"


@pytest.fixture
def note(cast):
    """The address of the desk's form for a note."""
    return f"/incidents/{file_report(cast).incident.item.ref}/desk/note/"


def send(client, path, headers=HERE, **more):
    return client.post(path, {"note-text": TEXT, "note-submission": FORM, **more}, headers=headers)


def written() -> int:
    return DeskEntry.objects.for_system("test").filter(kind=DeskEntry.Kind.NOTED).count()


def careful(client: Client) -> Client:
    """The same client, whose tokens are checked."""
    client.handler.enforce_csrf_checks = True
    return client


def again(client, answer):
    """Press “Send it again” on the page."""
    fields = dict(answer.context["typed"])
    token = answer.content.decode().rpartition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    path = answer.wsgi_request.path
    return client.post(path, fields | {"csrfmiddlewaretoken": token}, headers=HERE)


def test_without_a_session_it_comes_back(note):
    answer = send(Client(), note, password="s3cret", keep="CANARY-KEEP", new_token="CANARY-T")
    page = answer.content.decode()
    assert answer.status_code == 403
    assert page.count("telephoned") == 2  # to be read, and to be sent
    assert TEXT in unescape(page)
    assert "<b>twice" not in page
    assert "Sign in again in a new tab" in page
    assert not [word for word in ("s3cret", "CANARY-KEEP", "CANARY-T") if word in page]
    assert "no-store" in answer["Cache-Control"]


def test_after_signing_in_elsewhere_it_is_sent(cast, note, sign_in):
    """The page was made before signing in, which changes the token: it is shown once more, then it goes."""
    stranger = careful(Client())
    kept = send(stranger, note)
    client = careful(sign_in(cast[DESK]))
    client.cookies["csrftoken"] = "a" * 32  # as after signing in
    shown = again(client, kept)
    assert (shown.status_code, "Check it and send it again" in shown.content.decode()) == (403, True)
    assert written() == 0
    assert again(client, shown).status_code == 302
    assert written() == 1


def test_signed_in_by_password_only_it_is_kept_as_well(cast, note):
    client = Client()
    client.force_login(cast[DESK], backend="accounts.backends.SignIn")
    assert SESSION_KEY in client.session
    answer = send(client, note)
    assert (answer.status_code, answer.context["typed"]) == (403, [("note-text", TEXT), ("note-submission", FORM)])


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "http://testserver"},
        {"sec-fetch-site": "none"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "same-origin", "origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site", "origin": "http://testserver"},
        {"origin": "http://testserver.evil.example"},
        {"origin": "https://testserver"},
    ],
)
def test_words_of_another_site_are_neither_shown_nor_sent(cast, note, sign_in, headers):
    for client in (Client(), careful(Client()), careful(sign_in(cast[DESK]))):
        answer = send(client, note, headers)
        assert "telephoned" not in answer.content.decode()
        assert "Send it again" not in answer.content.decode()
        assert answer.status_code in {302, 403}


@pytest.mark.parametrize("headers", [HERE, {"origin": "http://testserver"}, {"sec-fetch-site": "same-origin"}])
def test_of_this_portal_if_the_browser_says_so(headers):
    assert is_same_origin(RequestFactory().post("/", headers=headers))


def test_forms_for_signing_in_are_not_kept(note):
    for path in ("/accounts/login/", "/accounts/2fa/authenticate/"):
        answer = careful(Client()).post(
            path, {"login": "my name", "password": "s3cret", "code": "123456"}, headers=HERE
        )
        assert "my name" not in answer.content.decode()
        assert answer.status_code == 403


def test_what_was_sent_to_where_nothing_is_any_more_can_be_copied(cast, note, sign_in):
    """Withdrawn meanwhile, never there: the same page, with one's own words."""
    item = Item.objects.for_system("test").get()
    take_back(item, by=cast["field@alba.example"], version=item.version)
    client = careful(sign_in(cast[DESK]))
    token = {"csrfmiddlewaretoken": "a" * 32, "new_password": "s3cret and more"}
    client.cookies["csrftoken"] = "a" * 32
    there, nowhere = (send(client, path, **token) for path in (note, note.replace(item.ref, "INC-00000")))
    assert (there.status_code, nowhere.status_code) == (404, 404)
    assert there.context["texts"] == nowhere.context["texts"] == [TEXT]
    assert TEXT in unescape(there.content.decode())
    assert "<b>twice" not in there.content.decode()
    assert "s3cret" not in there.content.decode()


@pytest.mark.parametrize(
    ("path", "headers"), [("/nowhere/", HERE), (None, {"origin": "https://evil.example"}), (None, {})]
)
def test_words_that_may_be_of_another_site_are_not_shown_where_nothing_is(cast, note, sign_in, path, headers):
    answer = send(sign_in(cast["io@lake.example"]), path or note, headers)
    assert (answer.status_code, "telephoned" in answer.content.decode()) == (404, False)


def test_where_nothing_was_typed_one_signs_in(note):
    assert Client().post(note, headers=HERE).url.startswith("/accounts/login/")
    assert Client().get(note, headers=HERE).url.startswith("/accounts/login/")


def test_a_report_without_a_good_token_of_its_form_is_kept_here(db):
    answer = Client().post("/incidents/report/", {"what": "half a sentence", "keep": "x"}, headers=HERE)
    assert (answer.status_code, answer.context["typed"]) == (403, [("what", "half a sentence")])


def _while_the_database_is_away(body, content_type="application/x-www-form-urlencoded", headers=HERE):
    request = RequestFactory().post("/incidents/report/", body, content_type, headers=headers)
    request.resolver_match = None
    try:
        raise OperationalError
    except OperationalError:
        answer = failed(request)
    return request, answer.status_code, answer.content.decode()


def test_the_page_without_a_database_gives_words_back_and_reads_no_more_than_a_form():
    """It may come before RequestSize: a file of any size would be read into memory."""
    assert "three words typed" in _while_the_database_is_away("what=three+words+typed")[2]
    strange = {"origin": "https://other.example", "sec-fetch-site": "cross-site"}
    assert "words" not in _while_the_database_is_away("what=three+words+typed", headers=strange)[2]
    large = b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nthree words typed\r\n--x\r\n"
    large += b"Content-Disposition: form-data; name=f; filename=f\r\n\r\n" + bytes(1024 * 1024) + b"\r\n--x--\r\n"
    request, code, page = _while_the_database_is_away(large, "multipart/form-data; boundary=x")
    assert (code, "words" in page, hasattr(request, "_files")) == (503, False, False)
    assert _while_the_database_is_away("a=b", "application/x-www-form-urlencoded; charset=latin-1")[1] == 503
