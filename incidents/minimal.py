"""What an originator keeps back, and the minimal warning without source that they may give instead (C5)."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery

from accounts.models import User
from sharing.control import move_in_time
from sharing.markings import Depth
from sharing.models import Item
from sharing.search import index_release

from . import codes
from .account import Account, Limits, Sharing, facts_said, sort_dates
from .changes import is_life_safety
from .models import AffectedGroup, Incident, IncidentRelease, Report, Withholding
from .models.incident import release_context
from .report_codes import keep_codes

_WHY = "an originator keeps something back"
_OF_THE_REPORT = (Withholding.Of.REPORT, Withholding.Of.WITHDRAWAL)


class NotAsked(Exception):
    """Lives are at stake, or others cannot do without it: the originator has to be asked again first."""


@dataclass(frozen=True)
class Warned:
    """A minimal warning: what to avoid or to do, and who gets it. Never by whom."""

    text: str
    sharing: Sharing


@dataclass(frozen=True)
class Withheld:
    """An originator's word that they keep a report back: on which ground, whether they said that others cannot do
    without it, whether the portal asked again, and the warning that they give instead, if they do."""

    ground: str
    others_need_it: bool = False
    was_asked_again: bool = False
    warning: Warned | None = None

    @property
    def facts(self) -> dict[str, object]:
        """What the audit log says of it; the warning's words are not in it."""
        asked = {"others_need_it": self.others_need_it, "asked_again": self.was_asked_again}
        return {"withheld": self.ground, **asked, "warning": self.warning is not None}

    @property
    def print(self) -> list:
        """What of it tells one form from another that was sent with the same report."""
        return [str(self.ground), self.others_need_it, self.warning.text if self.warning else None]

    def check(self, account: Account) -> None:
        """Raises NotAsked where the portal has to ask again what was not asked again."""
        if must_ask_again(account, others_need_it=self.others_need_it) and not self.was_asked_again:
            raise NotAsked


def must_ask_again(account: Account, *, others_need_it: bool) -> bool:
    """Whether withholding it may cost somebody's life or safety, or leave nobody able to answer the incident (§6)."""
    return others_need_it or account.is_life_safety or account.severity >= codes.Severity.SEVERE


def must_ask_anew(account: Account, full: IncidentRelease) -> bool:
    """Whether a further report with this account makes what is kept back graver than the `full` release says, so that
    withholding it may cost somebody's life or safety now (§6)."""
    if not must_ask_again(account, others_need_it=False):
        return False
    return account.severity > full.severity or (account.is_life_safety and not is_life_safety(full))


def is_kept_back(item: Item) -> bool:
    """Whether everybody else gets nothing of `item`, or at most a warning."""
    if item.state == Item.State.WITHHELD:
        return True
    rows = IncidentRelease.objects.for_system(_WHY).filter(release__item=item, release__depth=Depth.SHARED)
    return rows.filter(is_minimal=True).exists()


def warned_items() -> QuerySet:
    """The ids of the items of which no more than a warning was given: emergency access spares them (C8)."""
    rows = IncidentRelease.objects.for_system("kept back but for a warning").filter(is_minimal=True)
    return rows.values("release__item")


def note_withholding(incident: Incident, withheld: Withheld, *, of: str, by: User) -> Withholding:
    """Write down that something was kept back, and why."""
    return Withholding.objects.create(
        incident=incident,
        of=of,
        ground=withheld.ground,
        by=by,
        others_need_it=withheld.others_need_it,
        was_asked_again=withheld.was_asked_again,
        gave_warning=withheld.warning is not None,
    )


def last_withholding(item: Item) -> Withholding | None:
    """Why the report was kept back last, and since when: further reports on it do not change that. For its originator
    alone."""
    rows = Withholding.objects.for_system("of the originator's own").filter(incident__item=item)
    return rows.filter(of__in=_OF_THE_REPORT).order_by("pk").last()


def warned_at(incident: OuterRef) -> Subquery:
    """Within another question: the moment since which readers of `incident` get no more than its warning."""
    rows = Withholding.objects.for_system("since it is a warning").filter(incident=incident, of__in=_OF_THE_REPORT)
    return Subquery(rows.order_by("-pk").values("at")[:1])


def facts_warned(account: Account, zone: str) -> dict[str, object]:
    """The columns of a release that is only a warning: category, how grave, and the day, on the clock of the area
    (`zone`). Everything else is not known to its readers."""
    said = facts_said(_coarse(account), Depth.SHARED, stage=codes.ReportKind.IMMEDIATE, zone=zone, limits=_TO_THE_DAY)
    said = {name: value for name, value in said.items() if name not in _CHOSEN}
    return {**said, **_UNSAID, "severity": account.severity, "is_minimal": True}


_TO_THE_DAY = Limits(time=codes.TimeLimit.DAY)
_CHOSEN = {"place_limit", "time_limit"}  # of the report, for when it is shared after all
_SAID = ("category", "severity", "consequence", "stage", "occurred_from", "time_precision", "time_zone")
_UNSAID = {
    "means": codes.Means.UNKNOWN,
    "context": codes.Context.UNKNOWN,
    "actor": codes.Actor.UNKNOWN,
    "place_type": codes.PlaceType.UNKNOWN,
    "place_precision": codes.PlacePrecision.UNKNOWN,
    "is_near_miss": False,
    "reliability": "",
    "reported_by": "",
}


@dataclass(frozen=True)
class WarningSaid:
    """What readers of a warning get: its text, and the columns of their release."""

    text: str
    facts: dict[str, object]


def warning_said(account: Account, text: str, zone: str) -> WarningSaid:
    """What they would get, were it given now, in an area with this time zone."""
    return WarningSaid(text, facts_warned(account, zone))


def warning_shown(shared: IncidentRelease, texts: dict) -> WarningSaid:
    """What they get now, by their release and its `texts`."""
    names = [*_UNSAID, *_SAID, "is_minimal"]
    return WarningSaid(texts.get("what", ""), {name: getattr(shared, name) for name in names})


def _coarse(account):
    """Nothing but the category, and when."""
    return replace(account, texts={}, coded={"category": account.category}, groups=[])


def say_warning(row: IncidentRelease, account: Account, text: str, *, filed_at: datetime) -> None:
    """Make `row`, of a shared release, say the warning and nothing else: texts, people, search words and the date by
    which lists sort it. The caller holds the lock of the incident."""
    item, zone = row.release.item, row.release.area.time_zone
    for name, value in facts_warned(account, zone).items():
        setattr(row, name, value)
    row.sealed = item.data_key.seal_json({"what": text}, context=release_context(row.release_id))
    row.save()
    AffectedGroup.objects.for_system(_WHY).filter(facts=row).delete()
    index_release(row.release, [text])
    dates = sort_dates(account, zone, limits=_TO_THE_DAY, filed_at=filed_at)
    move_in_time({row.release_id: dates[Depth.SHARED]})


def keep_warned_codes(report: Report, account: Account, item: Item, *, at: datetime) -> None:
    """The codes of a warning, for figures: what it says, from the moment at which it was given."""
    keep_codes(report, _coarse(account), originator=item.originator, area=item.area, at=at)


def keep_back(report: Report, account: Account, shared: IncidentRelease, withheld: Withheld, *, by: User) -> None:
    """What is other than usual when a report is filed that its originator keeps back: the ground is noted, and readers
    of the `shared` release get the warning if there is one; else it leaves no codes, as nobody is told."""
    note_withholding(report.incident, withheld, of=Withholding.Of.REPORT, by=by)
    if withheld.warning is not None:
        say_warning(shared, account, withheld.warning.text, filed_at=report.filed_at)
        keep_warned_codes(report, account, report.incident.item, at=report.filed_at)
