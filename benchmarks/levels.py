"""What the levels cost with 250 areas and 40 years of decisions: the pages of the world, of an area, of the reviews;
"on a day that is gone" against "today"; the list as PDF against a bare write_pdf of the same HTML.

.venv/bin/python -m benchmarks.levels
"""

import gzip
import random
from datetime import timedelta

from benchmarks.list_page import in_turn
from benchmarks.pdf import compared
from benchmarks.rows import Row, show, throw_away_database

AREAS, YEARS, ROUNDS = 250, 40, 9
ON_A_DAY, MOST_QUERIES, MOST_BYTES = 1.5, 12, 100_000
PDF_BYTES = 60_000
HQ, GROUP, PARTNER = "dss.hq@un.example", "wg@icva.example", "hq@alba.example"
PAGES = {
    "world, today": (PARTNER, "/levels/"),
    "world, 20 years ago": (PARTNER, "/levels/?on=2006-05-17"),
    "world, 39 years ago": (PARTNER, "/levels/?on=1987-05-17"),
    "area": (PARTNER, "/levels/areas/south-sudan/"),
    "reviews": (GROUP, "/levels/reviews/"),
    "consistency": (GROUP, "/levels/consistency/"),
    "tasks": (HQ, "/levels/tasks/"),
    "who is there, all areas": (HQ, "/coordination/"),
}


def measure() -> list[Row]:
    """Queries, bytes and ratios."""
    from django.core.management import call_command

    from tests.cast import make_cast, signed_in
    from tests.factories.partnership import bodies

    cast = make_cast()
    bodies(cast)
    call_command("load_areas", verbosity=0)
    _fill(cast)
    clients = {person: signed_in(cast[person]) for person, _path in PAGES.values()}
    rows = []
    for name, (person, path) in PAGES.items():
        body, queries = _page(clients[person], path)
        rows.append(Row(f"{name}, queries", f"{AREAS} areas", queries, MOST_QUERIES, "queries"))
        rows.append(
            Row(f"{name}, as sent (gzip)", f"{len(body):,} plain", len(gzip.compress(body)), MOST_BYTES, "bytes")
        )
    return [*rows, *_on_a_day(clients[PARTNER]), *_pdf()]


def _fill(cast) -> None:
    """So many areas, each decided on twice a year for so many years; as rows, not one by one."""
    from django.utils import timezone

    from areas.models import Area
    from governance.models import Decision
    from implementation_levels.models import Level, LevelDecision
    from notifications.models import Subject
    from tests.factories.partnership import a_decision, bodies

    chance = random.Random(7)  # the same figures at each run
    committee, _group = bodies(cast)
    closed = {"state": Decision.State.CLOSED, "outcome": "reinforced"}

    decision = a_decision(
        cast, body=committee, question="implementation_levels.area", closed_at=timezone.now(), **closed
    )
    for number in range(AREAS - Area.objects.count()):
        Area.objects.create(code=f"bench-{number}", name_en=f"Bench {number}", name_fr=f"Banc {number}", kind="mission")
    rows = []
    first = timezone.now().date().replace(day=1) - timedelta(days=365 * YEARS)
    for area in Area.objects.all():
        level, since = Level.NORMAL, first
        for number in range(2 * YEARS):
            day = first + timedelta(days=182 * number + chance.randrange(20))
            wanted = chance.choice([level, level, level, *Level.values])
            since = day if wanted != level or number == 0 else since
            facts = {"area": area, "number": number + 1, "level": wanted, "is_change": wanted != level, "since": since}
            facts |= {"effective_from": day, "decided_on": day, "review_due": day + timedelta(days=182)}
            facts["ref"] = f"LEV-{len(rows):06}"  # of so many drawn ones two would be the same every third time
            reasons = "Fighting along the main road; three convoys were stopped." if wanted != level else ""
            rows.append(LevelDecision(**facts, decision=decision, reasons=reasons, subject=Subject()))
            level = wanted
    Subject.objects.bulk_create([row.subject for row in rows], batch_size=2000)
    LevelDecision.objects.bulk_create(rows, batch_size=2000)


def _page(client, path) -> tuple[bytes, int]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        response = client.get(path)
    assert response.status_code == 200, (path, response.status_code)
    return response.content, len(queries)


def _on_a_day(client) -> list[Row]:
    """The whole page, and the question to the database alone, for a day against today."""
    from areas.models import Area
    from implementation_levels.levels import levels_on, today

    areas = list(Area.objects.all())
    rows = []
    for years in (20, 39):
        day = today() - timedelta(days=365 * years)
        then, now = in_turn(
            lambda day=day: client.get(f"/levels/?on={day:%Y-%m-%d}").content,
            lambda: client.get("/levels/").content,
            rounds=ROUNDS,
        )
        rows.append(Row("world page on a day", f"{years} years ago", then / now, ON_A_DAY, base="today"))
        then, now = in_turn(lambda day=day: levels_on(areas, day), lambda: levels_on(areas, today()), rounds=ROUNDS)
        what = f"levels of {len(areas)} areas on a day ({1000 * then:.0f} ms)"
        rows.append(Row(what, f"{years} years ago", then / now, ON_A_DAY, base="today"))
    return rows


def _pdf() -> list[Row]:
    """The list as the worker makes it: claim, render, encrypt, store, freeze; in each language."""
    from documents.issue import document_of, make_due, next_number, order_document
    from documents.models import DocumentOrder
    from implementation_levels.actions.lists import publish_due

    made = publish_due()
    make_due()
    rows = []
    for language in ("en", "fr"):
        order = DocumentOrder.objects.get(number=made.document_number, language=language)
        wish = {"language": language, "template": order.template, "title": order.title, "context": order.texts}

        def again(wish=wish, language=language) -> bytes:
            another = order_document(number=next_number("BENCH"), **wish)
            make_due()
            return document_of(another.number, language).file.read()

        rows += compared(f"list of levels, {language}", f"{made.area_count} areas on it", again, PDF_BYTES)
    return rows


def main() -> None:
    """Build, measure, print."""
    import django

    django.setup()
    with throw_away_database():
        show(measure())


if __name__ == "__main__":
    main()
