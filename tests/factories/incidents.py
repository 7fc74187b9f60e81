"""Incidents for tests: filed through the action as the form would, and the form as a browser sends it."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime

from incidents.account import account_of
from incidents.actions import Account, Sharing, file_follow_up, file_incident
from incidents.models import AffectedGroup, IncidentRelease, Report
from incidents.withholding import follow_up_kept_back

WHEN = datetime(2026, 3, 14, 6, 30, tzinfo=UTC)
USUAL = ["dss_desks", "un_of_area", "partners_of_area"]
# One unmistakable word in each text, so that a test can look for it where it must not be.
TEXTS = {
    "what": "CANARY-WHAT two vehicles were stopped",
    "place": "CANARY-PLACE road to Torit",
    "exact_place": "CANARY-EXACT second bend",
    "position": [4.41, 32.57],
    "actor_name": "CANARY-ACTOR",
    "consequences": "CANARY-CONSEQUENCES movements suspended",
    "actions_taken": "CANARY-ACTIONS police told",
    "persons": "CANARY-PERSONS Joseph, +211 900 000 000",
}
CODED = {
    "category": "road_attack",
    "means": "shooting",
    "context": "ambush",
    "actor": "criminal",
    "place_type": "road",
    "place_precision": "exact",
    "is_near_miss": False,
}
GROUPS = [
    {"outcome": "wounded", "staff_of": "ingo", "nationality": "national", "sex": "male", "count": 2},
    {"outcome": "killed", "staff_of": "ingo", "nationality": "national", "sex": "female", "count": 1},
]


def an_account(**changes) -> Account:
    """A full account of an ambush; `changes` replace its parts."""
    parts = {
        "texts": dict(TEXTS),
        "occurred_from": WHEN,
        "time_precision": "about",
        "time_zone": "Africa/Juba",
        "coded": dict(CODED),
        "groups": [dict(group) for group in GROUPS],
    }
    return Account(**{**parts, **changes})


def file_report(
    cast,
    by="field@alba.example",
    organisation="alba",
    area="south-sudan",
    marking="TLP:AMBER+STRICT",
    choices=USUAL,
    organisations=(),
    persons=(),
    account=None,
    submission=None,
    shows_originator=False,
    **more,
) -> Report:
    """File a report as somebody of the cast; organisations by key, persons by address; `more` of Sharing."""
    return file_incident(
        by=cast[by],
        originator=cast.organisations[organisation],
        area=cast.areas[area],
        account=account or an_account(),
        sharing=Sharing(
            marking=marking,
            choices=list(choices),
            organisations=[cast.organisations[key] for key in organisations],
            persons=[cast[email] for email in persons],
            shows_originator=shows_originator,
            **more,
        ),
        submission=submission or uuid.uuid4(),
    )


def followed_up(
    cast, report, by="field@alba.example", kind="update", submission=None, after=None, withheld=None, **changes
) -> Report:
    """A further report on the incident of `report`: what was last reported, with `changes` to its texts, codes and
    (as `groups`, `occurred_from`) to the rest; `withheld` is the answer where the portal asked again."""
    item = report.incident.item
    last = Report.objects.for_system("test").filter(incident=report.incident).latest("number")
    full = IncidentRelease.objects.for_system("test").select_related("release__item__data_key")
    full = full.get(release__item=item, release__depth=2)
    groups = AffectedGroup.objects.for_system("test").filter(facts=full).order_by("pk")
    known = account_of(full, full.texts, groups)
    rest = ("groups", "occurred_from", "time_precision", "time_zone")
    parts = {name: changes.pop(name) for name in rest if name in changes}
    coded = {name: changes.pop(name) for name in list(changes) if name in known.coded}
    texts = {**known.texts, "news": "CANARY-NEWS they are back", **changes}
    asked = {"withheld": withheld} if withheld else {}
    return (follow_up_kept_back if withheld else file_follow_up)(
        by=cast[by],
        item=item,
        kind=kind,
        account=replace(known, texts=texts, coded={**known.coded, **coded}, **parts),
        submission=submission or uuid.uuid4(),
        after=last.number if after is None else after,
        **asked,
    )


def as_lists(fields: dict) -> dict[str, list[str]]:
    """Fields of a form as a draft keeps them: a list for each name."""
    return {name: list(value) if isinstance(value, list) else [value] for name, value in fields.items()}


def typed(cast, organisation="alba", **changes) -> dict:
    """The report form as a browser sends it: the three answers, the rest as it opens. None takes a field out."""
    fields = {
        "submission": str(uuid.uuid4()),
        "originator": cast.organisations[organisation].ref,
        "area": "south-sudan",
        "occurred_on": "2026-03-14",
        "occurred_at": "08:30",
        "time_precision": "about",
        "clock": "area",
        "what": "Two vehicles were stopped.",
        "marking": "TLP:AMBER+STRICT",
        "audience": USUAL,
        "affected-TOTAL_FORMS": "3",
        "affected-INITIAL_FORMS": "0",
    }
    return {name: value for name, value in {**fields, **changes}.items() if value is not None}
