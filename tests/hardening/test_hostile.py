"""Requests that no browser of ours sends: odd addresses, parameters, headers and bodies are refused, never a fault."""

import re
from urllib.parse import quote

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse

from accounts.models import User
from incidents.models import Incident
from tests.factories.incidents import file_report
from tests.sampling import THOROUGH
from tests.visibility.arguments import ARGUMENTS

HQ = "dss.hq@un.example"
NUL = "\x00"
ODD = [
    NUL,
    "a\x00b",
    "\ud7ff\ue000\ufffd",  # around where half characters would be
    "\u202etxt.exe\u202c",  # written backwards
    "\u0130\u0131\u212a\ufb03",  # change their length in other cases
    "A\u0301" * 500,
    "%00%0d%0aX: y",
    "\r\nX-Injected: yes",
    "' OR 1=1; --",
    "{{ 7*7 }}{% debug %}${7*7}",
    "../../../../etc/passwd",
    "9" * 30,
    "-1",
    "1e309",
    "NaN",
    "0x10",
    "٣",  # a digit, but not ours
    "x" * 3000,
]
# Every name that some page reads from its address.
PAGES = ["/incidents/", "/statistics/", "/incidents/desk/", "/", "/areas/", "/notifications/"]
PAGES += ["/feedback/", "/feedback/intake/", "/feedback/lessons/", "/measures/", "/measures/table.csv", "/reports/"]
PAGES += ["/dashboard/", "/figures/incidents.by_area/", "/figures/feedback.states.csv"]
READ = ["q", "area", "category", "severity", "period", "page", "after", "before", "sort", "next", "draft", "to", "ref"]
READ += ["state", "overdue", "mine"]


@pytest.fixture
def desk(cast, sign_in):
    client = sign_in(cast[HQ])
    client.raise_request_exception = False
    return client


def names_with_arguments():
    return sorted(name for name in ARGUMENTS if not name.startswith("demo:"))


def odd_paths():
    """The address of every page with each of its arguments replaced by odd words, where it takes them."""
    for number, name in enumerate(names_with_arguments()):
        for argument in ARGUMENTS[name]:
            for odd in ODD if THOROUGH else (ODD[0], ODD[1 + number % (len(ODD) - 1)]):
                try:
                    yield reverse(name, kwargs={**ARGUMENTS[name], argument: odd})
                except NoReverseMatch:  # numbers and UUIDs: the address itself takes nothing else
                    continue


def test_odd_addresses_lead_nowhere(desk):
    assert len(get_resolver().reverse_dict) > 5
    paths = sorted(set(odd_paths()))
    assert len(paths) > 20
    wrong = {}
    for number, path in enumerate(paths):
        response = (desk.get, desk.post)[number % 2](path)
        assert "X-Injected" not in response.headers
        if response.status_code not in {302, 404, 400, 403, 405}:
            wrong[path] = response.status_code
    # A link that a stranger follows says in a page that it is none.
    assert {path: code for path, code in wrong.items() if not path.startswith("/accounts/password/reset/key/")} == {}
    assert set(wrong.values()) <= {200}


@pytest.mark.parametrize("path", ["/incidents/%00/", "/%00", "/areas/a%00b/", "/invitations/%00/", "/static/%00.css"])
def test_a_nul_in_an_address_is_nowhere(db, path):
    for client in (Client(raise_request_exception=False),):
        assert client.get(path).status_code == 404
        assert client.post(path).status_code == 404


@pytest.mark.parametrize("path", PAGES if THOROUGH else PAGES[:3])
def test_odd_parameters_are_never_a_fault(cast, desk, path):
    """Each in its turn in every parameter at once, then each parameter several times."""
    file_report(cast)
    for odd in ODD if THOROUGH else (NUL, *ODD[1 + PAGES.index(path) :: 3]):
        query = "&".join(f"{name}={quote(odd, safe='')}" for name in READ)
        assert desk.get(f"{path}?{query}").status_code in {200, 302}, ascii(odd)
    twice = "&".join(f"{name}=a&{name}=b&{name}[]=c" for name in READ)
    assert desk.get(f"{path}?{twice}").status_code in {200, 302}


def test_numbers_too_large_for_the_database_are_nobody(desk):
    for number in (0, 2**31, 2**63, 10**30):
        for path in (f"/incidents/INC-AAAAAA/reports/{number}/", f"/incidents/INC-AAAAAA/attachments/{number}/"):
            assert desk.get(path).status_code == 404
        key = f"/accounts/password/reset/key/{'z' * 13}-abc/"
        assert Client().get(key).status_code in {200, 302}


def test_a_form_reads_its_body_and_nothing_else(cast, sign_in):
    """What stands in the address does not fill a form, and of a name sent twice the last counts, for everybody."""
    person = cast["hq@alba.example"]
    client = sign_in(person)
    client.post("/accounts/profile/?name=Query", {"language": "en", "time_zone": "UTC"})
    assert User.objects.get(pk=person.pk).name == person.name
    sent = {"name": ["First", "Last"], "language": "en", "time_zone": "UTC", "is_mailbox": "on", "pk": "1", "id": "1"}
    sent |= {"password": "x", "is_active": "", "expires_at": "2020-01-01", "user_permissions": "1"}
    assert client.post("/accounts/profile/", sent).status_code == 302
    found = User.objects.get(pk=person.pk)
    assert (found.name, found.is_mailbox, found.is_active, found.expires_at) == ("Last", False, True, None)
    assert found.password == person.password


def test_a_report_takes_no_field_that_its_form_does_not_have(cast, sign_in):
    """Originator, author, reference and state are the portal's to give."""
    before = set(Incident.objects.for_system("test").values_list("pk", flat=True))
    client = sign_in(cast["field@alba.example"])
    typed = QueryDict("originator=1&author=1&ref=INC-MINE&state=withdrawn&created_at=2000-01-01", mutable=True)
    assert client.post("/incidents/report/", typed).status_code == 422  # the form again: it misses what it needs
    assert set(Incident.objects.for_system("test").values_list("pk", flat=True)) == before


@pytest.mark.parametrize("header", ["User-Agent", "Accept-Language", "Referer", "X-Request-ID", "Cookie", "Accept"])
def test_odd_headers_are_never_a_fault(cast, header):
    for value in ("x" * 20_000, "\xff\xfe", "a\x00b", "en;q=" + "9" * 400, "'\"<script>", "; ; =;__Host-session=;"):
        client = Client(raise_request_exception=False)
        data = {"login": "hq@alba.example", "password": "wrong"}
        for answer in (
            client.get("/accounts/login/", headers={header: value}),
            client.post("/accounts/login/", data, headers={header: value}),
        ):
            assert answer.status_code == 200, (header, ascii(value)[:20])
            assert re.fullmatch(r"[0-9a-f-]{36}", answer["X-Request-ID"])


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\x00" * 100, "application/x-www-form-urlencoded"),
        (b"login=%ff%fe&password=%00", "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % n for n in range(501)), "application/x-www-form-urlencoded"),
        (b'--x\r\nContent-Disposition: form-data; name="login"\r\n\r\n', "multipart/form-data; boundary=x"),
        (b"--x", "multipart/form-data; boundary=" + "x" * 200),
        (b"{", "application/json"),
        (b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>", "text/xml"),
        (b"login=a", "text/plain; charset=utf-7"),
        (b"login=a", "application/x-www-form-urlencoded; charset=nonsense"),
    ],
)
@pytest.mark.django_db
def test_odd_bodies_are_never_a_fault(body, kind):
    client = Client(raise_request_exception=False)
    for path in ("/accounts/login/", "/accounts/password/reset/", "/language/", "/incidents/drafts/keep/"):
        answer = client.generic("POST", path, body, kind)
        assert answer.status_code in {200, 302, 400, 403, 404, 413}, path
        assert b"Traceback" not in answer.content


def test_text_that_looks_like_a_template_or_a_format_stays_text(cast, sign_in):
    person = cast["hq@alba.example"]
    client = sign_in(person)
    name = "{{ 7*7 }} {% now 'Y' %} {0.__class__} %(password)s <b>"
    client.post("/accounts/profile/", {"name": name, "language": "en", "time_zone": "UTC"})
    page = client.get("/accounts/profile/").content.decode()
    assert "{{ 7*7 }} {% now &#x27;Y&#x27; %} {0.__class__} %(password)s &lt;b&gt;" in page
