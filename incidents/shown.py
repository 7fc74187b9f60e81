"""What a page shows of an incident to one audience: the same for who reads it and for who looks before sending (C1)."""

import structlog

from sharing.models import Item
from slt_portal.crypto import SealBroken

from .models import IncidentRelease, Report
from .models.incident import report_context

log = structlog.get_logger(__name__)


def shown(facts: IncidentRelease, *, texts: dict | None, groups, attachments, seen_by: list[str]) -> dict:
    """The context of incidents/incident_body.html: a release, its texts (None: they cannot be opened), the groups of
    people and the attachments it opens, and who can see it."""
    release, item = facts.release, facts.release.item
    return {
        "facts": facts,
        "item": item,
        "texts": texts,
        "groups": groups,
        "attachments": attachments,
        "marking": item.marking,
        "originator": facts.credit or (item.originator if release.shows_originator else ""),
        "seen_by": " · ".join(seen_by),
    }


def opened_report(report: Report, item: Item) -> dict | None:
    """What the author of a report wrote, by name, or None when it cannot be opened."""
    if item.is_erased:
        return {}
    try:
        return item.data_key.open_json(report.sealed, context=report_context(report.submission))
    except SealBroken:
        log.error("text_cannot_be_opened", report=report.pk)
        return None


def opened_texts(facts: IncidentRelease) -> dict | None:
    """The texts of a release, or None when they cannot be opened: the page then says so, and the log whose they are."""
    try:
        return facts.texts
    except SealBroken:
        log.error("text_cannot_be_opened", release=facts.pk)
        return None
