"""How long a whole public data set takes to be taken over: 4,337 invented rows in the columns of the real one.

Reading, validation, incidents, releases, audience rows and search words, as `manage.py import_incidents` does it:

    .venv/bin/python -m benchmarks.imports                        # PostgreSQL
    SLT_TEST_DATABASE=sqlite .venv/bin/python -m benchmarks.imports
"""

import random
import tempfile
import time
from pathlib import Path

from benchmarks.rows import Row, show, throw_away_database

ROWS, LIMIT = 4_337, 20.0
WORDS = (
    *(
        "convoy",
        "staff",
        "vehicle",
        "armed",
        "men",
        "road",
        "stopped",
        "robbed",
        "office",
        "compound",
        "night",
        "shots",
    ),
    *("fired", "village", "clinic", "driver", "released", "looted", "market", "district", "checkpoint", "warehouse"),
)
PLACES = ("SS", "TD", "AF", "SO", "SY", "YE", "CD", "CF", "ML", "NG", "SD", "ET")
OUTCOMES = ("wounded", "killed", "kidnapped")


def rows(number: int = ROWS) -> list[dict[str, str]]:
    """Invented incidents, the same at every call."""
    from areas.models import Country
    from tests.incidents.awsd_files import incident

    names = dict(Country.objects.values_list("code", "name_en"))
    chance = random.Random(4337)
    made = []
    for n in range(1, number + 1):
        code = PLACES[n % len(PLACES)]
        outcome = chance.choice(OUTCOMES)
        cells = {"Nationals_wounded": "0", "Total_wounded": "0"}
        cells |= {f"Nationals_{outcome}": "1", f"Total_{outcome}": "1"}
        made.append(
            incident(
                n,
                **cells,
                Year=str(2000 + n % 25),
                Month=str(1 + n % 12),
                Day=str(1 + n % 28),
                Country_Code=code,
                Country=names[code],
                Actor_type=chance.choice(("Criminal", "Unknown", "Staff member")),
                Details=" ".join(chance.choices(WORDS, k=60)),
            )
        )
    return made


def measure() -> list[Row]:
    """Import one file on an empty database with the real areas."""
    from django.conf import settings
    from django.core.management import call_command

    from incidents.models import IncidentRelease
    from tests.incidents.awsd_files import AS_OF, run, write

    call_command("load_areas", verbosity=0)
    engine = settings.DATABASES["default"]["ENGINE"].rpartition(".")[2]
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "invented.csv", rows())
        began = time.perf_counter()
        run(path, as_of=AS_OF)
        taken = time.perf_counter() - began
    if IncidentRelease.objects.for_system("benchmark").count() < ROWS:
        raise SystemExit("not every row became a release")
    return [Row(f"import on {engine}", f"{ROWS:,} rows", taken, LIMIT, "s")]


if __name__ == "__main__":
    with throw_away_database():
        show(measure())
