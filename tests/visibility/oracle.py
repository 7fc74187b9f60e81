"""Who reads what, written by hand from the issue and section 3 of the architecture; imports nothing of the portal.

Every audience is a list of names. Nothing is computed from roles or standings: where the portal's rules and these lists
differ, one of them is wrong.
"""

from dataclasses import dataclass, field

SS, TD = "south-sudan", "chad"

DSS_HQ, DSS_FIELD, CSFP, DO = "dss.hq@un.example", "dss.field@un.example", "csfp@un.example", "do@un.example"
OCHA, WFP_SECURITY = "ocha@un.example", "wfp.security@un.example"
DSS_CHAIR, GISF_CHAIR, WFP, ICVA = "dss.chair@un.example", "chair@gisf.example", "wfp@un.example", "wg@icva.example"
ALBA_HQ, ALBA_FIELD = "hq@alba.example", "field@alba.example"
BENU_HQ, BENU_FIELD = "hq@benu.example", "field@benu.example"
CEDAR, LAKE = "field@cedar.example", "io@lake.example"
SUSPENDED, APPLICANT = "hq@suspended.example", "applicant@dune.example"
PLATFORM, LOCAL = "platform@southsudan.example", "local@nngo.example"
HANDLER, ADMIN, NOBODY = "handler@un.example", "admin@portal.example", "nobody@elsewhere.example"

# "All partners in good standing": UN entities are partners by their own rules; Cedar is one, in Chad only.
COMMUNITY = {
    DSS_HQ, DSS_FIELD, CSFP, DO, OCHA, WFP_SECURITY, ALBA_HQ, ALBA_FIELD, BENU_HQ, BENU_FIELD, CEDAR, LAKE,
}  # fmt: skip
# "Every active member": also seats, platform, local arrangement, handler. Not: who only confirms, applies, administers,
# is suspended, or belongs nowhere.
EVERYONE = COMMUNITY | {DSS_CHAIR, GISF_CHAIR, WFP, ICVA, PLATFORM, LOCAL, HANDLER}
# Readers of nothing, whatever is shared, but for their own organisation's reports.
SHUT_OUT = {SUSPENDED, APPLICANT, ADMIN, NOBODY}
CAST = EVERYONE | SHUT_OUT

DESKS = {SS: {DSS_HQ, DSS_FIELD}, TD: {DSS_HQ, CSFP}}  # Chad has no DSS office: the country security focal point
AUDIENCES = {
    "dss_desks": DESKS,
    "dss_headquarters": {SS: {DSS_HQ}, TD: {DSS_HQ}},
    "un_of_area": {SS: {DSS_FIELD, WFP_SECURITY, DO}, TD: {CSFP}},
    "partners_of_area": {SS: {ALBA_HQ, ALBA_FIELD, BENU_HQ, BENU_FIELD, LAKE}, TD: {BENU_HQ, BENU_FIELD, CEDAR}},
    "ocha": {SS: {OCHA}, TD: {OCHA}},
    "community": {SS: COMMUNITY, TD: COMMUNITY},
    "everyone": {SS: EVERYONE, TD: EVERYONE},
}
# Who reads for an organisation that is named, or reads what it reported: headquarters everywhere, others in their area.
# A seat in a body, a consortium desk, a Designated Official open nothing of their organisation's.
READS_FOR = {
    "dss": {SS: {DSS_HQ, DSS_FIELD}, TD: {DSS_HQ}},
    "ocha": {SS: {OCHA}, TD: {OCHA}},
    "wfp": {SS: {WFP_SECURITY}},
    "unhcr": {TD: {CSFP}},
    "alba": {SS: {ALBA_HQ, ALBA_FIELD}, TD: {ALBA_HQ}},
    "benu": {SS: {BENU_HQ, BENU_FIELD}, TD: {BENU_HQ, BENU_FIELD}},
    "cedar": {TD: {CEDAR}},
    "lake": {SS: {LAKE}},
    "platform": {SS: {PLATFORM}},
    "nngo": {SS: {LOCAL}},
}
READS_OWN = {**READS_FOR, "suspended": {SS: {SUSPENDED}, TD: {SUSPENDED}}}
READS_OWN.pop("platform")  # a representative represents towards DSS and reports nothing

# Who is at work in an area, and so hears of it unless they chose otherwise.
WORKS_IN = {
    SS: {DSS_FIELD, WFP_SECURITY, DO, ALBA_FIELD, BENU_FIELD, LAKE, PLATFORM, LOCAL},
    TD: {CSFP, BENU_FIELD, CEDAR},
}
MAY_FILE = {
    DSS_HQ, DSS_FIELD, CSFP, WFP_SECURITY, OCHA, ALBA_HQ, ALBA_FIELD, BENU_HQ, BENU_FIELD, CEDAR, LAKE, LOCAL,
    SUSPENDED,
}  # fmt: skip
LOOKS_AFTER_PEOPLE = {DSS_HQ, ALBA_HQ, BENU_HQ, ADMIN}

# The marking x audience table.
STRICT = ["dss_desks", "dss_headquarters", "un_of_area", "partners_of_area", "ocha", "named_organisations"]
ALLOWED = {
    "TLP:RED": ["named_persons"],
    "TLP:AMBER+STRICT": STRICT,
    "TLP:AMBER": STRICT,
    "TLP:GREEN": [*STRICT, "community"],
    "TLP:CLEAR": [*STRICT, "community", "everyone"],
}

SHARED_PARTS = frozenset({"what", "place", "actor_name", "consequences", "actions_taken"})
FULL_PARTS = SHARED_PARTS | {"exact_place", "persons"}


@dataclass(frozen=True)
class Thing:
    """One incident as its author chose to share it."""

    number: int
    originator: str
    author: str
    area: str
    marking: str
    choices: tuple[str, ...]
    organisations: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()
    shows_originator: bool = False
    life_safety: bool = False
    tokens: dict[str, str] = field(default_factory=dict, hash=False)


def depth(person: str, thing: Thing) -> str | None:
    """What `person` reads of `thing`: "full", "shared" or nothing."""
    if person in READS_OWN[thing.originator].get(thing.area, ()):
        return "full"
    if "dss_desks" in thing.choices and person in DESKS[thing.area]:
        return "full"
    if "dss_headquarters" in thing.choices and person == DSS_HQ:
        return "full"
    return "shared" if person in _shared_with(thing) else None


def _shared_with(thing):
    people = set()
    for choice in thing.choices:
        if choice == "named_organisations":
            for name in thing.organisations:
                people |= READS_FOR.get(name, {}).get(thing.area, set())
        elif choice == "named_persons":
            people |= set(thing.persons) & EVERYONE
        else:
            people |= AUDIENCES[choice][thing.area]
    return people


def tokens_open(person: str, thing: Thing) -> set[str]:
    """The secret words of `thing` that `person` may get to see."""
    parts = {"full": FULL_PARTS, "shared": SHARED_PARTS, None: frozenset()}[depth(person, thing)]
    return {thing.tokens[part] for part in parts}


def told(thing: Thing, follows: dict[str, dict[str, str]]) -> set[str]:
    """Who gets a mail about `thing`: of its readers those who work in or follow the area, and those it names.

    `follows` is a person's choice by area: "follow" or "life_safety". Never the author.
    """
    readers = {person for person in CAST if depth(person, thing)}
    chosen = {person: choices[thing.area] for person, choices in follows.items() if thing.area in choices}
    concerned = readers & (WORKS_IN[thing.area] | set(chosen))
    if not thing.life_safety:
        concerned -= {person for person, choice in chosen.items() if choice == "life_safety"}
    concerned |= readers & _addressed(thing)
    if "dss_headquarters" in thing.choices and "dss_desks" not in thing.choices:
        concerned |= {DSS_HQ}  # no desk of the area is asked: headquarters are
    return concerned - {thing.author}


def _addressed(thing):
    people = set(thing.persons)
    if "named_organisations" in thing.choices:
        for name in thing.organisations:
            people |= READS_FOR.get(name, {}).get(thing.area, set())
    return people
