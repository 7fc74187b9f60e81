"""What stands in an export: of each item what the reader's release says, and on every row for what, by whom and when.

Nothing here asks who may see what: it is handed rows that `visible_to` gave.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sharing.markings import Marking
from slt_portal.crypto import SealBroken
from slt_portal.tables import write_csv
from slt_portal.templatetags.portal import day_text

from .codes import TimeLimit, TimePrecision
from .consents import behind_each
from .models import AffectedGroup, IncidentRelease
from .templatetags.incidents import severity

log = structlog.get_logger(__name__)
_STRICTEST_FIRST = list(Marking)


@dataclass(frozen=True)
class Stamp:
    """For what, by whom and when an export was made: on every row and every page of it (C9)."""

    purpose: str
    name: str
    at: datetime


@dataclass(frozen=True)
class Entry:
    """One item of an export; `texts` is None where they cannot be opened. `passed_on` are the terms on which the reader
    got it, where that was with the originator's consent (incidents.consents.behind)."""

    facts: IncidentRelease
    texts: dict | None
    groups: list[AffectedGroup]
    passed_on: dict | None = None

    @property
    def terms(self) -> str:
        """Of what was passed on to the reader: by whom, until when, as of which day; it goes no further (C3)."""
        if self.passed_on is None:
            return ""
        words = {"name": self.passed_on["organisation"], "day": day_text(self.passed_on["until"])}
        until = _(
            "Passed on to you by %(name)s with the originator’s consent, until %(day)s; not to be passed on, whatever "
            "its marking allows."
        )
        as_of = _("As of %(day)s. What became known later is not in it.")
        return f"{until % words} {as_of % {'day': day_text(self.passed_on['as_of'].date())}}"

    @property
    def originator(self) -> str:
        """The organisation, the line that a public source asks for, or that it is withheld."""
        release = self.facts.release
        if self.facts.credit:
            return _("public source")
        return str(release.item.originator) if release.shows_originator else _("withheld")

    def text(self, name: str) -> str:
        """One text; where the texts were destroyed, or cannot be opened, the row says so."""
        if self.facts.release.item.is_erased:
            return _("text destroyed") if name == "what" else ""
        if self.texts is None:
            return _("cannot be opened") if name == "what" else ""
        return self.texts.get(name) or ""

    @property
    def position(self) -> Sequence[float | None]:
        """Latitude and longitude, where the release has them."""
        return (self.texts or {}).get("position") or (None, None)


def entries_of(rows: Sequence[IncidentRelease]) -> list[Entry]:
    """The rows with their texts and the people affected, as the page of each would show them."""
    groups = defaultdict(list)
    found = AffectedGroup.objects.for_system("of releases that are exported").filter(facts__in=rows)
    for group in found.order_by("pk"):
        groups[group.facts_id].append(group)
    terms = behind_each(rows)
    return [Entry(facts, _texts(facts), groups[facts.pk], terms.get(facts.release_id)) for facts in rows]


def _texts(facts):
    try:
        return facts.texts
    except SealBroken:
        log.error("text_cannot_be_opened", release=facts.pk)
        return None


def strictest(entries: Sequence[Entry]) -> str:
    """The strictest marking of all: the one of the whole."""
    return min((entry.facts.release.item.marking for entry in entries), key=_STRICTEST_FIRST.index)


def _when(facts) -> str:
    """ISO 8601, as exact as the precision allows and no more, on the clock of the place."""
    if facts.occurred_from is None:
        return ""
    local = facts.occurred_from.astimezone(ZoneInfo(facts.time_zone))
    if facts.time_precision in {TimePrecision.EXACT, TimePrecision.ABOUT}:
        return local.isoformat(timespec="minutes")
    if facts.time_precision == TimePrecision.DAY_PART:
        return f"{local:%Y-%m-%dT%H}"
    is_month = facts.time_precision == TimePrecision.MONTH or facts.time_limit == TimeLimit.MONTH
    return f"{local:%Y-%m-%d}"[: 4 if facts.time_precision == TimePrecision.YEAR else 7 if is_month else 10]


def _people(entry, said=getattr) -> str:
    """The groups of people affected, as far as this release has them; `said` gives the code or the word of a column."""
    return "; ".join(
        " ".join(
            [
                _("not known how many") if group.count is None else str(group.count),
                said(group, "outcome"),
                f"({said(group, 'staff_of')}, {said(group, 'nationality')}, {said(group, 'sex')})",
            ]
        )
        for group in entry.groups
    )


def _word(row, name) -> str:
    return str(getattr(row, f"get_{name}_display")())


def _in_words(label, tag, words):
    head = tag.removesuffix("+code").removesuffix("+num")
    return (format_lazy(gettext_lazy("{column}, in words"), column=label), f"{head}+label", words)


def _fact(name):
    return lambda entry: getattr(entry.facts, name)


def _code(label, tag, name):
    """A code, and beside it the same in the reader's language."""
    return [(label, tag, _fact(name)), _in_words(label, tag, lambda entry: _word(entry.facts, name))]


def _text(name):
    return lambda entry: entry.text(name)


# Heading, HXL tag, what of an entry. Codes stay codes: a table is for counting. Their words are for reading.
COLUMNS = [
    (gettext_lazy("Reference"), "#event+id", lambda entry: entry.facts.release.item.ref),
    (gettext_lazy("Marking"), "#meta+marking", lambda entry: entry.facts.release.item.marking),
    (gettext_lazy("Originator"), "#org+originator", lambda entry: entry.originator),
    (gettext_lazy("Area"), "#region+name", lambda entry: entry.facts.release.area or ""),
    (gettext_lazy("When"), "#date+occurred", lambda entry: _when(entry.facts)),
    *_code(gettext_lazy("How exact is the time"), "#date+occurred+precision", "time_precision"),
    *_code(gettext_lazy("Category"), "#event+type+code", "category"),
    (gettext_lazy("Only a warning"), "#meta+warning", lambda entry: "yes" if entry.facts.is_minimal else "no"),
    (gettext_lazy("Near miss"), "#event+near_miss", lambda entry: "yes" if entry.facts.is_near_miss else "no"),
    (gettext_lazy("Severity"), "#severity+num", _fact("severity")),
    _in_words(gettext_lazy("Severity"), "#severity+num", lambda entry: severity(entry.facts)),
    *_code(gettext_lazy("Worst consequence"), "#impact+code", "consequence"),
    (gettext_lazy("Killed"), "#affected+killed", _fact("killed")),
    (gettext_lazy("Wounded"), "#affected+injured", _fact("wounded")),
    (gettext_lazy("Kidnapped"), "#affected+abducted", _fact("kidnapped")),
    (gettext_lazy("Detained"), "#affected+detained", _fact("detained")),
    (gettext_lazy("People affected"), "#affected+list", _people),
    _in_words(gettext_lazy("People affected"), "#affected+list", lambda entry: _people(entry, _word)),
    *_code(gettext_lazy("By what means"), "#event+means+code", "means"),
    *_code(gettext_lazy("In what circumstances"), "#event+context+code", "context"),
    *_code(gettext_lazy("Who did it"), "#cause+actor+code", "actor"),
    (gettext_lazy("Name of the group"), "#cause+actor+name", _text("actor_name")),
    *_code(gettext_lazy("Kind of place"), "#loc+type+code", "place_type"),
    *_code(gettext_lazy("How exact is the place"), "#geo+precision", "place_precision"),
    (gettext_lazy("Town, district or road"), "#loc+name", _text("place")),
    (gettext_lazy("Exact place"), "#loc+name+exact", _text("exact_place")),
    (gettext_lazy("Latitude"), "#geo+lat", lambda entry: entry.position[0]),
    (gettext_lazy("Longitude"), "#geo+lon", lambda entry: entry.position[1]),
    *_code(gettext_lazy("Reliability of the source"), "#meta+reliability", "reliability"),
    *_code(gettext_lazy("Credibility"), "#meta+credibility", "credibility"),
    *_code(gettext_lazy("Latest report"), "#status+stage", "stage"),
    (gettext_lazy("What is new"), "#event+description+new", _text("news")),
    (gettext_lazy("What happened"), "#event+description", _text("what")),
    (gettext_lazy("Consequences"), "#impact+description", _text("consequences")),
    (gettext_lazy("What has been done"), "#output+description", _text("actions_taken")),
    (gettext_lazy("Persons"), "#contact+persons", _text("persons")),
    (gettext_lazy("Source"), "#meta+source", _fact("credit")),
    (gettext_lazy("Passed on with consent"), "#meta+consent", lambda entry: entry.terms),
]
# Last, so that a row that is copied into another sheet still says them.
STAMPED = [
    (gettext_lazy("Exported for"), "#meta+purpose"),
    (gettext_lazy("Exported by"), "#meta+exported_by"),
    (gettext_lazy("Exported at"), "#date+exported"),
]


def as_csv(entries: Sequence[Entry], stamp: Stamp, *, with_hxl: bool) -> bytes:
    """The entries as a table, formulas disarmed; a second row of HXL tags if asked for."""
    end = [stamp.purpose, stamp.name, f"{stamp.at:%Y-%m-%dT%H:%MZ}"]
    return write_csv(
        ([cell(entry) for _label, _tag, cell in COLUMNS] + end for entry in entries),
        [str(label) for label, *_rest in [*COLUMNS, *STAMPED]],
        hxl=[row[1] for row in [*COLUMNS, *STAMPED]] if with_hxl else None,
    )


def dossier_context(entries: Sequence[Entry], stamp: Stamp) -> dict:
    """What the dossier's template shows: the entries, the strictest marking for every page, the stamp."""
    return {
        "entries": entries,
        "marking": strictest(entries),
        "purpose": stamp.purpose,
        "reader_name": stamp.name,
        "made_at": stamp.at,
    }
