"""What the whole list page costs, through every middleware, against its own template with the same rows at hand.

On a throw-away PostgreSQL with the cast and 60 incidents; prints medians and their ratio (goal: at most 2):

    .venv/bin/python -m benchmarks.list_page
"""

import os
import statistics
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slt_portal.settings.testing")

ROUNDS = 60


def median_ms(work) -> float:
    for _ in range(5):
        work()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def measure() -> None:
    from django.shortcuts import render
    from django.test import RequestFactory
    from django.test.signals import template_rendered
    from django.test.utils import ContextList

    from tests.cast import make_cast, signed_in
    from tests.factories.incidents import file_report

    cast = make_cast()
    for _ in range(60):
        file_report(cast)
    client = signed_in(cast["io@lake.example"])
    seen = ContextList()

    def keep(sender, template, context, **_):
        if template.name == "incidents/incident_list.html":
            seen.append(context)

    template_rendered.connect(keep)
    client.get("/incidents/")
    template_rendered.disconnect(keep)
    canned = seen[0].flatten()
    request = RequestFactory().get("/incidents/")
    request.user = cast["io@lake.example"]
    request.memberships_in_force = list(cast["io@lake.example"].memberships.select_related("organisation", "area"))
    for membership in request.memberships_in_force:
        membership.is_suspended = False
    page = median_ms(lambda: client.get("/incidents/"))
    template = median_ms(lambda: render(request, "incidents/incident_list.html", canned))
    print(f"whole page {page:.1f} ms, its template with canned rows {template:.1f} ms: {page / template:.2f} x")


def main() -> None:
    import django

    django.setup()
    from django.db import connection
    from django.test.utils import setup_test_environment, teardown_test_environment

    setup_test_environment(debug=False)
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, serialize=False)
    try:
        measure()
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
        teardown_test_environment()


if __name__ == "__main__":
    main()
