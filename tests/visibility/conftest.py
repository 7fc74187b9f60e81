"""Counting the cases that were walked."""

import pytest


class Walked:
    """Counts cases; they are printed at the end of the run, also of a run over several processes."""

    def __init__(self, report):
        self._report = report

    def __call__(self, what: str, number: int = 1) -> None:
        self._report("walked", f"{what}={number}")


@pytest.fixture
def walked(record_property):
    """A function that counts cases of one sort."""
    return Walked(record_property)
