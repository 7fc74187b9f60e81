"""Every figure: its words, its questions, what it stores, and that late data do not change it (G1, G3)."""

import json
import re
from datetime import date, timedelta

import pytest
from django.utils import timezone, translation

from accounts.models import User
from organisations.models import Organisation
from overview.figures import values
from overview.figures.partnership import Partners, Suspensions
from overview.figures.registry import NO_DATA, Period, all_figures
from overview.figures.stored import usual_period
from overview.reports import compile as compiling
from tests.factories.feedback import CANARY as FEEDBACK_CANARY
from tests.factories.figures import CUT_OFF, LATER, a_spring, at, late_data
from tests.factories.partnership import CANARY

pytestmark = pytest.mark.django_db
KEY = re.compile(r"[A-Za-z0-9_.-]{1,48}")  # a code, a reference or a day
TIMES = ((date(2026, 1, 1), date(2026, 3, 31)), (date(2025, 5, 21), date(2026, 5, 20)))
FEW = [0, 4]
# The usual time at the cut-off: the rows of each figure that have something in them. Those of incidents have tests of
# their own.
EXPECTED = {
    "partnership.under_way": {"recommended": [1, 0, 1, 59]},
    "partnership.decided": {},
    "partnership.agencies": {"wfp": [2, 1, 0, 1, 1]},
    "partnership.partners": {"everywhere": [4, 1], "chad": [2, 0], "south-sudan": [4, 2]},
    "partnership.suspensions": {"everywhere": [1, 1, 0], "south-sudan": [1, 1, 0]},
    "levels.levels": {"reinforced": [2, 2], "normal": [1, 0]},
    "levels.reviews": {"later": [2, NO_DATA]},
    "governance.open": {"oversight_committee": [1, 0, 1, 0, 0]},
    "governance.closed": {"oversight_committee": [4, 0, 0], "working_group": [1, 3, 0]},
    "feedback.quarters": {"2026-01-01": [[5, 9], FEW]},
    "feedback.states": {"received": [[5, 9], FEW]},
    "feedback.categories": {},
    "feedback.times": {},
}


def counted(period=None) -> dict:
    """Every figure for `period`, or for the time that dashboards show."""
    figures = all_figures()
    return {one.code: one.count(period or usual_period(one, timezone.now())) for one in figures}


def is_nothing(cells) -> bool:
    return all(cell in (0, None, NO_DATA, FEW) for cell in cells)


def test_every_figure_has_words_in_both_languages_and_names_for_its_keys(cast):
    a_spring(cast)
    with at(CUT_OFF):
        rows = counted()
    for figure in all_figures():
        for language in ("en", "fr"):
            with translation.override(language):
                words = [figure.title, figure.definition, figure.key_name, *figure.columns]
                assert all(str(word).strip() for word in words), figure.code
                keys = [key for key, _cells in rows[figure.code]]
                labels = figure.labels(keys)
                assert set(labels) == set(keys), figure.code
                assert all(str(label).strip() for label in labels.values()), figure.code
        assert figure.suppression or not any(type(cell) is list for _key, row in rows[figure.code] for cell in row)


def test_known_answers(cast):
    a_spring(cast)
    refs = {"wfp": cast.organisations["wfp"].ref}
    with at(CUT_OFF):
        rows = counted()
    something = {code: {key: cells for key, cells in found if not is_nothing(cells)} for code, found in rows.items()}
    for code, expected in EXPECTED.items():
        assert something[code] == {refs.get(key, key): cells for key, cells in expected.items()}, code
    tasks = dict(rows["levels.tasks"])["chad"]
    assert tasks[0] > 5
    assert tasks[1] == tasks[0]
    assert tasks[2] >= 19  # made on the second of March, for 60 days at most
    ((number, sent),) = rows["levels.lists"]
    assert sent[0] == sent[1] > 5
    assert sent[2:] == [0, 0, FEW]
    assert dict(rows["areas.gaps"])["reinforced"][:2] == [2, 2]
    assert {key for key, _cells in rows["areas.reinforced"]} == {"chad", "south-sudan"}
    march = dict(rows["mail.reach"])["2026-03-01"]
    assert values.bounds(march[0])[0] >= 5
    known = {*EXPECTED, "levels.tasks", "levels.lists", "areas.gaps", "areas.reinforced", "mail.reach"}
    assert {one.code for one in all_figures() if not one.code.startswith("incidents.")} == known


def test_what_is_stored_holds_no_name_and_no_text(cast):
    a_spring(cast)
    secrets = {CANARY, FEEDBACK_CANARY, "@"}
    secrets |= {name for pair in Organisation.objects.values_list("name", "acronym") for name in pair if name}
    secrets |= set(User.objects.exclude(name="").values_list("name", flat=True))
    with at(CUT_OFF):
        rows = counted()
    for figure in all_figures():
        text = json.dumps(rows[figure.code])
        assert not [secret for secret in secrets if f'"{secret}' in text or (len(secret) > 6 and secret in text)]
        for key, cells in rows[figure.code]:
            assert KEY.fullmatch(key), figure.code
            assert len(cells) == len(figure.columns), figure.code
            assert all(_is_value(cell) for cell in cells), figure.code


def _is_value(cell) -> bool:
    if type(cell) is list:
        return len(cell) == 2 and all(type(end) is int for end in cell) and cell[0] <= cell[1]
    return cell is None or cell == NO_DATA or type(cell) in (int, float)


def test_late_data_change_nothing_as_of_the_cut_off(cast):
    """What was recorded later, even with a date before, is not in it; what cannot be known any more is not known."""
    a_spring(cast)
    periods = [Period(first, last, CUT_OFF) for first, last in TIMES]
    with at(CUT_OFF):
        before = [counted(period) for period in periods]
    late_data(cast)
    with at(LATER):
        after = [counted(period) for period in periods]
        now = counted(Period(date(2025, 6, 4), LATER.date(), LATER + timedelta(hours=1)))
    for figure in all_figures():
        for then, again in zip(before, after, strict=True):
            if figure.in_report:
                assert again[figure.code] == then[figure.code], figure.code
            else:
                known = dict(then[figure.code])
                for key, cells in again[figure.code]:
                    pairs = zip(cells, known[key], strict=True)
                    assert all(cell is None or cell == was for cell, was in pairs), figure.code
    changed = {code for code in now if code.startswith(("partnership.", "levels.")) and now[code] != before[1][code]}
    assert changed == {code for code in now if code.startswith(("partnership.", "levels."))}  # they were late data


def test_questions_do_not_grow_with_rows(cast, django_assert_max_num_queries):
    a_spring(cast)
    late_data(cast)
    with at(LATER):
        for figure in all_figures():
            with django_assert_max_num_queries(12):
                figure.count(usual_period(figure, LATER))


def test_what_partners_read_in_a_report_names_no_agency_and_no_suspended_organisation(monkeypatch):
    rows = {
        Partners: [("everywhere", [40, 6]), ("chad", [3, 1]), ("south-sudan", [20, 7])],
        Suspensions: [("everywhere", [1, 1, 0]), ("chad", [1, 0, 2])],
    }
    found = {}
    for figure, counted_rows in rows.items():
        monkeypatch.setattr(figure, "count", lambda self, period, rows=counted_rows: rows)
        found[figure] = compiling._rows(figure(), None)
    assert found[Partners] == [["everywhere", [40, 6]], ["chad", [3, [0, 4]]], ["south-sudan", [20, [5, 9]]]]
    assert found[Suspensions] == [["all", [2, 1, 2]]]
    assert str(Suspensions().label("all")) == "everywhere and in areas, together"
    assert "partnership.agencies" not in {figure.code for figure in all_figures() if figure.in_report}
