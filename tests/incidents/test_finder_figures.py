"""The published figures of the finder are those of the code (docs/finder.md)."""

import pytest

from benchmarks import finder

pytestmark = pytest.mark.slow


def test_the_texts_are_enough_and_in_two_halves():
    rows = finder.texts()
    assert len(rows) >= 150
    assert sum(len(row.labels) for row in rows) >= 300
    assert {row.language for row in rows} == set(finder.LANGUAGES)
    assert {kind for row in rows for kind, _start, _end in row.labels} == set(finder.KINDS.values())
    assert 0.4 < sum(row.is_tuned_on for row in rows) / len(rows) < 0.6
    assert len({row.text for row in rows}) == len(rows)


def test_the_published_figures_are_current():
    both = finder.published()
    assert finder.DOCUMENT.read_text(encoding="utf-8") == finder.document(*both), "python -m benchmarks.finder --write"
    assert finder.FIGURES.read_text(encoding="utf-8") == finder.figures(*both), "python -m benchmarks.finder --write"
