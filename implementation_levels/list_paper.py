"""A list on paper: what its PDF is made from, in the language that is active (L4). The worker makes it from these words
alone: the document says what the list says, whenever it is made."""

from django.urls import reverse
from django.utils.translation import gettext as _

from notifications.kinds import site_link
from slt_portal.templatetags.portal import day_text

from .list_contents import PURPOSE, changes_in_words, in_words, why_in_words
from .models import LevelList

TEMPLATE = "implementation_levels/pdf/list.html"


def title_of(content: dict) -> str:
    """What it is, without naming any area."""
    return _("Areas at the reinforced level: list %(number)s") % {"number": content["number"]}


def context_of(level_list: LevelList, content: dict, before: LevelList | None) -> dict:
    """What the template says, as words; `before` is the list that this one supersedes."""
    areas = in_words(content["areas"])
    return {
        "list_number": content["number"],
        "on": day_text(level_list.on),
        "due_on": day_text(level_list.due_on) if level_list.is_late else "",
        "why": why_in_words(content["reason"], before and before.number),
        "before": {"number": before.number, "on": day_text(before.on)} if before else None,
        "is_invented": level_list.is_invented,
        "purpose": str(PURPOSE),
        "changes": changes_in_words(content["changes"]),
        "areas": [_printed(row) for row in areas],
        "notes": [{"name": row["name"], "note": row["note"]} for row in areas if row["note"]],
        "digest": level_list.digest,
        "check_at": site_link(reverse("implementation_levels:list_check")),
    }


def _printed(row):
    days = {name: day_text(row[name]) for name in ("since", "review_due")}
    return {"name": row["name"], "kind": row["kind_label"], "reasons": row["reasons"], **days}
