"""Each report leaves its codes, coarse and without words; those that were here before get what is known of them."""

from datetime import UTC, date, datetime
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from incidents.models import Report, ReportCodes
from incidents.report_codes import quarter_of
from tests.factories.incidents import an_account, file_report, followed_up

pytestmark = pytest.mark.django_db
CODES = ("number", "area__code", "is_of_un", "quarter", "category", "consequence", "is_near_miss")


def kept():
    return list(ReportCodes.objects.for_system("test").order_by("item", "number").values_list(*CODES))


@pytest.mark.sqlite
def test_each_report_leaves_its_codes(cast):
    first = file_report(cast)
    followed_up(cast, first, category="abduction", groups=[], occurred_from=datetime(2026, 1, 2, tzinfo=UTC))
    file_report(cast, by="dss.field@un.example", organisation="dss", account=an_account(time_precision="year"))
    quarter = date(2026, 1, 1)
    assert kept() == [
        (1, "south-sudan", False, quarter, "road_attack", "killed", False),
        (2, "south-sudan", False, quarter, "abduction", "unknown", False),
        (1, "south-sudan", True, None, "road_attack", "killed", False),
    ]
    rows = ReportCodes.objects.for_system("test").values_list("report", "item", "filed_at")
    reports = Report.objects.for_system("test").values_list("pk", "incident__item", "filed_at")
    assert sorted(rows) == sorted(reports)
    fields = {field.name for field in ReportCodes._meta.get_fields()}
    assert fields == {"id", "report", "item", "filed_at", *(name.split("__")[0] for name in CODES)}


def test_a_form_that_was_sent_twice_leaves_one(cast):
    first = file_report(cast)
    again = file_report(cast, submission=first.submission)
    assert (again.pk, len(kept())) == (first.pk, 1)


@pytest.mark.parametrize(
    ("moment", "quarter"),
    [
        (datetime(2026, 3, 31, 23, 59, tzinfo=UTC), date(2026, 1, 1)),
        (datetime(2026, 4, 1, tzinfo=UTC), date(2026, 4, 1)),
        (datetime(2025, 12, 31, 12, tzinfo=UTC), date(2025, 10, 1)),
    ],
)
def test_quarters(moment, quarter):
    assert quarter_of(moment) == quarter


def test_what_was_reported_before_gets_the_codes_that_are_known(cast):
    """Of earlier reports of an incident, too, what is known now: what they said stands under their key."""
    first = file_report(cast)
    followed_up(cast, first, category="abduction")
    file_report(cast, by="io@lake.example", organisation="lake", account=an_account(time_precision="not_sure"))
    before = kept()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # checks that wait would refuse ALTER TABLE
        cursor.execute("ALTER TABLE incidents_reportcodes DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM incidents_reportcodes")
    import_module("incidents.migrations.0007_report_codes").fill(apps, None)
    [earlier, *others] = kept()
    assert earlier == (1, *before[1][1:])
    assert others == before[1:]
