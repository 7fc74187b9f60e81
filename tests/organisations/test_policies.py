"""Who may give which role in which organisation, as whole sets over the cast."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from organisations.actions import add_standing
from organisations.models import Membership, Organisation
from organisations.policies import (
    ENDS,
    GIVES,
    KINDS_OF_ROLE,
    areas_to_give,
    can_end_membership,
    can_invite,
    can_invite_somewhere,
    has_role,
    roles_to_give,
)
from organisations.querysets import organisations_looked_after
from organisations.roles import ROLES

PARTNER = {"partner_headquarters", "partner_field", "duty_mailbox"}
DSS_IN_UN = {
    "dss_headquarters",
    "dss_field",
    "country_security_focal_point",
    "un_security_officer",
    "ocha",
    "designated_official",
    "agency_confirmer",
    "oversight_committee_member",
    "working_group_member",
    "restricted_track_handler",
    "circulation",
}
ADMINISTRATOR_IN_UN = {
    "dss_headquarters",
    "dss_field",
    "country_security_focal_point",
    "un_security_officer",
    "ocha",
    "designated_official",
    "agency_confirmer",
    "restricted_track_handler",
    "circulation",
    "administrator",
}
# (who, organisation) -> roles they may end; every other pair of the cast ends nothing.
MAY_END = {
    ("hq@alba.example", "alba"): PARTNER,
    ("hq@benu.example", "benu"): PARTNER,
    **{("dss.hq@un.example", key): DSS_IN_UN for key in ("dss", "ocha", "wfp", "unhcr", "unmiss", "unfpa")},
    **{
        ("dss.hq@un.example", key): PARTNER | {"applicant"}
        for key in ("alba", "benu", "cedar", "lake", "suspended", "dune")
    },
    **{
        ("dss.hq@un.example", key): {"oversight_committee_member", "working_group_member", "consortium_desk"}
        for key in ("gisf", "icva")
    },
    ("dss.hq@un.example", "platform"): {"platform_representative"},
    ("dss.hq@un.example", "nngo"): {"local_focal_point"},
    **{
        ("admin@portal.example", key): ADMINISTRATOR_IN_UN for key in ("dss", "ocha", "wfp", "unhcr", "unmiss", "unfpa")
    },
}
# They give the same, but for two things: the administrator gives no role that reads an incident, and nobody outside
# names people of a partner that has a focal point at headquarters.
MAY_GIVE = {
    **MAY_END,
    **{("dss.hq@un.example", key): {"applicant"} for key in ("alba", "benu", "suspended")},
    **{
        ("admin@portal.example", key): {"administrator", "agency_confirmer"}
        for key in ("dss", "ocha", "wfp", "unhcr", "unmiss", "unfpa")
    },
}


def test_who_may_give_which_role_where(cast):
    pairs = {(email, key): (cast[email], row) for email in cast.people for key, row in cast.organisations.items()}
    given = {pair: set(roles_to_give(*who_where)) for pair, who_where in pairs.items()}
    assert {pair: roles for pair, roles in given.items() if roles} == MAY_GIVE
    assert {pair for pair, who_where in pairs.items() if can_invite(*who_where)} == set(MAY_GIVE)


def test_who_looks_after_which_organisations(cast):
    names = {row.pk: key for key, row in cast.organisations.items()}
    for email, person in cast.people.items():
        mine = {names[pk] for pk in organisations_looked_after(person).values_list("pk", flat=True)}
        assert mine == {key for who, key in MAY_END if who == email}
        assert can_invite_somewhere(person) == bool(mine)


def test_the_tables_name_each_role_once_and_no_other():
    assert set(KINDS_OF_ROLE) == set(ROLES)
    for table in (GIVES, ENDS):
        assert set().union(*(roles for _, roles in table.values())) == set(ROLES)


def test_partners_give_roles_only_where_they_work(cast):
    def codes(email, key):
        return set(areas_to_give(cast[email], cast.organisations[key]).values_list("code", flat=True))

    assert codes("hq@alba.example", "alba") == {"south-sudan"}
    assert codes("hq@benu.example", "benu") == {"south-sudan", "chad"}
    assert codes("dss.hq@un.example", "alba") == {"south-sudan", "chad", "kenya"}
    assert codes("admin@portal.example", "dss") == {"south-sudan", "chad", "kenya"}


def test_nobody_ends_their_own_role_or_one_they_may_not_give(cast):
    for email in ("hq@alba.example", "dss.hq@un.example", "admin@portal.example"):
        ended = {
            (row.user.email, row.role)
            for row in Membership.objects.select_related("user", "organisation")
            if can_end_membership(cast[email], row)
        }
        expected = {
            (row.user.email, row.role)
            for row in Membership.objects.select_related("user")
            for key, organisation in cast.organisations.items()
            if organisation.pk == row.organisation_id
            and row.role in MAY_END.get((email, key), set())
            and row.user.email != email
        }
        assert ended == expected
        assert ended


def test_a_suspension_everywhere_takes_the_right_to_act_at_once(cast):
    alba = cast.organisations["alba"]
    assert has_role(cast["hq@alba.example"], "partner_headquarters")
    add_standing(organisation=alba, kind="suspended", by=None)
    assert not has_role(cast["hq@alba.example"], "partner_headquarters")
    assert not can_invite(cast["hq@alba.example"], alba)


def test_a_suspension_in_an_area_leaves_the_right_to_act(cast):
    add_standing(organisation=cast.organisations["alba"], area=cast.areas["chad"], kind="suspended", by=None)
    assert can_invite(cast["hq@alba.example"], cast.organisations["alba"])


def test_has_role(cast):
    assert has_role(cast["dss.field@un.example"], "dss_headquarters", "dss_field")
    assert not has_role(cast["dss.field@un.example"], "dss_headquarters")


def test_an_ended_membership_gives_nothing(cast):
    Membership.objects.filter(user=cast["hq@alba.example"]).update(ends_at=timezone.now())
    assert roles_to_give(cast["hq@alba.example"], cast.organisations["alba"]) == frozenset()


@pytest.mark.django_db
def test_a_superuser_without_a_role_may_nothing(django_user_model):
    root = django_user_model.objects.create_user("root@portal.example", name="Root", is_superuser=True)
    organisation = Organisation.objects.create(kind="unsms_entity", name="Some Entity")
    assert not can_invite(root, organisation)
    assert not can_invite_somewhere(root)


@pytest.mark.django_db
def test_whoever_is_not_signed_in_may_nothing():
    assert not can_invite_somewhere(AnonymousUser())
