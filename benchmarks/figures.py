"""What figures and cases cost at 10,000 and many more incidents with 5,000 feedback cases: counting all figures against
a bare GROUP BY of the same table, reading them for a dashboard, looking for the own reports of an organisation that has
none against the newest reports without a rule, and the list of cases against the list without a rule.

Of few incidents most of the time goes into publishing quarters and into figures of other tables, which do not grow with
incidents: the ratios fall with the size, and so do their limits. The worker counts all of them each quarter of an hour.

On the people and incidents of benchmarks.population and the cast of the tests:

    .venv/bin/python -m benchmarks.figures               # 100,000 incidents
    .venv/bin/python -m benchmarks.figures 1000000
"""

import random
import sys
import uuid
from datetime import timedelta

from benchmarks.list_page import in_turn
from benchmarks.population import grow, make_people
from benchmarks.rows import Row, show, throw_away_database

SMALL, CASES, ROUNDS = 10_000, 5_000, 9
CHAIR, MEMBER, FOCAL_POINT = "dss.chair@un.example", "wg@icva.example", "hq@alba.example"
LARGE = 1_000_000
# Times the bare GROUP BY: with 100,000 incidents, and with LARGE. With fewer they are missed, and say nothing.
ONE_FIGURE, ALL_FIGURES = (12.0, 3.0), (80.0, 20.0)
READ_GROWTH, OWN_LIMIT, LIST_LIMIT, MOST_QUERIES = 1.3, 10.0, 3.0, 12
BARE = "SELECT quarter, area_id, COUNT(*) FROM incidents_reportcodes GROUP BY 1, 2"


def make_cases(cast) -> None:
    """So many cases of three years, half of them closed, with their history and with grants for who handles them; in
    one of twenty somebody is concerned who handles the others. As rows: nobody can open their texts."""
    from django.db import connection

    from documents.models import DataKey
    from feedback.models import Case, CaseGrant, CaseStep, Concerned
    from notifications.models import Subject
    from tests.factories.feedback import a_case

    chance, why = random.Random(7), "benchmark"
    with connection.cursor() as cursor:  # the incidents have the keys from 1 on
        cursor.execute("SELECT setval(pg_get_serial_sequence('documents_datakey', 'id'), 100000000)")
    first = a_case(cast, "handling")
    grants = list(CaseGrant.objects.for_system(why).filter(content_object=first))
    keys = DataKey.objects.bulk_create(DataKey(wrapped=b"x") for _ in range(CASES))
    subjects = Subject.objects.bulk_create(Subject() for _ in range(CASES))
    kept = {field.attname: getattr(first, field.attname) for field in Case._meta.concrete_fields}
    cases = []
    for number, (key, subject) in enumerate(zip(keys, subjects, strict=True)):
        filed = first.filed_at - timedelta(minutes=300 * number)
        closed = {"state": "closed", "outcome": "resolved", "closed_at": filed + timedelta(days=40), "due_at": None}
        own = {"id": None, "ref": f"FBK-B{number:06}", "uid": uuid.uuid4(), "submission": uuid.uuid4()}
        own |= {"data_key_id": key.pk, "subject_id": subject.pk}
        own |= {"filed_at": filed, "handed_over_at": filed + timedelta(days=3)}
        cases.append(Case(**{**kept, **own, **(closed if number % 2 else {})}))
    Case.objects.bulk_create(cases, batch_size=1000)
    steps = [
        CaseStep(case=case, state=state, by=first.sender, at=case.filed_at + timedelta(days=days))
        for case in cases
        for state, days in (("received", 0), ("handling", 3), ("closed", 40))
        if state != "closed" or case.state == "closed"
    ]
    CaseStep.objects.bulk_create(steps, batch_size=2000)
    CaseGrant.objects.bulk_create(
        (
            CaseGrant(permission=row.permission, user=row.user, content_object=case, principal=row.principal)
            for case in cases
            for row in grants
        ),
        batch_size=2000,
    )
    Concerned.objects.bulk_create(
        Concerned(case=case, user=chance.choice(grants).user) for case in cases if chance.random() < 0.05
    )


def _counting(number: int) -> list[Row]:
    """The figures on incidents, one by one and all figures together, against a bare GROUP BY."""
    from django.db import connection
    from django.utils import timezone

    from overview.figures.registry import all_figures
    from overview.figures.stored import count_one

    def bare():
        with connection.cursor() as cursor:
            cursor.execute(BARE)
            return cursor.fetchall()

    now, rows, size, is_large = timezone.now(), [], f"{number:,}", number >= LARGE
    for figure in all_figures():
        if figure.code.startswith("incidents."):
            one, alone = in_turn(lambda figure=figure: count_one(figure, now), bare, rounds=ROUNDS)
            what = f"{figure.code} ({1000 * one:.0f} ms)"
            rows.append(Row(what, size, one / alone, ONE_FIGURE[is_large], base="bare GROUP BY"))
    every, alone = in_turn(lambda: [count_one(figure, now) for figure in all_figures()], bare, rounds=3)
    what = f"all {len(all_figures())} figures ({1000 * every:.0f} ms)"
    return [*rows, Row(what, size, every / alone, ALL_FIGURES[is_large], base="bare GROUP BY")]


def _reading(cast, size: str) -> tuple[list[Row], float]:
    """The dashboard's figures for a member of the Committee: queries, and seconds against the bare table of them."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse

    from overview.figures.registry import all_figures
    from overview.figures.stored import shown
    from overview.models import StoredFigure
    from sharing.access import access_of
    from tests.cast import signed_in

    access = access_of(cast[CHAIR])
    codes = [figure.code for figure in all_figures() if figure.on_dashboard]
    read, bare = in_turn(lambda: shown(access, codes), lambda: list(StoredFigure.objects.all()), rounds=40)
    client = signed_in(cast[CHAIR])
    path = reverse("overview:dashboard")
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(path)
    if response.status_code != 200:
        raise SystemExit(f"{path}: {response.status_code}")
    return [Row("dashboard, queries", size, len(queries), MOST_QUERIES, "queries")], read / bare


def _own(cast, size: str) -> Row:
    """The newest reports of an organisation that has none, for its focal point's dashboard: nothing ends the search."""
    from incidents.models import IncidentRelease
    from overview.dashboard_own import SHOWN, own_reports
    from sharing.access import access_of

    access = access_of(cast[FOCAL_POINT])
    free = IncidentRelease.objects.for_system("benchmark").with_release().by_date(oldest_first=False)
    one, alone = in_turn(lambda: own_reports(access), lambda: list(free.all()[:SHOWN]))
    return Row(
        f"own reports where there are none ({1000 * one:.1f} ms)", size, one / alone, OWN_LIMIT, base="unfiltered"
    )


def _listing(cast) -> list[Row]:
    """The newest page of cases of a member of the Working Group."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from feedback.models import Case
    from sharing.access import access_of

    access = access_of(cast[MEMBER])
    ruled = Case.objects.visible_to(access).order_by("-filed_at")
    free = Case.objects.for_system("benchmark").order_by("-filed_at")
    with CaptureQueriesContext(connection) as queries:
        found = list(ruled[:25])
    if len(found) < 25:
        raise SystemExit("the list of cases is not full")
    one, alone = in_turn(lambda: list(ruled.all()[:25]), lambda: list(free.all()[:25]))
    label = f"{CASES:,} cases"
    what = f"newest cases, Working Group ({1000 * one:.1f} ms)"
    return [
        Row(what, label, one / alone, LIST_LIMIT, base="unfiltered"),
        Row("newest cases, queries", label, len(queries), 1, "queries"),
    ]


def measure(size: int) -> list[Row]:
    """Build, measure at few and at many incidents."""
    from tests.cast import make_cast
    from tests.factories.partnership import bodies

    cast = make_cast()
    bodies(cast)
    make_people()
    make_cases(cast)
    grow(1, SMALL)
    _counting(SMALL)
    _, before = _reading(cast, f"{SMALL:,}")
    grow(SMALL + 1, size)
    label = f"{size:,}"
    rows = _counting(size)
    found, after = _reading(cast, label)
    growth = Row("figures read, of their bare table", label, after / before, READ_GROWTH, base=f"at {SMALL:,}")
    return [*rows, *found, growth, _own(cast, label), *_listing(cast)]


def main(size: int) -> None:
    """Build, measure, print."""
    with throw_away_database():
        show(measure(size))


if __name__ == "__main__":
    main(next((int(word) for word in sys.argv[1:] if word.isdigit()), 100_000))
