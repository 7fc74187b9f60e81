"""The second wall: on PostgreSQL, raw SQL sees what the rule lets a reader see and nothing else, whatever the door."""

import threading
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from areas.models import Area
from organisations.models import Standing
from sharing.access import access_of
from sharing.actions import release_item
from sharing.control import withdraw
from sharing.grants import grant
from sharing.models import Audience, Grant, Item, Release
from sharing.scoping import ScopedQuerySet
from sharing.wall import NOBODY, ScopeUnknown, as_system, reading_as, scope_for, surrounded_by, wall_of, walled
from tests import servers
from tests.factories.sharing import LONG_AGO, make_item, make_release

from .rights import BY_HAND, expected

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no such wall"),
]
PEOPLE = [
    "dss.hq@un.example", "dss.field@un.example", "csfp@un.example", "ocha@un.example", "hq@alba.example",
    "field@alba.example", "hq@benu.example", "field@benu.example", "local@nngo.example", "hq@suspended.example",
    "admin@portal.example", "nobody@elsewhere.example",
]  # fmt: skip
# Confidential, but not behind the wall.
WITHOUT = {
    "case work of the bodies, whose readers are named by other rules than audiences": {
        "Application", "Confirmation", "Decision", "EligibilityCase", "Referral", "Suspension", "Answer", "Review",
        "ReviewRequest", "ReviewedArea",
        "Proposal", "PeriodicReport",
    },
    "cases of feedback: readable by who holds a grant of the case, and nobody else may know of one": {
        "Case", "CaseFile", "CaseGrant", "CaseLink", "CaseStep", "Concerned", "Entry", "Escalation", "Inquiry",
        "Lesson", "Reminder", "TakenOff",
    },
    "the restricted track: sealed, and read by handlers who are named in rows of its own": {
        "Report", "Handler", "Choice", "Note",
    },
    "it holds nothing but its parts, which are behind the wall": {"SameEvent"},
    "public figures of public sources": {"ReferenceRecord"},
}  # fmt: skip


@pytest.fixture(autouse=True)
def bound(db):
    """Whoever tests sign in as: from here on it is somebody whom the wall binds."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {servers.OWNER}")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


def ids(table: str, column: str = "id") -> set:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT {column} FROM "{table}"')
        return {row[0] for row in cursor.fetchall()}


def key_of(model) -> str:
    return model._meta.pk.column


def seen(model) -> set:
    return ids(model._meta.db_table, key_of(model))


def principals(cast) -> list[str]:
    areas = [area.pk for area in Area.objects.filter(code__in=["south-sudan", "chad", "torit"])]
    orgs = [cast.organisations[key].pk for key in ("alba", "benu", "nngo", "suspended")]
    return [
        "everyone", "community", "dss_world", "ocha",
        *(f"{term}:{area}" for term in ("dss", "un", "area_partners") for area in areas),
        *(f"{term}:{org}" for term in ("organisation", "originator") for org in orgs),
    ]  # fmt: skip


RELEASE = st.tuples(
    st.sampled_from(["south-sudan", "chad", "torit", None]),
    st.lists(st.integers(0, 20), max_size=4, unique=True),  # who reads the shared release
    st.lists(st.integers(0, 20), max_size=2, unique=True),  # who the full one
    st.lists(st.integers(0, 20), max_size=2, unique=True),  # who one that closes by itself
    st.sampled_from([-1, 1, None]),  # when that does
    st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from([None, -1, 1]), st.integers(0, 2)), max_size=2),
    st.sampled_from(["shared", "withdrawn", "erased"]),
)


def make(cast, rows) -> None:
    """Items with three releases each, audience rows, grants (open, expired, expiring), and something of each sort."""
    names, now = principals(cast), timezone.now()
    SearchToken = walled()["sharing_searchtoken"]
    for area, shared, full, consented, closes, grants, state in rows:
        item = make_item(area=Area.objects.filter(code=area).first(), state=state)
        walled()["incidents_incident"].objects.create(item=item)
        chosen = ((0, consented), (1, shared), (2, full))
        made = [make_release(item, *(names[n] for n in some), depth=depth) for depth, some in chosen]
        if closes:
            Release.objects.for_system("test").filter(pk=made[0].pk).update(closes_at=now + timedelta(days=closes))
        SearchToken.objects.bulk_create(SearchToken(token="word", release=row) for row in made)
        for email, expiry, which in grants:
            grant(made[which], [cast[email]], by=cast["field@alba.example"])
            if expiry:
                Grant.objects.for_system("test").filter(user=cast[email], content_object=made[which]).update(
                    granted_at=now - timedelta(days=9), expires_at=now + timedelta(days=expiry)
                )


def torit(cast) -> Area:
    values = {"name_en": "Torit", "name_fr": "Torit", "kind": "part", "time_zone": "Africa/Juba"}
    return Area.objects.update_or_create(code="torit", defaults={**values, "parent": cast.areas["south-sudan"]})[0]


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rows=st.lists(RELEASE, max_size=6), suspended=st.sets(st.sampled_from(["south-sudan", "chad", "torit"])))
def test_raw_sql_sees_what_the_rule_opens(cast, rows, suspended):
    with transaction.atomic():
        torit(cast)
        for code in suspended:
            Standing.objects.create(
                organisation=cast.organisations["benu"],
                kind="suspended",
                area=Area.objects.get(code=code),
                starts_at=LONG_AGO,
            )
        make(cast, rows)
        for email in PEOPLE:
            access = access_of(cast[email])
            wanted = expected(access)
            with reading_as(access):
                assert {model.__name__: seen(model) for model in wanted} == {
                    model.__name__: keys for model, keys in wanted.items()
                }, email
            assert set(Release.objects.visible_to(access).values_list("pk", flat=True)) == wanted[Release], email
        with surrounded_by(NOBODY):
            assert {model.__name__: seen(model) for model in walled().values() if seen(model)} == {}
        transaction.set_rollback(True)


def test_every_confidential_model_says_how_it_stands_to_the_wall():
    models = apps.get_models(include_auto_created=True)
    scoped = {model for model in models if isinstance(model._default_manager.all(), ScopedQuerySet)}
    told = {model for model in models if any(map(_leads_behind, model._meta.concrete_fields))}
    named = [name for names in WITHOUT.values() for name in names]
    assert sorted(model.__name__ for model in scoped | told if not wall_of(model)) == sorted(named)
    assert {model.__name__ for model in walled().values()} == set(BY_HAND)
    assert {model._meta.app_label for model in walled().values()} >= {"sharing", "incidents"}


def _leads_behind(field):
    """Whether a column says of which item, or what of one, its row is."""
    return field.name == "item_ref" or (field.is_relation and bool(wall_of(field.related_model)))


@pytest.fixture
def hidden(cast):
    """Something that nobody at Alba may see, beside something that they may."""
    make_release(make_item(area=cast.areas["chad"]), "everyone")
    return make_release(make_item(area=cast.areas["chad"]), f"organisation:{cast.organisations['benu'].pk}")


@pytest.fixture
def alba(cast):
    return access_of(cast["hq@alba.example"])


def rows_of(sql, params=None) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def test_a_forgotten_filter_and_an_injected_union_show_nothing_more(alba, hidden):
    rows = Release.objects.visible_to(alba)
    text, params = rows.values_list("pk").query.sql_with_params()
    open_ones = set(rows.values_list("pk", flat=True))
    assert len(open_ones) == 1
    assert {pk for (pk,) in rows_of(f"{text} UNION ALL SELECT id FROM sharing_release", params)} == open_ones
    assert rows_of(f"{text} UNION SELECT release_id FROM sharing_audience WHERE principal LIKE 'org%%'", params) == [
        (pk,) for pk in open_ones
    ]
    forgotten = Release.objects.visible_to(alba)
    forgotten.query.where = Release.objects.for_system("test").query.where
    assert set(forgotten.values_list("pk", flat=True)) == open_ones


def test_the_system_inside_a_readers_question_stays_behind_the_wall(alba, hidden):
    items = Item.objects.for_system("test").filter(pk=hidden.item_id)
    assert items.exists()
    assert not Release.objects.visible_to(alba).filter(item__in=items).exists()
    either = Release.objects.visible_to(alba) | Release.objects.for_system("test")
    assert hidden.pk not in set(either.values_list("pk", flat=True))
    both = Release.objects.for_system("test").filter(pk__in=Release.objects.visible_to(alba).values("pk"))
    assert both.count() == 1


def test_nothing_stays_elevated_in_a_transaction(alba, hidden):
    with transaction.atomic(), surrounded_by(NOBODY):
        assert Release.objects.for_system("test").count() == 2
        assert ids("sharing_release") == set()
        with reading_as(alba):
            assert len(ids("sharing_release")) == 1
        assert ids("sharing_release") == set()
        inner = transaction.savepoint()
        assert Release.objects.for_system("test").count() == 2
        transaction.savepoint_rollback(inner)
        assert ids("sharing_release") == set()
        with as_system("a test"):
            assert len(ids("sharing_release")) == 2
        assert ids("sharing_release") == set()


def test_who_else_asks_sees_what_is_theirs(cast, alba, hidden):
    benu = access_of(cast["hq@benu.example"])
    with reading_as(alba):
        mine = ids("sharing_release")
        with reading_as(benu):
            assert ids("sharing_release") == mine | {hidden.pk}
        assert ids("sharing_release") == mine
    with pytest.raises(ScopeUnknown):
        list(Release.objects.visible_to(alba).filter(pk__in=Release.objects.visible_to(benu).values("pk")))


def test_a_thread_is_nobody(alba, hidden):
    found = []
    with reading_as(alba):
        thread = threading.Thread(target=lambda: found.append(scope_for("SELECT * FROM sharing_release")))
        thread.start()
        thread.join()
    assert found == [NOBODY]


def test_a_cursor_of_the_server(alba, hidden):
    def portions():
        with connection.chunked_cursor() as cursor:
            cursor.execute("SELECT id FROM sharing_release")
            return cursor.fetchall()

    assert len(portions()) == 2
    with reading_as(alba), pytest.raises(ScopeUnknown):
        portions()
    assert len(list(Release.objects.visible_to(alba).iterator())) == 1


def test_storing_needs_no_scope_and_reading_back_does(alba, hidden):
    with surrounded_by(NOBODY):
        release = make_release(make_item(), "everyone", "community")
        release.shows_originator = True
        release.save()
        assert Audience.objects.for_system("test").filter(release=release).count() == 2
        with pytest.raises(Release.DoesNotExist):
            release.refresh_from_db()
        assert rows_of("UPDATE sharing_release SET version = 9 RETURNING id") == []
        Audience.objects.for_system("test").filter(release=release).delete()
        assert rows_of("INSERT INTO sharing_searchtoken (token, release_id) SELECT 'x', id FROM sharing_release "
                       "RETURNING id") == []  # fmt: skip


def test_many_statements_at_once(alba, hidden):
    with surrounded_by(NOBODY), connection.cursor() as cursor:
        cursor.executemany("UPDATE sharing_release SET version = %s WHERE id = %s", [(5, hidden.pk), (6, hidden.pk)])
    hidden.refresh_from_db()
    assert hidden.version == 6


# How many rows it changes would tell of rows that who asks does not see.
COUNTED = [
    "UPDATE sharing_release SET version = 9",
    "UPDATE sharing_release SET version = 9 WHERE depth = 1",
    "UPDATE sharing_release SET version = 9 WHERE item_id = {item}",
    "UPDATE sharing_release SET version = 9 WHERE id = {release} OR depth = 1",
    "UPDATE sharing_release SET version = 9 WHERE NOT (id = 0)",
    "UPDATE sharing_release SET version = 9 FROM sharing_item i WHERE i.id = item_id AND i.id = {item}",
    "UPDATE sharing_release r SET version = 9 FROM sharing_item i WHERE i.id = r.item_id AND r.id = {release}",
    "UPDATE organisations_organisation o SET name = i.ref FROM sharing_item i WHERE i.id = {item} AND o.id = {other}",
    "DELETE FROM sharing_searchtoken USING sharing_release r WHERE r.id = release_id AND release_id = {release}",
    "DELETE FROM sharing_searchtoken WHERE release_id = {release}",
]


@pytest.mark.parametrize("statement", COUNTED)
def test_changing_rows_tells_nothing_of_hidden_ones(cast, alba, hidden, statement):
    walled()["sharing_searchtoken"].objects.create(token="word", release=hidden)
    other = cast.organisations["dune"].pk
    known = Release.objects.for_system("test").exclude(pk=hidden.pk).count()
    with reading_as(alba), connection.cursor() as cursor:
        cursor.execute(statement.format(item=hidden.item_id, release=hidden.pk, other=other))
        assert cursor.rowcount <= known
        told = cursor.rowcount
    with surrounded_by(NOBODY), connection.cursor() as cursor:
        cursor.execute(statement.format(item=hidden.item_id, release=hidden.pk, other=other))
        assert cursor.rowcount == 0
    assert told == 0 or "{item}" not in statement
    hidden.refresh_from_db()
    assert hidden.version == 1


ERRORS = [
    "SELECT 1 / (sort_at::date - sort_at::date) FROM sharing_release WHERE id = %s",
    "SELECT 1 FROM sharing_release WHERE id = %s AND 1 / (depth - 1) = 1",
    "SELECT 1 FROM sharing_item WHERE id = (SELECT item_id FROM sharing_release WHERE id = %s) AND ref::int = 1",
    "SELECT CAST(ref AS int) FROM sharing_item WHERE id = %s",
    "SELECT id FROM sharing_audience WHERE release_id = %s AND principal::int = 1",
    "SELECT id FROM sharing_release WHERE id = %s AND pg_sleep(0) IS NULL AND sqrt(-depth) > 0",
]


@pytest.mark.parametrize("statement", ERRORS)
def test_an_error_does_not_tell_hidden_from_absent(alba, hidden, statement):
    """Nothing that could fail or be watched is computed on a row before it is known to be visible."""
    with reading_as(alba):
        visible = ids("sharing_release") | ids("sharing_item")  # whose numbers may be those of hidden rows elsewhere
        for key in {hidden.pk, hidden.item_id, 2**40} - visible:
            assert rows_of(statement, [key]) == []


def test_estimates_do_not_tell_hidden_from_absent(alba, hidden):
    plans = []
    with reading_as(alba):
        for key in (hidden.pk, hidden.pk + 1000):
            [*plan] = rows_of("EXPLAIN SELECT * FROM sharing_release WHERE id = %s", [key])
            plans.append(repr(plan).replace(f"id = {key})", "id = KEY)"))
    assert plans[0] == plans[1]


def test_withdrawn_and_shared_items_through_the_actions(cast, alba):
    item = make_item(originator=cast.organisations["benu"], area=cast.areas["south-sudan"], marking="TLP:GREEN")
    at = dict.fromkeys((1, 2), LONG_AGO)
    release_item(item, choices=["dss_desks", "community"], sort_at=at)
    with reading_as(alba):
        assert ids("sharing_item") == {item.pk}
    withdraw(item, by=cast["hq@benu.example"], version=1)
    with reading_as(alba):
        assert ids("sharing_item") == set()
    with reading_as(access_of(cast["hq@benu.example"])):
        assert ids("sharing_item") == {item.pk}
