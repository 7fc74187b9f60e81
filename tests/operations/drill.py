"""Restoring as an operator does, and what people had, for the tests of backups."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from documents.models import StoredFile


def restore(backup, **options) -> str:
    """What the command says."""
    out = StringIO()
    call_command("restore", str(backup), stdout=out, **options)
    return out.getvalue()


def refusal(backup, **options) -> str:
    """What the restore says that refuses."""
    with pytest.raises(CommandError) as caught:
        restore(backup, **options)
    return str(caught.value)


def plain_files() -> dict:
    """Name and plain bytes of every stored file."""
    return {str(file.pk): (file.name, file.read()) for file in StoredFile.objects.all()}
