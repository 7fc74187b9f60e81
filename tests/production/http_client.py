"""Django's test client over real HTTP, as far as tests.journeys.visitor needs it: the same pages, another portal."""

import ssl
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from http.cookiejar import CookieJar

from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from .visitor import session_cookie

REDIRECTS = {301, 302, 303, 307, 308}
SECONDS = 60


@dataclass
class Answer:
    """What came back, and over which addresses."""

    status_code: int
    headers: dict
    content: bytes
    redirect_chain: list[tuple[str, int]] = field(default_factory=list)

    def __getitem__(self, header: str) -> str:
        return self.headers[header]


class _Stays(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments):
        return None


class HttpClient:
    """Somebody's browser at the installation at `url`; `session` is their cookie as (name, value)."""

    def __init__(self, url: str, session: tuple[str, str] | None = None, **headers: str):
        self.url, self.headers = url, headers
        jar, context = CookieJar(), ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if session:
            jar.set_cookie(session_cookie(*session, urllib.parse.urlsplit(url)))
        secure, cookies = urllib.request.HTTPSHandler(context=context), urllib.request.HTTPCookieProcessor(jar)
        self._opener = urllib.request.build_opener(secure, cookies, _Stays())

    def get(self, path: str, data: dict | None = None, *, follow: bool = False) -> Answer:
        """Open an address, with `data` as its query."""
        query = f"?{urllib.parse.urlencode(data, doseq=True)}" if data else ""
        return self._followed(self._ask(f"{path}{query}"), follow)

    def post(self, path: str, data: dict, *, follow: bool = False) -> Answer:
        """Send a form, with files or without."""
        given = {name: value for name, value in data.items() if value is not None}
        body = encode_multipart(BOUNDARY, given)
        return self._followed(self._ask(path, body, {"Content-Type": MULTIPART_CONTENT}), follow)

    def _followed(self, answer, follow):
        chain = []
        while follow and answer.status_code in REDIRECTS:
            place = urllib.parse.urljoin(f"{self.url}{chain[-1][0] if chain else '/'}", answer["Location"])
            chain.append((place.removeprefix(self.url), answer.status_code))
            answer = self._ask(chain[-1][0].partition("#")[0])
        answer.redirect_chain = chain
        return answer

    def _ask(self, path, body=None, headers=None):
        given = {"Referer": f"{self.url}/", "Origin": self.url, **self.headers, **(headers or {})}
        request = urllib.request.Request(f"{self.url}{path}", body, given)
        try:
            with self._opener.open(request, timeout=SECONDS) as answer:
                return Answer(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), error.read())
