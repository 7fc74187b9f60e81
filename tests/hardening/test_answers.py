"""What every answer says to the browser, of whatever status, as production is set up."""

import re

import pytest
from django.conf import settings as django_settings
from django.test import Client

from demo.actions import PASSWORD, current_code
from tests.accounts.test_second_factor import addresses
from tests.cast import signed_in
from tests.factories.incidents import file_report

from .conftest import HOST

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
}
# Posted without a session, by a token that only its owner has.
ITS_TOKEN_IS_ITS_PROOF = {"incidents:draft_keep", "notifications:stop"}
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "object-src 'none'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}


def check(response, *, stored=False):
    """The rules that hold for everything the portal answers."""
    assert {name: response.headers.get(name) for name in ALWAYS} == ALWAYS
    policies = set(response.headers["Content-Security-Policy"].split("; "))
    assert policies == POLICY or {"sandbox", "default-src 'none'"} <= policies
    assert not re.search("unsafe|nonce|http:|\\*", response.headers["Content-Security-Policy"])
    assert "geolocation=()" in response.headers["Permissions-Policy"]
    assert "Server" not in response.headers
    assert "X-Powered-By" not in response.headers
    assert "Access-Control-Allow-Origin" not in response.headers
    if stored:
        assert "no-store" not in response.headers["Cache-Control"]
    else:
        assert re.search("no-store|no-cache", response.headers["Cache-Control"])
    if not getattr(response, "streaming", False) and response.content:
        kind = response.headers["Content-Type"]
        assert not kind.startswith("text/") or "charset=utf-8" in kind


@pytest.fixture
def member(cast, production):
    """Alba's focal point, signed in as in production."""
    client = production()
    client.cookies = signed_in(cast["field@alba.example"]).cookies
    return client


def test_every_kind_of_answer(cast, production, member, monkeypatch):
    ref = file_report(cast).incident.item.ref
    stranger = production()
    answers = {
        "200": member.get(f"/incidents/{ref}/"),
        "200 for strangers": stranger.get("/accounts/login/"),
        "302": stranger.get("/incidents/"),
        "404": member.get("/incidents/INC-AAAAAA/"),
        "404 nowhere": stranger.get("/nowhere"),
        "405": member.post("/incidents/"),
        "413": member.post("/incidents/report/", b"x" * 1_100_000, content_type="text/plain"),
        "400 wrong host": production(HTTP_HOST="evil.example").get("/"),
        "403 csrf": _with_csrf_checks(stranger).post("/language/", {"language": "fr"}),
        "301": production(HTTP_X_FORWARDED_PROTO="http").get("/"),
        "download": member.get("/statistics/incidents.csv"),
    }
    monkeypatch.setattr("overview.home.Home.get", lambda *args, **kwargs: 1 / 0)
    answers["500"] = member.get("/")
    for name, response in answers.items():
        if name not in {"301", "download"}:
            assert str(response.status_code) == name[:3], name
        if name == "301":  # not under TLS: a browser would not believe it
            assert (response.status_code, response["Location"]) == (301, f"https://{HOST}/")
            continue
        check(response)
    assert b"ZeroDivisionError" not in answers["500"].content


def _with_csrf_checks(client):
    client.handler.enforce_csrf_checks = True
    return client


def test_style_sheets_are_kept_and_nothing_else(db, production, settings):
    settings.WHITENOISE_USE_FINDERS = True
    answer = production().get("/static/portal/portal.css")
    check(answer, stored=True)
    answer.close()


def test_no_address_is_open_to_other_sites(production, cast):
    """Every address, asked from another site, by somebody who is signed in."""
    client = production(HTTP_ORIGIN="https://evil.example", HTTP_SEC_FETCH_SITE="cross-site")
    client.cookies = signed_in(cast["dss.hq@un.example"]).cookies
    for name, path in addresses():
        response = _with_csrf_checks(client).post(path)
        assert response.status_code == 403 or name in ITS_TOKEN_IS_ITS_PROOF, name
        assert not [header for header in response.headers if header.startswith("Access-Control-")], name
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "X-CSRFToken"}
    answer = client.options("/incidents/report/", headers=preflight)
    assert not [header for header in answer.headers if header.startswith("Access-Control-")]


def test_other_methods_do_nothing(member):
    assert {getattr(member, method)("/incidents/").status_code for method in ("put", "patch", "delete")} == {405}
    assert member.generic("TRACE", "/incidents/").status_code == 405
    answer = member.post("/incidents/", headers={"X-HTTP-Method-Override": "GET"})
    assert answer.status_code == 405


def test_every_cookie_is_for_this_host_only(cast, production):
    client = production()
    client.get("/accounts/login/")
    client.post("/language/", {"language": "fr"})
    client.post("/accounts/login/", {"login": "hq@alba.example", "password": "wrong"})
    client.cookies.update(signed_in(cast["hq@alba.example"]).cookies)
    client.post("/accounts/logout/")
    assert {"__Host-csrf", "__Host-language"} <= set(client.cookies)
    for name, cookie in client.cookies.items():
        if name == "__Host-session" and not cookie["path"]:  # as the test put it there
            continue
        assert name.startswith("__Host-")
        assert (cookie["secure"], cookie["httponly"], cookie["path"], cookie["domain"]) == (True, True, "/", ""), name
        assert cookie["samesite"] == "Lax"


def test_signing_out_is_on_every_page(member):
    for path in ("/", "/incidents/", "/areas/", "/accounts/profile/", "/accounts/sessions/", "/nowhere/"):
        assert 'action="/accounts/logout/"' in member.get(path).content.decode(), path


def test_signing_out_clears_the_browser(member):
    response = member.post("/accounts/logout/")
    assert response["Clear-Site-Data"] == '"cache", "storage"'
    assert member.get("/incidents/").status_code == 302


def test_the_host_header_makes_no_link(production, settings):
    client = production(HTTP_HOST="evil.example")
    assert client.post("/accounts/password/reset/", {"email": "hq@alba.example"}).status_code == 400
    forged = production(HTTP_X_FORWARDED_HOST="evil.example").get("/incidents/")
    assert "evil" not in forged["Location"]
    assert f"https://{HOST}" == settings.SITE_URL
    assert not settings.USE_X_FORWARDED_HOST


@pytest.mark.django_db
@pytest.mark.parametrize(
    "page", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "https:evil.example"]
)
def test_next_leads_to_no_other_site(cast, page, sign_in):
    person = cast["hq@alba.example"]
    for path in ("/accounts/reauthenticate/", "/accounts/login/", "/accounts/logout/"):
        client = sign_in(person)
        response = client.get(path, {"next": page})
        assert "evil" not in response.get("Location", "").partition("?")[0]
        assert f'href="{page}' not in response.content.decode()
        sent = client.post(path, {"next": page, "password": PASSWORD, "code": current_code()})
        assert sent.status_code == 302
        assert re.match(r"/[a-z0-9/]*$", sent["Location"]), sent["Location"]


def test_security_txt_and_robots(client, settings):
    settings.SECURITY_CONTACT = "https://portal.slt.example/report"
    said = client.get("/.well-known/security.txt").content.decode()
    assert "Contact: https://portal.slt.example/report\n" in said
    assert re.search(r"^Expires: \d{4}-\d\d-\d\dT00:00:00Z$", said, re.MULTILINE)
    settings.SECURITY_CONTACT = ""
    assert client.get("/.well-known/security.txt").status_code == 404
    assert client.get("/robots.txt").content == b"User-agent: *\nDisallow: /\n"


def test_nothing_is_left_on_the_web_server_to_browse():
    assert "django.contrib.admin" not in django_settings.INSTALLED_APPS
    client = Client()
    for path in ("/.git/config", "/static/", "/static/../manage.py", "/static/%2e%2e/manage.py", "/data/", "/docs/"):
        assert client.get(path).status_code == 404, path
