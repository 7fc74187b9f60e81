"""How incidents are written out: when, how many people, which facts."""

import json as json_format
from zoneinfo import ZoneInfo

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from incidents import codes, policies
from incidents.coarser import HOURS_OF_A_PART, filed_day
from incidents.finder import misses_sentence
from organisations.models import Organisation
from sharing.markings import Depth
from sharing.models import Item
from slt_portal.templatetags.portal import age, day, moment

register = template.Library()

_Precision = codes.TimePrecision


@register.filter
def json(value) -> str:
    """`value` as JSON for a data attribute; the template escapes it."""
    return json_format.dumps(value)


@register.simple_tag
def occurred(facts):
    """When it happened, on the clock of the place, no more exact than the precision allows."""
    if facts.occurred_from is None:
        return _("date not sure") if facts.time_precision == _Precision.NOT_SURE else _("time not known")
    local = facts.occurred_from.astimezone(ZoneInfo(facts.time_zone))
    if facts.time_precision == _Precision.EXACT:
        return moment(facts.occurred_from, facts.time_zone)
    if facts.time_precision == _Precision.ABOUT:
        return format_html(_("about {}"), moment(facts.occurred_from, facts.time_zone))
    if facts.time_precision == _Precision.NOT_SURE:
        is_month = facts.time_limit == codes.TimeLimit.MONTH
        return format_html(_("{}, not sure"), date_format(local, "F Y") if is_month else day(local.date()))
    if facts.time_precision == _Precision.DAY_PART:
        return format_html("{}, {}", day(local.date()), _PARTS[local.hour // HOURS_OF_A_PART])
    if facts.time_precision == _Precision.DAY:
        return day(local.date())
    return date_format(local, "F Y" if facts.time_precision == _Precision.MONTH else "Y")


@register.simple_tag
def filed(facts):
    """When the latest report on it came; the day, on the clock of the place, where readers learn no more of time; empty
    for what was passed on, of which that may be no part."""
    if facts.release.depth == Depth.CONSENT:
        return ""
    if at := filed_day(facts):
        return day(at)
    return format_html("{} · {}", moment(facts.report.filed_at), age(facts.report.filed_at))


_PARTS = [gettext_lazy("night"), gettext_lazy("morning"), gettext_lazy("afternoon"), gettext_lazy("evening")]
_BELIEVED = {
    codes.Credibility.CONFIRMED: gettext_lazy("confirmed"),
    codes.Credibility.PROBABLE: gettext_lazy("probably true"),
    codes.Credibility.POSSIBLE: gettext_lazy("possibly true"),
    codes.Credibility.DOUBTFUL: gettext_lazy("doubtful"),
    codes.Credibility.IMPROBABLE: gettext_lazy("improbable"),
    codes.Credibility.UNKNOWN: gettext_lazy("cannot be judged"),
}
_LATER = {codes.ReportKind.UPDATE: gettext_lazy("update"), codes.ReportKind.FINAL: gettext_lazy("final")}


@register.simple_tag
def status(facts):
    """How severe, how credible, and whether more than the first report has come, in a few short words for a list."""
    severe = _("severity not known") if _is_unjudged(facts) else facts.get_severity_display()
    words = [severe, _BELIEVED.get(facts.credibility), _LATER.get(facts.stage)]
    return " · ".join(str(word) for word in words if word)


@register.simple_tag
def casualties(facts):
    """Killed, wounded, kidnapped, detained in words; what is not known is left out, nothing at all is a dash."""
    known = [
        (facts.killed, ngettext("%(count)s killed", "%(count)s killed", facts.killed or 0)),
        (facts.wounded, ngettext("%(count)s wounded", "%(count)s wounded", facts.wounded or 0)),
        (facts.kidnapped, ngettext("%(count)s kidnapped", "%(count)s kidnapped", facts.kidnapped or 0)),
        (facts.detained, ngettext("%(count)s detained", "%(count)s detained", facts.detained or 0)),
    ]
    return ", ".join(words % {"count": count} for count, words in known if count) or "–"


def _is_unjudged(facts):
    return facts.category == facts.consequence == "unknown" and not facts.is_near_miss


@register.filter
def severity(facts) -> str:
    """How grave it was, in words. While neither what happened nor its outcome is known, nobody should read it as less
    than it may be."""
    if _is_unjudged(facts):
        return _("not known yet: treated as if lives were at risk")
    return facts.get_severity_display()


@register.simple_tag
def facts_of(facts, texts):
    """The coded facts and short texts of a release as rows for the summary list. Unknown is said, never guessed: what
    is not known stands together in the last row."""
    texts = texts or {}
    position = texts.get("position")
    rows = [
        (_("When"), facts.occurred_from and occurred(facts)),
        (_("Town, district or road"), texts.get("place") or _place_kept_back(facts)),
        (_("How exact is the place"), _known(facts, "place_precision")),
        (_("Kind of place"), _known(facts, "place_type")),
        (_("Who did it"), _known(facts, "actor")),
        (_("Name of the group"), texts.get("actor_name")),
        (_("By what means"), _known(facts, "means")),
        (_("In what circumstances"), _known(facts, "context")),
        (_("Casualties"), casualties(facts).replace("–", "")),
        (_("Severity"), severity(facts)),
    ]
    graded = [
        (_("Credibility"), facts.get_credibility_display()),
        (_("Reliability of the source"), facts.get_reliability_display()),
    ]
    rows += [row for row in graded if row[1]] + _origin(facts)
    exact = [(_("Exact place"), texts.get("exact_place")), (_("Position"), ", ".join(map(str, position or ())))]
    rows[2:2] = [row for row in exact if row[1]]  # most readers never get these: no word about them then
    missing = [label[:1].lower() + label[1:] for label, value in rows if not value]
    if facts.release.item.is_erased or facts.is_minimal:
        missing = []  # some of it was known and is destroyed, or is withheld
    known = [row for row in rows if row[1]]
    is_part = facts.release.depth == Depth.CONSENT  # the rest may be known and was not passed on
    unknown = _("Not passed on, or not known") if is_part else _("Not known")
    known += [(unknown, ", ".join(missing))] if missing else []
    return [{"label": label, "value": value} for label, value in known]


def _place_kept_back(facts):
    """Whether it is the originator who does not tell readers the place; the same whether there is one or not."""
    is_limited = facts.place_limit != codes.PlaceLimit.WITHIN_25_KM and not facts.release.item.is_erased
    return _("withheld by the originator") if is_limited else ""


def _origin(facts):
    """What kind of organisation reported it, where its name is withheld; where it has it from, for who reads all."""
    item = facts.release.item
    if item.originator_id is None:
        return []
    if facts.release.depth == Depth.FULL:
        return [(_("Where the information comes from"), _SOURCES[item.source])]
    if facts.release.shows_originator or facts.is_minimal:
        return []
    return [(_("Kind of organisation"), _kind_in_words(facts.reported_by) or _("withheld"))]


def _kind_in_words(code):
    return Organisation.Kind(code).label if code else ""


_SOURCES = {
    Item.Source.OWN: gettext_lazy("own knowledge of the originator"),
    Item.Source.HOST_AUTHORITY: Item.Source.HOST_AUTHORITY.label,
    Item.Source.DIPLOMATIC_MISSION: Item.Source.DIPLOMATIC_MISSION.label,
}
_LABELS = {
    "news": gettext_lazy("What is new"),
    "what": gettext_lazy("What happened"),
    "place": gettext_lazy("Town, district or road"),
    "exact_place": gettext_lazy("Exact place"),
    "position": gettext_lazy("Position"),
    "actor_name": gettext_lazy("Name of the group"),
    "consequences": gettext_lazy("Consequences"),
    "actions_taken": gettext_lazy("What has been done"),
    "persons": gettext_lazy("Persons"),
}


@register.simple_tag
def text_label(name) -> str:
    """What a text of a report is called."""
    return _LABELS[name]


@register.simple_tag
def misses() -> str:
    """How much the finder misses."""
    return misses_sentence()


@register.simple_tag
def report_rows(texts):
    """What the author of one report wrote, as rows for the summary list: texts first, then the codes and figures."""
    texts = texts or {}
    rows = [(label, texts.get(name)) for name, label in _LABELS.items() if texts.get(name)]
    rows = [(label, ", ".join(map(str, value)) if isinstance(value, list) else value) for label, value in rows]
    if facts := texts.get("facts"):
        coded = facts["coded"]
        rows += [(label, _label_of(choices, coded.get(name))) for name, label, choices in _CODED]
        rows += [(_("People affected"), _group(group)) for group in facts["groups"]]
    return [{"label": label, "value": value} for label, value in rows]


_CODED = [
    ("category", gettext_lazy("Category"), codes.Category),
    ("place_type", gettext_lazy("Kind of place"), codes.PlaceType),
    ("actor", gettext_lazy("Who did it"), codes.Actor),
    ("means", gettext_lazy("By what means"), codes.Means),
    ("context", gettext_lazy("In what circumstances"), codes.Context),
]


def _label_of(choices, code):
    return "" if code in {None, "unknown"} else choices(code).label


def _group(group):
    known = [
        codes.Outcome(group["outcome"]).label,
        _label_of(codes.StaffOf, group["staff_of"]),
        _label_of(codes.Nationality, group["nationality"]),
        _label_of(codes.Sex, group["sex"]),
    ]
    count = _("some") if group["count"] is None else group["count"]
    return _("%(count)s: %(kind)s") % {"count": count, "kind": ", ".join(str(word) for word in known if word)}


@register.simple_tag
def compared(now, proposed):
    """Two texts by name side by side, those that differ first."""
    names = [name for name in _LABELS if now.get(name) or proposed.get(name)]
    rows = [
        {
            "label": _LABELS[name],
            "now": now.get(name, ""),
            "proposed": proposed.get(name, ""),
            "differs": now.get(name, "") != proposed.get(name, ""),
        }
        for name in names
    ]
    return sorted(rows, key=lambda row: not row["differs"])


@register.simple_tag
def differences(parts):
    """The facts in which reports on one event differ, each with what which of them says; empty for what is not known.

    `parts` have `facts` and `texts`, of what the reader may read.
    """
    said = {part.facts.release.item.ref: _facts_by_label(part) for part in parts}
    labels = dict.fromkeys(label for facts in said.values() for label in facts)
    rows = [{"label": label, "values": [(ref, facts.get(label)) for ref, facts in said.items()]} for label in labels]
    return [row for row in rows if len({str(value or "") for _ref, value in row["values"]}) > 1]


def _facts_by_label(part):
    found = {_("Category"): _known(part.facts, "category")}
    found |= {row["label"]: row["value"] for row in facts_of(part.facts, part.texts)}
    for label in (_("Not known"), _("Kind of organisation")):  # the list above says who, as far as a release tells
        found.pop(label, None)
    return found


def _known(facts, name):
    return "" if getattr(facts, name) == "unknown" else getattr(facts, f"get_{name}_display")()


@register.simple_tag(takes_context=True)
def may_export(context) -> bool:
    """Whether the reader of this page may take out what they see (C9); asks nothing that the menu has not asked."""
    return policies.may_export(context["request"])
