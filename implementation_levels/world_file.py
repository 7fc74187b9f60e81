"""The levels of a day as a table that leaves the portal (C9)."""

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actions import record
from slt_portal.tables import write_csv

from .list_contents import PURPOSE
from .world import Row, World, words_of

INVENTED = gettext_lazy("The levels in this file are invented: it comes from a demonstration.")


def csv_of(world: World, rows: list[Row], *, by) -> bytes:
    """These rows, with day, purpose and for whom on each; noted in the audit chain. Formula-safe."""
    purpose = f"{INVENTED} {PURPOSE}" if settings.DEMO else str(PURPOSE)
    end = [world.on.isoformat(), purpose, by.name]
    table = [[*_cells(row, world), *end] for row in rows]
    facts = {"on": world.on.isoformat(), "format": "csv", "rows": len(rows)}
    record("implementation_levels.table_exported", by=by, object_type="levels", object_ref="world", facts=facts)
    return write_csv(table, [*_columns(), _("Day"), _("Purpose"), _("Made for")])


def _columns():
    return [
        _("Code"),
        _("Area"),
        _("Kind"),
        _("Level"),
        _("Since"),
        _("Decided on"),
        _("Decision"),
        _("Why"),
        _("Next review"),
        _("Review overdue"),
        _("To come"),
        _("From"),
        _("Overlaps with"),
    ]


def _cells(row, world):
    decision, coming = row.level.decision, row.level.to_come
    return [
        row.area.code,
        row.area.name,
        row.area.get_kind_display(),
        words_of(row.level),
        decision and decision.since.isoformat(),
        decision and decision.decided_on.isoformat(),
        decision and decision.ref,
        decision and decision.reasons,
        row.level.review_due and row.level.review_due.isoformat(),
        (_("yes") if row.level.is_overdue(world.known_on) else _("no")) if decision else None,
        coming and coming.get_level_display(),
        coming and coming.effective_from.isoformat(),
        " · ".join(f"{other.area.name} ({words_of(other)})" for other in row.also_in),
    ]
