"""Consequence and severity of the reference incidents that were imported before releases had them.

The rules as they were on that day, written out: a migration must not change with the code.
"""

from django.db import migrations

_CRITICAL, _SEVERE, _MINOR = 4, 3, 1
# From the gravest downwards; a row takes the first that holds.
_BY_COUNT = [("killed", _CRITICAL), ("kidnapped", _CRITICAL), ("wounded", _SEVERE), ("detained", _SEVERE)]
_BY_CATEGORY = {
    "killing_injury": _SEVERE,
    "abduction": _SEVERE,
    **dict.fromkeys(["threat", "robbery", "access", "safety", "information"], _MINOR),
}


def fill(apps, schema_editor):
    """Only rows of public sources, which have a credit line."""
    rows = apps.get_model("incidents", "IncidentRelease")._base_manager.exclude(credit="")
    rows = rows.filter(report=None, consequence="unknown")  # those that a step has filled fall out of the next ones
    for outcome, severity in _BY_COUNT:
        rows.filter(**{f"{outcome}__gt": 0}).update(consequence=outcome, severity=severity)
    for category, severity in _BY_CATEGORY.items():
        rows.filter(category=category).update(severity=severity)


class Migration(migrations.Migration):
    dependencies = [("incidents", "0003_in_full")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
