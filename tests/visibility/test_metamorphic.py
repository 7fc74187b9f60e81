"""What must not matter does not: who else reads a report, and whether it was narrowed or withdrawn in between (C1)."""

import re
from contextlib import contextmanager

import hypothesis
import pytest
import time_machine
from django.core.cache import cache
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from incidents.account import Sharing
from incidents.control import share_with, take_back
from incidents.models import IncidentRelease
from sharing.audiences import audience_of, readers_of
from sharing.markings import ALLOWED, AudienceChoice, Marking
from sharing.models import Grant, Item, Release
from tests.cast import signed_in
from tests.factories.desk import worked_on
from tests.factories.incidents import file_report
from tests.sampling import THOROUGH

from . import oracle
from .two_worlds import START, answer_of, cast_of_february

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
NAMED = ["benu", "lake", "cedar", "platform"]
PERSONS = [oracle.LAKE, oracle.CEDAR, oracle.DO, oracle.OCHA]
# Everybody looks at two pages before and after: that takes a second each time.
OPTIONS = hypothesis.settings(
    max_examples=max(2, hypothesis.settings.default.max_examples // 12),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
# Adding a reader does change, on purpose, the line that says who can see it, and whether one can ask DSS about it.
ON_PURPOSE = [
    re.compile(r"<dt>Who can see it</dt><dd>[^<]*</dd>"),
    re.compile(r'<p><a href="[^"]*/question/">[^<]*</a></p>'),
]


@st.composite
def sharings(draw, marking=None):
    """A marking with choices that it allows, and names for those that need some."""
    marking = marking or draw(st.sampled_from(list(Marking)))
    choices = draw(st.sets(st.sampled_from(sorted(ALLOWED[marking])), min_size=1, max_size=3))
    return {
        "marking": str(marking),
        "choices": sorted(map(str, choices)),
        "organisations": _drawn(draw, NAMED, AudienceChoice.NAMED_ORGANISATIONS in choices),
        "persons": _drawn(draw, PERSONS, AudienceChoice.NAMED_PERSONS in choices),
    }


@st.composite
def widenings(draw):
    """A sharing, and one that names more under the same marking."""
    narrow = draw(sharings())
    more = draw(sharings(marking=Marking(narrow["marking"])))
    return narrow, {**narrow, **{name: sorted({*narrow[name], *more[name]}) for name in narrow if name != "marking"}}


def _drawn(draw, among, wanted):
    return sorted(draw(st.sets(st.sampled_from(among), min_size=1, max_size=2))) if wanted else []


class Stage:
    """A report on which a desk worked, shared in some way, another one for everybody, and all of the cast looking."""

    def __init__(self, cast, sharing):
        self.cast = cast
        self.item = worked_on(cast, file_report(cast).incident.item)
        file_report(cast, by=oracle.BENU_FIELD, organisation="benu", marking="TLP:CLEAR", choices=["everyone"])
        people = list(cast.people)
        if not THOROUGH:  # half of them, the other half with the next example
            people = people[len(sharing["choices"]) % 2 :: 2]
        self.clients = {email: signed_in(cast[email]) for email in people}
        self.share(sharing)

    def _fresh(self):
        return Item.objects.for_system("test").select_related("area", "originator").get(pk=self.item.pk)

    def share(self, wanted):
        item = self._fresh()
        named = [self.cast.organisations[key] for key in wanted["organisations"]]
        persons = [self.cast[email] for email in wanted["persons"]]
        sharing = Sharing(wanted["marking"], wanted["choices"], named, persons)
        share_with(item, sharing, by=self.cast[oracle.ALBA_FIELD], version=item.version)

    def withdraw(self):
        item = self._fresh()
        take_back(item, by=self.cast[oracle.ALBA_FIELD], version=item.version)

    def depths(self) -> dict[int, int]:
        """How deep each person reads it."""
        return {user: reader.depth for user, reader in readers_of(self._fresh()).items()}

    def seen(self):
        """List and page of everybody, to the letter."""
        paths = ("/incidents/", f"/incidents/{self.item.ref}/")
        return {email: [answer_of(client.get(path)) for path in paths] for email, client in self.clients.items()}

    def stored(self):
        """The rows that decide who reads what, and what the releases say; without counters and dates of granting."""
        item, why = self._fresh(), "test"
        releases = Release.objects.for_system(why).filter(item=item).order_by("depth")
        said = IncidentRelease.objects.for_system(why).select_related("release__item__data_key")
        grants = Grant.objects.for_system(why).filter(content_object__item=item).order_by("user")
        return (
            (item.marking, str(item.state), audience_of(item)),
            list(releases.values("pk", "depth", "area", "sort_at", "shows_originator", "version")),
            list(grants.values("user", "permission", "content_object", "kind", "sort_at", "expires_at")),
            [
                (row.texts, row.stage, row.severity, row.credibility, row.reliability)
                for row in said.filter(release__item=item).order_by("release__depth")
            ],
        )


@pytest.fixture(scope="module")
def early_cast(django_db_setup, django_db_blocker):
    """The cast, made once."""
    with django_db_blocker.unblock(), cast_of_february() as cast:
        yield cast


@pytest.fixture
def stage(early_cast):
    """A function that makes a stage; what happens on it is undone, as each example begins anew."""

    @contextmanager
    def opened(sharing):
        cache.clear()
        with transaction.atomic(), time_machine.travel(START, tick=False):
            yield Stage(early_cast, sharing)
            transaction.set_rollback(True)

    return opened


def _without(patterns, answers):
    found = []
    for status, headers, body in answers:
        for pattern in patterns:
            body = pattern.sub("", body)
        found.append((status, re.sub(r"'Content-Length', '\d+'", "", headers), body))
    return found


@OPTIONS
@given(widening=widenings())
def test_adding_a_reader_changes_nothing_for_anybody_else(stage, walked, widening):
    narrow, wide = widening
    with stage(narrow) as on:
        before, depths = on.seen(), on.depths()
        on.share(wide)
        after, deeper = on.seen(), on.depths()
    for email, user in ((email, on.cast[email].pk) for email in before):
        if depths.get(user) == deeper.get(user):
            assert _without(ON_PURPOSE, before[email]) == _without(ON_PURPOSE, after[email]), email
            walked("page unchanged by another reader", 2)
        else:
            assert (depths.get(user) or 0) < deeper[user]


@OPTIONS
@given(first=sharings(), between=st.lists(st.one_of(st.none(), sharings()), min_size=1, max_size=2))
def test_there_and_back_is_as_before(stage, walked, first, between):
    """Narrowed, widened, withdrawn (None), and then shared as at first: not a byte or row differs."""
    with stage(first) as on:
        before = on.stored(), on.seen()
        for number, other in enumerate(between):
            if other is not None:
                on.share(other)
            elif number == 0 or between[number - 1] is not None:
                on.withdraw()
        on.share(first)
        after = on.stored(), on.seen()
    assert before == after
    walked("page restored", 2 * len(before[1]))
