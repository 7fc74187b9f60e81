"""People at work on the portal: real sign-ins, then lists, filters, searches, incidents and reports, with pauses.

A process of its own, so that it takes no time of the servers' Python; started by benchmarks.load with one JSON
document on its input. Each person has one connection, as a browser has. Prints what it measured as JSON.
"""

import base64
import hashlib
import hmac
import http.client
import json
import random
import re
import ssl
import struct
import sys
import threading
import time
import urllib.parse
import uuid
from contextlib import suppress

FILTERS = ("category=robbery", "category=abduction", "severity=3", "near_miss=no", "since=2026-01-01", "area=area-7")
WORDS = ("road", "kidnapping", "vehicles stopped", "road kidnapping")
# What people do after a page of the list, of 100 times; only who reports files.
HABITS = (("list", 24), ("filter", 20), ("open", 32), ("search", 14), ("file", 10))
KEPT_ALIVE = 30.0  # seconds
LINK = re.compile(r'<th role="rowheader" scope="row"><a href="(/incidents/[^"]+/)"')
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Failed(Exception):
    """An answer that a person would call an error."""


class Person:
    """Somebody with a browser. `noted` gets (kind, seconds, error or "")."""

    def __init__(self, who: dict, address: str, noted: list, rest: float):
        self.who, self.noted, self.rest = who, noted, rest
        parts = urllib.parse.urlsplit(address)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.line = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=30, context=context)
        self.origin, self.cookies, self.links, self.filed = address, {}, [], []
        self.used = 0.0
        self.chance = random.Random(who["email"])  # the same journey at every run

    def _ask(self, method, path, fields=None) -> tuple[int, str, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        headers |= {"Accept-Language": "en", "Accept-Encoding": "identity"}
        body = None
        if fields is not None:
            body = urllib.parse.urlencode(fields, doseq=True)
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Referer": f"{self.origin}{path}"}
        if time.monotonic() - self.used > KEPT_ALIVE:  # as browsers do: the proxy may have closed it meanwhile
            self.line.close()
        self.used = time.monotonic()
        self.line.request(method, path, body, headers)
        answer = self.line.getresponse()
        text = answer.read().decode()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                cookie, _, crumb = value.partition(";")[0].partition("=")
                self.cookies[cookie] = crumb
        return answer.status, text, answer.getheader("Location", "")

    def timed(self, kind: str, method: str, path: str, fields=None, expected: int = 200) -> tuple[str, str]:
        """One request, noted; its text and where it leads. Raises Failed."""
        began, error = time.perf_counter(), ""
        try:
            status, text, location = self._ask(method, path, fields)
            if status != expected:
                error = f"{status} instead of {expected}: {_said(text)}"
        except (OSError, http.client.HTTPException) as problem:
            error, text, location = repr(problem), "", ""
            self.line.close()
        self.noted.append((kind, time.perf_counter() - began, error))
        if error:
            raise Failed(error)
        return text, location

    def sign_in(self) -> None:
        """Password, then the code of the app."""
        text, _ = self.timed("sign-in page", "GET", "/accounts/login/")
        fields = {"login": self.who["email"], "password": self.who["password"], "csrfmiddlewaretoken": _token(text)}
        _, path = self.timed("password", "POST", "/accounts/login/", fields, expected=302)
        text, _ = self.timed("sign-in page", "GET", path)
        fields = {"code": _code(self.who["secret"]), "csrfmiddlewaretoken": _token(text)}
        _, path = self.timed("code", "POST", path, fields, expected=302)
        self.timed("home", "GET", path)

    def work(self, until: float) -> None:
        """Go through the portal until that moment; an error is noted, and the next thing tried."""
        names, weights = zip(*HABITS, strict=True)
        while time.monotonic() < until:
            kind = self.chance.choices(names, weights)[0]
            with suppress(Failed):  # it is noted
                getattr(self, f"_{kind}")()
            time.sleep(self.chance.uniform(0.5, 1.5) * self.rest)

    def _list(self):
        text, _ = self.timed("list", "GET", "/incidents/")
        self.links = LINK.findall(text) or self.links

    def _filter(self):
        text, _ = self.timed("filter", "GET", f"/incidents/?{self.chance.choice(FILTERS)}")
        self.links = LINK.findall(text) or self.links

    def _search(self):
        self.timed("search", "GET", "/incidents/?" + urllib.parse.urlencode({"q": self.chance.choice(WORDS)}))

    def _open(self):
        if not self.links:
            return self._list()
        return self.timed("open", "GET", self.chance.choice(self.links))

    def _file(self):
        if not self.who["form"]:
            return self._list()
        text, _ = self.timed("form", "GET", "/incidents/report/")
        submission = str(uuid.uuid4())
        fields = {**self.who["form"], "submission": submission, "csrfmiddlewaretoken": _token(text)}
        _, receipt = self.timed("file", "POST", "/incidents/report/", fields, expected=302)
        self.filed.append(submission)
        return self.timed("receipt", "GET", receipt)


def _said(text):
    return " ".join(re.sub(r"<[^>]*>", " ", text.partition("<main")[2] or text).split())[:200]


def _token(text):
    return TOKEN.search(text)[1]


def _code(secret: str) -> str:
    """The six digits of this half minute (RFC 6238)."""
    counter = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def main(asked: dict) -> None:
    """Sign everybody in within `arrive` seconds, then let them work for `seconds`."""
    noted, gate = [], threading.Event()
    persons = [Person(who, asked["url"], noted, asked["rest"]) for who in asked["people"]]
    until = [0.0]

    def life(person, wait):
        time.sleep(wait)
        try:
            person.sign_in()
        except Failed:
            return
        gate.wait()
        person.work(until[0])

    pause = asked["arrive"] / len(persons)
    threads = [threading.Thread(target=life, args=(person, n * pause)) for n, person in enumerate(persons)]
    for thread in threads:
        thread.start()
    time.sleep(asked["arrive"] + 5)
    sign_ins = list(noted)
    noted.clear()
    until[0] = time.monotonic() + asked["seconds"]
    sys.stdout.write("working\n")
    sys.stdout.flush()
    gate.set()
    for thread in threads:
        thread.join()
    filed = [submission for person in persons for submission in person.filed]
    sys.stdout.write(json.dumps({"sign_ins": sign_ins, "noted": noted, "filed": filed}) + "\n")


if __name__ == "__main__":
    main(json.load(sys.stdin))
