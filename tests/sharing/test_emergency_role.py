"""An emergency opens to DSS of its area (C8): who no longer is that reads nothing through it, by the rule, the merged
newest page, raw SQL; and on no page."""

import pytest
from django.db import connection

from incidents.kept_back import warned_items
from organisations.models import Membership, Standing
from sharing import emergency as actions
from sharing.access import access_of
from sharing.audiences import all_readers_of
from sharing.models import Grant, Kind, Release
from sharing.newest import capped_count, newest
from sharing.querysets import ReleaseQuerySet
from sharing.wall import reading_as
from tests import servers
from tests.factories.emergency import of_dss
from tests.factories.incidents import file_report
from tests.factories.sharing import LONG_AGO
from tests.sharing.test_emergency import ask

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(cast):
    return of_dss(cast, "second@un.example")


@pytest.fixture
def closed(cast, settings, tmp_path):
    """A report that DSS of the area was not chosen for."""
    settings.DATA_DIR = tmp_path
    return file_report(cast, choices=["named_organisations"], organisations=["lake"]).incident.item


def _leaves(cast, user):
    Membership.objects.filter(user=user).delete()


def _becomes(organisation, role, area=None):
    def become(cast, user):
        Membership.objects.filter(user=user).update(
            organisation=cast.organisations[organisation], role=role, area=area and cast.areas[area]
        )

    return become


def _is_suspended(cast, user):
    Standing.objects.create(
        organisation=cast.organisations["dss"], kind="suspended", area=cast.areas["south-sudan"], starts_at=LONG_AGO
    )


def _adds(cast, user):
    """A further membership takes nothing away."""
    Membership.objects.create(
        user=user, organisation=cast.organisations["benu"], role="partner_headquarters", starts_at=LONG_AGO
    )


WAYS = {
    "stays": (lambda cast, user: None, True),
    "works for a partner as well": (_adds, True),
    "leaves": (_leaves, False),
    "goes to a partner": (_becomes("benu", "partner_headquarters"), False),
    "goes to another area": (_becomes("dss", "dss_field", "chad"), False),
    "is country security focal point there": (_becomes("dss", "country_security_focal_point", "south-sudan"), False),
    "goes to headquarters": (_becomes("dss", "dss_headquarters"), False),
    "is of an organisation suspended there": (_is_suspended, False),
}


def by_raw_sql(access, sql) -> list[int]:
    with reading_as(access), connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {servers.OWNER}")
        try:
            cursor.execute(sql)
            return [key for (key,) in cursor.fetchall()]
        finally:
            cursor.execute("RESET ROLE")


@pytest.mark.sqlite
@pytest.mark.parametrize("way", WAYS)
def test_it_counts_as_long_as_they_are_dss_of_the_area(cast, closed, second, sign_in, way):
    change, still_reads = WAYS[way]
    actions.agree(ask(cast), by=second, sparing=warned_items())
    full = Release.objects.for_system("test").get(item=closed, depth=2)
    change(cast, second)
    access, wanted = access_of(second), [full.pk] if still_reads else []
    assert list(Release.objects.visible_to(access).values_list("pk", flat=True)) == wanted
    gathered = Release.objects.for_system("test").filter(ReleaseQuerySet.gathered(access))
    assert list(gathered.values_list("pk", flat=True)) == wanted
    found = newest(access, Kind.INCIDENT, Release.objects.for_system("test").in_bulk, limit=5)
    assert [row.pk for row in found] == wanted
    assert capped_count(access, Kind.INCIDENT) == len(wanted)
    assert (second.pk in all_readers_of(closed, with_emergency=True)) == still_reads
    if connection.vendor == "postgresql":
        assert by_raw_sql(access, "SELECT id FROM sharing_release") == wanted
        mine = Grant.objects.for_system("test").filter(user=second, content_object__in=wanted)
        assert by_raw_sql(access, "SELECT id FROM sharing_grant") == list(mine.values_list("pk", flat=True))
        assert by_raw_sql(access.as_chosen(), "SELECT id FROM sharing_release") == []
    assert sign_in(second).get(f"/incidents/{closed.ref}/").status_code == (200 if still_reads else 404)
    assert not Release.objects.visible_to(access.as_chosen()).exists()


def test_of_one_area_it_does_not_open_by_the_role_in_another(cast, closed, second):
    """Two emergencies in two areas, and the role is held in one of them still."""
    both = of_dss(cast, "both@un.example", "chad")
    Membership.objects.create(
        user=both,
        organisation=cast.organisations["dss"],
        area=cast.areas["south-sudan"],
        role="dss_field",
        starts_at=LONG_AGO,
    )
    actions.agree(ask(cast), by=both, sparing=warned_items())
    assert Release.objects.visible_to(access_of(both)).exists()
    Membership.objects.filter(user=both, area=cast.areas["south-sudan"]).delete()
    assert access_of(both).emergency_areas == {cast.areas["chad"].pk}
    assert not Release.objects.visible_to(access_of(both)).exists()
