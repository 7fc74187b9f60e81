"""The code lists of the Aid Worker Security Database, its known spellings, and what they are in ours.

Keys are the database's own labels. What is not here is noted as unknown, never matched by resemblance.
"""

from incidents.codes import Actor, Context, Means, PlaceType

from .cells import spellings

SEXUAL_VIOLENCE = "Rape/sexual assault"

MEANS = {
    "Aerial bombardment": Means.AERIAL_BOMBARDMENT,
    "Bodily assault": Means.BODILY_ASSAULT,
    "Body-borne IED": Means.BODY_BORNE_IED,
    "Complex attack": Means.COMPLEX_ATTACK,
    "Detention/arrest": Means.DETENTION,
    "Kidnap-killing": Means.KIDNAP_KILLING,
    "Kidnapping": Means.KIDNAPPING,
    "Landmine": Means.LANDMINE,
    "Other Explosives": Means.OTHER_EXPLOSIVES,
    "Roadside IED": Means.ROADSIDE_IED,
    "Shelling": Means.SHELLING,
    "Shooting": Means.SHOOTING,
    "Vehicle-born IED": Means.VEHICLE_BORNE_IED,
    "Unknown": Means.UNKNOWN,
}
CONTEXT = {
    "Ambush": Context.AMBUSH,
    "Combat/Crossfire": Context.COMBAT,
    "Detention": Context.DETENTION,
    "Individual attack": Context.INDIVIDUAL_ATTACK,
    "Mob violence": Context.MOB_VIOLENCE,
    "Raid": Context.RAID,
    "Unknown": Context.UNKNOWN,
}
PLACE_TYPE = {
    "Custody": PlaceType.CUSTODY,
    "Home": PlaceType.HOME,
    "Office/compound": PlaceType.OFFICE,
    "Project site": PlaceType.PROJECT_SITE,
    "Public location": PlaceType.PUBLIC,
    "Road": PlaceType.ROAD,
    "Unknown": PlaceType.UNKNOWN,
}
ACTOR = {
    "Aid recipient": Actor.AID_RECIPIENT,
    "Criminal": Actor.CRIMINAL,
    "Foreign or coalition forces": Actor.FOREIGN_FORCES,
    "Host state": Actor.HOST_STATE,
    "Non-state armed group: Global": Actor.NON_STATE_GLOBAL,
    "Non-state armed group: Regional": Actor.NON_STATE_REGIONAL,
    "Non-state armed group: National": Actor.NON_STATE_NATIONAL,
    "Non-state armed group: Subnational": Actor.NON_STATE_SUBNATIONAL,
    "Non-state armed group: Unknown": Actor.NON_STATE_UNKNOWN,
    "Police or paramilitary": Actor.POLICE,
    "Staff member": Actor.STAFF_MEMBER,
    "State: unknown": Actor.STATE_UNKNOWN,
    "Unaffiliated": Actor.UNAFFILIATED,
    "Unknown": Actor.UNKNOWN,
}
_MOTIVES = ["Political", "Economic", "Incidental", "Disputed", "Other", "Unknown"]
_VERIFIED = ["Yes", "Pending", "Archived"]
_SOURCES = ["Focal Point", "Media", "Official Report", "ACLED", "Archived"]

# Spellings seen in exports, in lower case; upper and lower case and white space never matter.
_VARIANTS = {
    "vehicle-borne ied": "Vehicle-born IED",
    "combat/ crossfire": "Combat/Crossfire",
    "offiicial report": "Official Report",
}


def _spellings(labels) -> dict[str, str]:
    return spellings(labels, _VARIANTS)


# Per column: every known spelling and the label it stands for.
SPELLINGS = {
    "Means of attack": _spellings(MEANS),
    "Attack context": _spellings(CONTEXT),
    "Location": _spellings(PLACE_TYPE),
    "Motive": _spellings(_MOTIVES),
    "Actor type": _spellings(ACTOR),
    "Verified": _spellings(_VERIFIED),
    "Source": _spellings(_SOURCES),
}
NO_ACTOR_NAME = {"", "unknown", "not applicable"}
