"""A list is superseded and never altered (L4): every door through which somebody might, and what is behind it after."""

import hashlib
import io
from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.urls import URLPattern
from django.utils import timezone

from areas.models import Area
from audit.triggers import REFUSAL
from documents.files import remove_orphan_files
from documents.issue import document_of, make_due, order_document
from documents.models import FrozenDocument
from implementation_levels import urls
from implementation_levels.actions.lists import publish_due
from implementation_levels.lists import files_of
from implementation_levels.models import Delivery, Distribution, LevelDecision, LevelList, ListMail, Opening
from tests.factories.levels import SOUTH_SUDAN, a_level, a_pdf

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
FROZEN = (LevelList, ListMail, Distribution, Delivery, Opening, LevelDecision, FrozenDocument)
HQ = "dss.hq@un.example"


@pytest.fixture
def level_list(cast) -> LevelList:
    """List 1, sent to one person who opened it, with both PDFs; a row in every table of FROZEN."""
    a_level(cast, reasons="Why.")
    row = publish_due()
    for language in ("en", "fr"):
        a_pdf(row, language)
    ListMail.objects.create(list=row, language="en", subject_line="List 1", text="T", html="H", is_attached=True)
    Distribution.objects.create(list=row, without_contact=[])
    alba = cast.organisations["alba"]
    Delivery.objects.create(list=row, user=cast[HQ], organisation=alba, address="x@un.example", event_key="list:1")
    Opening.objects.create(list=row, user=cast[HQ])
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
        return REFUSAL in str(error) or isinstance(error, models.ProtectedError)
    except models.ProtectedError:
        return True
    return False


@pytest.mark.parametrize("model", FROZEN)
def test_the_doors_of_the_orm(untouched, model):
    row, field = model.objects.first(), model._meta.concrete_fields[-1]
    same = {field.attname: getattr(row, field.attname)}
    acts = {
        "save": row.save,
        "save fields": lambda: row.save(update_fields=[field.attname]),
        "delete": row.delete,
        "update": lambda: model.objects.filter(pk=row.pk).update(**same),
        "bulk_update": lambda: model.objects.bulk_update([row], [field.name]),
        "delete rows": model.objects.all().delete,
        "raw delete": lambda: model.objects.all()._raw_delete(model.objects.db),
        "update_or_create": lambda: model.objects.update_or_create(pk=row.pk, defaults=same),
        "upsert": lambda: model.objects.bulk_create(
            [row], update_conflicts=True, unique_fields=["id"], update_fields=[field.name]
        ),
    }
    assert [name for name, act in acts.items() if not refused(act)] == []


@pytest.mark.parametrize("model", FROZEN)
def test_the_doors_of_the_database(untouched, model):
    table = connection.ops.quote_name(model._meta.db_table)
    statements = [f"UPDATE {table} SET id = id", f"DELETE FROM {table}"]
    if connection.vendor == "postgresql":
        statements.append(f"TRUNCATE {table} CASCADE")
    else:
        statements.append(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")

    def run(statement):
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(statement)

    assert [statement for statement in statements if not refused(lambda one=statement: run(one))] == []


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
        assert remove_orphan_files() == 0
    with pytest.raises(CommandError):
        call_command("erase", level_list.document_number, "--reason", "decision", "--by", HQ, "--yes")
