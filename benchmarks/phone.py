"""What a phone on a bad line needs to report an incident: bytes, requests, seconds (360 px, 35 kB/s, 400 ms).

Real Chromium with the line throttled, on a throw-away PostgreSQL with the cast; answers are compressed as the proxy in
front of the portal does it. Not counted: opening the connection (TCP and TLS) and signing in.

    .venv/bin/python -m benchmarks.phone
"""

import gzip
import os
import sys
import threading
import time
from dataclasses import dataclass, field

from benchmarks.rows import Row, show, throw_away_database

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright keeps an event loop in this thread

PHONE = {"width": 360, "height": 780}
LINE = {"offline": False, "latency": 400, "downloadThroughput": 35_000, "uploadThroughput": 35_000}
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"]
ROUNDS, MOST_BYTES = 2, 50_000
SEND = "main form[data-watch] button.button-primary"


def compressed(application):
    """The WSGI application as it is seen through a proxy that compresses."""

    def answer(environ, start_response):
        head = []
        chunks = application(environ, lambda *args: head.append(args))
        body = gzip.compress(b"".join(chunks), 6)
        if hasattr(chunks, "close"):
            chunks.close()
        status, headers, *_ = head[0]
        headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
        if status.split()[0] not in {"204", "304"}:
            headers += [("Content-Encoding", "gzip"), ("Content-Length", str(len(body)))]
        if environ["PATH_INFO"].startswith("/static/"):
            headers.append(("Cache-Control", "max-age=31536000, immutable"))
        start_response(status, headers)
        return [body]

    return answer


class Server:
    """The portal on a free port, in threads."""

    def __enter__(self) -> str:
        from django.contrib.staticfiles.handlers import StaticFilesHandler
        from django.core.handlers.wsgi import WSGIHandler
        from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

        class Quiet(WSGIRequestHandler):
            def log_message(self, *args):
                pass

        self.server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
        self.server.set_app(compressed(StaticFilesHandler(WSGIHandler())))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}"

    def __exit__(self, *error):
        self.server.shutdown()
        self.server.server_close()


@dataclass
class Line:
    """What goes over the line of one page, as Chromium counts it: answers with their headers, and requests."""

    down: int = 0
    up: int = 0
    last: int = 0
    asked: list[str] = field(default_factory=list)

    def listen(self, session) -> None:
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", LINE)
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.requestServedFromCache", self._had)
        session.on("Network.requestWillBeSentExtraInfo", self._sent)
        session.on("Network.loadingFinished", self._arrived)

    def _asked(self, event):
        if not event["request"]["url"].startswith("data:"):
            self.asked.append(event["requestId"])
            self.up += len(event["request"].get("postData", ""))

    def _had(self, event):
        if event["requestId"] in self.asked:
            self.asked.remove(event["requestId"])

    def _sent(self, event):
        self.up += sum(len(name) + len(value) + 4 for name, value in event["headers"].items())

    def _arrived(self, event):
        self.down += int(event["encodedDataLength"])

    def since(self) -> str:
        """What went over it since the last time this was asked, in words."""
        self.last = self.down
        words = f"{self.down:6} bytes down, {self.up:5} up, {len(self.asked)} requests"
        self.down, self.up, self.asked = 0, 0, []
        return words


def report(context, site: str) -> tuple[list[str], int]:
    """File one report in a new tab; returns what each step took, and the bytes of the form with all it needs."""
    page, line = context.new_page(), Line()
    line.listen(context.new_cdp_session(page))
    start = time.perf_counter()
    page.goto(f"{site}/incidents/report/", wait_until="commit", timeout=60_000)
    page.fill("#id_what", "Two vehicles were stopped near Torit by armed men.")
    typable = time.perf_counter() - start
    page.wait_for_load_state("load")
    loaded = time.perf_counter() - start
    steps = [f"can be typed in after {typable:.1f} s, complete after {loaded:.1f} s: {line.since()}"]
    form = line.last
    start = time.perf_counter()
    with page.expect_response("**/drafts/keep/"):
        page.check("input[name=time_precision][value=not_sure]")
    steps.append(f"kept as a draft {time.perf_counter() - start:.1f} s after the last key: {line.since()}")
    start = time.perf_counter()
    page.click(SEND, no_wait_after=True)
    page.wait_for_url("**/receipt/", wait_until="load", timeout=60_000)
    steps.append(f"receipt {time.perf_counter() - start:.1f} s after Send: {line.since()}")
    page.close()
    return steps, form


def measure() -> list[Row]:
    """Two people report twice each; says on standard error what each step took."""
    from playwright.sync_api import sync_playwright

    from tests.cast import make_cast, signed_in

    first_loads = []
    cookie = signed_in(make_cast()["field@alba.example"]).cookies["sessionid"].value
    with Server() as site, sync_playwright() as playwright:
        program = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        for number in range(ROUNDS):
            context = browser.new_context(viewport=PHONE)
            context.add_cookies([{"name": "sessionid", "value": cookie, "url": site}])
            for visit in ("first visit", "second visit"):
                steps, form = report(context, site)
                first_loads += [form] if visit == "first visit" else []
                for step in steps:
                    sys.stderr.write(f"round {number + 1}, {visit}: {step}\n")
            context.close()
        browser.close()
    return [Row("report form, first load, all requests", "360 px", max(first_loads), MOST_BYTES, "bytes")]


def main() -> None:
    """Build, measure, print."""
    import django

    django.setup()
    from django.test.utils import setup_test_environment, teardown_test_environment

    setup_test_environment(debug=False)
    try:
        with throw_away_database():
            show(measure())
    finally:
        teardown_test_environment()


if __name__ == "__main__":
    main()
