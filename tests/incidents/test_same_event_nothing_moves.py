"""Merging and taking out moves nothing: no row of a report or its audience, nothing that anybody sees of it (I10)."""

import re

import hypothesis
import pytest
import time_machine
from django.core.cache import cache
from django.core.serializers import serialize
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from accounts.models import User
from incidents.export_runs import run_due
from incidents.exports import ask_export
from incidents.models import AffectedGroup, Change, DeskEntry, Incident, IncidentRelease, Report
from incidents.same_event import merge, others_of, take_out
from notifications.models import Message
from sharing.access import access_of
from sharing.models import Audience, Grant, Item, Recall, Release, SearchToken
from slt_portal.states import StaleState
from tests.cast import signed_in
from tests.factories.desk import HQ, desk_of_area
from tests.factories.same_event import published, together, told
from tests.visibility.two_worlds import answer_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
SCOPED = (Item, Release, Audience, Grant, Recall, SearchToken, Incident, IncidentRelease, AffectedGroup, Report)
CHOICES = ["dss_desks", "dss_headquarters", "un_of_area", "partners_of_area", "ocha"]
PEOPLE = ["dss.field@un.example", HQ, "field@alba.example", "field@benu.example", "io@lake.example", "ocha@un.example"]
BOX = re.compile(r"<h2>Other reports on the same event</h2>.*?Compare them</a></p>", re.DOTALL)
OPTIONS = hypothesis.settings(
    max_examples=max(3, hypothesis.settings.default.max_examples // 10),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def rows() -> list[str]:
    """Every row of what a report is, as it is stored."""
    kept = [*SCOPED, Change, DeskEntry]
    found = [serialize("json", model.objects.for_system("test").order_by("pk")) for model in kept]
    return [*found, serialize("json", Message.objects.order_by("pk"))]


@st.composite
def worlds(draw):
    """Who reported to whom, and what desks then say: merge two, or take one out."""
    number = draw(st.integers(3, 5))
    reports = [
        (
            draw(st.sampled_from(["alba", "benu", "lake"])),
            draw(st.sets(st.sampled_from(CHOICES), min_size=1, max_size=3)),
        )
        for _ in range(number)
    ]
    places = st.integers(0, number - 1)
    acts = draw(st.lists(st.tuples(places, places | st.none()), min_size=1, max_size=8))
    return reports, acts


@OPTIONS
@given(world=worlds())
def test_no_row_changes_and_everybody_sees_the_parts_they_may_read(cast, now, world):
    reports, acts = world
    with transaction.atomic():
        items = [_filed(cast, *report) for report in reports]
        before, groups = rows(), [{place} for place in range(len(items))]
        for one, other in acts:
            _act(cast, items, one, other)
            groups = _after(groups, one, other)
            assert rows() == before
        for email in PEOPLE:
            access = access_of(cast[email])
            may_read = set(Release.objects.visible_to(access).values_list("item", flat=True))
            for group in groups:
                for place in group:
                    if items[place].pk not in may_read:
                        continue  # on whose page nobody asks
                    parts = {items[other].pk for other in group - {place}} & may_read
                    assert {row.release.item_id for row in others_of(items[place], access)} == parts
        transaction.set_rollback(True)


def _filed(cast, organisation, choices):
    return told(cast, organisation, choices=sorted(choices))


def _act(cast, items, one, other):
    desk = {"by": cast[HQ], "desk": desk_of_area(cast, area=None)}
    if other is None:
        try:
            take_out(items[one], **desk)
        except StaleState:
            return
    elif one != other:
        merge(items[one], items[other], **desk)


def _after(groups, one, other):
    """What belongs together then, said without the code."""
    if other is None:
        return [group - {one} for group in groups if group != {one}] + [{one}]
    joined = {place for group in groups if group & {one, other} for place in group}
    return [joined, *(group for group in groups if not group & joined)]


@time_machine.travel("2026-03-20T12:00:00Z", tick=False)  # pages say how long ago
def test_lists_pages_words_counts_figures_and_exports_are_the_same(cast):
    User.objects.update(language="en")
    one, other, third = told(cast), told(cast, "benu", hours=2), told(cast, "lake", choices=["dss_desks"])
    public = published(cast)
    before = _seen(cast, one, other, public)
    for item in (other, third, public):
        together(cast, one, item)
    merged = _seen(cast, one, other, public)
    assert [key for key in before if merged[key] != before[key]] == []
    for item in (public, one, third):
        take_out(item, by=cast[HQ], desk=desk_of_area(cast, area=None))
    assert _seen(cast, one, other, public) == before


def _seen(cast, *items):
    cache.clear()
    pages = ["/incidents/", "/incidents/?q=vehicles", "/incidents/?category=road_attack", "/statistics/?period=all"]
    pages += ["/areas/south-sudan/", *(f"/incidents/{item.ref}/" for item in items)]
    found = {"mails": Message.objects.count()}
    for email in PEOPLE:
        client = signed_in(cast[email])
        for path in pages:
            status, headers, body = answer_of(client.get(path))
            found[email, path] = status, headers if "incidents/INC" not in path else "", BOX.sub("", body)
    export = ask_export(by=cast[HQ], format="csv", purpose="Planning of the week")
    run_due()
    file = answer_of(signed_in(cast[HQ]).get(f"/incidents/exports/{export.pk}/file/"))
    found["export"] = [line for line in file[2].splitlines() if "INC-" in line and "export" not in line.lower()]
    return found
