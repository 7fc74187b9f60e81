"""Two years of small invented incidents, so that trends, balances and reports have something real to show.

All of them are received and reported on to the end, and nobody is mailed about them: they are the past.
"""

import random
import uuid
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from areas.models import Area
from incidents import desk
from incidents.account import Account, Sharing, account_of
from incidents.actions import file_follow_up, file_incident
from incidents.codes import Actor, Category, Nationality, Outcome, ReportKind, Sex, StaffOf, TimePrecision
from incidents.desk import Desk
from incidents.models import AffectedGroup, IncidentRelease, Report
from notifications.models import DigestEntry, Message
from organisations.models import Organisation
from sharing.markings import AudienceChoice, Depth, Marking

from .cast import CHAD, ORGANISATIONS, SOUTH_SUDAN
from .partnership import days_ago

_WHY = "seed the demonstration"
DAYS = 720
_TO, _STEP = 30, 4  # days ago; one incident about every four days
_AUTHORS = (
    ("field@alba.example", "alba", SOUTH_SUDAN),
    ("field@benu.example", "benu", SOUTH_SUDAN),
    ("field@benu.example", "benu", CHAD),
    ("field@cedar.example", "cedar", CHAD),
    ("io@lake.example", "lake", SOUTH_SUDAN),
    ("wfp.security@un.example", "wfp", SOUTH_SUDAN),
)
_DESKS = {SOUTH_SUDAN: ("dss.field@un.example", "dss"), CHAD: ("csfp@un.example", "unhcr")}
_KINDS = (
    (Category.ROBBERY, Outcome.UNHARMED, "[Invented] Two laptops and a radio were taken from the office at night."),
    (Category.ROAD_ATTACK, Outcome.WOUNDED, "[Invented] A vehicle was shot at on the main road and drove on."),
    (Category.ACCESS, Outcome.UNHARMED, "[Invented] A checkpoint turned the convoy back and asked for a payment."),
    (Category.THREAT, Outcome.UNHARMED, "[Invented] A letter asks the team to leave the town within a week."),
    (Category.DETENTION, Outcome.DETAINED, "[Invented] A driver was held over night over a missing paper."),
    (Category.SAFETY, Outcome.WOUNDED, "[Invented] A vehicle turned over on a wet road."),
    (Category.ABDUCTION, Outcome.KIDNAPPED, "[Invented] A logistician was taken at a roadblock, freed after two days."),
)
_USUAL = (AudienceChoice.DSS_DESKS, AudienceChoice.UN_OF_AREA, AudienceChoice.PARTNERS_OF_AREA)


def tell_year(people: dict[str, User], namespace: uuid.UUID, since: int = DAYS) -> int:
    """File what is missing of the last two years, or `since` so many days ago; returns how many are new."""
    known = Report.objects.for_system(_WHY).values_list("submission", flat=True)
    known = set(known.filter(author__in=people.values()))
    names = {member.key: member.name for member in ORGANISATIONS}
    organisations = {row.name: row for row in Organisation.objects.filter(name__in=names.values())}
    organisations = {key: organisations[name] for key, name in names.items()}
    areas = {area.code: area for area in Area.objects.filter(code__in=[SOUTH_SUDAN, CHAD])}
    chance = random.Random(2026)  # noqa: S311 - the same story each time
    new = 0
    for days in range(since, _TO, -_STEP):
        choice = (chance.choice(_AUTHORS), chance.choice(_KINDS), chance.randint(0, _STEP - 1))
        submission = uuid.uuid5(namespace, f"year {days}")
        if submission not in known:
            with transaction.atomic(), days_ago(days - choice[2]):
                _one(people, organisations, areas, choice, submission)
            new += 1
    past = timezone.now() - timedelta(days=_TO - 5)
    told = Message.objects.filter(kind__startswith="incidents.", state=Message.State.QUEUED, created_at__lt=past)
    told.delete()
    DigestEntry.objects.filter(created_at__lt=past, digest=None).delete()
    return new


def _one(people, organisations, areas, choice, submission):
    (author, key, code), (category, outcome, what), _days = choice
    area, by = areas[code], people[author]
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    group = {"outcome": outcome, "count": 1, "staff_of": StaffOf.INGO}
    group |= {"nationality": Nationality.NATIONAL, "sex": Sex.UNKNOWN}
    report = file_incident(
        by=by,
        originator=organisations[key],
        area=area,
        account=Account(
            texts={"what": what},
            occurred_from=now - timedelta(hours=6),
            time_precision=TimePrecision.ABOUT,
            time_zone=area.time_zone,
            coded={"category": category, "actor": Actor.UNKNOWN},
            groups=[group],
        ),
        sharing=Sharing(marking=Marking.AMBER_STRICT, choices=list(_USUAL), organisations=[], persons=[]),
        submission=submission,
    )
    item = report.incident.item
    watch, entity = _DESKS[code]
    desk.acknowledge(item, by=people[watch], desk=Desk(organisations[entity].name, area))
    full = IncidentRelease.objects.for_system(_WHY).select_related("release__item__data_key")
    full = full.get(release__item=item, release__depth=Depth.FULL)
    account = account_of(
        full,
        full.texts | {"news": "[Invented] Nothing more became known."},
        AffectedGroup.objects.for_system(_WHY).filter(facts=full).order_by("pk"),
    )
    last = uuid.uuid5(submission, "final")
    file_follow_up(by=by, item=item, kind=ReportKind.FINAL, account=account, submission=last, after=1)
