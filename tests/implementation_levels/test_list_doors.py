"""A list is superseded and never altered (L4): every door through which somebody might, and what is behind it after."""

import hashlib
import io
from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.urls import URLPattern
from django.utils import timezone

from areas.models import Area
from audit.triggers import REFUSAL
from documents.issue import document_of, make_due, order_document
from documents.models import FrozenDocument
from implementation_levels import urls
from implementation_levels.actions.distribution import note_opening, send_due
from implementation_levels.actions.lists import publish_due
from implementation_levels.lists import files_of
from implementation_levels.models import Delivery, Distribution, LevelDecision, LevelList, ListMail, Opening
from tests.factories.levels import SOUTH_SUDAN, a_list

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
FROZEN = (LevelList, ListMail, Distribution, Delivery, Opening, LevelDecision, FrozenDocument)
HQ = "dss.hq@un.example"


@pytest.fixture
def level_list(cast) -> LevelList:
    """List 1 with both PDFs, sent to everybody, opened by one; a row in every table of FROZEN."""
    row = a_list(cast)
    assert send_due() > 1
    note_opening(row, user=cast[HQ], by_link=True)
    assert [model.__name__ for model in FROZEN if not model.objects.exists()] == []
    return row


def printed(row) -> str:
    """Every column of a row; of a document the bytes of its file, too."""
    columns = str([getattr(row, field.attname) for field in row._meta.concrete_fields])
    return columns + (hashlib.sha256(row.file.read()).hexdigest() if isinstance(row, FrozenDocument) else "")


@pytest.fixture
def untouched(level_list):
    """Whatever the test does: afterwards every row of list 1 is as it was, and its fingerprints fit."""
    before = {row: printed(row) for model in FROZEN for row in model.objects.all()}
    yield
    assert {row: printed(row._meta.model.objects.get(pk=row.pk)) for row in before} == before
    kept = LevelList.objects.get(number=1)
    for file in files_of(kept):
        content = document_of(kept.document_number, file.language).file.read() if file.kind == "pdf" else file.text()
        assert file.digest == hashlib.sha256(content).hexdigest(), file.name


def refused(act) -> bool:
    """Whether the database itself refuses."""
    try:
        with transaction.atomic():
            act()
    except DatabaseError as error:
        return REFUSAL in str(error) or isinstance(error, ProtectedError)
    return False


def test_the_doors_of_the_orm(untouched):
    found = [f"{model.__name__}: {name}" for model in FROZEN for name, act in doors(model) if not refused(act)]
    assert found == []


def doors(model) -> list[tuple]:
    """The ways in which the ORM changes or removes rows, by name."""
    rows, field = model.objects, model._meta.concrete_fields[-1]
    row, upsert = rows.first(), {"update_conflicts": True, "unique_fields": ["id"], "update_fields": [field.name]}
    same = {field.attname: getattr(row, field.attname)}
    return [
        ("save", row.save),
        ("save fields", lambda: row.save(update_fields=[field.attname])),
        ("delete", row.delete),
        ("delete rows", rows.all().delete),
        ("delete rows without asking", lambda: rows.all()._raw_delete("default")),
        ("update", lambda: rows.filter(pk=row.pk).update(**same)),
        ("bulk_update", lambda: rows.bulk_update([row], [field.name])),
        ("update_or_create", lambda: rows.update_or_create(pk=row.pk, defaults=same)),
        ("upsert", lambda: rows.bulk_create([row], **upsert)),
    ]


def test_the_doors_of_the_database(untouched):
    tables = [connection.ops.quote_name(model._meta.db_table) for model in FROZEN]
    ways = ["UPDATE {0} SET id = id", "DELETE FROM {0}"]
    if connection.vendor == "postgresql":
        ways.append("TRUNCATE {0} CASCADE")
    else:
        ways.append("INSERT OR REPLACE INTO {0} SELECT * FROM {0}")
    statements = [way.format(table) for way in ways for table in tables]
    assert [statement for statement in statements if not refused(lambda one=statement: run(one))] == []


def run(statement: str) -> None:
    """One statement, past the ORM."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # checks that wait would refuse TRUNCATE before the trigger
        cursor.execute(statement)


def test_the_doors_of_the_pages(untouched, cast, sign_in):
    """No page of a list takes anything but the buttons that send it again; nor does who may press these change it."""
    client = sign_in(cast[HQ])
    given = {"number": 1, "language": "en", "name": "list-1.json", "pk": 1}
    paths = [pattern for pattern in urls.urlpatterns if str(pattern.pattern).startswith("lists/")]
    assert len(paths) >= 5
    typed = {"content": "{}", "digest": "0" * 64, "on": "2026-01-01", "number": "1", "csv_en": ""}
    took = set()
    for pattern in paths:
        for method in (client.post, client.put, client.patch, client.delete):
            if method(path_to(pattern, given), typed, content_type="application/json").status_code not in (404, 405):
                took.add(pattern.name)
    assert took <= {"send_again"}


def path_to(pattern: URLPattern, given) -> str:
    """The address of a pattern, with what we have for its blanks."""
    path = str(pattern.pattern)
    for converter in ("int:number", "slug:language", "str:name", "int:pk"):
        path = path.replace(f"<{converter}>", str(given[converter.split(":")[1]]))
    assert "<" not in path
    return f"/levels/{path}"


def test_the_door_of_another_name(untouched):
    """The area is called otherwise since, and its note with it: the old list keeps the names of its day."""
    Area.objects.filter(code=SOUTH_SUDAN).update(name_en="Renamed", name_fr="Autre", note_en="Other.")
    assert publish_due() is None
    with time_machine.travel(timezone.now() + timedelta(days=200), tick=False):
        second = publish_due()
        assert '"name_en": "Renamed"' in second.content


def test_the_door_of_making_it_again(untouched, level_list):
    """Neither the list nor its PDFs are made twice, whoever asks; nor a second list of its number."""
    assert publish_due() is None
    assert make_due() == 0
    for language in ("en", "fr"):
        with pytest.raises(IntegrityError), transaction.atomic():
            order_document(
                number=level_list.document_number, language=language, template="x.html", title="x", context={}
            )
    level_list.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        level_list.save(force_insert=True)


def test_the_doors_of_retention_and_erasure(untouched, level_list):
    """Forty years later, what is cleared away takes nothing of a list with it."""
    with time_machine.travel(timezone.now() + timedelta(days=40 * 365), tick=False):
        call_command("retention", "--yes", stdout=io.StringIO())
    with pytest.raises(CommandError):
        call_command("erase", level_list.document_number, "--reason", "decision", "--by", HQ, "--yes")
