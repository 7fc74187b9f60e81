"""What was filed before releases knew their severity gets the same as what is filed today."""

from importlib import import_module

import pytest
from django.apps import apps

from incidents.models import IncidentRelease
from tests.factories.incidents import CODED, GROUPS, an_account, file_report
from tests.factories.sharing import make_item, make_release

pytestmark = pytest.mark.django_db
FILL = import_module("incidents.migrations.0004_severity_of_what_is_there").fill


@pytest.mark.parametrize(
    ("coded", "groups"),
    [
        ({}, GROUPS),
        ({}, [{**GROUPS[0], "outcome": "missing"}]),
        ({}, [{**GROUPS[0], "outcome": "unharmed"}]),
        ({"category": "threat"}, []),
        ({"category": "abduction"}, []),
        ({"category": "robbery", "is_near_miss": True}, []),
        ({"is_near_miss": True}, [{**GROUPS[0], "outcome": "detained", "count": None}]),
        ({"category": "unknown"}, []),
    ],
)
def test_an_old_report(cast, coded, groups):
    file_report(cast, account=an_account(coded={**CODED, **coded}, groups=groups))
    rows = IncidentRelease.objects.for_system("test").order_by("pk")
    today = list(rows.values_list("consequence", "severity"))
    rows.update(consequence="unknown", severity=2)
    FILL(apps, None)
    assert list(rows.values_list("consequence", "severity")) == today


def test_an_old_reference_incident(cast):
    for counts in ({"wounded": 1}, {"kidnapped": 1, "wounded": 0}, {"killed": 0}):
        release = make_release(make_item(area=cast.areas["chad"]), "everyone")
        IncidentRelease.objects.create(
            release=release, time_precision="not_sure", credit="x", sealed=b"", category="abduction", **counts
        )
    FILL(apps, None)
    rows = IncidentRelease.objects.for_system("test").order_by("pk")
    assert list(rows.values_list("consequence", "severity")) == [("wounded", 3), ("kidnapped", 4), ("unknown", 3)]
