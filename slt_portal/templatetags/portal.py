"""What every template may use without loading it: icons, the marking, dates and ages, links that keep the filters."""

from datetime import UTC, date, datetime, tzinfo
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import template
from django.forms import PasswordInput
from django.template.loader import get_template
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.formats import number_format
from django.utils.html import avoid_wrapping, format_html
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

register = template.Library()

# One path each on a 24 x 24 grid, drawn for this portal.
ICONS = {
    "alert": "M12 3 1 21h22L12 3Zm-1 6h2v6h-2V9Zm0 8h2v2h-2v-2Z",
    "bell": "M12 2a6 6 0 0 0-6 6v6l-2 3v1h16v-1l-2-3V8a6 6 0 0 0-6-6Zm-2 18a2 2 0 0 0 4 0h-4Z",
    "check": "m9 18.5-6-6L5 10.4l4 4L19 4.5l2 2-12 12Z",
    "close": "m5 3.5 7 7 7-7L20.5 5l-7 7 7 7-1.5 1.5-7-7-7 7L3.5 19l7-7-7-7L5 3.5Z",
    "down": "m4 8 8 8 8-8-1.5-1.5L12 13 5.5 6.5 4 8Z",
    "download": "M11 3h2v9l3.5-3.5L18 10l-6 6-6-6 1.5-1.5L11 12V3ZM4 18h16v3H4v-3Z",
    "eye": "M12 5C6 5 2.5 10 1 12c1.5 2 5 7 11 7s9.5-5 11-7c-1.5-2-5-7-11-7Zm0 3a4 4 0 1 1 0 8 4 4 0 0 1 0-8Z",
    "info": "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Zm-1 5h2v2h-2V7Zm0 4h2v6h-2v-6Z",
    "lock": "M12 2a5 5 0 0 0-5 5v3H5v12h14V10h-2V7a5 5 0 0 0-5-5Zm-3 8V7a3 3 0 0 1 6 0v3H9Z",
    "menu": "M3 5h18v2.5H3V5Zm0 6h18v2.5H3V11Zm0 6h18v2.5H3V17Z",
    "person": "M12 2a5 5 0 1 1 0 10 5 5 0 0 1 0-10ZM3 22c0-5 4-8 9-8s9 3 9 8H3Z",
    "place": "M12 2a7 7 0 0 0-7 7c0 5 7 13 7 13s7-8 7-13a7 7 0 0 0-7-7Zm0 4a3 3 0 1 1 0 6 3 3 0 0 1 0-6Z",
    "plus": "M11 4h2v7h7v2h-7v7h-2v-7H4v-2h7V4Z",
    "search": "M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14Zm0 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9Zm6 9 5 5-1.5 1.5-5-5Z",
}
# Looked for in this order: Edge and Opera also call themselves Chrome, Chrome also calls itself Safari.
BROWSERS = [("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox")]
BROWSERS += [("Chrome", "Chrome"), ("Safari", "Safari")]
SYSTEMS = [("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows")]
SYSTEMS += [("Mac OS", "Mac"), ("Linux", "Linux")]
# TLP 2.0 (FIRST): label and the class that carries its colour.
MARKINGS = {
    "RED": "red",
    "AMBER+STRICT": "amber",
    "AMBER": "amber",
    "GREEN": "green",
    "CLEAR": "clear",
}


@register.simple_tag
def icon(name: str):
    """An icon in the colour and size of the text beside it; it never stands alone, so readers skip it."""
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" width="16" height="16" aria-hidden="true" focusable="false">'
        '<path fill="currentColor" d="{}"/></svg>',
        ICONS[name],
    )


@register.simple_tag
def marking_pill(marking: str):
    """A Traffic Light Protocol label in its exact colour on black; accepts "AMBER" and "TLP:AMBER"."""
    level = str(marking).upper().replace("_", "+").removeprefix("TLP:")
    return format_html('<bdi class="tlp tlp-{}" dir="ltr">TLP:{}</bdi>', MARKINGS[level], level)


def day_text(on: date) -> str:
    """`14 Mar 2026` as plain text."""
    # Translators: a pattern of Django's date filter. French: "j N Y" gives 14 mars 2026.
    return format_date(on, pgettext("date pattern", "j M Y"))


def short_day_text(on: date) -> str:
    """`14 Mar` as plain text."""
    # Translators: the same without the year. French: "j N".
    return format_date(on, pgettext("date pattern", "j M"))


def _as_zone(zone: str | tzinfo | None) -> tzinfo:
    if zone is None or zone == "":
        return timezone.get_current_timezone()
    return zone if isinstance(zone, tzinfo) else ZoneInfo(zone)


@register.filter
def moment(value: datetime | None, zone: str | tzinfo | None = None):
    """`14 Mar 2026, 21:40 (18:40 UTC)`: the time on the clock of ZONE (default: the reader's) and in UTC."""
    if not value:
        return ""
    local, world = value.astimezone(_as_zone(zone)), value.astimezone(UTC)
    here, there = f"{local:%H:%M}", f"{world:%H:%M}"
    if local.utcoffset() == world.utcoffset():
        text = f"{day_text(world)}, {there} UTC"
    elif local.date() == world.date():
        text = f"{day_text(local)}, {here} ({there} UTC)"
    else:
        text = f"{day_text(local)}, {here} ({short_day_text(world)}, {there} UTC)"
    return format_html('<time datetime="{}"><bdi>{}</bdi></time>', world.strftime("%Y-%m-%dT%H:%MZ"), text)


@register.filter
def day(value: date | datetime | None):
    """`14 Mar 2026`, for dates without a time of day."""
    if not value:
        return ""
    on = value.astimezone(timezone.get_current_timezone()).date() if isinstance(value, datetime) else value
    return format_html('<time datetime="{}"><bdi>{}</bdi></time>', on.isoformat(), day_text(on))


def _past(minutes: int) -> str:
    hours, days = minutes // 60, minutes // 1440
    if minutes < 1:
        return _("just now")
    if hours < 1:
        return _("%(count)s min ago") % {"count": minutes}
    if days < 2:
        return _("%(count)s h ago") % {"count": hours}
    if days < 60:
        return ngettext("%(count)s day ago", "%(count)s days ago", days) % {"count": days}
    if days < 730:
        return ngettext("%(count)s month ago", "%(count)s months ago", days // 30) % {"count": days // 30}
    return ngettext("%(count)s year ago", "%(count)s years ago", days // 365) % {"count": days // 365}


def _ahead(minutes: int) -> str:
    hours, days = minutes // 60, minutes // 1440
    if hours < 1:
        return _("in %(count)s min") % {"count": minutes}
    if days < 2:
        return _("in %(count)s h") % {"count": hours}
    return ngettext("in %(count)s day", "in %(count)s days", days) % {"count": days}


@register.filter
def age(value: datetime | None):
    """`3 h ago` or `in 2 days`; stands beside a date, never instead of it."""
    if not value:
        return ""
    minutes = int((timezone.now() - value).total_seconds() // 60)
    return format_html('<span class="age">{}</span>', _ahead(-minutes) if minutes < 0 else _past(minutes))


@register.filter
def file_size(size: int) -> str:
    """`10 MB`, `1.4 MB` or `312 KB`; never less than 1 KB."""
    if size < 1024 * 1024 - 512:
        return avoid_wrapping(_("%(number)s KB") % {"number": number_format(max(1, round(size / 1024)))})
    megabytes = round(size / 1024**2, 1)
    number = number_format(megabytes, decimal_pos=0 if megabytes.is_integer() else 1)
    return avoid_wrapping(_("%(number)s MB") % {"number": number})


@register.simple_tag(takes_context=True)
def query_with(context, **changes) -> str:
    """The query string of this page with CHANGES made to it; None takes a name out. Filters stay in the link."""
    request = getattr(context, "request", None)  # also there inside `{% include … only %}`
    pairs = [(name, value) for name, values in request.GET.lists() for value in values] if request else []
    kept = [(name, value) for name, value in pairs if name not in changes]
    added = [(name, value) for name, value in changes.items() if value is not None]
    return "?" + urlencode(kept + added)


@register.simple_tag
def filter_fields(form) -> str:
    """The fields of a list's filters.

    With twenty fields and hundreds of options they cost more than the list. A form that knows what its HTML depends on,
    besides the language, says so in `looks` (None: do not keep it): what looks the same is written once per process.
    """
    looks = getattr(form, "looks", None)
    if looks is None:
        return _write_filter_fields(form)
    key = (get_language(), looks)
    html = _kept_fields.get(key)  # once: another thread may empty them at any moment
    if html is None:
        if len(_kept_fields) >= _MOST_KEPT:
            _kept_fields.clear()
        html = _kept_fields[key] = _write_filter_fields(form)
    return html


_kept_fields: dict[tuple, str] = {}
_MOST_KEPT = 100


def _write_filter_fields(form):
    return get_template("components/filter_fields.html").render({"form": form})


@register.simple_tag
def field(bound_field, **attributes):
    """A form field with label, help, error and input; ATTRIBUTES go to the input (`_` becomes `-`)."""
    bound_field.field.widget.attrs.update({name.replace("_", "-"): value for name, value in attributes.items()})
    return bound_field.as_field_group()


def _target(bound_field) -> str:
    """The id of the first thing a person can type into or tick."""
    if bound_field.id_for_label:
        return bound_field.id_for_label
    first = next(iter(bound_field.subwidgets), None)
    return first.id_for_label if first is not None and first.id_for_label else bound_field.auto_id


def _forms(source) -> list:
    return list(source.forms) if hasattr(source, "forms") else [source]


@register.simple_tag
def error_links(*sources) -> list[dict]:
    """Every error of forms and formsets as {target, label, message}; errors of a whole form have no target.

    A label that asks is left out: its answer is the message.
    """
    links = []
    for source in filter(None, sources):
        if hasattr(source, "non_form_errors"):
            links += [{"target": "", "label": "", "message": error} for error in source.non_form_errors()]
        for form in _forms(source):
            links += [{"target": "", "label": "", "message": error} for error in form.non_field_errors()]
            links += [
                {
                    "target": _target(bound),
                    "label": "" if str(bound.label).endswith("?") else bound.label,
                    "message": error,
                }
                for bound in form
                for error in bound.errors
            ]
    return links


@register.simple_tag
def typed_again(form) -> list[str]:
    """What a form with errors does not give back: browsers empty files, and passwords are not sent twice."""
    if not form:
        return []
    passwords = [bound for bound in form if isinstance(bound.field.widget, PasswordInput)]
    sentences = [_("Choose the file again.")] if form.is_multipart() else []
    if passwords:
        sentences.append(ngettext("Type the password again.", "Type the passwords again.", len(passwords)))
    return sentences


@register.filter
def get_item(mapping, key):
    """MAPPING[KEY] for a key that is itself a variable; nothing when it is not there."""
    return mapping.get(key, "") if mapping else ""


@register.filter
def nth(sequence, index: int):
    """The element of SEQUENCE at INDEX, counted from 0; nothing beyond its end."""
    return sequence[index] if index < len(sequence) else ""


@register.filter
def tone(level_tag: str) -> str:
    """The tone of components/alert.html for the level of a message of Django."""
    return {"success": "done", "warning": "warning", "error": "danger"}.get(level_tag, "info")


def _first_named(names: list[tuple[str, str]], text: str) -> str:
    return next((name for sign, name in names if sign in text), "")


@register.filter
def browser(user_agent: str) -> str:
    """`Firefox, Windows` from what a browser says about itself; the start of it when we do not know it."""
    known = [_first_named(BROWSERS, user_agent), _first_named(SYSTEMS, user_agent)]
    return ", ".join(filter(None, known)) or user_agent[:60] or _("unknown")
