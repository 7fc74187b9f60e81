"""The code lists of Insecurity Insight's data on aid workers killed, injured, kidnapped or arrested, and ours.

Keys are the source's own labels. What is not here is noted as unknown, never matched by resemblance. Where a label of
theirs has no counterpart among ours it stands here as unknown: it is in the list, so nothing is wrong with the value.
"""

from incidents.codes import Actor, Means, PlacePrecision, PlaceType

from .cells import spellings

# What a weapon says of the means by itself. The column is “carried or used”: those in HANDS are the means only where
# somebody was killed or injured.
WEAPON = {
    "Firearms": Means.SHOOTING,
    "Fire Arm Blunt Use": Means.BODILY_ASSAULT,
    "Knife": Means.BODILY_ASSAULT,
    "Unarmed Perpetrator": Means.BODILY_ASSAULT,
    "Fist and Foot": Means.BODILY_ASSAULT,
    "Stones, Sticks and Gravel": Means.BODILY_ASSAULT,
    "Aerial Bomb: Plane": Means.AERIAL_BOMBARDMENT,
    "Aerial Bomb: Drone": Means.AERIAL_BOMBARDMENT,
    "Aerial Bomb: Missile": Means.AERIAL_BOMBARDMENT,
    "Aerial Bomb: No Information on Platform Type": Means.AERIAL_BOMBARDMENT,
    "Shelling": Means.SHELLING,
    "Artillery": Means.SHELLING,
    "Mortar": Means.SHELLING,
    "Rocket": Means.SHELLING,
    "Missile": Means.OTHER_EXPLOSIVES,
    "RPG": Means.OTHER_EXPLOSIVES,
    "Hand Grenade": Means.OTHER_EXPLOSIVES,
    "Unspecified Explosive": Means.OTHER_EXPLOSIVES,
    "Unspecified IED": Means.OTHER_EXPLOSIVES,
    "Remote-controlled IED": Means.OTHER_EXPLOSIVES,
    "RCIED": Means.OTHER_EXPLOSIVES,
    "UXO": Means.OTHER_EXPLOSIVES,
    "Mine": Means.LANDMINE,
    "VBIED": Means.VEHICLE_BORNE_IED,
    "Not Applicable: No Direct Violence": Means.NONE,
    "Arson": Means.UNKNOWN,
    "Chemical or Hot Liquid": Means.UNKNOWN,
    "Tasers, Live and Rubber Bullets": Means.UNKNOWN,
    "Other Weapon": Means.UNKNOWN,
    "No Information on the Weapon Used": Means.UNKNOWN,
}
HANDS = frozenset({Means.SHOOTING, Means.BODILY_ASSAULT})
PLACE_TYPE = {
    "Road": PlaceType.ROAD,
    "Home": PlaceType.HOME,
    "Compound or Office Building": PlaceType.OFFICE,
    "Project site": PlaceType.PROJECT_SITE,
    "Health Building": PlaceType.HEALTH,
    "Open Space": PlaceType.PUBLIC,
    "Public Building": PlaceType.PUBLIC,
    "IDP Refugee Camp": PlaceType.CAMP,
    "Checkpoint": PlaceType.CHECKPOINT,
    "Warehouse": PlaceType.WAREHOUSE,
    "Administration": PlaceType.UNKNOWN,
    "Ship/Water": PlaceType.UNKNOWN,
    "Airstrip": PlaceType.UNKNOWN,
    "Police station": PlaceType.UNKNOWN,
    "School": PlaceType.UNKNOWN,
    "Other": PlaceType.UNKNOWN,
    "No information": PlaceType.UNKNOWN,
}
ACTOR = {
    "NSA": Actor.NON_STATE_UNKNOWN,
    "Host Government: Military": Actor.HOST_STATE,
    "Foreign Forces: Military": Actor.FOREIGN_FORCES,
    "Police": Actor.POLICE,
    "Criminal": Actor.CRIMINAL,
    "Civilian": Actor.UNAFFILIATED,
    "Community Member": Actor.UNAFFILIATED,
    "Camp Resident": Actor.UNAFFILIATED,
    "Staff Worker": Actor.STAFF_MEMBER,
    "Administration": Actor.UNKNOWN,
    "Multiple": Actor.UNKNOWN,
    "No Information": Actor.UNKNOWN,
}
# The scale is its number; the words behind it are written in many ways.
PRECISION = {
    "(1)": PlacePrecision.EXACT,
    "(2)": PlacePrecision.WITHIN_25_KM,
    "(3)": PlacePrecision.DISTRICT,
    "(4)": PlacePrecision.PROVINCE,
    "(5)": PlacePrecision.LINEAR,
    "(6)": PlacePrecision.COUNTRY,
    "censored": PlacePrecision.UNKNOWN,
}
_ORGANISATIONS = ["INGO", "LNGO", "NGO", "UN Agency", "Red Cross (Nat Soc)", "Red Cross (ICRC/IFRC)"]
_PROGRAMMES = [
    *("Health", "Multiple", "Hunger", "Protection", "Economic", "Demining", "Human rights", "Other", "Education"),
    *("Peacebuilding", "WASH", "No information"),
]
_ENDS = ["Freed", "Killed", "Escaped", "No information"]

# Per column: every known spelling and the label it stands for.
SPELLINGS = {
    "Weapon Carried/Used": spellings(WEAPON, {}),
    "Location of Incident": spellings(PLACE_TYPE, {}),
    "Reported Perpetrator": spellings(ACTOR, {}),
    "Organisation Affected": spellings(_ORGANISATIONS, {}),
    "Programme Focus": spellings(_PROGRAMMES, {}),
    "Known Kidnapping or Arrest Outcome": spellings(_ENDS, {}),
}
NOTHING_KNOWN = {"", "no information", "unknown"}
