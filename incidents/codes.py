"""Code lists of incident reporting (GISF, AWSD, Insecurity Insight, INSO; the union that the uniform form uses, G7).

Every list has `unknown`: a reporter is never made to guess.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ReportKind(models.TextChoices):
    IMMEDIATE = "immediate", _("immediate report")
    UPDATE = "update", _("update")
    FINAL = "final", _("final report")


class TimePrecision(models.TextChoices):
    EXACT = "exact", _("this time")
    ABOUT = "about", _("about this time")
    DAY_PART = "day_part", _("this part of the day")
    DAY = "day", _("this day, time not known")
    MONTH = "month", _("this month, day not known")
    YEAR = "year", _("this year, month not known")
    NOT_SURE = "not_sure", _("not sure")


class PlacePrecision(models.TextChoices):
    """How well a position is known; as in conflict data sets, coarser downwards."""

    EXACT = "exact", _("exact place")
    WITHIN_25_KM = "within_25_km", _("within 25 km")
    DISTRICT = "district", _("district or municipality")
    PROVINCE = "province", _("province, state or governorate")
    LINEAR = "linear", _("along a road or river")
    COUNTRY = "country", _("country or area only")
    UNKNOWN = "unknown", _("not known")


class PlaceLimit(models.TextChoices):
    """How exactly readers of the shared release may learn the place, at most (C4); coarser downwards."""

    WITHIN_25_KM = "within_25_km", _("within 25 km")
    DISTRICT = "district", _("district or municipality")
    PROVINCE = "province", _("province, state or governorate")
    COUNTRY = "country", _("only the area")


class TimeLimit(models.TextChoices):
    """The same of the time; coarser downwards."""

    AS_REPORTED = "as_reported", _("as reported")
    DAY_PART = "day_part", _("part of the day: night, morning, afternoon or evening")
    DAY = "day", _("the day only")
    MONTH = "month", _("the month only")


class Category(models.TextChoices):
    """What happened, broadly. Sexual violence has a track of its own (C10) and is not offered here."""

    KILLING_INJURY = "killing_injury", _("Killing or injury")
    ABDUCTION = "abduction", _("Abduction or disappearance")
    DETENTION = "detention", _("Arrest or detention")
    ASSAULT = "assault", _("Assault or harassment")
    THREAT = "threat", _("Threat or intimidation")
    ROBBERY = "robbery", _("Robbery, burglary or theft")
    ROAD_ATTACK = "road_attack", _("Attack on a vehicle or on the road")
    PREMISES_ATTACK = "premises_attack", _("Attack on premises")
    EXPLOSIVES = "explosives", _("Explosives, shelling or crossfire")
    ACCESS = "access", _("Access blocked, measure of an authority")
    SAFETY = "safety", _("Accident, fire, illness or natural hazard")
    INFORMATION = "information", _("Information or cyber incident")
    UNKNOWN = "unknown", _("Not known yet")


class Means(models.TextChoices):
    SHOOTING = "shooting", _("shooting")
    BODILY_ASSAULT = "bodily_assault", _("bodily assault")
    KIDNAPPING = "kidnapping", _("kidnapping")
    KIDNAP_KILLING = "kidnap_killing", _("kidnapping and killing")
    DETENTION = "detention", _("detention or arrest")
    AERIAL_BOMBARDMENT = "aerial_bombardment", _("aerial bombardment")
    SHELLING = "shelling", _("shelling")
    BODY_BORNE_IED = "body_borne_ied", _("body-borne explosive device")
    ROADSIDE_IED = "roadside_ied", _("roadside explosive device")
    VEHICLE_BORNE_IED = "vehicle_borne_ied", _("vehicle-borne explosive device")
    OTHER_EXPLOSIVES = "other_explosives", _("other explosives")
    LANDMINE = "landmine", _("landmine")
    COMPLEX_ATTACK = "complex_attack", _("complex attack")
    NONE = "none", _("no direct violence")
    UNKNOWN = "unknown", _("not known")


class Context(models.TextChoices):
    AMBUSH = "ambush", _("ambush")
    COMBAT = "combat", _("combat or crossfire")
    INDIVIDUAL_ATTACK = "individual_attack", _("attack on an individual")
    MOB_VIOLENCE = "mob_violence", _("mob violence")
    RAID = "raid", _("raid")
    DETENTION = "detention", _("detention")
    CHECKPOINT = "checkpoint", _("checkpoint")
    UNKNOWN = "unknown", _("not known")


class Actor(models.TextChoices):
    NON_STATE_GLOBAL = "non_state_global", _("non-state armed group, global")
    NON_STATE_REGIONAL = "non_state_regional", _("non-state armed group, regional")
    NON_STATE_NATIONAL = "non_state_national", _("non-state armed group, national")
    NON_STATE_SUBNATIONAL = "non_state_subnational", _("non-state armed group, local")
    NON_STATE_UNKNOWN = "non_state_unknown", _("non-state armed group")
    HOST_STATE = "host_state", _("forces of the host state")
    FOREIGN_FORCES = "foreign_forces", _("foreign or coalition forces")
    POLICE = "police", _("police or paramilitary")
    STATE_UNKNOWN = "state_unknown", _("a state, not known which")
    CRIMINAL = "criminal", _("criminals")
    AID_RECIPIENT = "aid_recipient", _("aid recipient")
    STAFF_MEMBER = "staff_member", _("staff member")
    UNAFFILIATED = "unaffiliated", _("individual without affiliation")
    UNKNOWN = "unknown", _("not known")


class PlaceType(models.TextChoices):
    ROAD = "road", _("road")
    OFFICE = "office", _("office or compound")
    PROJECT_SITE = "project_site", _("project site")
    HOME = "home", _("home")
    PUBLIC = "public", _("public place")
    CUSTODY = "custody", _("custody")
    CHECKPOINT = "checkpoint", _("checkpoint")
    CAMP = "camp", _("camp for displaced people or refugees")
    HEALTH = "health", _("health building")
    WAREHOUSE = "warehouse", _("warehouse")
    UNKNOWN = "unknown", _("not known")


class Outcome(models.TextChoices):
    KILLED = "killed", _("killed")
    WOUNDED = "wounded", _("wounded")
    KIDNAPPED = "kidnapped", _("kidnapped")
    DETAINED = "detained", _("detained or arrested")
    MISSING = "missing", _("missing")
    THREATENED = "threatened", _("threatened or assaulted, not wounded")
    UNHARMED = "unharmed", _("unharmed")
    UNKNOWN = "unknown", _("not known")


class Nationality(models.TextChoices):
    NATIONAL = "national", _("national")
    INTERNATIONAL = "international", _("international")
    UNKNOWN = "unknown", _("not known")


class Sex(models.TextChoices):
    FEMALE = "female", pgettext_lazy("sex", "female")
    MALE = "male", pgettext_lazy("sex", "male")
    UNKNOWN = "unknown", _("not known")


class StaffOf(models.TextChoices):
    """Whose staff an affected person is."""

    INGO = "ingo", _("international NGO")
    NNGO = "nngo", _("national NGO")
    UN = "un", _("UN agency")
    ICRC = "icrc", _("ICRC")
    RED_CROSS = "red_cross", _("National Society or IFRC")
    OTHER = "other", _("other")
    UNKNOWN = "unknown", _("not known")


# A person's life or liberty is at stake: these outcomes and categories are told at once to everybody concerned, and
# cannot be switched off (G8). Not known yet counts as at stake.
LIFE_SAFETY_OUTCOMES = frozenset(
    {Outcome.KILLED, Outcome.WOUNDED, Outcome.KIDNAPPED, Outcome.DETAINED, Outcome.MISSING}
)
LIFE_SAFETY_CATEGORIES = frozenset(
    {
        Category.KILLING_INJURY,
        Category.ABDUCTION,
        Category.DETENTION,
        Category.ROAD_ATTACK,
        Category.PREMISES_ATTACK,
        Category.EXPLOSIVES,
        Category.UNKNOWN,
    }
)


class Severity(models.IntegerChoices):
    """How grave it was, computed from what is known of the consequences; nobody has to judge it at night."""

    NEAR_MISS = 0, _("near miss")
    MINOR = 1, pgettext_lazy("severity", "minor")
    MODERATE = 2, pgettext_lazy("severity", "moderate")
    SEVERE = 3, pgettext_lazy("severity", "severe")
    CRITICAL = 4, pgettext_lazy("severity", "critical")


# From the worst downwards: the one outcome that stands for an incident in filters and statistics.
WORST_FIRST = [
    Outcome.KILLED,
    Outcome.KIDNAPPED,
    Outcome.MISSING,
    Outcome.WOUNDED,
    Outcome.DETAINED,
    Outcome.THREATENED,
    Outcome.UNHARMED,
]
_BY_OUTCOME = {
    Outcome.KILLED: Severity.CRITICAL,
    Outcome.KIDNAPPED: Severity.CRITICAL,
    Outcome.MISSING: Severity.SEVERE,
    Outcome.WOUNDED: Severity.SEVERE,
    Outcome.DETAINED: Severity.SEVERE,
    Outcome.THREATENED: Severity.MODERATE,
}
_BY_CATEGORY = {
    Category.KILLING_INJURY: Severity.SEVERE,
    Category.ABDUCTION: Severity.SEVERE,
    Category.THREAT: Severity.MINOR,
    Category.ROBBERY: Severity.MINOR,
    Category.ACCESS: Severity.MINOR,
    Category.SAFETY: Severity.MINOR,
    Category.INFORMATION: Severity.MINOR,
}


def worst_of(outcomes) -> str:
    """The worst of some outcomes; unknown if none is known."""
    return next((outcome for outcome in WORST_FIRST if outcome in outcomes), Outcome.UNKNOWN)


def severity_of(*, category: str, is_near_miss: bool, outcome: str) -> Severity:
    """How grave an incident is: by the worst outcome, where none is known by its category."""
    if outcome in _BY_OUTCOME:  # whoever came to harm outweighs the tick "near miss"
        return _BY_OUTCOME[outcome]
    if is_near_miss:
        return Severity.NEAR_MISS
    return _BY_CATEGORY.get(category, Severity.MODERATE)


class Reliability(models.TextChoices):
    """How far the source can be relied on (Admiralty scale)."""

    A = "A", _("A: completely reliable")
    B = "B", _("B: usually reliable")
    C = "C", _("C: fairly reliable")
    D = "D", _("D: not usually reliable")
    E = "E", _("E: unreliable")
    F = "F", _("F: reliability cannot be judged")


class Credibility(models.TextChoices):
    """How far what is told can be believed (Admiralty scale)."""

    CONFIRMED = "1", _("1: confirmed by other sources")
    PROBABLE = "2", _("2: probably true")
    POSSIBLE = "3", _("3: possibly true")
    DOUBTFUL = "4", _("4: doubtful")
    IMPROBABLE = "5", _("5: improbable")
    UNKNOWN = "6", _("6: truth cannot be judged")
