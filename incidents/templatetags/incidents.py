"""How incidents are written out: when, how many people, which facts."""

import json as json_format
from zoneinfo import ZoneInfo

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _

from incidents import codes
from slt_portal.templatetags.portal import moment

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
        return _("not sure")
    local = facts.occurred_from.astimezone(ZoneInfo(facts.time_zone))
    day = date_format(local, "j M Y")
    if facts.time_precision in {_Precision.EXACT, _Precision.ABOUT}:
        words = moment(facts.occurred_from, facts.time_zone)
        return format_html(_("about {}"), words) if facts.time_precision == _Precision.ABOUT else words
    words = {
        _Precision.MONTH: date_format(local, "M Y"),
        _Precision.YEAR: date_format(local, "Y"),
        _Precision.NOT_SURE: _("%(day)s, not sure") % {"day": day},
    }.get(facts.time_precision, day)
    return format_html("<bdi>{}</bdi>", words)


@register.simple_tag
def casualties(facts):
    """Killed, wounded, kidnapped, detained in words; what is not known is left out, nothing at all is a dash."""
    known = [
        (facts.killed, _("killed")),
        (facts.wounded, _("wounded")),
        (facts.kidnapped, _("kidnapped")),
        (facts.detained, _("detained")),
    ]
    return ", ".join(f"{count} {word}" for count, word in known if count) or "–"


@register.simple_tag
def facts_of(facts, texts):
    """The coded facts and short texts of a release as rows for the summary list. Unknown is said, never guessed."""
    position = texts.get("position")
    rows = [
        (_("When"), occurred(facts)),
        (_("Town, district or road"), texts.get("place")),
        (_("Exact place"), texts.get("exact_place")),
        (_("Position"), ", ".join(str(part) for part in position) if position else ""),
        (_("How exact is the place"), _known(facts, "place_precision")),
        (_("Kind of place"), _known(facts, "place_type")),
        (_("Who did it"), _known(facts, "actor")),
        (_("Name of the group"), texts.get("actor_name")),
        (_("By what means"), _known(facts, "means")),
        (_("In what circumstances"), _known(facts, "context")),
        (_("Casualties"), casualties(facts)),
    ]
    withheld = {_("Exact place"), _("Position")} if "exact_place" not in texts and "position" not in texts else set()
    return [{"label": label, "value": value} for label, value in rows if label not in withheld or value]


def _known(facts, name):
    return "" if getattr(facts, name) == "unknown" else getattr(facts, f"get_{name}_display")()
