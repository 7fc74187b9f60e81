"""How much of many like cases a run tries: `make test` a part, another one each time would do as well; `make test-long`
all of them."""

import os

THOROUGH = os.environ.get("SLT_TEST_LONG") == "yes"


def some(cases, every: int) -> list:
    """All of `cases` in a long run, every n-th in the others."""
    cases = list(cases)
    return cases if THOROUGH else cases[::every]
