"""Questions whose SQL is written once give what the ORM gives, to everybody and at every moment."""

from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, close_old_connections, connection
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.models import User
from accounts.rules import latest
from areas.models import Area
from incidents.models import IncidentRelease
from organisations.models import Standing
from sharing.access import access_of
from sharing.models import Audience, Release
from slt_portal.prepared import NotPrepared, _known_to, prepared
from tests.factories.incidents import file_report

pytestmark = pytest.mark.sqlite


@prepared
def _open_to(principals, on, releases):
    audience = Audience.objects.for_system("test").filter(principal__in=principals, release=OuterRef("release"))
    rows = IncidentRelease.objects.for_system("test").filter(Exists(audience), release__sort_at__lte=on)
    return rows.with_release().filter(pk__in=releases).order_by("pk")


def test_everybody_gets_the_same_rows_as_from_the_orm(cast):
    for _ in range(3):
        file_report(cast)
    releases = list(Release.objects.for_system("test").values_list("pk", flat=True))
    seen = set()
    for user in User.objects.all():
        access, now = access_of(user), timezone.now()
        names = (*access.plain, *(name for name, _ in access.excepted))
        audience = Audience.objects.for_system("test").filter(principal__in=names).values("release")
        rule = IncidentRelease.objects.for_system("test").filter(release__in=audience, pk__in=releases)
        rows = _open_to(names, now, releases)
        assert rows == list(rule.order_by("pk"))
        assert [row.release.item.ref for row in rows] == [row.release.item.ref for row in rule.order_by("pk")]
        seen.add(len(rows))
    assert len(seen) > 1  # some see more than others


@prepared
def _standings(organisations, on):
    rows = Standing.objects.filter(Q(ends_at=None) | Q(ends_at__gt=on), organisation__in=organisations, kind="partner")
    return rows.order_by("pk").values_list("pk", flat=True)


def test_the_moment_is_not_kept(cast):
    organisation = cast["io@lake.example"].memberships.get().organisation
    now = timezone.now()
    row = Standing.objects.filter(organisation=organisation, kind="partner").latest("pk")
    Standing.objects.filter(pk=row.pk).update(ends_at=now + timedelta(hours=1))
    assert row.pk in _standings([organisation.pk], now)
    assert row.pk not in _standings([organisation.pk], now + timedelta(hours=2))
    assert row.pk in _standings([organisation.pk, 0], now)
    assert _standings([], now) == []


@prepared
def _named(names):
    return Area.objects.filter(Q(*[("name_en__in", names)])).order_by("pk")


def test_equal_and_different_values_do_not_mix(cast):
    first, second = Area.objects.order_by("pk")[:2]
    assert _named([first.name_en, second.name_en]) == [first, second]
    assert _named([first.name_en, first.name_en]) == [first]
    assert _named((second.name_en,)) == [second]
    assert _named([None, second.name_en]) == [second]


def test_it_refuses_what_depends_on_more_than_values(cast):
    @prepared
    def by_clock(user_id):
        return User.objects.filter(pk=user_id, created_at__lte=timezone.now())

    @prepared
    def by_part(word):
        return User.objects.filter(name__icontains=word)

    @prepared
    def by_function(word):
        return User.objects.annotate(small=Lower("name")).filter(small__startswith=word)

    if connection.vendor == "postgresql":  # SQLite has no type for moments: the run on PostgreSQL finds it
        with pytest.raises(NotPrepared):
            by_clock(1)
    for question in (by_part, by_function):
        with pytest.raises(NotPrepared):
            question("a")
    with pytest.raises(NotPrepared):
        by_part(1.5)


def test_it_refuses_a_column_that_is_too_small_for_a_stand_in(cast):
    @prepared
    def by_version(version):
        return User.objects.annotate(at=Subquery(latest(OuterRef("pk"), version).values("at")[:1]))

    if connection.vendor != "postgresql":
        assert len(by_version(1)) == User.objects.count()  # every column holds it
        return
    with pytest.raises(NotPrepared):
        by_version(1)


def test_moments_come_back_as_moments(cast):
    @prepared
    def since(moment):
        return User.objects.filter(created_at__gte=moment).values_list("created_at", flat=True)

    found = since(timezone.now() - timedelta(days=10_000))
    assert found
    assert all(isinstance(moment, datetime) and moment.tzinfo for moment in found)


def test_a_lost_connection_is_no_harm(transactional_db):
    @prepared
    def everybody():
        return User.objects.order_by("pk")

    before = everybody()
    connection.close()
    assert everybody() == before


@prepared
def _codes(name):
    return Area.objects.filter(name_en=name).values_list("code", "name_en")


@pytest.mark.parametrize(
    "statement", ["DISCARD ALL", "ALTER TABLE areas_area ALTER COLUMN name_en TYPE varchar({})", "forgotten here"]
)
def test_a_connection_whose_statements_are_gone_fails_once(transactional_db, statement):
    """Or whose columns a migration changed while it was kept open: the next request has a new one."""
    if connection.vendor != "postgresql":
        pytest.skip("nothing is prepared there")
    length = Area._meta.get_field("name_en").max_length
    connection.close()
    connection.settings_dict["CONN_MAX_AGE"] = 600
    try:
        assert _codes("nowhere") == []
        if statement == "forgotten here":
            _known_to.clear()
        else:
            with connection.cursor() as cursor:
                cursor.execute(statement.format(length + 1))
        with pytest.raises(DatabaseError):
            _codes("nowhere")
        close_old_connections()
        assert _codes("nowhere") == []
    finally:
        connection.settings_dict["CONN_MAX_AGE"] = 0
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE areas_area ALTER COLUMN name_en TYPE varchar({length})")
        connection.close()


@prepared
def _named_like(ids):
    return Audience.objects.for_system("test").filter(principal__in=[f"dss:{each}" for each in ids]).values_list("pk")


def test_numbers_within_a_text_are_values_too(cast):
    file_report(cast)
    rows = Audience.objects.for_system("test").filter(principal__startswith="dss:")
    ids = {int(name.split(":")[1]) for name in rows.values_list("principal", flat=True)}
    assert ids
    assert sorted(_named_like(sorted(ids))) == sorted(rows.values_list("pk"))
    assert _named_like([each + 999 for each in sorted(ids)]) == []


@prepared
def _named_twice(pairs, one):
    names = [f"mechanism:{first}:{second}" for first, second in pairs] + [f"{one}{first}" for first, _ in pairs]
    rows = Area.objects.filter(Q(pk=one) | Q(name_en__in=names), ~Q(code__in=names))
    return rows.order_by("pk").values_list("name_en", flat=True)


def test_texts_with_several_numbers_are_those_of_each_call(cast):
    """Also where a number stands by itself elsewhere: a condition that keeps somebody out must not hold a stand-in."""
    first, second, third = Area.objects.order_by("pk")[:3]
    Area.objects.filter(pk=second.pk).update(name_en="mechanism:12:7")
    Area.objects.filter(pk=third.pk).update(code="mechanism:3:4")
    assert _named_twice([(12, 7)], first.pk) == [first.name_en, "mechanism:12:7"]
    assert _named_twice([(1, 27)], first.pk) == [first.name_en]
    assert _named_twice([(12, 7), (7, 12)], third.pk) == ["mechanism:12:7", third.name_en]
    assert _named_twice([(12, 7), (3, 4)], third.pk) == ["mechanism:12:7"]
    assert _named_twice([(7, 7)], 0) == []
