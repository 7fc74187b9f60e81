"""The marking x audience table: which audiences a marking allows, and which principals a choice means (C1, §6).

Everything the table does not name is refused. Named persons get individual grants instead of principals.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Marking(models.TextChoices):
    """TLP 2.0 labels, exactly as the standard writes them."""

    RED = "TLP:RED", "TLP:RED"
    AMBER_STRICT = "TLP:AMBER+STRICT", "TLP:AMBER+STRICT"
    AMBER = "TLP:AMBER", "TLP:AMBER"
    GREEN = "TLP:GREEN", "TLP:GREEN"
    CLEAR = "TLP:CLEAR", "TLP:CLEAR"


MEANING = {
    Marking.RED: _("Only the persons you name. Not to be passed on."),
    Marking.AMBER_STRICT: _("Only inside the organisations that receive it, for those who need to know."),
    Marking.AMBER: _("As above; with the originator's consent also to the reader's own clients."),
    Marking.GREEN: _("All partner organisations in good standing. Not in public."),
    Marking.CLEAR: _("Every active member of this portal. No limit on passing it on."),
}


class AudienceChoice(models.TextChoices):
    """What an originator can tick."""

    DSS_DESKS = (
        "dss_desks",
        _("DSS of the area (where it has no office, the country security focal point) and DSS headquarters"),
    )
    DSS_HEADQUARTERS = "dss_headquarters", _("DSS headquarters only")
    UN_OF_AREA = "un_of_area", _("UN security officers and the Designated Official of the area")
    PARTNERS_OF_AREA = "partners_of_area", _("Partner organisations active in the area")
    OCHA = "ocha", _("OCHA")
    NAMED_ORGANISATIONS = "named_organisations", _("Organisations you name")
    COMMUNITY = "community", _("All partner organisations in good standing, everywhere")
    EVERYONE = "everyone", _("Every active member")
    NAMED_PERSONS = "named_persons", _("Persons you name")


_STRICT = frozenset(
    {
        AudienceChoice.DSS_DESKS,
        AudienceChoice.DSS_HEADQUARTERS,
        AudienceChoice.UN_OF_AREA,
        AudienceChoice.PARTNERS_OF_AREA,
        AudienceChoice.OCHA,
        AudienceChoice.NAMED_ORGANISATIONS,
    }
)
ALLOWED: dict[Marking, frozenset[AudienceChoice]] = {
    Marking.RED: frozenset({AudienceChoice.NAMED_PERSONS}),
    Marking.AMBER_STRICT: _STRICT,
    Marking.AMBER: _STRICT,
    Marking.GREEN: _STRICT | {AudienceChoice.COMMUNITY},
    Marking.CLEAR: _STRICT | {AudienceChoice.COMMUNITY, AudienceChoice.EVERYONE},
}


class Recipients(models.TextChoices):
    """To whom a reader may ask the originator to pass it on. Organisations read it in this portal; to a donor it is
    handed on, as a document."""

    ORGANISATIONS = "organisations", _("Organisations in this portal")
    LOCAL_ARRANGEMENT = "local_arrangement", _("The local arrangement: national NGOs of the area that take part")
    DONOR = "donor", _("A donor, or another partner outside this portal")


# What may be asked for at all (C3). What stands in RED is for persons; CLEAR needs nobody's consent.
_INSIDE = frozenset({Recipients.ORGANISATIONS, Recipients.LOCAL_ARRANGEMENT})
PASSED_ON_TO: dict[Marking, frozenset[Recipients]] = {
    Marking.RED: frozenset(),
    Marking.AMBER_STRICT: _INSIDE,
    Marking.AMBER: _INSIDE | {Recipients.DONOR},
    Marking.GREEN: _INSIDE | {Recipients.DONOR},
    Marking.CLEAR: frozenset(),
}


class Depth(models.IntegerChoices):
    """How much a release holds; of those that a person may read, the deepest is shown, of two as deep the newest."""

    CONSENT = 0, _("passed on with consent")
    SHARED = 1, _("shared")
    FULL = 2, _("full")


# Every item has one of each; they go to whom its originator chose, and follow what is reported later.
CHOSEN_DEPTHS = (Depth.SHARED, Depth.FULL)


_AREA_TERMS = {
    AudienceChoice.UN_OF_AREA: ("un:{place}", "designated_official:{place}"),
    AudienceChoice.PARTNERS_OF_AREA: ("area_partners:{place}",),
    AudienceChoice.OCHA: ("ocha:{place}",),
}
_WORLD_TERMS = {AudienceChoice.OCHA: ["ocha"]}


class AudienceRefused(Exception):
    """The marking does not allow an audience that was asked for."""


def is_unlimited(marking: str) -> bool:
    """Whether whoever reads it may pass it on: only what is the originator's own to give away can be marked so."""
    return marking == Marking.CLEAR


def check_source(marking: str, *, is_own: bool) -> None:
    """Raise AudienceRefused for information of others, who have to accept that it is passed on (C3), under a marking
    that sets no limit on that."""
    if is_unlimited(marking) and not is_own:
        raise AudienceRefused(f"{marking} of what others told")


def principals_for(
    choices, *, marking, originator_id, area, organisation_ids=(), deepest=Depth.FULL
) -> dict[str, Depth]:
    """The principals that `choices` mean for an item of `originator_id` in `area` (an Area or None), with their depth.

    The originator always keeps the full text; DSS gets it when chosen; everybody else gets the shared release. Nobody
    but the originator gets more than `deepest`: of a minimal warning nobody else reads the full text (C5). Raises
    AudienceRefused for a choice that `marking` does not allow.
    """
    refused = set(choices) - ALLOWED[Marking(marking)]
    if refused:
        raise AudienceRefused(", ".join(sorted(refused)))
    own = _originator(originator_id, area) if originator_id else []
    deep, shared = [], []
    for choice in choices:
        if choice == AudienceChoice.DSS_DESKS:
            deep += _desks(area)
        elif choice == AudienceChoice.DSS_HEADQUARTERS:
            deep.append("dss_world")
        elif choice == AudienceChoice.NAMED_ORGANISATIONS:
            shared += named_principals(organisation_ids, area)
        else:
            shared += _shared(choice, area)
    given = dict.fromkeys(shared, Depth.SHARED) | dict.fromkeys(deep, min(Depth.FULL, deepest))
    return given | dict.fromkeys(own, Depth.FULL)


def _originator(org_id, area):
    return [f"originator:{org_id}", *(f"originator_in_area:{org_id}:{place}" for place in _places(area))]


def _desks(area):
    return ["dss_world", *(f"dss:{place}" for place in _places(area))]


def named_principals(organisation_ids, area) -> list[str]:
    """The principals of named organisations for an item in `area` (an Area or None): their people who work there, and
    those at their headquarters."""
    return [name for org in organisation_ids for name in _organisation(org, area)]


def _organisation(org_id, area):
    return [f"organisation:{org_id}", *(f"organisation_in_area:{org_id}:{place}" for place in _places(area))]


def _shared(choice, area):
    if choice in {AudienceChoice.COMMUNITY, AudienceChoice.EVERYONE}:
        return [str(choice)]
    terms = _AREA_TERMS.get(choice, ())
    return [term.format(place=place) for term in terms for place in _places(area)] + _WORLD_TERMS.get(choice, [])


def _places(area):
    return area.places if area else ()
