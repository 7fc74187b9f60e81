"""Confidential tables answer nobody who did not say on whose behalf they ask, whatever the door."""

import pickle

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, Subquery

from areas.models import Area
from sharing.models import Audience, Grant, Item, Release
from sharing.scoping import ScopedQuerySet, UnscopedQuery
from tests.factories.sharing import make_item, make_release

pytestmark = pytest.mark.django_db

CONFIDENTIAL = [model for model in apps.get_models() if isinstance(model._default_manager.all(), ScopedQuerySet)]

DOORS = {
    "iteration": list,
    "iterator": lambda rows: list(rows.iterator()),
    "len": len,
    "bool": bool,
    "repr": repr,
    "index": lambda rows: rows[0],
    "slice": lambda rows: list(rows[:2]),
    "get": lambda rows: rows.get(pk=1),
    "first": lambda rows: rows.first(),
    "last": lambda rows: rows.last(),
    "count": lambda rows: rows.count(),
    "exists": lambda rows: rows.exists(),
    "contains": lambda rows: rows.contains(rows.model(pk=1)),
    "aggregate": lambda rows: rows.aggregate(Count("pk")),
    "annotate": lambda rows: list(rows.annotate(how_many=Count("pk"))),
    "values": lambda rows: list(rows.values()),
    "values_list": lambda rows: list(rows.values_list("pk", flat=True)),
    "distinct": lambda rows: list(rows.distinct()),
    "in_bulk": lambda rows: rows.in_bulk([1]),
    "explain": lambda rows: rows.explain(),
    "sql": lambda rows: str(rows.query),
    "update": lambda rows: rows.update(pk=1),
    "delete": lambda rows: rows.delete(),
    "raw delete": lambda rows: rows._raw_delete(rows.db),
    "pickle": pickle.dumps,
    "pickled query": lambda rows: list(_of_query(rows, pickle.loads(pickle.dumps(rows.query)))),
    "union": lambda rows: list(rows.union(rows.none(), rows)),
    "union with a scoped one": lambda rows: list(rows.for_system("test").union(rows)),
    "intersection": lambda rows: list(rows.for_system("test").intersection(rows)),
    "difference": lambda rows: list(rows.for_system("test").difference(rows)),
    "or": lambda rows: list(rows | rows),
    "scoped or unscoped": lambda rows: list(rows.for_system("test") | rows),
    "unscoped or scoped": lambda rows: list(rows | rows.for_system("test")),
    "xor": lambda rows: list(rows ^ rows),
    "scoped xor unscoped": lambda rows: list(rows.for_system("test") ^ rows),
    "unscoped and scoped": lambda rows: list(rows & rows.for_system("test")),
    "subquery": lambda rows: list(Area.objects.filter(pk__in=rows.values("pk"))),
    "exists subquery": lambda rows: list(Area.objects.filter(Exists(rows.filter(pk=OuterRef("pk"))))),
    "annotated subquery": lambda rows: list(Area.objects.annotate(x=Subquery(rows.values("pk")[:1]))),
    "nested in a scoped one": lambda rows: list(rows.for_system("test").filter(pk__in=rows)),
    "get_or_create": lambda rows: rows.get_or_create(pk=1),
    "chain of filters": lambda rows: list(rows.filter(pk=1).exclude(pk=2).order_by("pk").reverse()),
    "select_for_update": lambda rows: list(rows.select_for_update()),
    "raw": lambda rows: list(rows.raw(f"SELECT * FROM {rows.model._meta.db_table}")),
}


def _of_query(rows, query):
    clone = rows._chain()
    clone.query = query
    return clone


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("model", CONFIDENTIAL, ids=lambda model: model.__name__)
def test_unscoped_queries_raise(model, door):
    with pytest.raises(UnscopedQuery):
        DOORS[door](model.objects.all())


@pytest.mark.parametrize("door", DOORS)
def test_unscoped_queries_raise_before_the_database_is_asked(door, django_assert_num_queries):
    with django_assert_num_queries(0), pytest.raises(UnscopedQuery):
        DOORS[door](Release.objects.all())


def test_every_model_of_confidential_things_is_scoped():
    assert {model.__name__ for model in CONFIDENTIAL} == {
        "Item", "Release", "Audience", "Grant", "Incident", "Report", "IncidentRelease", "AffectedGroup", "Draft",
        "SearchToken", "Export", "SavedSearch", "Recall", "Change", "DeskEntry", "Question", "Proposal", "Attachment",
        "Application", "Confirmation", "Decision", "EligibilityCase", "Referral", "Suspension",
        "SameEvent", "PartOf", "NotTheSame", "Withholding", "ConsentRequest", "ConsentEntry",
        "Answer", "Review", "ReviewRequest", "ReviewedArea", "ReportCodes", "PeriodicReport",
        "Case", "CaseFile", "CaseGrant", "CaseLink", "CaseStep", "Concerned", "Entry", "Escalation", "Inquiry",
        "Lesson", "Reminder", "TakenOff",
        "Choice", "Handler", "Note",
    }  # fmt: skip


def test_no_reverse_name_leads_into_a_confidential_model():
    led = [
        f"{model.__name__}.{field.name}"
        for model in CONFIDENTIAL
        for field in model._meta.get_fields()
        if field.is_relation and not field.auto_created and not field.remote_field.hidden
    ]
    assert led == []


def test_a_refused_delete_leaves_everything(cast):
    release = make_release(make_item(), "everyone")
    with pytest.raises(UnscopedQuery):
        Release.objects.filter(pk=release.pk).delete()
    assert Release.objects.for_system("test").filter(pk=release.pk).exists()


@pytest.mark.parametrize("combine", [lambda a, b: a & b, lambda a, b: a | b, lambda a, b: a.union(b)])
def test_scoped_queries_combine(cast, combine):
    release = make_release(make_item(), "everyone")
    rows = Release.objects.visible_to(cast["hq@alba.example"])
    assert list(combine(rows, rows.filter(pk=release.pk))) == [release]


def test_the_scope_survives_chaining_and_pickling(cast):
    release = make_release(make_item(), "everyone")
    rows = Release.objects.visible_to(cast["hq@alba.example"]).filter(Q(depth=1)).order_by("pk")
    assert list(pickle.loads(pickle.dumps(rows))) == [release]
    assert rows.values_list("pk", flat=True)[0] == release.pk
    assert rows.prefetch_related(Prefetch("area")).get() == release


def test_prefetching_does_not_open_a_door(cast):
    make_release(make_item(), "everyone")
    rows = Release.objects.visible_to(cast["hq@alba.example"])
    with pytest.raises(UnscopedQuery):
        list(rows.prefetch_related(Prefetch("item", queryset=Item.objects.all())))


def test_creating_needs_no_scope():
    item = make_item()
    release = make_release(item, "everyone", "community")
    assert Audience.objects.for_system("test").filter(release=release).count() == 2
    assert not Grant.objects.for_system("test").exists()
    assert connection.vendor in {"postgresql", "sqlite"}
