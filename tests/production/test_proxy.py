"""The reverse proxy as it is deployed, before a stand-in for the portal that says what reached it."""

import http.client
import json
import os
import re
import socket
import ssl
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from tests import servers
from tests.infrastructure.commands import REPOSITORY, clean_environment, run
from tests.visibility.arguments import ARGUMENTS

from . import machinery

SITE = "https://portal.slt.example"
NOT_OUR_ADDRESS = "203.0.113.7"


class StandIn(BaseHTTPRequestHandler):
    """Answers with what reached it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        size = len(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        text = json.dumps({"path": self.path, "size": size, "headers": self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_POST = do_GET

    def log_message(self, *_arguments):
        self.server.asked += 1


class Proxy:
    """nginx in front of a stand-in."""

    def __init__(self, place: Path):
        self.portal = ThreadingHTTPServer(("127.0.0.1", 0), StandIn)
        self.portal.asked = 0
        threading.Thread(target=self.portal.serve_forever, daemon=True).start()
        self.place, self.http, self.https = place, servers.free_port(), servers.free_port()
        place.mkdir(mode=0o711)
        machinery.make_certificate(place / "certificate", place / "key")
        self.environment = clean_environment(
            PATH=f"{os.environ['PATH']}:/usr/sbin",
            SLT_SITE_URL=SITE,
            SLT_PROXY_HTTP=f"127.0.0.1:{self.http}",
            SLT_PROXY_HTTPS=f"127.0.0.1:{self.https}",
            SLT_PROXY_TO=f"127.0.0.1:{self.portal.server_port}",
            SLT_PROXY_RESOLVER="127.0.0.1",
            SLT_PROXY_CERTIFICATE=str(place / "certificate"),
            SLT_PROXY_KEY=str(place / "key"),
            SLT_PROXY_FOLDER=str(place / "proxy"),
            SLT_PROXY_ON_DISK="yes",  # where there is no memory to spare for a run of the tests
            SLT_PROXY_RATE="2",  # so slow that what came before counts, however fast this machine is
        )
        self.log = place / "log"

    def close(self) -> None:
        """The portal behind it ends."""
        self.portal.shutdown()
        self.portal.server_close()

    def connection(self) -> http.client.HTTPSConnection:
        context = ssl.create_default_context(cafile=self.place / "certificate")
        return http.client.HTTPSConnection("localhost", self.https, context=context, timeout=10)

    def ask(self, path: str, *, method: str = "GET", body: bytes | None = None, **headers: str):
        """Status, headers and text of the answer."""
        connection = self.connection()
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, answer.headers, text

    def reached(self, path: str, **how) -> dict:
        """What the portal got of a request."""
        status, _, text = self.ask(path, **how)
        assert status == 200, text
        return json.loads(text)


@contextmanager
def running(name: str):
    """A proxy until the end of the block."""
    made = Proxy(servers.folder() / f"proxy-{name}-{os.getpid()}")
    janitor = machinery.Janitor(made.place)
    process = servers.launch([REPOSITORY / "deploy/nginx/start"], made.log, cwd=REPOSITORY, env=made.environment)
    janitor.mind(process.pid)
    try:
        servers.wait_for(process, made.log, "nginx", lambda: machinery.listens(made.https))
        yield made
    finally:
        janitor.close()
        process.wait(10)
        made.close()


@pytest.fixture(scope="module")
def proxy():
    """One for all tests that do not tire it."""
    with running("shared") as made:
        yield made


@pytest.fixture
def tired():
    """One of its own for a test that uses its patience up."""
    with running("tired") as made:
        yield made


def test_configuration_has_no_fault(proxy):
    values = proxy.environment | {"SLT_PROXY_FOLDER": str(proxy.place / "check")}
    result = run(str(REPOSITORY / "deploy/nginx/start"), "-t", **values)
    assert result.returncode == 0, result.stderr
    assert "[warn]" not in result.stderr


def test_what_a_client_says_of_itself_is_not_believed(proxy):
    lies = {
        "X_Forwarded_For": NOT_OUR_ADDRESS,
        "X_Forwarded_Proto": "http",
        "X_Forwarded_Host": "evil.example",
        "X_Real_IP": NOT_OUR_ADDRESS,
        "Forwarded": f"for={NOT_OUR_ADDRESS};proto=http",
        "X_Request_ID": "11111111-1111-1111-1111-111111111111",
    }
    got = dict(proxy.reached("/", **lies)["headers"])
    assert got["X-Forwarded-For"] == "127.0.0.1"
    assert got["X-Forwarded-Proto"] == "https"
    assert re.fullmatch("[0-9a-f]{32}", got["X-Request-ID"]), "slt_portal.logs takes any form of a UUID"
    assert not got.keys() & {"X-Forwarded-Host", "X-Forwarded-Port", "X-Real-IP", "Forwarded"}
    assert got["Host"] == f"localhost:{proxy.https}"


def test_underscores_do_not_pass_for_dashes(proxy):
    with socket.create_connection(("localhost", proxy.https), 10) as raw:
        context = ssl.create_default_context(cafile=proxy.place / "certificate")
        with context.wrap_socket(raw, server_hostname="localhost") as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX_Forwarded_Proto: http\r\nConnection: close\r\n\r\n")
            answer = b""
            while piece := client.recv(65536):
                answer += piece
    assert b"200 OK" in answer
    assert b"X_Forwarded_Proto" not in answer


def test_http_leads_to_https_and_nowhere_else(proxy):
    connection = http.client.HTTPConnection("127.0.0.1", proxy.http, timeout=5)
    connection.request("GET", "/accounts/login/?next=/", headers={"Host": "evil.example"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert (answer.status, answer.headers["Location"]) == (308, f"{SITE}/accounts/login/?next=/")


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/readyz?x", "//readyz", "/%72eadyz", "/a/../readyz", "/readyz/"]
)
def test_health_is_asked_from_inside_only(proxy, path):
    before = proxy.portal.asked
    assert proxy.ask(path)[0] == 404
    assert proxy.portal.asked == before


def test_large_bodies_only_where_files_are_taken(proxy):
    largest = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    assert proxy.reached("/incidents/report/", method="POST", body=b"x" * largest)["size"] == largest
    status, headers, text = proxy.ask("/incidents/report/", method="POST", body=b"x" * (largest + 1))
    assert (status, headers["Cache-Control"]) == (413, "no-store")
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert "Nothing was saved" in text


@pytest.mark.parametrize("name", settings.UPLOAD_PATHS)
def test_files_of_the_size_the_portal_takes(proxy, name):
    path = reverse(name, kwargs=ARGUMENTS.get(name))
    size = settings.UPLOAD_PATHS[name] + 64 * 1024
    assert proxy.reached(path, method="POST", body=b"x" * size)["size"] == size
    assert proxy.ask(path, method="POST", body=b"x" * (12 * 1024 * 1024))[0] == 413


def test_a_slow_line_takes_no_thread_of_the_portal(proxy):
    before = proxy.portal.asked
    connection = proxy.connection()
    connection.putrequest("POST", "/incidents/report/")
    connection.putheader("Content-Length", "20000")
    connection.endheaders()
    connection.send(b"x" * 10_000)
    time.sleep(0.2)
    assert proxy.portal.asked == before, "half a request is not passed on"
    connection.send(b"x" * 10_000)
    assert json.loads(connection.getresponse().read())["size"] == 20_000
    connection.close()
    kept = [path for path in (proxy.place / "proxy").rglob("*") if path.is_file()]
    assert {path.name for path in kept} <= {"nginx.conf", "nginx.pid"}, "nothing stays of what was sent"


def test_an_office_behind_one_address_works_and_a_flood_does_not(tired):
    connection, last = tired.connection(), None

    def answered(how_often, *request):
        nonlocal last
        for number in range(how_often):
            connection.request(*request)
            answer = connection.getresponse()
            last = answer.read().decode()
            if answer.status == 429:
                return number
        return how_often

    assert 150 <= answered(160, "POST", "/accounts/login/", b"password=x") < 155, "50 people sign in within a minute"
    assert answered(20, "GET", "/accounts/login/") == 20, "the page itself still opens"
    assert 200 <= answered(800, "GET", "/") < 400, "what is left of 400: 50 people open a page of 8 parts at once"
    assert "Too many requests" in last
    connection.close()


def test_a_portal_that_does_not_answer_is_said_in_two_languages(tired):
    tired.close()
    status, headers, text = tired.ask("/incidents/SLT-2026-0001/")
    assert (status, headers["Content-Type"]) == (502, "text/html; charset=utf-8")
    assert "Wait a minute" in text
    assert "Attendez une minute" in text
    deadline = time.monotonic() + 5
    while not tired.log.read_text().strip() and time.monotonic() < deadline:
        time.sleep(0.02)  # nginx answers first and logs then
    line = json.loads(tired.log.read_text().strip().splitlines()[-1])
    assert (line["status"], line["method"]) == (502, "GET")
    assert "SLT-2026" not in tired.log.read_text(), "no reference in a log"
    assert "127.0.0.1" not in str(line)
