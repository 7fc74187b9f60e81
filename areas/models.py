"""Areas under a Designated Official, and the countries and territories they cover (§5b, L1)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


def _in_language(row) -> str:
    return row.name_fr if (get_language() or "en").startswith("fr") else row.name_en


class Country(models.Model):
    """A country or territory of the reference list; `code` is ISO 3166-1 alpha-2 or a user-assigned x-code (XK)."""

    code = models.CharField(max_length=2, primary_key=True)
    iso3 = models.CharField(max_length=3, unique=True)
    name_en = models.CharField(max_length=100)
    name_fr = models.CharField(max_length=100)
    name_ar = models.CharField(max_length=100, blank=True)
    name_es = models.CharField(max_length=100, blank=True)
    name_ru = models.CharField(max_length=100, blank=True)
    name_zh = models.CharField(max_length=100, blank=True)

    class Meta:
        verbose_name_plural = "countries"

    def __str__(self):
        return _in_language(self)


class AreaQuerySet(models.QuerySet):
    def current(self, on=None) -> "AreaQuerySet":
        """Areas that exist on the day `on` (a date; default today, UTC)."""
        on = on or timezone.now().date()
        return self.filter(Q(valid_from=None) | Q(valid_from__lte=on), Q(valid_to=None) | Q(valid_to__gte=on))

    def covering(self, country_code: str) -> "AreaQuerySet":
        """Areas that cover the whole of a country or territory, and not several: a country under a Designated Official
        for several keeps the area of its own."""
        whole = self.filter(territories__country=country_code, territories__coverage=AreaTerritory.Coverage.WHOLE)
        return whole.exclude(kind=Area.Kind.MULTI)


class Area(models.Model):
    """An area under a Designated Official: never to be equated with an ISO country."""

    class Kind(models.TextChoices):
        COUNTRY = "country", _("country")
        PART = "part", _("part of a country")
        MULTI = "multi", _("several countries")
        MISSION = "mission", _("mission area")
        AD_HOC = "ad_hoc", _("ad-hoc area")

    code = models.SlugField(max_length=40, unique=True)
    name_en = models.CharField(max_length=100)
    name_fr = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=Kind)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="parts")
    note_en = models.CharField(max_length=300, blank=True)
    note_fr = models.CharField(max_length=300, blank=True)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    has_dss_office = models.BooleanField(default=True)
    designated_official_post = models.CharField(max_length=150, blank=True)
    countries = models.ManyToManyField(Country, through="AreaTerritory")

    objects = AreaQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_from=None) | Q(valid_to__gte=F("valid_from")),
                name="area_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=~Q(kind="ad_hoc") | Q(valid_from__isnull=False), name="ad_hoc_area_has_a_start"
            ),
        ]

    def __str__(self):
        return _in_language(self)

    @property
    def name(self) -> str:
        """Its name in the reader's language."""
        return _in_language(self)

    @property
    def places(self) -> tuple[int, ...]:
        """The ids of this area and of the area it is part of: who works in the whole works in its parts."""
        return (self.pk, self.parent_id) if self.parent_id else (self.pk,)

    @property
    def note(self) -> str:
        """The remark on its status in the reader's language, or nothing."""
        return self.note_fr if (get_language() or "en").startswith("fr") else self.note_en


class AreaTerritory(models.Model):
    """What of a country an area covers. Overlaps are allowed: a place may belong to several areas."""

    class Coverage(models.TextChoices):
        WHOLE = "whole", _("whole")
        PART = "part", _("part")

    area = models.ForeignKey(Area, models.CASCADE, related_name="territories")
    country = models.ForeignKey(Country, models.PROTECT, related_name="territories")
    coverage = models.CharField(max_length=5, choices=Coverage, default=Coverage.WHOLE)
    p_codes = models.JSONField(default=list, blank=True, help_text="Codes of the parts; opaque, never parsed.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["area", "country"], name="one_row_per_area_and_country")]

    def __str__(self):
        return f"{self.area} – {self.country}"


class AreaEntry(models.Model):
    """What became of an area from which day on: made, renamed, changed, ended; with its names from then on (L1).

    Splitting and merging end an area and make others: these name where they come from, one line for each. The id of
    the newest line is the version of the area: who changes it says which one they had read.
    """

    append_only = True

    class What(models.TextChoices):
        MADE = "made", _("made")
        RENAMED = "renamed", _("renamed")
        CHANGED = "changed", _("changed")
        ENDED = "ended", _("ended")

    area = models.ForeignKey(Area, models.PROTECT, related_name="entries")
    what = models.CharField(max_length=8, choices=What)
    on = models.DateField(help_text="The first day on which it is so; of an end the last day of the area.")
    name_en = models.CharField(max_length=100)
    name_fr = models.CharField(max_length=100)
    was = models.JSONField(default=dict, help_text="What was changed, by field, as it was before.")
    comes_from = models.ForeignKey(Area, models.PROTECT, null=True, blank=True, related_name="successors")
    reason = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["area", "on"], name="area_entries")]

    def __str__(self):
        return f"{self.area_id} {self.what}"
