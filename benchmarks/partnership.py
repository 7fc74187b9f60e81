"""What the lists of partnership cost with 1,000 applications and registered organisations, against the same pages with
sixty, which fill a page as well; and how many queries they ask.

.venv/bin/python -m benchmarks.partnership
"""

from statistics import median
from time import perf_counter

from benchmarks.rows import Row, show, throw_away_database

FEW, MIDDLE, MANY, ROUNDS = 10, 60, 1000, 9
LIMIT, MOST_QUERIES = 2.0, 12  # a page shows 50 rows at most: 1,000 may not cost more than 60
PAGES = {
    "applications": ("wg@icva.example", "/partnership/applications/"),
    "queue of DSS headquarters": ("dss.hq@un.example", "/partnership/"),
    "queue of the Working Group": ("wg@icva.example", "/partnership/"),
    "decisions": ("dss.chair@un.example", "/decisions/"),
    "global register": ("dss.hq@un.example", "/partnership/register/"),
    "area register": ("dss.field@un.example", "/partnership/register/areas/south-sudan/"),
    "suspensions": ("dss.hq@un.example", "/partnership/suspensions/"),
}


def measure() -> list[Row]:
    """Each page with few rows and with many: milliseconds in process, and queries."""
    from tests.cast import make_cast, signed_in
    from tests.factories.partnership import bodies

    cast = make_cast()
    bodies(cast)
    clients = {person: signed_in(cast[person]) for person, _ in PAGES.values()}
    _fill(cast, FEW)
    few = {name: _page(clients[person], path) for name, (person, path) in PAGES.items()}
    _fill(cast, MIDDLE)
    middle = {name: _page(clients[person], path) for name, (person, path) in PAGES.items()}
    _fill(cast, MANY)
    rows = []
    for name, (person, path) in PAGES.items():
        seconds, queries = _page(clients[person], path)
        assert queries == few[name][1] == middle[name][1], (name, few[name], middle[name], queries)
        rows.append(
            Row(f"{name}, {MANY:,}", f"{1000 * seconds:.0f} ms", seconds / middle[name][0], LIMIT, base="60 rows")
        )
        rows.append(Row(f"{name}, queries", f"{FEW} to {MANY:,}", queries, MOST_QUERIES, "queries"))
    return rows


def _fill(cast, wanted: int) -> None:
    """So many organisations, each with an application in some state, a place in both registers, a decision, or a
    suspension."""
    from django.utils import timezone

    from notifications.models import Subject
    from organisations.models import Organisation, Standing
    from partners.models import Basis
    from tests.factories.partnership import a_decision, a_suspension, an_application, bodies

    committee, _ = bodies(cast)
    states = ("submitted", "questioned", "recommended", "approved", "concluding", "refused")
    for number in range(Organisation.objects.filter(name__startswith="Bench ").count(), wanted):
        organisation = Organisation.objects.create(kind="ingo", name=f"Bench {number:04}", acronym=f"B{number}")
        cast.organisations["bench"] = organisation
        an_application(cast, states[number % len(states)], key="bench")
        for area, kind in ((None, "partner"), (cast.areas["south-sudan"], "active")):
            standing = Standing.objects.create(
                organisation=organisation, kind=kind, area=area, starts_at=timezone.now()
            )
            Basis.objects.create(standing=standing, route="dss", subject=Subject.objects.create())
        if number % 3 == 0:
            a_decision(cast, body=committee, concerns=organisation, question="partners.suspension", proposal="suspend")
            row = a_suspension(cast, "committee", key="bench", area=None)
            row.decision = a_decision(cast, body=committee, question="partners.suspension", proposal="suspend")
            row.save(update_fields=["decision"])


def _page(client, path) -> tuple[float, int]:
    """The median of its seconds, and its queries."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(path)
    taken = []
    for _ in range(ROUNDS):
        began = perf_counter()
        response = client.get(path)
        taken.append(perf_counter() - began)
        assert response.status_code == 200, path
    with CaptureQueriesContext(
        connection,
    ) as asked:
        client.get(path)
    return median(taken), len(asked)


if __name__ == "__main__":
    with throw_away_database():
        show(measure())
