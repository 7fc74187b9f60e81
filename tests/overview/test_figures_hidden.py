"""Nobody finds by counting that there is a case about them, or a decision that is kept from them (F3, C4)."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from feedback.models import CaseStep
from governance.models import Exclusion
from implementation_levels.models import Opening
from overview.figures import stored
from overview.figures.registry import all_figures, figure_of
from tests.conftest import REPOSITORY
from tests.factories.feedback import a_case
from tests.factories.figures import at
from tests.factories.levels import a_list
from tests.factories.partnership import HQ, a_decision, bodies

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 8, 12, 12, tzinfo=UTC)
LONG_AGO = datetime(2025, 11, 3, 12, tzinfo=UTC)


def counted(*prefixes):
    with at(NOW):
        return {
            one.code: one.count(stored.usual_period(one, timezone.now()))
            for one in all_figures()
            if one.code.startswith(prefixes)
        }


def cases(cast, number, since=LONG_AGO, **fields):
    with at(since):
        return [a_case(cast, category="conduct", **fields) for _ in range(number)]


def test_up_to_four_cases_look_like_none(cast):
    bodies(cast)
    nothing = counted("feedback.", "governance.")
    for case, state in zip(cases(cast, 4), ("handling", "proposed", "committee", "closed"), strict=True):
        CaseStep.objects.create(case=case, state=state, at=LONG_AGO + timedelta(days=90), due_at=LONG_AGO)
    assert counted("feedback.", "governance.") == nothing


def test_five_are_a_step_and_nine_are_the_same(cast):
    bodies(cast)
    cases(cast, 5)
    five = counted("feedback.")
    assert dict(five["feedback.states"])["received"] == [[5, 9], [0, 4]]
    assert dict(five["feedback.quarters"])["2025-10-01"] == [[5, 9], [0, 4]]
    assert dict(five["feedback.categories"])["conduct"] == [[5, 9]]
    cases(cast, 4)
    assert counted("feedback.") == five


def test_the_week_that_is_under_way_is_not_in_it(cast):
    """Else a step that is reached would tell of the case that reached it."""
    bodies(cast)
    nothing = counted("feedback.")
    cases(cast, 6, since=NOW - timedelta(days=1))
    assert counted("feedback.") == nothing


def test_medians_of_five_at_least_in_steps_of_five_days(cast):
    bodies(cast)
    some = cases(cast, 5, since=datetime(2026, 2, 2, 12, tzinfo=UTC))
    for number, case in enumerate(some[:4]):
        CaseStep.objects.create(case=case, state="handling", at=case.filed_at + timedelta(days=7 + number))
    assert dict(counted("feedback.times")["feedback.times"])["received"] == [None]
    CaseStep.objects.create(case=some[4], state="closed", at=some[4].filed_at + timedelta(days=40))
    times = dict(counted("feedback.times")["feedback.times"])
    assert times["received"] == [[5, 9]]
    assert times["all"] == [None]


def test_a_decision_that_is_kept_from_somebody_or_is_about_feedback_is_in_no_exact_number(cast):
    committee, _group = bodies(cast)
    opened = {"opened_at": NOW - timedelta(days=3), "deadline": NOW + timedelta(days=9)}
    a_decision(cast, body=committee, question="governance.trial", **opened)
    one = counted("governance.")
    assert dict(one["governance.open"])["oversight_committee"][0] == 1
    a_decision(cast, body=committee, question="feedback.case", **opened)
    kept = a_decision(cast, body=committee, question="governance.trial", has_exclusions=True, **opened)
    Exclusion.objects.create(decision=kept, user=cast[HQ])
    closed = {"state": "closed", "outcome": "approve", "closed_at": NOW - timedelta(days=50)}
    old = {"opened_at": NOW - timedelta(days=60), "deadline": NOW - timedelta(days=46)}
    a_decision(cast, body=committee, question="feedback.case", **old, **closed)
    assert counted("governance.") == one


def test_nothing_that_a_figure_watches_tells_of_a_case_or_of_a_hidden_decision():
    """ "Being counted anew since 14:03" would say that something happened to a case at 14:03."""
    watched = {verb for one in all_figures() for verb in one.watches}
    assert not [verb for verb in watched if verb.startswith(("feedback.", "governance.", "notifications."))]


def test_everything_that_is_watched_is_recorded_somewhere():
    """A verb with a slip of the pen would leave a figure standing after a withdrawal."""
    sources = "".join(path.read_text() for app in settings.DOMAIN_APPS for path in (REPOSITORY / app).rglob("*.py"))
    for verb in {verb for one in all_figures() for verb in one.watches}:
        assert f'record("{verb}"' in sources or len(re.findall(f'"({verb}|{verb.partition(".")[2]})"', sources)) > 1, (
            verb
        )


def test_who_opened_a_list_is_a_step_at_least_five_wide(cast):
    with at(NOW - timedelta(days=20)):
        row = a_list(cast, pdfs=False)
    people = list(cast.people.values())
    lists, seen = figure_of("levels.lists"), []
    with at(NOW):
        for number in (0, 1, 4, 5, 9, 10):
            known = Opening.objects.filter(list=row).count()
            Opening.objects.bulk_create(
                Opening(list=row, user=user, at=NOW - timedelta(days=1)) for user in people[known:number]
            )
            ((_key, cells),) = lists.count(stored.usual_period(lists, NOW))
            seen.append(cells[4])
    assert seen == [[0, 4], [0, 4], [0, 4], [5, 9], [5, 9], [10, 14]]
