"""An originator's word that they keep a report back, and what the portal asks before it takes it (C5)."""

from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery

from accounts.models import User
from sharing.markings import Depth
from sharing.models import Item

from . import codes
from .account import Account, Sharing
from .changes import is_life_safety
from .minimal_warning import keep_warned_codes, say_warning
from .models import Incident, IncidentRelease, Report, Withholding

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


def keep_back(report: Report, account: Account, shared: IncidentRelease, withheld: Withheld, *, by: User) -> None:
    """What is other than usual when a report is filed that its originator keeps back: the ground is noted, and readers
    of the `shared` release get the warning if there is one; else it leaves no codes, as nobody is told."""
    note_withholding(report.incident, withheld, of=Withholding.Of.REPORT, by=by)
    if withheld.warning is not None:
        say_warning(shared, account, withheld.warning.text, filed_at=report.filed_at)
        keep_warned_codes(report, account, report.incident.item, at=report.filed_at)
