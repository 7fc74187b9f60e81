"""`flush` for tests empties append-only tables, and leaves their triggers as they were."""

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection

from audit.actions import record
from audit.models import Event


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_flush_empties_append_only_tables_and_keeps_their_triggers():
    for _turn in range(2):
        record("tests.flushed", by=None, object_type="tests", object_ref="1")
        assert Event.objects.count() == 1
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {Event._meta.db_table}")
        call_command("flush", interactive=False, verbosity=0)
        assert Event.objects.count() == 0
