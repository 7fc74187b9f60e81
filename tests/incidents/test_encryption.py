"""What lies in the database: codes, dates and areas in the clear; what people wrote, nowhere readable."""

import sqlite3
from io import BytesIO
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection

from accounts.models import User
from demo.actions import TOTP_SECRET
from documents.models import DataKey
from incidents.drafts import save_draft
from incidents.models import IncidentRelease, Report
from slt_portal.crypto import SealBroken
from tests.factories.incidents import TEXTS, file_report

WRITTEN = [value for value in TEXTS.values() if isinstance(value, str)]
DRAFT = "CANARY-DRAFT half a sentence"


def write_everything(cast):
    report = file_report(cast)
    save_draft(by=cast["field@alba.example"], submission=report.pk and report.submission, typed={"what": [DRAFT]})
    return report


def whole_database() -> bytes:
    """Every value of every table as the database keeps it, columns of bytes as they are."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                found += [bytes(v) if isinstance(v, memoryview | bytes) else str(v).encode() for v in row]
    return b"\n".join(found)


def secrets_in(content: bytes) -> list[str]:
    """Which of the texts are readable, in any of the encodings that a database may use."""
    texts = [*WRITTEN, "CANARY", DRAFT, TOTP_SECRET, "4.41, 32.57", "[4.41"]
    return [text for text in texts for code in ("utf-8", "utf-16-le", "utf-16-be") if text.encode(code) in content]


@pytest.mark.sqlite
@pytest.mark.django_db
def test_no_table_holds_a_readable_text(cast):
    write_everything(cast)
    content = whole_database()
    assert secrets_in(content) == []
    for plain in (b"field@alba.example", b"TLP:AMBER+STRICT", b"south-sudan", b"incidents.filed"):
        assert plain in content  # so that the search is known to find what is there


@pytest.mark.sqlite
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_no_text_is_in_the_raw_file(cast):
    """Not even in pages that were freed, in the log that SQLite writes first, or in PostgreSQL's own dump format."""
    write_everything(cast)
    if connection.vendor == "sqlite":
        name = Path(connection.settings_dict["NAME"])
        content = b"".join(path.read_bytes() for path in name.parent.glob(f"{name.name}*"))
        plain = sqlite3.connect(name).execute("SELECT ref FROM sharing_item").fetchone()[0]
    else:
        content, plain = _copied(), "INC-"
    assert plain.encode() in content
    assert secrets_in(content) == []


def _copied() -> bytes:
    """All tables by COPY, as a backup has them; bytes are in hexadecimal there, so they are decoded as well."""
    out = BytesIO()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.cursor.copy_expert(f'COPY "{table}" TO STDOUT', out)
    content = out.getvalue()
    cells = [cell for line in content.splitlines() for cell in line.split(b"\t") if cell.startswith(b"\\\\x")]
    return content + b"\n".join(bytes.fromhex(cell[3:].decode()) for cell in cells)


@pytest.mark.django_db
def test_the_authenticator_secret_is_sealed(cast):
    for factor in Authenticator.objects.all():
        assert TOTP_SECRET not in str(factor.data)


@pytest.mark.django_db
def test_every_item_and_every_draft_has_a_key_of_its_own(cast):
    first, second = write_everything(cast), write_everything(cast)
    keys = {first.incident.item.data_key_id, second.incident.item.data_key_id}
    assert DataKey.objects.count() == 4
    assert len(keys) == 2
    wrapped = [bytes(key.wrapped) for key in DataKey.objects.all()]
    assert len(set(wrapped)) == 4


@pytest.mark.django_db
def test_the_same_text_is_never_sealed_alike(cast):
    file_report(cast)
    file_report(cast)
    sealed = [bytes(row.sealed) for row in IncidentRelease.objects.for_system("test")]
    assert len(set(sealed)) == len(sealed) == 4


def openable(row) -> bool:
    try:
        return bool(row.texts)
    except SealBroken:
        return False


@pytest.mark.django_db
@pytest.mark.parametrize("position", [0, 1, 2, 12, -1])
def test_a_changed_byte_is_noticed(cast, position):
    file_report(cast)
    rows = IncidentRelease.objects.for_system("test").with_release()
    row = rows.first()
    changed = bytearray(row.sealed)
    changed[position] ^= 1
    row.sealed = bytes(changed)
    with pytest.raises(SealBroken):
        _ = row.texts


@pytest.mark.django_db
def test_a_text_opens_only_in_its_own_row(cast):
    """Swapped between the releases of one item, and between items: no row shows another's text."""
    file_report(cast)
    file_report(cast)
    rows = list(IncidentRelease.objects.for_system("test").with_release().order_by("pk"))
    assert all(openable(row) for row in rows)
    own = [row.sealed for row in rows]
    for row in rows:
        assert [_with(row, sealed) for sealed in own] == [sealed is row.sealed for sealed in own]


def _with(row, sealed):
    kept, row.sealed = row.sealed, sealed
    try:
        return openable(row)
    finally:
        row.sealed = kept


@pytest.mark.django_db
def test_a_report_does_not_open_as_a_release(cast):
    report = file_report(cast)
    row = IncidentRelease.objects.for_system("test").with_release().filter(report=report).first()
    assert not _with(row, Report.objects.for_system("test").get(pk=report.pk).sealed)


@pytest.mark.django_db
def test_destroying_a_key_destroys_the_text_for_good(cast):
    """Whatever is left in the database then, all keys of the installation included, opens nothing of it."""
    report = file_report(cast)
    other = file_report(cast)
    DataKey.objects.filter(pk=report.incident.item.data_key_id).delete()
    kept = Report.objects.for_system("test").get(pk=report.pk)
    for key in DataKey.objects.all():
        with pytest.raises(SealBroken):
            key.open_json(kept.sealed, context=f"incident report {kept.submission}")
    rows = IncidentRelease.objects.for_system("test").with_release()
    assert [row.texts for row in rows.filter(report=report)] == [{}, {}]
    assert all(row.texts for row in rows.filter(report=other))


@pytest.mark.django_db
def test_without_the_master_key_nothing_opens(cast, settings):
    file_report(cast)
    row = IncidentRelease.objects.for_system("test").with_release().first()
    settings.MASTER_KEYS = ["test:" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="]
    with pytest.raises(SealBroken):
        _ = row.texts
    settings.MASTER_KEYS = ["other:" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="]
    with pytest.raises(SealBroken):
        _ = row.texts


@pytest.mark.django_db
def test_names_of_accounts_are_no_secret_but_passwords_are(cast):
    content = whole_database()
    assert cast["field@alba.example"].name.encode() in content
    assert b"only for this demonstration" not in content
    assert User.objects.filter(password="").count() == 0
