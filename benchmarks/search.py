"""What a search for words costs beside the rule, against the newest page of a portal without any rule.

The data of benchmarks.population: each release says 8 words out of 20,000, besides a rare one (one in 5,000) and a
frequent one (every second). Milliseconds are of this machine; read the ratios (goal: at most 3 x):

    .venv/bin/python -m benchmarks.search                # 10,000 and 100,000 incidents
"""

import sys
from functools import partial

from benchmarks import population, visibility
from benchmarks.population import FREQUENT, RARE
from benchmarks.rows import Row, show, throw_away_database
from benchmarks.visibility import PAGE, side_by_side

SIZES = (10_000, 100_000)
LIMIT = 3.0


def found(access, query: str) -> list:
    """The newest page of what holds the words, as the list asks for it."""
    from django.http import QueryDict

    from incidents.filters import IncidentFilter
    from incidents.lists import Narrowed
    from incidents.models import IncidentRelease

    rows, asked = IncidentRelease.objects.visible_to(access), QueryDict(f"q={query}")
    filters = IncidentFilter(asked, queryset=rows, request=None, access=access)
    filters.form.full_clean()
    return Narrowed(access, filters).rows(None, oldest_first=False, limit=PAGE)


def measure(sizes=SIZES) -> list[Row]:
    """Build one size after the other in a throw-away database; returns the page's ratio by person and words."""
    rows, first = [], 1
    with throw_away_database():
        from sharing.access import access_of

        population.make_people()
        for size in sizes:
            population.grow(first, size, with_words=True)
            first = size + 1
            for name, user in population.people().items():
                access = access_of(user)
                for label, query in (("rare", RARE), ("frequent", FREQUENT), ("both", f"{RARE}+{FREQUENT}")):
                    page, base = side_by_side(partial(found, access, query), visibility.unfiltered)
                    ratio = round(page / base, 2)
                    rows.append(Row(f"search, {label}, {name}", f"{size:,}", ratio, LIMIT, base="unfiltered page"))
    return rows


if __name__ == "__main__":
    show(measure([int(word) for word in sys.argv[1:] if word.isdigit()] or SIZES))
