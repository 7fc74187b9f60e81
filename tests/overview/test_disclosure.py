"""What is published of confidential figures: nobody derives a small one, not even who knows how they are hidden."""

from collections import defaultdict
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overview.disclosure import NOT_KNOWN, SMALLEST_TOTAL, Figure, band, exact, stepped


def compositions(total, cells):
    """Every way to write `total` as so many numbers."""
    if cells == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in compositions(total - first, cells - 1):
            yield (first, *rest)


def page(*tables):
    """What a reader sees of tables of one sum, as something that can be compared."""
    shown = stepped([dict(enumerate(table)) for table in tables])
    return tuple(tuple(table.values()) for table in shown.tables), shown.total


def derivable(seen: dict, most: int):
    """Small numbers that are the same in everything that looks like this page; pages that reach beyond are left out."""
    for (pages, highest), worlds in seen.items():
        if highest > most:
            continue
        for values in zip(*worlds, strict=True):
            if len(set(values)) == 1 and 0 < values[0] < SMALLEST_TOTAL:
                yield pages, worlds[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shape", "most"),
    [((1,), 49), ((2,), 49), ((3,), 29), ((5,), 14), ((8,), 9), ((1, 1), 49), ((2, 1), 49), ((3, 1), 24), ((5, 1), 14),
     ((3, 2), 19), ((6, 2), 9), ((2, 2, 2), 14)],
)  # fmt: skip
def test_nothing_small_follows_from_one_page(shape, most):
    """All tables of these shapes there are; the reader knows the algorithm and tries every one of them."""
    seen = defaultdict(list)
    for total in range(1, most + 1):
        for tables in product(*(list(compositions(total, cells)) for cells in shape)):
            shown = page(*tables)
            seen[shown, shown[1].high].append([number for table in tables for number in table])
    assert list(derivable(seen, most)) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "columns", "most", "narrowed"),
    [(2, 2, 14, [1]), (2, 2, 14, [0, 1]), (2, 3, 9, [1]), (2, 3, 9, [0, 1]), (3, 2, 9, [0, 1, 2])],
)
def test_nothing_small_follows_from_a_page_and_its_parts(rows, columns, most, narrowed):
    """The page of all, with rows (an area and its part, two years) by columns (months, categories), together with the
    pages that a filter leaves of some rows: neither inner cells nor sums follow."""
    seen = defaultdict(list)
    for total in range(1, most + 1):
        for inner in compositions(total, rows * columns):
            lines = [inner[row * columns : (row + 1) * columns] for row in range(rows)]
            down, across = tuple(map(sum, lines)), tuple(map(sum, zip(*lines, strict=True)))
            whole = page(down, across)
            parts = tuple(page((down[row],), lines[row]) for row in narrowed)
            seen[(whole, parts), whole[1].high].append([*down, *across, *inner])
    assert list(derivable(seen, most)) == []


PAGES = st.integers(1, 4).flatmap(
    lambda tables: st.lists(st.integers(0, 40), min_size=1, max_size=12).flatmap(
        lambda first: st.lists(st.permutations(first), min_size=tables, max_size=tables)
    )
)


@given(PAGES)
def test_every_figure_is_true_and_small_ones_stay_open(tables):
    """The true number lies in its figure; of "1–4" sums leave all four possible."""
    shown = stepped([dict(enumerate(table)) for table in tables])
    total = sum(tables[0])
    assert shown.total.low <= total <= shown.total.high
    sums = [
        [sum(cell.low for cell in table.values()), sum(cell.high for cell in table.values())] for table in shown.tables
    ]
    lowest = max(shown.total.low, *(low for low, _ in sums))
    highest = min(shown.total.high, *(high for _, high in sums))
    for numbers, table, (low, high) in zip(tables, shown.tables, sums, strict=True):
        for at, cell in table.items():
            assert cell.low <= numbers[at] <= cell.high
            assert cell == Figure(0, 0) or not cell.is_exact
            if 0 < numbers[at] < SMALLEST_TOTAL:
                at_most = cell.low + min(cell.high - cell.low, highest - low)
                at_least = cell.high - min(cell.high - cell.low, high - lowest)
                assert at_most - at_least >= 3


@given(st.lists(st.integers(0, 4), min_size=1, max_size=6).filter(lambda cells: 0 < sum(cells) < 5))
def test_fewer_than_five_are_not_broken_down(cells):
    """Not even which cells have something."""
    shown = stepped([dict(enumerate(cells))])
    assert not shown.is_broken_down
    assert set(shown.tables[0].values()) == {Figure(0, 4)}
    assert shown.total == Figure(1, 4)


def test_people_of_incidents_that_are_not_broken_down_are_not_either():
    """One incident with seven killed: where it was does not show."""
    shown = stepped([{"here": 7, "there": None}], breaks_down=False)
    assert shown.tables == [{"here": Figure(0, 9), "there": Figure(0, 9)}]
    assert shown.total == Figure(5, 9)
    assert stepped([{"here": 0, "there": None}], breaks_down=False).tables == [
        dict.fromkeys(["here", "there"], Figure(0, 0))
    ]
    assert stepped([{"here": None}], breaks_down=False).tables == [{"here": NOT_KNOWN}]


def test_nothing_known_is_not_zero():
    shown = stepped([{"a": None, "b": 6, "c": 0}])
    assert [str(figure) for figure in shown.tables[0].values()] == ["not known", "5–9", "0"]
    assert str(stepped([{"a": None}]).total) == "not known"
    assert str(exact([{"a": None}]).total) == "not known"
    assert exact([{"a": None, "b": 2}]).total == Figure(2, 2)
    assert exact([{}]).total == Figure(0, 0)


@pytest.mark.parametrize(
    ("value", "step", "figure"),
    [(0, 5, (0, 0)), (1, 5, (1, 4)), (4, 5, (1, 4)), (5, 5, (5, 9)), (19, 10, (10, 19)), (1234, 5, (1230, 1234))],
)
def test_steps(value, step, figure):
    assert band(value, step) == Figure(*figure)


def test_figures_read_as_people_write_them():
    assert str(Figure(1230, 1234)) == "1,230–1,234"
    assert str(Figure(12345, 12345)) == "12,345"
    assert not Figure(0, 4).is_something
