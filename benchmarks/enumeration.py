"""Does the time of an answer tell who has an account? Signing in with a wrong password, and forgetting one.

Each kind of address against an address without an account, in one run, in random order, with the hasher of
production. A ratio whose interval holds 1 tells nothing; what is left must be far below the noise of a network:

    .venv/bin/python -m benchmarks.enumeration           # 60 requests for each
"""

import logging
import random
import statistics
import sys
import time

from benchmarks.rows import throw_away_database

UNKNOWN = "no account"
KINDS = ["has an account", "closed", "expired", "mailbox", "no password yet", UNKNOWN, "no account either"]
SAMPLES = 1000  # of the bootstrap


def make_people() -> dict[str, str]:
    """An address of each kind."""
    from datetime import timedelta

    from django.utils import timezone

    from accounts.models import User

    addresses = {kind: f"person{number}@alba.example" for number, kind in enumerate(KINDS)}
    for kind in KINDS[:5]:
        password = None if kind in {"mailbox", "no password yet"} else "a long sentence of somebody"
        user = User.objects.create_user(addresses[kind], password, name=kind)
        user.is_active, user.is_mailbox = kind != "closed", kind == "mailbox"
        user.expires_at = timezone.now() - timedelta(days=1) if kind == "expired" else None
        user.save()
    return addresses


def seconds_of(path: str, data: dict) -> float:
    """How long the answer to one form takes, for somebody who comes for the first time."""
    from django.core.cache import cache
    from django.test import Client

    cache.clear()
    client = Client()
    start = time.perf_counter()
    client.post(path, data)
    return time.perf_counter() - start


def measure(path: str, field: str, addresses: dict[str, str], rounds: int) -> dict[str, list[float]]:
    """The times by kind of address, all kinds in each round, each round in another order."""
    times: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for number in range(rounds + 3):
        for kind in random.sample(KINDS, len(KINDS)):
            seconds = seconds_of(path, {field: addresses[kind], "password": "not the right one"})
            if number >= 3:  # the first ones load templates
                times[kind].append(seconds)
    return times


def interval(times: list[float], others: list[float]) -> tuple[float, float]:
    """Between what the ratio of the medians lies, with 95 % confidence (bootstrap)."""
    ratios = sorted(
        statistics.median(random.choices(times, k=len(times)))
        / statistics.median(random.choices(others, k=len(others)))
        for _ in range(SAMPLES)
    )
    return ratios[int(SAMPLES * 0.025)], ratios[int(SAMPLES * 0.975)]


def show(title: str, times: dict[str, list[float]]) -> None:
    """A line for each kind of address."""
    base = times[UNKNOWN]
    print(f"\n{title}: {statistics.median(base) * 1000:.1f} ms without an account")
    print(f"{'':20}{'ratio':>8}   95 %")
    for kind in KINDS:
        if kind != UNKNOWN:
            low, high = interval(times[kind], base)
            ratio = statistics.median(times[kind]) / statistics.median(base)
            verdict = "tells nothing" if low <= 1 <= high else f"differs by {abs(ratio - 1):.1%}"
            print(f"{kind:20}{ratio:8.3f}   {low:.3f} to {high:.3f}   {verdict}")


def main(rounds: int) -> None:
    """Make people, measure, print."""
    with throw_away_database():
        from django.conf import global_settings
        from django.test.utils import override_settings, setup_test_environment

        logging.disable(logging.CRITICAL)
        setup_test_environment()
        with override_settings(PASSWORD_HASHERS=global_settings.PASSWORD_HASHERS):
            addresses = make_people()
            show("Wrong password", measure("/accounts/login/", "login", addresses, rounds))
            show("Forgotten password", measure("/accounts/password/reset/", "email", addresses, rounds))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
