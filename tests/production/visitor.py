"""Somebody in front of an installation: opens pages and sends forms over real HTTP, and tries again as people do."""

import http.client
import re
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import Cookie, CookieJar

FIRST_WAIT = 0.3


class Visitor:
    """A signed-in browser without pictures; trusts the self-signed certificate of tests."""

    def __init__(self, url: str, session: dict):
        self.url, self.form = url, session["form"]
        self.jar = CookieJar()
        self.jar.set_cookie(session_cookie(session["name"], session["value"], urllib.parse.urlsplit(url)))
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self._open = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self.jar), urllib.request.HTTPSHandler(context=context)
        )

    def get(self, path: str, timeout: float = 10) -> str:
        """The text of a page. Raises OSError or HTTPException when there is none."""
        with self._open.open(f"{self.url}{path}", timeout=timeout) as answer:
            return answer.read().decode()

    def post(self, path: str, fields: dict, timeout: float = 10) -> tuple[str, str]:
        """Send a form; the address and the text of the page that follows."""
        self.get(path, timeout)  # for the CSRF cookie
        token = next(cookie.value for cookie in self.jar if cookie.name.endswith("csrf") or cookie.name == "csrftoken")
        data = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": token}, doseq=True).encode()
        request = urllib.request.Request(f"{self.url}{path}", data, headers={"Referer": f"{self.url}{path}"})
        with self._open.open(request, timeout=timeout) as answer:
            return answer.url, answer.read().decode()

    def report(self, submission: str, *, seconds: float = 90, **changes) -> str:
        """File a report, and press *Send* again until there is a receipt: its address. It is one incident even so."""
        deadline, wait = time.monotonic() + seconds, FIRST_WAIT
        while True:
            try:
                url, page = self.post("/incidents/report/", {**self.form, "submission": submission, **changes})
                if "/incidents/report/" not in url:
                    return url
                said = re.sub(r"\s+|<[^>]*>", " ", page.partition("<main")[2])[:500]
            except (OSError, http.client.HTTPException, urllib.error.URLError) as error:
                said = repr(error)
            assert time.monotonic() < deadline, f"no receipt in time: {said}"
            time.sleep(wait)
            wait = min(2 * wait, 3.0)


def session_cookie(name, value, address):
    """A cookie as the portal at `address` (split) would have set it."""
    host = address.hostname if "." in address.hostname else f"{address.hostname}.local"
    return Cookie(
        0,
        name,
        value,
        None,
        False,
        host,
        False,
        False,
        "/",
        True,
        address.scheme == "https",
        None,
        True,
        None,
        None,
        {},
    )
