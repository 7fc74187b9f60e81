"""The same cut-off, the same bytes: what changes names, order or first words afterwards changes no figure (G3)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from areas.actions import rename_area, version_of
from feedback.actions.intake import classify
from feedback.actions.suspensions import open_missing
from feedback.handlers import entitle
from feedback.models import Case
from notifications.bounce_actions import note_bounce
from notifications.models import Bounce, Message
from overview.figures.registry import Period, figure_of
from overview.reports.compile import canonical, compiled
from slt_portal.states import move
from tests.factories.figures import CUT_OFF, LATER, a_spring, at
from tests.factories.partnership import HQ, a_suspension, bodies

pytestmark = pytest.mark.django_db
YEAR = Period(date(2025, 5, 21), date(2026, 5, 20), CUT_OFF)


def test_a_new_name_of_an_area_moves_no_row(cast):
    a_spring(cast)
    with at(CUT_OFF):
        before = canonical(compiled(YEAR)[0])
    with at(LATER):
        area = cast.areas["south-sudan"]
        rename_area(area, name_en="A new name", name_fr="Un nouveau nom", on=LATER.date(), seen=version_of(area),
                    by=cast[HQ])  # fmt: skip
        assert canonical(compiled(YEAR)[0]) == before


def test_what_a_case_was_about_from_its_beginning_stays_until_somebody_says_otherwise(cast):
    """That of a suspension is about partnership without anybody having classified it."""
    bodies(cast)
    figure = figure_of("feedback.categories")
    with at(datetime(2025, 11, 3, 12, tzinfo=UTC)):
        for key, area in (("alba", "chad"), ("alba", "kenya"), ("lake", "chad"), ("lake", "kenya"), ("benu", "chad")):
            a_suspension(cast, "escalated", key=key, area=area)
        cases = _opened()
        before = figure.count(YEAR)
    assert dict(before)["partnership"] == [[5, 9]]
    with at(LATER):
        for case in cases:
            entitle(case)
            classify(case, category="conduct", by=cast[HQ])
        assert figure.count(YEAR) == before
        assert dict(figure.count(Period(YEAR.first, YEAR.last, LATER + timedelta(hours=1))))["conduct"] == [[5, 9]]


def _opened():
    open_missing()
    return list(Case.objects.for_system("test"))


def test_a_mail_that_came_back_did_so_also_once_its_bounce_is_not_kept_any_more(cast):
    a_spring(cast)
    figure = figure_of("levels.lists")
    with at(CUT_OFF):
        message = Message.objects.filter(kind="implementation_levels.list", state="sent").earliest("pk")
        note_bounce(message, kind="permanent", status="5.1.1", address="x@y.example")
        move(message, Message.State.BOUNCED)
    with at(LATER):
        period = Period(YEAR.first, YEAR.last, LATER)
        before = figure.count(period)
        assert before[0][1][2] == 1
        Bounce.objects.all().delete()
        assert figure.count(period) == before
