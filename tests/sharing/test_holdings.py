"""Who holds which principal: the one source, asked from a person, from an audience, or for all."""

from datetime import timedelta

import pytest
from django.utils import timezone

from organisations.models import Membership, Standing
from sharing.access import access_of
from sharing.holdings import holdings
from sharing.models import Release
from tests.factories.sharing import make_item, make_release

pytestmark = pytest.mark.django_db

# What each person holds, written by hand; {ss}, {td} and names of organisations stand for ids.
HELD = {
    "dss.hq@un.example": {"everyone", "community", "dss_world", "organisation:{dss}", "originator:{dss}"},
    "dss.field@un.example": {
        "everyone", "community", "dss:{ss}", "un:{ss}",
        "organisation_in_area:{dss}:{ss}", "originator_in_area:{dss}:{ss}",
    },
    "csfp@un.example": {
        "everyone", "community", "dss:{td}", "un:{td}",
        "organisation_in_area:{unhcr}:{td}", "originator_in_area:{unhcr}:{td}",
    },
    "do@un.example": {"everyone", "community", "designated_official:{ss}"},
    "ocha@un.example": {"everyone", "community", "ocha", "organisation:{ocha}", "originator:{ocha}"},
    "wfp.security@un.example": {
        "everyone", "community", "un:{ss}", "organisation_in_area:{wfp}:{ss}", "originator_in_area:{wfp}:{ss}",
    },
    "dss.chair@un.example": {"everyone", "oversight_committee:{dss}"},
    "chair@gisf.example": {"everyone", "oversight_committee:{gisf}", "consortium_desk:{gisf}"},
    "wfp@un.example": {"everyone", "oversight_committee:{wfp}", "agency:{wfp}"},
    "wg@icva.example": {"everyone", "working_group:{icva}"},
    "hq@alba.example": {
        "everyone", "community", "area_partners:{ss}", "organisation:{alba}", "originator:{alba}",
        "applicant:{alba}",
    },
    "field@alba.example": {
        "everyone", "community", "area_partners:{ss}",
        "organisation_in_area:{alba}:{ss}", "originator_in_area:{alba}:{ss}",
    },
    "hq@benu.example": {
        "everyone", "community", "area_partners:{ss}", "area_partners:{td}", "organisation:{benu}", "originator:{benu}",
        "applicant:{benu}",
    },
    "field@benu.example": {
        "everyone", "community", "area_partners:{ss}", "area_partners:{td}",
        "organisation_in_area:{benu}:{ss}", "originator_in_area:{benu}:{ss}",
        "organisation_in_area:{benu}:{td}", "originator_in_area:{benu}:{td}",
    },
    "field@cedar.example": {
        "everyone", "community", "area_partners:{td}",
        "organisation_in_area:{cedar}:{td}", "originator_in_area:{cedar}:{td}",
    },
    "io@lake.example": {
        "everyone", "community", "area_partners:{ss}",
        "organisation_in_area:{lake}:{ss}", "originator_in_area:{lake}:{ss}",
    },
    "platform@southsudan.example": {"everyone", "organisation_in_area:{platform}:{ss}", "mechanism:{platform}:{ss}"},
    "local@nngo.example": {"everyone", "organisation_in_area:{nngo}:{ss}", "originator_in_area:{nngo}:{ss}"},
    "hq@suspended.example": {"originator:{suspended}", "applicant:{suspended}"},
    "applicant@dune.example": {"applicant:{dune}"},
    "handler@un.example": {"everyone"},
    "admin@portal.example": set(),
    "nobody@elsewhere.example": set(),
}  # fmt: skip


def ids(cast):
    names = {key: row.pk for key, row in cast.organisations.items()}
    return names | {"ss": cast.areas["south-sudan"].pk, "td": cast.areas["chad"].pk}


def held_by(user, on=None):
    return {holding.principal for holding in holdings(on, user=user)}


@pytest.mark.parametrize("email", HELD)
def test_each_person_holds_exactly(cast, email):
    assert held_by(cast[email]) == {name.format(**ids(cast)) for name in HELD[email]}


def test_the_table_is_about_the_whole_cast(cast):
    assert set(HELD) == set(cast.people)


def test_both_directions_agree(cast):
    by_person = {(user.pk, principal) for user in cast.people.values() for principal in held_by(user)}
    everything = {(holding.user_id, holding.principal) for holding in holdings()}
    assert everything == by_person
    for principal in {principal for _, principal in everything}:
        found = {(holding.user_id, holding.principal) for holding in holdings(principals={principal})}
        assert found == {pair for pair in everything if pair[1] == principal}


@pytest.mark.parametrize(
    ("field", "change"),
    [("starts_at", timedelta(hours=1)), ("ends_at", timedelta(0)), ("ends_at", -timedelta(seconds=1))],
)
def test_a_membership_counts_only_between_its_dates(cast, field, change):
    now = timezone.now()
    rows = Membership.objects.filter(user=cast["hq@alba.example"])
    rows.update(starts_at=now - timedelta(days=1))
    rows.update(**{field: now + change})
    assert held_by(cast["hq@alba.example"], now) == set()


def test_access_can_be_asked_for_another_day(cast):
    now, user = timezone.now(), cast["hq@alba.example"]
    Membership.objects.filter(user=user).update(starts_at=now - timedelta(days=9), ends_at=now - timedelta(days=2))
    Standing.objects.filter(organisation=cast.organisations["alba"]).update(starts_at=now - timedelta(days=9))
    assert "community" in held_by(user, now - timedelta(days=3))
    assert held_by(user, now) == set()


@pytest.mark.parametrize("change", [{"is_active": False}, {"expires_at": timezone.now() - timedelta(seconds=1)}])
def test_an_account_that_is_closed_or_expired_holds_nothing(cast, change):
    user = cast["field@alba.example"]
    type(user).objects.filter(pk=user.pk).update(**change)
    assert held_by(user) == set()


def test_a_superuser_flag_gives_nothing(cast):
    user = cast["admin@portal.example"]
    type(user).objects.filter(pk=user.pk).update(is_superuser=True)
    make_release(make_item(), "everyone", "community", "dss_world")
    user.refresh_from_db()
    assert user.is_superuser
    assert held_by(user) == set()
    assert not Release.objects.visible_to(user).exists()


@pytest.mark.parametrize("end", ["partner", "active"])
def test_the_end_of_a_standing_ends_what_rests_on_it(cast, end):
    rows = Standing.objects.filter(organisation=cast.organisations["alba"], kind=end)
    rows.update(ends_at=timezone.now())
    field, hq = held_by(cast["field@alba.example"]), held_by(cast["hq@alba.example"])
    ss, alba = ids(cast)["ss"], ids(cast)["alba"]
    own_field = {f"originator_in_area:{alba}:{ss}"}
    if end == "partner":
        assert (field, hq) == (own_field, {f"originator:{alba}", f"applicant:{alba}"})
    else:  # no longer active there: headquarters lose the area, a focal point who is still posted keeps it
        assert f"area_partners:{ss}" not in hq
        assert "community" in hq


def test_a_suspension_in_an_area_closes_that_area_only(cast):
    benu, ss, td = ids(cast)["benu"], ids(cast)["ss"], ids(cast)["td"]
    Standing.objects.create(organisation=cast.organisations["benu"], area=cast.areas["south-sudan"], kind="suspended")
    for email in ("field@benu.example", "hq@benu.example"):
        user = cast[email]
        held = held_by(user)
        assert f"area_partners:{ss}" not in held
        assert f"area_partners:{td}" in held
        assert f"organisation_in_area:{benu}:{ss}" not in held
        everywhere = {holding for holding in holdings(user=user) if holding.principal in {"everyone", "community"}}
        assert {holding.except_areas for holding in everywhere} == {frozenset({ss})}
        assert access_of(user).closed_areas == {ss}


def test_who_belongs_to_two_organisations_keeps_what_the_other_one_opens(cast):
    user, ss = cast["field@benu.example"], ids(cast)["ss"]
    Membership.objects.create(
        user=user, organisation=cast.organisations["alba"], area=cast.areas["south-sudan"], role="partner_field"
    )
    Standing.objects.create(organisation=cast.organisations["benu"], area=cast.areas["south-sudan"], kind="suspended")
    access = access_of(user)
    assert "community" in access.plain
    assert f"area_partners:{ss}" in access.plain
    assert access.closed_areas == frozenset()


def test_a_suspension_of_the_whole_reaches_its_parts(cast):
    part = type(cast.areas["chad"]).objects.create(
        code="chad-east", name_en="Eastern Chad", name_fr="Est du Tchad", kind="part", parent=cast.areas["chad"]
    )
    Standing.objects.create(organisation=cast.organisations["benu"], area=cast.areas["chad"], kind="suspended")
    release = make_release(make_item(area=part), "community")
    assert access_of(cast["hq@benu.example"]).closed_areas == {part.pk, cast.areas["chad"].pk}
    assert not Release.objects.visible_to(cast["hq@benu.example"]).exists()
    assert Release.objects.visible_to(cast["hq@alba.example"]).get() == release


def test_a_suspension_in_a_part_closes_the_part_and_leaves_the_whole(cast):
    """Who works in the whole reads its parts, but not the part in which their organisation is suspended."""
    chad = cast.areas["chad"]
    part = type(chad).objects.create(code="chad-east", name_en="East", name_fr="Est", kind="part", parent=chad)
    whole = make_release(make_item(area=chad), f"area_partners:{chad.pk}")
    inside = make_release(make_item(area=part), f"area_partners:{part.pk}", f"area_partners:{chad.pk}")
    assert set(Release.objects.visible_to(cast["hq@benu.example"])) == {whole, inside}
    Standing.objects.create(organisation=cast.organisations["benu"], area=part, kind="suspended")
    for email in ("hq@benu.example", "field@benu.example"):
        assert set(Release.objects.visible_to(cast[email])) == {whole}
    assert set(Release.objects.visible_to(cast["field@cedar.example"])) == {whole, inside}
