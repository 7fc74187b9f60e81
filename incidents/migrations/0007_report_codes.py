"""The codes of each report, for figures as of any moment; filled with what is known of the reports that are here."""

from datetime import UTC, date

import django.db.models.deletion
from django.db import migrations, models

_TO_THE_MONTH = {"exact", "about", "day", "month"}
_BATCH = 2000


def fill(apps, schema_editor):
    """What the full release says now, for the newest report and for those before: what they said in codes is sealed."""
    reports = apps.get_model("incidents", "Report")._base_manager.order_by("pk")
    full = apps.get_model("incidents", "IncidentRelease")._base_manager.filter(release__depth=2)
    codes = apps.get_model("incidents", "ReportCodes")
    full = full.select_related("release__item__originator").defer("sealed")
    last = 0
    while batch := list(reports.filter(pk__gt=last).values_list("pk", "incident__item", "number", "filed_at")[:_BATCH]):
        said = {row.release.item_id: row for row in full.filter(release__item__in={item for _, item, *_ in batch})}
        codes._base_manager.bulk_create(
            codes(report_id=pk, item_id=item, number=number, filed_at=filed_at, **_codes_of(said[item]))
            for pk, item, number, filed_at in batch
            if item in said
        )
        last = batch[-1][0]


def _codes_of(row) -> dict:
    return {
        "area_id": row.release.item.area_id,
        "is_of_un": row.release.item.originator.kind == "unsms_entity",
        "quarter": _quarter(row.release.sort_at) if row.time_precision in _TO_THE_MONTH else None,
        "category": row.category,
        "consequence": row.consequence,
        "is_near_miss": row.is_near_miss,
    }


def _quarter(moment) -> date:
    day = moment.astimezone(UTC).date()
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


class Migration(migrations.Migration):
    dependencies = [
        ("areas", "0002_names_and_entries"),
        ("incidents", "0006_fast_lists"),
        ("organisations", "0004_circulation"),
        ("sharing", "0004_fast_lists"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReportCodes",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "number",
                    models.PositiveSmallIntegerField(help_text="Of the report: the highest of an item is the newest."),
                ),
                ("filed_at", models.DateTimeField(help_text="Of the report.")),
                (
                    "is_of_un",
                    models.BooleanField(
                        help_text="Reported by an organisation of the United Nations; else by a partner."
                    ),
                ),
                (
                    "quarter",
                    models.DateField(
                        help_text="First day of the calendar quarter (UTC) in which it happened, if known to the "
                        "month.",
                        null=True,
                    ),
                ),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("killing_injury", "Killing or injury"),
                            ("abduction", "Abduction or disappearance"),
                            ("detention", "Arrest or detention"),
                            ("assault", "Assault or harassment"),
                            ("threat", "Threat or intimidation"),
                            ("robbery", "Robbery, burglary or theft"),
                            ("road_attack", "Attack on a vehicle or on the road"),
                            ("premises_attack", "Attack on premises"),
                            ("explosives", "Explosives, shelling or crossfire"),
                            ("access", "Access blocked, measure of an authority"),
                            ("safety", "Accident, fire, illness or natural hazard"),
                            ("information", "Information or cyber incident"),
                            ("unknown", "Not known yet"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "consequence",
                    models.CharField(
                        choices=[
                            ("killed", "killed"),
                            ("wounded", "wounded"),
                            ("kidnapped", "kidnapped"),
                            ("detained", "detained or arrested"),
                            ("missing", "missing"),
                            ("threatened", "threatened or assaulted, not wounded"),
                            ("unharmed", "unharmed"),
                            ("unknown", "not known"),
                        ],
                        max_length=12,
                    ),
                ),
                ("is_near_miss", models.BooleanField(default=False)),
                (
                    "area",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="areas.area",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sharing.item",
                    ),
                ),
                (
                    "report",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="incidents.report"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["quarter"], name="codes_by_quarter")],
                "constraints": [models.UniqueConstraint(fields=("item", "number"), name="codes_of_each_report_once")],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
