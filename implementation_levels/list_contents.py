"""What a list of reinforced areas says: the areas on it, and what is different from the list before (§5e; L4, L8).

A decision that says “stays reinforced” is no difference; one that ended it and another that began it anew are.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import translation
from django.utils.dateparse import parse_date
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from areas.models import Area
from areas.names import Names, folded, names_on
from slt_portal.tables import write_csv
from slt_portal.templatetags.portal import day_text

from .levels import AreaLevel, reinforced_on
from .models import Level, LevelDecision, LevelList

LANGUAGES = ("en", "fr")
PURPOSE = gettext_lazy(
    "To know at which level Saving Lives Together is implemented in each area. For its readers only; not public."
)


@dataclass(frozen=True)
class Entry:
    """An area on the list, and the decision that made it reinforced: it may be older than the one in force."""

    level: AreaLevel
    made_by: LevelDecision
    names: Names

    @property
    def entered(self) -> date:
        """The day from which it belongs on the list."""
        return max(self.level.since, self.level.area.valid_from or date.min)

    def row(self) -> dict:
        """As the list keeps it for good; why: as the newest decision says, or the one that it confirmed."""
        area, decision = self.level.area, self.level.decision
        return {
            "code": area.code,
            "name_en": self.names.en,
            "name_fr": self.names.fr,
            "kind": str(area.kind),
            "note_en": area.note_en,
            "note_fr": area.note_fr,
            "since": decision.since.isoformat(),
            "effective_from": decision.effective_from.isoformat(),
            "decided_on": decision.decided_on.isoformat(),
            "review_due": decision.review_due.isoformat(),
            "decision": decision.ref,
            "made_by": self.made_by.ref,
            "reasons": decision.reasons or self.made_by.reasons,
        }


@dataclass(frozen=True)
class Snapshot:
    """The list as it would be made on a day; `began` is the first day on which something was different, if it is."""

    areas: list[dict]
    added: list[dict]
    removed: list[dict]
    began: date | None


def key_of(row: dict) -> tuple[str, str]:
    """What two lists must both hold for no difference: the area, reinforced without a break since the same day."""
    return row["code"], row["since"]


def snapshot(before: list[dict], on: date) -> Snapshot:
    """The areas of the list on the day `on`, and what is different from the areas of the list before."""
    entries = {key_of(entry.row()): entry for entry in entries_on(on)}
    old = {key_of(row): row for row in before}
    new = [entry for key, entry in entries.items() if key not in old]
    removed = _removed([row for key, row in old.items() if key not in entries], on)
    days = [entry.entered for entry in new] + [parse_date(row["effective_from"]) for row in removed]
    return Snapshot(
        areas=[entry.row() for entry in entries.values()],
        added=[entry.row() for entry in new],
        removed=removed,
        began=min(days, default=None),
    )


def entries_on(on: date) -> list[Entry]:
    """The areas at the reinforced level on a day, by name in English; three queries however many."""
    levels = reinforced_on(on)
    names = names_on([level.area for level in levels], on)
    rows = LevelDecision.objects.filter(area__in=[level.area.pk for level in levels], is_change=True)
    began: dict[tuple, LevelDecision] = {}
    for row in rows.filter(level=Level.REINFORCED, effective_from__lte=on).order_by("number"):
        began[row.area_id, row.effective_from] = row
    return [
        Entry(level, began.get((level.area.pk, level.since), level.decision), names[level.area.pk]) for level in levels
    ]


def _removed(rows, on):
    """What left the list, each with the decision that ended it; None where the area itself has ended."""
    if not rows:
        return []
    areas = {area.code: area for area in Area.objects.filter(code__in=[row["code"] for row in rows])}
    histories = defaultdict(list)
    for decision in LevelDecision.objects.filter(area__in=areas.values(), effective_from__lte=on).order_by("number"):
        history = histories[decision.area_id]
        while history and history[-1].effective_from >= decision.effective_from:
            history.pop()  # taken back before it came into effect
        history.append(decision)
    return [_left(row, areas[row["code"]], histories, on) for row in rows]


def _left(row, area, histories, on):
    named, since = {name: row[name] for name in ("code", "name_en", "name_fr")}, parse_date(row["since"])
    after = [one for one in histories[area.pk] if one.effective_from >= since and not _is_same(one, since)]
    if after:
        day = after[0].effective_from.isoformat()
        return named | {"decision": after[0].ref, "effective_from": day, "reasons": after[0].reasons}
    is_over = area.valid_to is not None and area.valid_to < on
    gone = area.valid_to + timedelta(days=1) if is_over else on
    return named | {"decision": None, "effective_from": gone.isoformat(), "reasons": ""}


def _is_same(decision, since):
    """Whether it kept the area on the list, without a break."""
    return decision.level == Level.REINFORCED and decision.since == since


def canonical(content: dict) -> str:
    """The content as the text that is frozen: the same content, the same bytes."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, indent=1) + "\n"


def digest_of(text: str) -> str:
    """The SHA-256 of the file that holds this text."""
    return hashlib.sha256(text.encode()).hexdigest()


# --- In a reader's language --------------------------------------------------------------------------------------


def in_words(rows: Iterable[dict]) -> list[dict]:
    """Rows of a list, also those that left it, for reading: name, note and kind in the reader's language, days as days;
    in its alphabetical order."""
    tongue = "fr" if (get_language() or "en").startswith("fr") else "en"
    found = [_row_in_words(row, tongue) for row in rows]
    return sorted(found, key=lambda row: (folded(row["name"]), row["code"]))


def _row_in_words(row, tongue):
    words = {**row, "name": row[f"name_{tongue}"], "effective_from": parse_date(row["effective_from"])}
    if "since" in row:
        words |= {name: parse_date(row[name]) for name in ("since", "decided_on", "review_due")}
        words |= {"note": row[f"note_{tongue}"], "kind_label": str(Area.Kind(row["kind"]).label)}
    return words


def changes_in_words(changes: dict) -> list[dict]:
    """What became different since the list before, as {name, what, reasons}: what is new on the list first."""
    added = [
        {"name": row["name"], "what": _("reinforced since %(day)s") % {"day": day_text(row["since"])}, "reasons": ""}
        for row in in_words(changes["added"])
    ]
    removed = [
        {
            "name": row["name"],
            "what": _gone(row) % {"day": day_text(row["effective_from"])},
            "reasons": row["reasons"],
        }
        for row in in_words(changes["removed"])
    ]
    return added + removed


def _gone(row):
    return _("no longer reinforced from %(day)s") if row["decision"] else _("this area is no more since %(day)s")


def why_in_words(reason: str, before: int | None) -> str:
    """Why a list was made, as a sentence."""
    if reason == LevelList.Reason.FIRST:
        return _("This is the first list.")
    if reason == LevelList.Reason.CHANGE:
        return _("Made because the level of an area changed.")
    return _("Made because six months have passed since list %(number)s.") % {"number": before}


def table_of(content: dict, language: str) -> str:
    """The list as a CSV file (C9) in a language: as text with its byte order mark, which is what is frozen."""
    with translation.override(language):
        added = {row["code"] for row in content["changes"]["added"]}
        rows = [_cells(content, row, row["code"] in added) for row in in_words(content["areas"])]
        empty = [content["number"], content["on"], *[None] * (len(_columns()) - 4), _remark(content), str(PURPOSE)]
        return write_csv(rows or [empty], _columns()).decode()


def _columns():
    return [
        _("List"),
        _("Day"),
        _("Code"),
        _("Area"),
        _("Kind of area"),
        _("Level"),
        _("Since"),
        _("New on this list"),
        _("Decided on"),
        _("Next review due"),
        _("Decision"),
        _("Why"),
        _("Status of the area"),
        _("Remark"),
        _("Purpose"),
    ]


def _cells(content, row, is_new):
    days = (row["since"], row["decided_on"], row["review_due"])
    since, decided_on, review_due = (one.isoformat() for one in days)
    return [
        *(content["number"], content["on"], row["code"], row["name"], row["kind_label"]),
        *(str(Level.REINFORCED.label), since, _("yes") if is_new else _("no"), decided_on, review_due),
        *(row["decision"], row["reasons"], row["note"], _remark(content), str(PURPOSE)),
    ]


def _remark(content):
    """What a row must not be read without."""
    said = [] if content["areas"] else [_("No area is at the reinforced level.")]
    if content["is_invented"]:
        said.append(_("The levels in this file are invented: it comes from a demonstration."))
    return " ".join(said)
