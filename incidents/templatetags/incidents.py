"""How incidents are written out: when, how many people, which facts."""

import json as json_format
from zoneinfo import ZoneInfo

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents import codes
from slt_portal.templatetags.portal import day, moment

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
        return _("time not known")
    local = facts.occurred_from.astimezone(ZoneInfo(facts.time_zone))
    if facts.time_precision == _Precision.EXACT:
        return moment(facts.occurred_from, facts.time_zone)
    if facts.time_precision == _Precision.ABOUT:
        return format_html(_("about {}"), moment(facts.occurred_from, facts.time_zone))
    if facts.time_precision == _Precision.NOT_SURE:
        return format_html(_("{}, not sure"), day(local.date()))
    if facts.time_precision == _Precision.DAY:
        return day(local.date())
    return date_format(local, "F Y" if facts.time_precision == _Precision.MONTH else "Y")


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


@register.simple_tag
def facts_of(facts, texts):
    """The coded facts and short texts of a release as rows for the summary list. Unknown is said, never guessed."""
    texts = texts or {}
    position = texts.get("position")
    rows = [
        (_("When"), occurred(facts)),
        (_("Town, district or road"), texts.get("place")),
        (_("How exact is the place"), _known(facts, "place_precision")),
        (_("Kind of place"), _known(facts, "place_type")),
        (_("Who did it"), _known(facts, "actor")),
        (_("Name of the group"), texts.get("actor_name")),
        (_("By what means"), _known(facts, "means")),
        (_("In what circumstances"), _known(facts, "context")),
        (_("Casualties"), casualties(facts)),
    ]
    exact = [(_("Exact place"), texts.get("exact_place")), (_("Position"), ", ".join(map(str, position or ())))]
    rows[2:2] = [row for row in exact if row[1]]  # most readers never get these: no word about them then
    return [{"label": label, "value": value} for label, value in rows]


def _known(facts, name):
    return "" if getattr(facts, name) == "unknown" else getattr(facts, f"get_{name}_display")()
