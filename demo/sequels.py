"""What became of some of the invented incidents: received, graded, reported further on, a question, a proposed text."""

import uuid
from datetime import timedelta

from django.utils import timezone

from incidents import consents, desk
from incidents.account import account_of
from incidents.actions import file_follow_up
from incidents.codes import Credibility, Reliability, ReportKind
from incidents.desk import Desk
from incidents.models import AffectedGroup, IncidentRelease, Report
from incidents.proposals import propose
from incidents.same_event import merge
from organisations.models import Organisation
from sharing.consents import Terms, Wish, local_arrangement_of
from sharing.markings import Depth, Recipients

_WHY = "seed the demonstration"
_ILLNESS = 11
_CONVOY_SEEN = 12


def tell_on(reports: dict[int, Report], people: dict, areas: dict, names: dict[str, str], namespace: uuid.UUID) -> None:
    """Go on with the stories that were filed just now, by their number; `names` are organisations by key."""
    dss = people["dss.field@un.example"]
    juba = Desk(names["dss"], areas["south-sudan"])
    if convoy := reports.get(0):
        item = convoy.incident.item
        desk.acknowledge(item, by=dss, desk=juba)
        _further(
            convoy,
            people["field@alba.example"],
            ReportKind.UPDATE,
            "[Invented] The driver was flown out and is out of danger. The second vehicle is back in the base.",
            uuid.uuid5(namespace, "convoy update"),
        )
        desk.grade(
            item,
            by=dss,
            desk=juba,
            reliability=Reliability.B,
            credibility=Credibility.PROBABLE,
            text="[Invented] A driver of another organisation tells the same.",
        )
        desk.note(item, by=dss, desk=juba, text="[Invented] Raised with the commander of the area; patrol promised.")
        desk.ask(
            item,
            by=people["hq@benu.example"],
            organisation=Organisation.objects.get(name=names["benu"]),
            text="[Invented] We planned to use this road on Thursday. Is it open again?",
            submission=uuid.uuid5(namespace, "convoy question"),
        )
    if theft := reports.get(1):
        _further(
            theft,
            people["field@benu.example"],
            ReportKind.FINAL,
            "[Invented] The radio was found. The channel list was changed all the same. Nothing else is known.",
            uuid.uuid5(namespace, "theft final"),
        )
    if checkpoint := reports.get(2):
        item = checkpoint.incident.item
        shared = _row(item, Depth.SHARED)
        texts = shared.texts | {"what": "[Invented] A new checkpoint asks aid vehicles for a payment. Nobody was hurt."}
        propose(item, by=dss, desk=juba, texts=texts, version=shared.release.version)

    if convoy and (seen := reports.get(_CONVOY_SEEN)):
        merge(convoy.incident.item, seen.incident.item, by=dss, desk=juba)
    if convoy and (illness := reports.get(_ILLNESS)):
        _pass_on(convoy, illness, people, names, namespace)


def _pass_on(convoy, illness, people, names, namespace):
    """One request to pass something on that was granted, and one that waits."""
    item, until = convoy.incident.item, timezone.now().date() + timedelta(days=30)
    parts = ["what", "category", "when", "casualties"]
    request = consents.ask(
        item,
        by=people["field@benu.example"],
        organisation=Organisation.objects.get(name=names["benu"]),
        wish=Wish(
            recipients=Recipients.LOCAL_ARRANGEMENT,
            purpose="[Invented] Our local partner drives this road every week and has to plan its movements.",
            fields=parts,
            until=until,
            organisations=list(local_arrangement_of(item.area)),
        ),
        submission=uuid.uuid5(namespace, "convoy passed on"),
    )
    terms = Terms(fields=parts, until=until, organisations=list(request.named.all()))
    version = _row(item, Depth.SHARED).release.version
    consents.give(request, by=people["field@alba.example"], terms=terms, version=version)
    purpose = "[Invented] The donor asks why the visit to Rumbek was broken off."
    consents.ask(
        illness.incident.item,
        by=people["io@lake.example"],
        organisation=Organisation.objects.get(name=names["lake"]),
        wish=Wish(Recipients.DONOR, purpose, ["what", "category", "when"], until, donor="[Invented] Fund of the North"),
        submission=uuid.uuid5(namespace, "illness passed on"),
    )


def _further(report, author, kind, news, submission):
    full = _row(report.incident.item, Depth.FULL)
    groups = AffectedGroup.objects.for_system(_WHY).filter(facts=full).order_by("pk")
    account = account_of(full, full.texts | {"news": news}, groups)
    item = report.incident.item
    file_follow_up(by=author, item=item, kind=kind, account=account, submission=submission, after=1)


def _row(item, depth):
    rows = IncidentRelease.objects.for_system(_WHY).select_related("release__item__data_key")
    return rows.get(release__item=item, release__depth=depth)
