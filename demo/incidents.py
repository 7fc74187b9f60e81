"""Invented incidents of the demonstration: every marking, several audiences, two areas, two languages."""

from dataclasses import dataclass

from incidents.codes import (
    Actor,
    Category,
    Context,
    Means,
    Nationality,
    Outcome,
    PlaceType,
    Sex,
    StaffOf,
    TimePrecision,
)
from sharing.markings import AudienceChoice, Marking

from .cast import CHAD, SOUTH_SUDAN

_USUAL = (AudienceChoice.DSS_DESKS, AudienceChoice.UN_OF_AREA, AudienceChoice.PARTNERS_OF_AREA)


@dataclass(frozen=True)
class Story:
    """One invented report. `hours` before now it happened; organisations are keys of the cast, persons addresses."""

    author: str
    organisation: str
    area: str
    hours: int
    texts: dict[str, str]
    coded: dict[str, object]
    marking: str = Marking.AMBER_STRICT
    choices: tuple[str, ...] = _USUAL
    organisations: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()
    groups: tuple[dict, ...] = ()
    precision: str = TimePrecision.ABOUT
    shows_originator: bool = False
    ground: str = ""  # on which it is withheld, with the warning that is given instead, or none
    warning: str = ""


def _people(outcome, count=1, nationality=Nationality.NATIONAL, sex=Sex.UNKNOWN, staff_of=StaffOf.INGO):
    return {"outcome": outcome, "count": count, "nationality": nationality, "sex": sex, "staff_of": staff_of}


STORIES = [
    Story(
        "field@alba.example",
        "alba",
        SOUTH_SUDAN,
        5,
        {
            "what": "[Invented] Two vehicles of a food convoy were stopped by armed men and shot at. One driver has a "
            "leg wound. The convoy turned round and is back in the base.",
            "place": "Road between Torit and Kapoeta",
            "exact_place": "Bend 3 km east of the second bridge",
            "consequences": "All movements on this road are suspended until further notice.",
            "actions_taken": "The driver is being treated; the flight for tomorrow is requested.",
            "persons": "Driver: Joseph L. (invented), stable.",
        },
        {
            "category": Category.ROAD_ATTACK,
            "means": Means.SHOOTING,
            "context": Context.AMBUSH,
            "actor": Actor.UNKNOWN,
            "place_type": PlaceType.ROAD,
        },
        groups=(_people(Outcome.WOUNDED, sex=Sex.MALE), _people(Outcome.UNHARMED, 4)),
    ),
    Story(
        "field@benu.example",
        "benu",
        SOUTH_SUDAN,
        20,
        {
            "what": "[Invented] During the night thieves climbed over the wall of the office and took two laptops and "
            "a radio. The guard was tied up and is unhurt.",
            "place": "Bor",
            "consequences": "The radio is one of the common network: its channel list may be known.",
        },
        {
            "category": Category.ROBBERY,
            "context": Context.RAID,
            "actor": Actor.CRIMINAL,
            "place_type": PlaceType.OFFICE,
        },
        marking=Marking.GREEN,
        choices=(*_USUAL, AudienceChoice.COMMUNITY),
        groups=(_people(Outcome.UNHARMED),),
        shows_originator=True,
    ),
    Story(
        "io@lake.example",
        "lake",
        SOUTH_SUDAN,
        31,
        {
            "what": "[Invented] A new checkpoint asks every aid vehicle for a payment. Nobody was hurt. Staff who "
            "refused were held for two hours.",
            "place": "South of Malakal",
        },
        {
            "category": Category.ACCESS,
            "context": Context.CHECKPOINT,
            "actor": Actor.HOST_STATE,
            "place_type": PlaceType.CHECKPOINT,
        },
        marking=Marking.AMBER,
        choices=(*_USUAL, AudienceChoice.OCHA),
    ),
    Story(
        "dss.field@un.example",
        "dss",
        SOUTH_SUDAN,
        44,
        {
            "what": "[Invented] Shooting between two armed groups was heard for an hour on the western edge of the "
            "town. It has stopped. Stay off the western road until noon tomorrow.",
            "place": "Wau, western edge",
        },
        {
            "category": Category.EXPLOSIVES,
            "context": Context.COMBAT,
            "actor": Actor.NON_STATE_SUBNATIONAL,
            "place_type": PlaceType.PUBLIC,
        },
        marking=Marking.CLEAR,
        choices=(*_USUAL, AudienceChoice.EVERYONE),
        shows_originator=True,
    ),
    Story(
        "field@alba.example",
        "alba",
        SOUTH_SUDAN,
        52,
        {
            "what": "[Invented] A staff member received threats by telephone after a dispute about a contract. The "
            "caller knew the address of the family.",
            "persons": "The person concerned and the caller's number are known to the security lead.",
        },
        {"category": Category.THREAT, "actor": Actor.UNAFFILIATED, "place_type": PlaceType.HOME},
        marking=Marking.RED,
        choices=(AudienceChoice.NAMED_PERSONS,),
        persons=("dss.field@un.example",),
        groups=(_people(Outcome.THREATENED, sex=Sex.FEMALE),),
    ),
    Story(
        "local@nngo.example",
        "nngo",
        SOUTH_SUDAN,
        70,
        {
            "what": "[Invented] Young men from the town blocked the warehouse and asked for jobs. The elders talked to "
            "them and they left after three hours.",
            "place": "Bentiu",
        },
        {"category": Category.ACCESS, "context": Context.MOB_VIOLENCE, "place_type": PlaceType.WAREHOUSE},
        choices=(AudienceChoice.DSS_DESKS,),
    ),
    Story(
        "wfp.security@un.example",
        "wfp",
        SOUTH_SUDAN,
        90,
        {
            "what": "[Invented] A truck of a contractor slid off the wet road. The driver got out by himself.",
            "place": "Road to Pibor",
        },
        {"category": Category.SAFETY, "place_type": PlaceType.ROAD, "is_near_miss": True},
        marking=Marking.GREEN,
        choices=(AudienceChoice.UN_OF_AREA, AudienceChoice.COMMUNITY),
        shows_originator=True,
    ),
    Story(
        "field@benu.example",
        "benu",
        CHAD,
        9,
        {
            "what": "[Inventé] Des hommes armés à moto ont suivi un véhicule de l'organisation pendant dix minutes, "
            "puis ont tiré en l'air. L'équipe est rentrée à la base sans blessé.",
            "place": "Piste entre Adré et Farchana",
            "actions_taken": "Les déplacements se font désormais à deux véhicules et avant 16 h.",
        },
        {
            "category": Category.ROAD_ATTACK,
            "means": Means.SHOOTING,
            "actor": Actor.UNKNOWN,
            "place_type": PlaceType.ROAD,
        },
        groups=(_people(Outcome.UNHARMED, 3),),
    ),
    Story(
        "field@cedar.example",
        "cedar",
        CHAD,
        27,
        {
            "what": "[Inventé] Un collègue a été retenu quatre heures au poste de contrôle pour un défaut d'ordre de "
            "mission. Il a été libéré sans condition.",
            "place": "Abéché",
        },
        {
            "category": Category.DETENTION,
            "means": Means.DETENTION,
            "context": Context.DETENTION,
            "actor": Actor.HOST_STATE,
            "place_type": PlaceType.CHECKPOINT,
        },
        choices=(AudienceChoice.DSS_DESKS, AudienceChoice.NAMED_ORGANISATIONS),
        organisations=("benu",),
        groups=(_people(Outcome.DETAINED, sex=Sex.MALE),),
    ),
    Story(
        "csfp@un.example",
        "unhcr",
        CHAD,
        60,
        {
            "what": "[Inventé] Des coups de feu ont été entendus près du marché de la ville à la tombée de la nuit. "
            "Évitez le quartier du marché ce soir.",
            "place": "Farchana, quartier du marché",
        },
        {"category": Category.EXPLOSIVES, "context": Context.COMBAT, "place_type": PlaceType.PUBLIC},
        marking=Marking.CLEAR,
        choices=(AudienceChoice.PARTNERS_OF_AREA, AudienceChoice.EVERYONE),
        precision=TimePrecision.EXACT,
        shows_originator=True,
    ),
    Story(
        "hq@benu.example",
        "benu",
        CHAD,
        76,
        {
            "what": "[Inventé] Un message électronique imitant le nom de l'organisation demande les mots de passe du "
            "personnel. Deux personnes ont répondu; leurs accès ont été fermés.",
        },
        {"category": Category.INFORMATION, "place_type": PlaceType.OFFICE},
        marking=Marking.GREEN,
        choices=(AudienceChoice.COMMUNITY,),
        precision=TimePrecision.DAY,
    ),
    Story(
        "hq@alba.example",
        "alba",
        SOUTH_SUDAN,
        120,
        {
            "what": "[Invented] A visitor fell ill on the road and was flown out. The cause was a heat stroke; there "
            "is no danger to others.",
            "place": "Rumbek",
        },
        {"category": Category.SAFETY, "place_type": PlaceType.ROAD},
        marking=Marking.AMBER,
        choices=(AudienceChoice.DSS_DESKS, AudienceChoice.NAMED_ORGANISATIONS),
        organisations=("lake", "platform"),
    ),
    Story(
        "wfp.security@un.example",
        "wfp",
        SOUTH_SUDAN,
        4,
        {
            "what": "[Invented] Our driver passed shortly after armed men had shot at a food convoy of another "
            "organisation. One person was being treated at the roadside. We turned round.",
            "place": "Road between Torit and Kapoeta",
            "consequences": "We do not use this road until further notice.",
        },
        {"category": Category.ROAD_ATTACK, "means": Means.SHOOTING, "place_type": PlaceType.ROAD},
        groups=(_people(Outcome.WOUNDED),),
    ),
]
# Withheld by their originators, the second with a warning without source (C5).
KEPT_BACK = [
    Story(
        "field@alba.example",
        "alba",
        SOUTH_SUDAN,
        30,
        {"what": "[Invented] A colleague asked us in confidence to end her contract after threats to her family."},
        {"category": Category.THREAT, "actor": Actor.UNKNOWN},
        choices=(),
        ground="duty",
    ),
    Story(
        "field@benu.example",
        "benu",
        SOUTH_SUDAN,
        26,
        {"what": "[Invented] Our guard’s brother told him of a mine that armed men laid.", "place": "Road to Juba"},
        {"category": Category.EXPLOSIVES, "means": Means.UNKNOWN, "actor": Actor.UNKNOWN},
        ground="risk",
        warning="[Invented] Do not use the road from Bor to Juba before it was checked for mines.",
    ),
]
