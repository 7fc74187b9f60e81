"""What the whole list page costs, through every middleware, against its own template with the same rows at hand; and
the pages that put many rows in order to show a few (home page, desk queue), against the list page.

On the people and incidents of benchmarks.population; a signed-in session, one request at a time, on a kept connection:

    .venv/bin/python -m benchmarks.list_page             # 10,000 incidents
"""

import statistics
import sys
import time
from functools import partial

from benchmarks.population import PERSONS, grow, make_people
from benchmarks.rows import Row, show, throw_away_database

ROUNDS, WARM = 80, 3
LIMIT, MOST_QUERIES = 2.0, 12
FEW_OF_MANY_LIMIT = 8.0
TEMPLATE = "incidents/incident_list.html"


class Visit:
    """The portal's WSGI application, asked by one signed-in person without a network between."""

    def __init__(self, email: str):
        from django.core.wsgi import get_wsgi_application
        from django.test import RequestFactory
        from django.utils import timezone

        from accounts.models import RulesAcknowledgement, User
        from accounts.rules import RULES_VERSION
        from tests.cast import signed_in

        self.user = User.objects.get(email=email)
        _second_factor(self.user)
        RulesAcknowledgement.objects.create(user=self.user, version=RULES_VERSION, at=timezone.now())
        self.application = get_wsgi_application()
        cookies = signed_in(self.user).cookies
        cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())
        self.environ = RequestFactory()._base_environ(HTTP_COOKIE=cookie)

    def get(self, path: str) -> bytes:
        """The page at `path`; anything but a page ends the benchmark."""
        path, _, query = path.partition("?")
        answers = []
        environ = {**self.environ, "PATH_INFO": path, "QUERY_STRING": query}
        body = b"".join(self.application(environ, lambda status, headers: answers.append(status)))
        if not answers[0].startswith("200"):
            raise SystemExit(f"{path}: {answers[0]}")
        return body


def _second_factor(user):
    from allauth.mfa.models import Authenticator

    Authenticator.objects.get_or_create(user=user, type=Authenticator.Type.TOTP, defaults={"data": {}})


def canned(visit: Visit, path: str):
    """A function that renders the page once more from what its view had found, without any question."""
    from django.shortcuts import render
    from django.test.signals import template_rendered
    from django.test.utils import setup_test_environment, teardown_test_environment

    seen = []

    def keep(template, context, **_):
        if template.name == TEMPLATE:
            seen.append(context.flatten())

    setup_test_environment(debug=False)
    template_rendered.connect(keep)
    visit.get(path)
    template_rendered.disconnect(keep)
    teardown_test_environment()  # its templates are slower than those of production
    return lambda: render(seen[0]["request"], TEMPLATE, seen[0])


def in_turn(first, second, rounds: int = ROUNDS) -> tuple[float, float]:
    """The median seconds of both, measured in turn, so that other work on the machine hits both."""
    times = [], []
    for turn in range(rounds + WARM):
        for work, seconds in zip((first, second), times, strict=True):
            began = time.perf_counter()
            work()
            if turn >= WARM:
                seconds.append(time.perf_counter() - began)
    return statistics.median(times[0]), statistics.median(times[1])


def _queries(work) -> int:
    from django.db import connection

    count = [0]

    def counted(execute, *args):
        count[0] += 1
        return execute(*args)

    with connection.execute_wrapper(counted):
        work()
    return count[0]


def measure(size: int) -> list[Row]:
    """The page of a person in a small and in a large organisation, and at the DSS desk, among `size` incidents."""
    from django.conf import settings
    from django.core.signals import request_finished, request_started
    from django.db import close_old_connections

    settings.ALLOWED_HOSTS = ["testserver"]
    for signal in (request_started, request_finished):  # as with CONN_MAX_AGE
        signal.disconnect(close_old_connections)
    rows, label = [], f"{size:,}"
    for name in ("small organisation", "large organisation", "DSS headquarters"):
        visit = Visit(PERSONS[name])
        for what, path in (("list page", "/incidents/"), ("list page, filtered", "/incidents/?category=robbery")):
            template = canned(visit, path)
            if questions := _queries(template):
                raise SystemExit(f"the canned template asked {questions} questions")
            whole, alone = in_turn(lambda at=path, by=visit: by.get(at), template)
            say = f"{what}, {name} ({whole * 1000:.1f} ms)"
            rows.append(Row(say, label, whole / alone, LIMIT, base="its template, canned rows"))
        rows.append(Row(f"queries, {name}", label, _queries(lambda by=visit: by.get("/incidents/")), MOST_QUERIES, ""))
        for what, path in (("home page", "/"), ("desk queue", "/incidents/desk/")):
            if what == "home page" or name.startswith("DSS"):
                many, few = in_turn(lambda at=path, by=visit: by.get(at), partial(visit.get, "/incidents/"), rounds=15)
                say = f"{what}, {name} ({many * 1000:.1f} ms)"
                rows.append(Row(say, label, many / few, FEW_OF_MANY_LIMIT, base="its list page"))
    return rows


def main(size: int) -> None:
    """Build, measure, print."""
    with throw_away_database():
        make_people()
        grow(1, size)
        show(measure(size))


if __name__ == "__main__":
    main(next((int(word) for word in sys.argv[1:] if word.isdigit()), 10_000))
