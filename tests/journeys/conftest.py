"""A browser for journeys: one for the whole run, a context per person, and an ear for everything it complains about."""

import gzip
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import time_machine
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from accounts.models import User
from tests.cast import Cast, make_cast, signed_in
from tests.factories.partnership import bodies

from .visitor import START

PHONE = {"width": 360, "height": 780}
DESK = {"width": 1280, "height": 900}
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium."""
    with pytest.MonkeyPatch.context() as patch:
        # Playwright keeps an event loop in this thread; Django would otherwise refuse to ask the database here.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with sync_playwright() as playwright:
            program = os.environ.get("CHROMIUM", "/usr/bin/chromium")
            browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
            yield browser
            browser.close()


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory) -> Path:
    """Where pictures go: SLT_SCREENSHOTS if somebody wants to look at them."""
    folder = Path(os.environ.get("SLT_SCREENSHOTS") or tmp_path_factory.mktemp("screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@dataclass
class Tab:
    """A page of one person's browser, with what it loaded and what it complained about."""

    page: Page
    site: str
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    weights: dict[str, int] = field(default_factory=dict)

    def __post_init__(self):
        self.page.on("console", lambda said: self._complain(said.text) if said.type in {"error", "warning"} else None)
        self.page.on("pageerror", lambda error: self._complain(str(error)))
        self.page.on("requestfailed", lambda request: self._complain(f"{request.failure}: {request.url}"))
        self.page.on("request", lambda request: self.asked.append(request.url))

    def go(self, path: str, status: int = 200) -> Page:
        """Open an address; the answer must have this status."""
        self.asked.clear()
        answer = self.page.goto(self.site + path, wait_until="load")
        assert answer.status == status, path
        self.weights[answer.url] = len(gzip.compress(answer.body(), 6))
        return self.page

    def press(self, selector: str) -> Page:
        """Click what leads to another page, and wait for that page: a click alone may return before it has come."""
        with self.page.expect_navigation(wait_until="load"):
            self.page.click(selector)
        return self.page

    @property
    def path(self) -> str:
        """Where it is now."""
        return self.page.url.removeprefix(self.site)

    @property
    def bytes_over_the_wire(self) -> int:
        """What the last page and everything it needs weigh, compressed as in production."""
        return sum(map(self._weight, set(self.asked)))

    def _weight(self, url):
        """Asked for once more but for the page: a browser gives no body away that it had in its cache."""
        if url not in self.weights:
            self.weights[url] = len(gzip.compress(self.page.request.get(url).body(), 6))
        return self.weights[url]

    def is_wider_than_the_screen(self) -> bool:
        """Whether one has to scroll sideways."""
        return self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")

    def _complain(self, text):
        # Pages asked for on purpose that do not exist, and what a click interrupted.
        if "the server responded with a status of 4" not in text and "ERR_ABORTED" not in text:
            self.complaints.append(text)


@pytest.fixture
def cast(live_server, settings):
    """Everybody, in the database that the live server reads; links in mails lead there."""
    settings.SITE_URL = live_server.url
    return make_cast()


@pytest.fixture
def people(db) -> Cast:
    """Everybody without a browser, reading English, with the seats of the bodies."""
    made = make_cast()
    User.objects.update(language="en")
    bodies(made)
    return made


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """A clock that stands still until it is moved."""
    with time_machine.travel(START, tick=False) as clock:
        yield clock


@pytest.fixture
def open_tab(browser, live_server) -> Iterator:
    """A function that opens a tab for a user, or for a stranger, on a phone unless told otherwise."""
    opened: list[tuple[BrowserContext, Tab]] = []

    def tab(user: User | None = None, *, viewport=PHONE, **options) -> Tab:
        context = browser.new_context(viewport=viewport, **options)
        context.set_default_timeout(10_000)
        if user is not None:
            cookie = signed_in(user).cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        made = Tab(context.new_page(), live_server.url)
        opened.append((context, made))
        return made

    yield tab
    complaints = [complaint for _, made in opened for complaint in made.complaints]
    for context, _ in opened:
        context.close()
    assert complaints == []
