"""Stored figures: when they are counted, when they are not shown, who is shown them, and their page and file (G1)."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.actions import record
from organisations.actions import end_standing
from organisations.models import Standing
from overview.figures import registry, stored, values
from overview.figures.registry import NO_DATA, Figure, all_figures
from overview.models import StoredFigure
from overview.tasks import refresh_figures
from sharing.access import access_of
from tests.factories.partnership import GISF, HQ, ICVA

pytestmark = pytest.mark.django_db
PARTNERS, LEVELS = "partnership.partners", "levels.levels"


class Trial(Figure):
    """A figure of tests: how often it was counted."""

    code = title = definition = key_name = "trial"
    columns = ("times",)
    watches = frozenset({"trial.happened"})
    is_of_moment = True

    def __init__(self, happens=False, fails=False):
        self.happens, self.fails, self.times = happens, fails, 0

    def count(self, period):
        if self.fails:
            raise RuntimeError("secret canary")
        if self.happens:
            happen()
        self.times += 1
        return [("row", [self.times])]

    def label(self, key):
        return key


def happen():
    record("trial.happened", by=None, object_type="trial", object_ref="TRL-1")


@pytest.fixture
def trial(cast, monkeypatch):
    """The only figure that there is."""
    figure = Trial()
    monkeypatch.setattr(registry, "_figures", {"trial": figure})
    return figure


def shown_to(user, code="trial"):
    return stored.shown(access_of(user), [code]).get(code)


def test_it_is_counted_when_it_is_old_or_something_happened(cast, trial, settings):
    assert stored.refresh() == 1
    assert stored.refresh() == 0
    record("other.happened", by=None, object_type="trial", object_ref="TRL-1")
    assert stored.refresh() == 0
    happen()
    assert stored.refresh() == 1
    assert stored.refresh(timezone.now() + timedelta(minutes=settings.FIGURES_MINUTES + 1)) == 1
    assert trial.times == 3


def test_after_something_that_it_watches_it_is_not_shown_until_it_is_counted_anew(cast, trial):
    one = shown_to(cast[HQ])
    assert (one.rows, one.made_at, one.is_outdated) == ([], None, True)
    refresh_figures()
    one = shown_to(cast[HQ])
    assert (one.rows[0].words, one.recounted_since, one.is_outdated) == (["1"], None, False)
    happen()
    one = shown_to(cast[HQ])
    assert one.rows == []
    assert one.recounted_since
    assert one.is_outdated
    stored.refresh()
    assert shown_to(cast[HQ]).rows[0].words == ["2"]


def test_what_happens_while_it_is_counted_makes_it_outdated(cast, trial):
    trial.happens = True
    stored.refresh()
    assert shown_to(cast[HQ]).rows == []
    trial.happens = False
    assert stored.refresh() == 1
    assert shown_to(cast[HQ]).rows[0].words == ["2"]


def test_the_older_of_two_results_written_last_is_not_shown(cast, trial):
    """Two workers: one read the chain before something happened, and writes after the other."""
    stored.refresh()
    older = StoredFigure.objects.get(code="trial").event_number
    happen()
    stored.refresh()
    StoredFigure.objects.filter(code="trial").update(event_number=older)
    assert shown_to(cast[HQ]).rows == []
    assert stored.refresh() == 1


def test_one_that_fails_keeps_no_other_from_being_counted(cast, trial, monkeypatch, settings, caplog):
    stored.refresh()
    other = Trial()
    other.code = "other"
    monkeypatch.setitem(registry._figures, "other", other)
    trial.fails = True
    later = timezone.now() + timedelta(hours=2)
    assert stored.refresh(later) == 1
    assert other.times == 1
    assert "secret canary" not in caplog.text
    StoredFigure.objects.filter(code="trial").update(made_at=timezone.now() - timedelta(hours=2))
    one = shown_to(cast[HQ])
    assert one.is_outdated
    assert one.rows[0].words == ["1"]  # with its time beside it


def test_nobody_but_the_bodies_and_their_secretariat_is_shown_any(cast, trial):
    stored.refresh()
    for who in (HQ, ICVA, GISF, "ocha@un.example"):
        assert shown_to(cast[who]), who
    for who in (
        "hq@alba.example",
        "dss.field@un.example",
        "do@un.example",
        "admin@portal.example",
        "hq@suspended.example",
    ):
        assert shown_to(cast[who]) is None, who
    with pytest.raises(LookupError):
        shown_to(cast[HQ], "unknown")


def test_all_of_them_in_four_questions(cast, django_assert_max_num_queries):
    stored.refresh()
    access = access_of(cast[HQ])
    with django_assert_max_num_queries(4):
        found = stored.shown(access, [one.code for one in all_figures()])
    assert not any(one.is_outdated for one in found.values())
    assert found[PARTNERS].rows[0][:2] == ("at the global level", [4, 1])


@pytest.mark.parametrize(
    "who", [GISF, *(pytest.param(who, marks=pytest.mark.long) for who in (HQ, ICVA, "ocha@un.example"))]
)
def test_what_is_behind_is_linked_for_who_may_open_it(cast, sign_in, who):
    stored.refresh()
    client, found = sign_in(cast[who]), stored.shown(access_of(cast[who]), [one.code for one in all_figures()])
    links = {one.href for one in found.values()} | {row.href for one in found.values() for row in one.rows[-1:]}
    for link in links - {""}:
        assert client.get(link).status_code == 200, link


def test_a_revocation_is_never_shown_wrong(cast):
    stored.refresh()
    assert shown_to(cast[GISF], PARTNERS).rows
    alba = Standing.objects.on().get(organisation=cast.organisations["alba"], kind="partner")
    end_standing(alba, by=cast[HQ])
    assert shown_to(cast[GISF], PARTNERS).rows == []
    assert shown_to(cast[GISF], LEVELS).rows
    stored.refresh()
    assert shown_to(cast[GISF], PARTNERS).rows[0].values == [3, 1]


def test_the_page_and_the_file(cast, sign_in, django_assert_max_num_queries):
    page, file = reverse("overview:figure", args=[PARTNERS]), reverse("overview:figure_file", args=[PARTNERS])
    client = sign_in(cast[GISF])
    assert "Being counted" in client.get(page).content.decode()
    assert client.get(file).headers["Location"] == page
    stored.refresh()
    with django_assert_max_num_queries(12):
        text = client.get(page).content.decode()
    assert "at the global level" in text
    assert "South Sudan" in text
    answer = client.get(file)
    assert answer.headers["Content-Disposition"].startswith(f'attachment; filename="figure-{PARTNERS}-')
    assert '"at the global level",4,1' in answer.content.decode()
    end_standing(Standing.objects.on().filter(kind="suspended").first(), by=cast[HQ])
    assert "South Sudan" not in client.get(page).content.decode()
    for who in ("hq@alba.example", "dss.field@un.example", "do@un.example"):
        stranger = sign_in(cast[who])
        assert [stranger.get(path).status_code for path in (page, file)] == [404, 404], who
    assert client.get(reverse("overview:figure", args=["unknown"])).status_code == 404


@pytest.mark.parametrize(
    ("some", "total", "words"),
    [
        ([], 0, "0"),
        ([1, 2], 3, "3"),
        ([[1, 4], 2, [0, 4]], [3, 10], "3–10"),
        ([1200, 4], 1204, "1,204"),
        ([2.5, 1], 3.5, "3.5"),
        ([[5, 5]], [5, 5], "5"),
        ([1, None], None, "not known"),
        ([1, NO_DATA], None, "not known"),
        ([NO_DATA, NO_DATA], NO_DATA, "no data"),
    ],
)
def test_values_are_added_and_said(some, total, words):
    assert values.add(some) == total
    assert values.words(total) == words
    assert values.bounds(total) == ((None, None) if total in (None, NO_DATA) else values.bounds(total))
    figure = values.figure(total)
    assert (figure.low, figure.high) == values.bounds(total)
