"""Reports on one event, and pairs that are two events (I10)."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import incidents.models.same_event


def _who():
    return models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)


def _item():
    return models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sharing.item")


def _id():
    return models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0007_report_codes"),
        ("sharing", "0004_fast_lists"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SameEvent",
            fields=[
                ("id", _id()),
                (
                    "ref",
                    models.CharField(default=incidents.models.same_event.event_reference, max_length=16, unique=True),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("office", models.CharField(help_text="Of the desk that said so first.", max_length=200)),
                ("by", _who()),
            ],
        ),
        migrations.CreateModel(
            name="PartOf",
            fields=[
                ("id", _id()),
                ("joined_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("office", models.CharField(help_text="Of the desk that said so.", max_length=200)),
                ("left_at", models.DateTimeField(null=True)),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="incidents.sameevent"
                    ),
                ),
                ("item", _item()),
                ("joined_by", _who()),
                (
                    "left_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("left_at", None)), fields=("item",), name="part_of_one_event_at_a_time"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("left_at", None), ("left_by", None)),
                            models.Q(("left_at__isnull", False), ("left_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="left_an_event_by_whom_and_when",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NotTheSame",
            fields=[
                ("id", _id()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("office", models.CharField(max_length=200)),
                ("by", _who()),
                ("higher", _item()),
                ("lower", _item()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("lower", "higher"), name="two_events_said_once"),
                    models.CheckConstraint(
                        condition=models.Q(("lower__lt", models.F("higher"))), name="two_events_in_one_order"
                    ),
                ],
            },
        ),
    ]
