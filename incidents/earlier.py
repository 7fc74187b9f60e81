"""What a public source said of an incident before a newer file, and whether its newest file still has it (I9)."""

import structlog
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from slt_portal.crypto import SealBroken

from .imports.renewal import version_context
from .models import IncidentRelease, ReferenceRecord, ReferenceVersion
from .templatetags.incidents import facts_of

log = structlog.get_logger(__name__)
MOST_VERSIONS = 10


def earlier_of(facts: IncidentRelease, texts: dict | None) -> dict:
    """For the page of a reference incident, whose release says `facts` and `texts` now: `missing_since`, the day of the
    first file without it (or None), and `earlier`, newest first: the day of the file that replaced what was said, and
    of that the rows that read differently afterwards. Empty for what was reported here. Two queries."""
    record = ReferenceRecord.objects.filter(release=facts.release_id).first()
    if record is None:
        return {}
    versions = ReferenceVersion.objects.filter(record=record, sealed__isnull=False).select_related("run")
    newer, earlier = _said(facts, texts or {}), []
    for version in versions.order_by("-pk")[:MOST_VERSIONS]:
        try:
            older = _opened(version, facts.release)
        except SealBroken:
            log.error("text_cannot_be_opened", reference_version=version.pk)
            continue
        labels = [label for label in {**older, **newer} if older.get(label) != newer.get(label)]
        rows = [{"label": label, "value": older.get(label) or _("not known")} for label in labels]
        if rows:
            earlier.append((version.run.as_of, rows))
        newer = older
    return {"missing_since": record.missing_since, "earlier": earlier}


def _opened(version, release):
    context = version_context(version.record_id, version.digest)
    said = release.item.data_key.open_json(version.sealed, context=context)
    fields = dict(said["facts"])
    fields["occurred_from"] = parse_datetime(fields["occurred_from"]) if fields["occurred_from"] else None
    return _said(IncidentRelease(release=release, **fields), said["texts"])


def _said(facts, texts) -> dict[str, str]:
    """What the page says, by label."""
    rows = [(_("Category"), facts.get_category_display()), (_("What happened"), texts.get("what", ""))]
    rows += [(row["label"], row["value"]) for row in facts_of(facts, texts) if row["label"] != _("Not known")]
    return {str(label): str(value) for label, value in rows}
