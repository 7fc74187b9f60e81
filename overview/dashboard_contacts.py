"""Entries of who is there that nobody has confirmed for too long, for who may confirm them (K1; G2)."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from coordination.models import Assignment, Mechanism
from coordination.policies import KEEPERS
from organisations.models import Membership
from partners.querysets import areas_of
from sharing.access import Access

SHOWN = 10


@dataclass(frozen=True)
class Contact:
    """One entry: a mechanism by its name, or a function; where, and when somebody last said that it is still so."""

    what: str
    code: str
    area_en: str
    area_fr: str
    confirmed_on: date

    @property
    def label(self) -> str:
        """What it is, in words."""
        return str(Assignment.Function(self.what).label) if self.what in Assignment.Function.values else self.what

    @property
    def area(self) -> str:
        """Where, in the reader's language."""
        return self.area_fr if (get_language() or "en").startswith("fr") else self.area_en

    @property
    def href(self) -> str:
        """The page on which it is confirmed."""
        return reverse("coordination:area", args=[self.code])


def contacts_to_confirm(access: Access) -> list[Contact]:
    """The entries that the reader keeps (of their areas) or speaks for (of their mechanism), the oldest first; one
    query, none for who is shut out."""
    if not access.is_member:
        return []
    mine = Membership.objects.on(access.on).filter(user=access.user_id)
    places = areas_of(access, *KEEPERS)
    named = Assignment.objects.on().filter(membership__in=mine.values("pk"), mechanism__isnull=False)
    own = mine.filter(role="platform_representative").values("organisation")
    there = Q(area__in=places) | Q(area__parent__in=places)
    before = timezone.now().date() - timedelta(days=settings.CONFIRMED_DAYS)
    mechanisms = Mechanism.objects.on().filter(
        there | Q(pk__in=named.values("mechanism")) | Q(organisation__in=own), confirmed_on__lt=before
    )
    in_force = Membership.objects.on(access.on).filter(pk=OuterRef("membership"), user__is_active=True)
    people = Assignment.objects.on().filter(
        there | Q(mechanism__in=named.values("mechanism")) | Q(mechanism__organisation__in=own),
        Q(membership=None) | Q(Exists(in_force)),
        Q(mechanism=None) | Q(mechanism__ended_on=None),
        confirmed_on__lt=before,
    )
    mechanisms, people = (rows.exclude(area__in=access.closed_areas) for rows in (mechanisms, people))
    columns = ("area__code", "area__name_en", "area__name_fr", "confirmed_on")
    found = mechanisms.order_by().values_list("name", *columns)
    found = found.union(people.order_by().values_list("function", *columns), all=True)
    return [Contact(*row) for row in found.order_by("confirmed_on", "area__code")[: SHOWN + 1]]
