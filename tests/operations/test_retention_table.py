"""Every table is decided on: it has a period, or a reason to be kept; and the document says so."""

from pathlib import Path

from django.apps import apps
from django.contrib.contenttypes.models import ContentType

from audit.triggers import append_only_tables
from operations import retention
from tests.test_architecture import REPOSITORY


def test_every_table_is_decided_on():
    """A new model is in a rule, or in the list of what has no period, with the reason."""
    models = {
        model._meta.label
        for model in apps.get_models()
        if model._meta.app_label not in {"support", "demo"} and not model._meta.auto_created
    }
    ruled = {label for rule in retention.RULES for label in rule.models}
    assert models == ruled | set(retention.KEPT)
    assert ruled.isdisjoint(retention.KEPT)


def test_append_only_tables_lose_no_row():
    """The database refuses it: what confidential words they hold goes with its key."""
    tables = {apps.get_model(label)._meta.db_table for rule in retention.RULES for label in rule.models}
    assert tables.isdisjoint(append_only_tables())
    assert all(
        retention.KEPT[model._meta.label].startswith("append-only")
        for model in apps.get_models()
        if getattr(model, "append_only", False) and model._meta.app_label != "support"
    )
    assert ContentType._meta.label in retention.KEPT


def test_the_document_is_the_table():
    document = Path(REPOSITORY / "docs" / "retention.md")
    assert document.read_text(encoding="utf-8") == retention.table(), "manage.py retention --table > docs/retention.md"
