"""Whom an originator can name: only organisations in which somebody would receive it."""

import pytest

from organisations.models import Organisation, Standing
from organisations.policies import KINDS_OF_ROLE
from organisations.roles import ROLES
from sharing.audiences import nameable_organisations

pytestmark = pytest.mark.django_db


def offered(cast) -> set[str]:
    names = {row.pk: key for key, row in cast.organisations.items()}
    return {names[row.pk] for row in nameable_organisations()}


def test_who_takes_part_and_would_receive_it(cast):
    assert offered(cast) == set(cast.organisations) - {"gisf", "icva", "dune", "suspended"}


def test_a_suspension_everywhere_takes_an_organisation_off_the_list(cast):
    before = offered(cast)
    Standing.objects.create(organisation=cast.organisations["benu"], kind="suspended")
    Standing.objects.create(organisation=cast.organisations["lake"], kind="suspended", area=cast.areas["chad"])
    assert offered(cast) == before - {"benu"}


def test_each_kind_that_is_offered_has_a_role_that_receives_it(cast):
    receiving = {
        kind
        for code, kinds in KINDS_OF_ROLE.items()
        for kind in kinds
        if any(term.startswith("organisation") for term in (*ROLES[code].holds, *ROLES[code].holds_in_area))
    }
    assert {row.kind for row in nameable_organisations()} == receiving == set(Organisation.Kind) - {"consortium"}
