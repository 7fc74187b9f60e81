"""Consequence and severity of the incidents that were here before releases had them; and the clock of shared ones.

The rules as they were on that day, written out: a migration must not change with the code.
"""

from django.db import migrations

_CRITICAL, _SEVERE, _MODERATE, _MINOR, _NEAR_MISS = 4, 3, 2, 1, 0
# From the gravest downwards; an incident takes the first that holds.
_BY_OUTCOME = [
    ("killed", _CRITICAL),
    ("kidnapped", _CRITICAL),
    ("missing", _SEVERE),
    ("wounded", _SEVERE),
    ("detained", _SEVERE),
    ("threatened", _MODERATE),
]
_BY_CATEGORY = {
    "killing_injury": _SEVERE,
    "abduction": _SEVERE,
    **dict.fromkeys(["threat", "robbery", "access", "safety", "information"], _MINOR),
}


def fill(apps, schema_editor):
    """By the worst known outcome, else by the category; those that a step has filled fall out of the next ones."""
    releases = apps.get_model("incidents", "IncidentRelease")._base_manager
    groups = apps.get_model("incidents", "AffectedGroup")._base_manager
    left = releases.filter(consequence="unknown")
    for category, severity in _BY_CATEGORY.items():
        left.filter(category=category).update(severity=severity)
    left.filter(is_near_miss=True).update(severity=_NEAR_MISS)
    for outcome, severity in _BY_OUTCOME:
        # Groups are kept with the full release only; the shared one says of the same item what came of it.
        items = groups.filter(outcome=outcome).values("facts__release__item")
        left.filter(release__item__in=items).update(consequence=outcome, severity=severity)
        if outcome in {"killed", "kidnapped", "wounded", "detained"}:
            left.filter(report=None, **{f"{outcome}__gt": 0}).update(consequence=outcome, severity=severity)
    items = groups.filter(outcome="unharmed").values("facts__release__item")
    left.filter(release__item__in=items).update(consequence="unharmed")


def on_the_clock_of_the_area(apps, schema_editor):
    """A shared release is told on the clock of its area: the reporter's own would tell where their office is."""
    releases = apps.get_model("incidents", "IncidentRelease")._base_manager
    rows = releases.filter(report__isnull=False, release__depth=1, time_precision__in=["exact", "about"])
    for area, zone in apps.get_model("areas", "Area")._base_manager.values_list("pk", "time_zone"):
        rows.filter(release__area=area).update(time_zone=zone)


class Migration(migrations.Migration):
    dependencies = [("incidents", "0003_in_full")]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(on_the_clock_of_the_area, migrations.RunPython.noop),
    ]
