"""Form fields for what people type under stress: forgiving in what they take, exact in what they return."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from slt_portal.forms import NarrativeInput

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class PlainText(forms.CharField):
    """Free text in any script. Control characters, which no keyboard types, are dropped; everything else stays."""

    def to_python(self, value):
        return super().to_python(_CONTROL.sub("", value) if isinstance(value, str) else value)


class Narrative(PlainText):
    """Several lines of free text."""

    widget = NarrativeInput

    def __init__(self, *, rows=4, **options):
        super().__init__(widget=NarrativeInput(attrs={"rows": rows}), **options)


class Coordinates(PlainText):
    """A position as `latitude, longitude` in degrees; returns a pair of floats or None."""

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        numbers = re.fullmatch(r"\s*(-?\d{1,2}(?:\.\d+)?)\s*[,; ]\s*(-?\d{1,3}(?:\.\d+)?)\s*", text)
        if not numbers:
            raise ValidationError(_("Write the position as latitude, longitude in degrees, for example 4.85, 31.58."))
        latitude, longitude = (float(part) for part in numbers.groups())
        if abs(latitude) > 90 or abs(longitude) > 180:
            raise ValidationError(_("Latitude goes from -90 to 90, longitude from -180 to 180."))
        return latitude, longitude


def local_moment(day, time, zone_name: str) -> datetime:
    """The instant of a local date and time; without a time, the instant at which that day began.

    Of a time that a clock change repeated, the first is meant. Raises ValidationError for a time that one skipped.
    """
    zone = ZoneInfo(zone_name)
    moment = datetime.combine(day, time or datetime.min.time(), tzinfo=zone)
    try:
        there_and_back = moment.astimezone(ZoneInfo("UTC")).astimezone(zone)
    except OverflowError as error:
        raise ValidationError(_("This date cannot be used.")) from error
    if time is not None and there_and_back.replace(tzinfo=None) != moment.replace(tzinfo=None):
        raise ValidationError(
            _("This time did not exist in %(zone)s: clocks were put forward. Did you mean %(time)s?"),
            params={"zone": zone_name, "time": there_and_back.strftime("%H:%M")},
        )
    return moment.astimezone(ZoneInfo("UTC"))
