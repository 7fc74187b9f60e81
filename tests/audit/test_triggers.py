"""Append-only tables refuse changes whichever program is at the door, on both databases, also after a rebuild."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction
from django.utils import timezone

from areas.models import AreaEntry
from audit.actions import record
from audit.models import Event
from audit.triggers import REFUSAL, append_only_tables, install
from documents import files
from documents.issue import order_document
from documents.models import FrozenDocument
from feedback.models import CaseReading
from implementation_levels.models import Opening
from incidents.desk import Desk, acknowledge
from incidents.models import ImportRun, ReferenceRecord, ReferenceVersion
from incidents.same_event import say_not_the_same
from partners.models import BasisEntry, Signature
from restricted.years import count_year
from tests.factories.consents import asked, shared_with_benu
from tests.factories.incidents import file_report
from tests.factories.restricted import a_report, taken
from tests.factories.withholding import withheld_report
from tests.visibility.feedback.world import make_world as make_feedback
from tests.visibility.levels.world import make_world as make_levels
from tests.visibility.partnership.world import make_world

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
TABLES = [
    "accounts_rulesacknowledgement",
    "areas_areaentry",
    "audit_event",
    "documents_frozendocument",
    "feedback_casereading",
    "feedback_casestep",
    "feedback_entry",
    "feedback_escalation",
    "governance_closing",
    "governance_comment",
    "governance_exclusion",
    "governance_position",
    "implementation_levels_answer",
    "implementation_levels_delivery",
    "implementation_levels_distribution",
    "implementation_levels_leveldecision",
    "implementation_levels_levellist",
    "implementation_levels_listmail",
    "implementation_levels_opening",
    "implementation_levels_statement",
    "incidents_deskentry",
    "incidents_notthesame",
    "incidents_referenceversion",
    "incidents_report",
    "incidents_reportcodes",
    "incidents_withholding",
    "overview_measureentry",
    "overview_reportstep",
    "partners_basisentry",
    "partners_check",
    "partners_letter",
    "partners_memorandumtemplate",
    "partners_note",
    "partners_recommendation",
    "partners_referral",
    "partners_registerissue",
    "partners_signature",
    "partners_stateentry",
    "restricted_choice",
    "restricted_note",
    "restricted_opening",
    "restricted_yearfigure",
    "sharing_consententry",
    "sharing_reading",
]


def refused(statement: str) -> bool:
    """Whether the database itself refuses a statement, with our sentence."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError as error:
        return REFUSAL in str(error)
    return False


@pytest.fixture
def filled(cast, sign_in):
    """At least one row in every append-only table."""
    report = file_report(cast)
    sign_in(cast["io@lake.example"]).get(f"/incidents/{report.incident.item.ref}/")
    acknowledge(report.incident.item, by=cast["dss.hq@un.example"], desk=Desk("DSS", None))
    other = file_report(cast).incident.item
    withheld_report(cast)
    asked(cast, shared_with_benu(cast))
    say_not_the_same(report.incident.item, other, by=cast["dss.hq@un.example"], desk=Desk("DSS", None))
    record = ReferenceRecord.objects.create(source="awsd", source_id="1")
    now = timezone.now()
    run = ImportRun.objects.create(source="awsd", state=ImportRun.State.DONE, finished_at=now, as_of=now)
    ReferenceVersion.objects.create(record=record, run=run)
    _partnership(cast)
    _levels(cast)
    _feedback(cast)
    taken(cast, a_report(cast))
    count_year()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # checks that wait would refuse TRUNCATE before we can
        for table in TABLES:
            cursor.execute(f"SELECT COUNT(*) FROM {table}")
            assert cursor.fetchone()[0] > 0, table


def _partnership(cast):
    """A row in each table of partnership and of the bodies."""
    rows = make_world(cast).rows
    signed = Signature(memorandum=rows["memorandum"], side="dss", way="typed", digest="x", by=cast["dss.hq@un.example"])
    signed.save(force_insert=True)
    BasisEntry.objects.create(basis=rows["basis"], what="recorded")
    order = order_document(number="TRIAL-1", language="en", template="x.html", title="Trial", context={})
    file = files.store(b"x", name="x", media_type="application/pdf")
    FrozenDocument.objects.create(order=order, file=file, digest="x")


def _levels(cast):
    """A row in each table of levels, and one of what became of an area."""
    rows = make_levels(cast).rows
    Opening.objects.create(list=rows["list"], user=cast["field@alba.example"])
    area = rows["task"].area
    AreaEntry.objects.create(area=area, what="made", on=timezone.now().date(), name_en="One", name_fr="Un")


def _feedback(cast):
    """A row in each table of feedback, measures and reports."""
    case = make_feedback(cast).rows["office"]
    CaseReading.objects.create(case_ref=case.ref, reader=cast["wg@icva.example"].pk, party="handler", how="opened")


def test_which_tables_are_append_only():
    assert append_only_tables() == TABLES
    asked = {model._meta.db_table for model in apps.get_models() if hasattr(model, "append_only")}
    assert asked == set(TABLES)


def test_changes_are_refused(filled):
    assert [statement for table in TABLES for statement in _changes(table) if not refused(statement)] == []


def _changes(table):
    one = f"WHERE id = (SELECT MIN(id) FROM {table})"
    upsert = f"INSERT INTO {table} SELECT * FROM {table} WHERE true ON CONFLICT (id) DO UPDATE SET id = excluded.id"
    statements = [f"UPDATE {table} SET id = id", f"UPDATE {table} SET id = 0 {one}", upsert]
    statements += [f"DELETE FROM {table}", f"DELETE FROM {table} {one}"]
    return statements + ([f"TRUNCATE {table} CASCADE"] if connection.vendor == "postgresql" else [])


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite has REPLACE")
def test_replacing_rows_is_refused(filled):
    """REPLACE removes the old row without asking the trigger for DELETE."""
    assert [table for table in TABLES if not refused(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")] == []


def test_the_orm_is_refused_as_well(filled):
    event = Event.objects.first()
    event.verb = "changed"
    for attempt in (event.save, event.delete, Event.objects.all().delete):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            attempt()


def test_installing_again_changes_nothing(filled):
    assert install() == TABLES
    assert refused("DELETE FROM audit_event")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_migration_that_rebuilds_the_table_leaves_it_guarded():
    """On SQLite altering a column makes the table anew, without its triggers; `migrate` brings them back."""
    record("thing.done", by=None, object_type="thing", object_ref="T-1")
    old = Event._meta.get_field("verb")
    new = models.CharField(max_length=65)
    new.set_attributes_from_name("verb")
    new.model = Event
    with connection.schema_editor() as editor:
        editor.alter_field(Event, old, new)
    try:
        if connection.vendor == "sqlite":
            assert not _has_triggers("audit_event")
        call_command("migrate", verbosity=0)
        assert refused("DELETE FROM audit_event")
        assert refused("UPDATE audit_event SET verb = ''")
    finally:
        with connection.schema_editor() as editor:
            editor.alter_field(Event, new, old)
        install()


def _has_triggers(table):
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table])
        return cursor.fetchone()[0] > 0
