"""The whole of production as processes: from signing in over HTTPS to the mail that a worker has sent."""

import re
import ssl
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPMessage
from http.cookiejar import CookieJar

import psycopg2
import pytest

from audit.triggers import append_only_tables
from demo.actions import PASSWORD, current_code
from tests.audit.test_roles import REFUSED, REFUSED_ANYWHERE
from tests.infrastructure.commands import REPOSITORY
from tests.infrastructure.test_serve import wait_until
from tests.notifications.post_office import PostOffice, post_office

from .aftermath import ask
from .stack import PORTAL, Stack

ALBA, BENU = "field@alba.example", "field@benu.example"
CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Browser:
    """Opens pages and sends forms over HTTPS as a person's browser would."""

    def __init__(self, stack: Stack):
        self.url, self.cookies = stack.url, CookieJar()
        context = ssl.create_default_context(cafile=stack.certificate)
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=context), urllib.request.HTTPCookieProcessor(self.cookies)
        )

    def open(self, path: str, fields: dict | None = None, **headers: str) -> tuple[str, HTTPMessage, bytes]:
        """Where it led, the headers and the content."""
        url = f"{self.url}{path}"
        data = urllib.parse.urlencode(fields, doseq=True).encode() if fields is not None else None
        with self._opener.open(urllib.request.Request(url, data, {"Referer": url, **headers}), timeout=30) as answer:
            return answer.url.removeprefix(self.url), answer.headers, answer.read()

    def send(self, path: str, fields: dict) -> str:
        """Open the page, fill its form in and send it; where that led."""
        token = CSRF.search(self.open(path)[2].decode())[1]
        return self.open(path, {**fields, "csrfmiddlewaretoken": token})[0]


@pytest.mark.slow
def test_a_report_travels_through_every_process(tmp_path):
    with post_office(PostOffice()) as (office, port), Stack(tmp_path, smtp_port=port) as stack:
        form = ask(stack, "sign_in", ALBA, "alba", "south-sudan")["form"]
        browser = Browser(stack)

        _, headers, page = browser.open("/accounts/login/")
        _check_headers(headers)
        _check_style(browser, page.decode())

        assert browser.send("/accounts/login/", {"login": ALBA, "password": PASSWORD}) == "/accounts/2fa/authenticate/"
        assert browser.send("/accounts/2fa/authenticate/", {"code": current_code()}) == "/"
        cookies = {cookie.name: cookie for cookie in browser.cookies}
        assert cookies.keys() == {"__Host-session", "__Host-csrf"}
        assert all(one.secure and one.has_nonstandard_attr("HttpOnly") for one in cookies.values())

        assert browser.send("/incidents/report/", form).endswith("/receipt/")
        wait_until(lambda: BENU in {mail["To"] for mail in office.accepted}, seconds=20)
        assert {row[0] for row in stack.sql("SELECT state FROM notifications_message")} <= {"sent", "sending", "queued"}

        _check_database(stack)
        for name in PORTAL:
            assert stack.processes[name].poll() is None, stack.said(name)
            assert "Traceback" not in stack.said(name)
        for name, folder in (("web", "data"), ("beat", "beat")):
            values = stack.environment | {"SLT_DATA_DIR": str(stack.folder / folder)}
            subprocess.run([REPOSITORY / "deploy/healthy", name], env=values, check=True, timeout=20)


def _check_headers(headers):
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "no-store" in headers["Cache-Control"]
    assert headers["Server"] == "nginx", "no version, and nothing of what is behind it"
    (cookie,) = headers.get_all("Set-Cookie")
    assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie.split("; "))
    assert cookie.startswith("__Host-csrf=")


def _check_style(browser, page):
    path = re.search(r'href="(/static/[^"]+\.css)"', page)[1]
    _, headers, _ = browser.open(path, **{"Accept-Encoding": "br"})
    assert headers["Content-Encoding"] == "br"
    assert "immutable" in headers["Cache-Control"]


def _check_database(stack):
    """What is refused to the application is refused at the real door as well."""
    asked = [statement.format(table=table) for table in append_only_tables() for statement in REFUSED]
    connection = stack.connect()
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in [*asked, *REFUSED_ANYWHERE, "SET ROLE slt_owner"]:
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(statement)
    connection.close()
    assert "permission denied" not in stack.log("postgresql").read_text(), "its log quotes nothing that was refused"
    owners = stack.sql("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
    assert owners == [("slt_owner",)]
