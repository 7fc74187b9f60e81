"""One incident for every marking, every audience and every pair of audiences, from five originators."""

import secrets
import uuid
from datetime import UTC, datetime, timedelta
from itertools import combinations

from incidents.actions import Account, Sharing, file_incident
from incidents.codes import Category, TimePrecision
from notifications.actions import follow

from .oracle import ALBA_FIELD, ALLOWED, BENU_FIELD, CAST, DSS_FIELD, FULL_PARTS, LOCAL, SS, SUSPENDED, TD, Thing

ORIGINATORS = [("alba", ALBA_FIELD, SS), ("benu", BENU_FIELD, TD), ("dss", DSS_FIELD, SS), ("nngo", LOCAL, SS)]
PAIRED = {"alba", "benu"}  # one in each area: what two audiences give together does not depend on who is not in them
NAMED = ["cedar", "nngo", "lake", "benu", "platform", "wfp", "suspended", "dune", "gisf", "alba", "unhcr", "unmiss"]
FOLLOWS = {
    "dss.hq@un.example": {SS: "follow"},
    "ocha@un.example": {SS: "life_safety", TD: "follow"},
    "hq@alba.example": {SS: "follow"},
    "hq@benu.example": {TD: "life_safety"},
    "field@benu.example": {TD: "life_safety", SS: "follow"},
    "io@lake.example": {SS: "life_safety"},
    "admin@portal.example": {SS: "follow"},
    "nobody@elsewhere.example": {SS: "follow", TD: "follow"},
    "hq@suspended.example": {SS: "follow"},
    "field@cedar.example": {SS: "follow"},
}
BEGIN = datetime(2026, 3, 1, 6, tzinfo=UTC)


def things() -> list[Thing]:
    """What is to be filed: nothing of it depends on the portal's own tables."""
    found: list[Thing] = []
    for originator, author, area in ORIGINATORS:
        for marking, choices in ALLOWED.items():
            for chosen in _choices(choices, pairs=originator in PAIRED):
                for persons in _person_groups() if "named_persons" in chosen else [()]:
                    found.append(make_thing(len(found), originator, author, area, marking, chosen, persons))
    for marking in ALLOWED:
        found.append(make_thing(len(found), "suspended", SUSPENDED, SS, marking, (), ()))
    return found


def _choices(choices, *, pairs):
    return [(), *((choice,) for choice in choices), *(combinations(choices, 2) if pairs else [])]


def _person_groups():
    people = sorted(CAST)
    return [tuple(people[start::4]) for start in range(4)]


def make_thing(number, originator, author, area, marking, choices, persons):
    first = number * 5
    return Thing(
        number=number,
        originator=originator,
        author=author,
        area=area,
        marking=marking,
        choices=choices,
        organisations=tuple(NAMED[(first + step) % len(NAMED)] for step in (0, 7)),
        persons=persons,
        shows_originator=number % 3 == 0,
        life_safety=number % 2 == 0,
        tokens={part: f"tk{number}x{secrets.token_hex(5)}" for part in FULL_PARTS},
    )


def file_things(cast) -> dict[str, Thing]:
    """File everything through the front door; returns the things by the reference they got."""
    for email, choices in FOLLOWS.items():
        for area, choice in choices.items():
            follow(cast.areas[area], by=cast[email], choice=choice)
    return {file_thing(cast, thing): thing for thing in things()}


def file_thing(cast, thing):
    named = "named_organisations" in thing.choices
    report = file_incident(
        by=cast[thing.author],
        originator=cast.organisations[thing.originator],
        area=cast.areas[thing.area],
        account=Account(
            texts={part: f"begin {token} end" for part, token in thing.tokens.items()},
            occurred_from=BEGIN + timedelta(days=thing.number % 40),  # with ties
            time_precision=TimePrecision.ABOUT,
            time_zone="Africa/Juba",
            coded={"category": Category.ROAD_ATTACK if thing.life_safety else Category.ROBBERY},
        ),
        sharing=Sharing(
            marking=thing.marking,
            choices=list(thing.choices),
            organisations=[cast.organisations[key] for key in thing.organisations] if named else [],
            persons=[cast[email] for email in thing.persons],
            shows_originator=thing.shows_originator,
        ),
        submission=uuid.uuid4(),
    )
    return report.incident.item.ref
