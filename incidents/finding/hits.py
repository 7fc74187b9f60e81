"""What a finder points at."""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class HitKind(TextChoices):
    """What a part of a text may be."""

    PERSON = "person", _("name of a person")
    PHONE = "phone", _("telephone number")
    EMAIL = "email", _("e-mail or web address")
    ADDRESS = "address", _("postal address")
    POSITION = "position", _("exact position")
    PLATE = "plate", _("vehicle plate")
    IDENTITY_NUMBER = "identity_number", _("identity or account number")
    ORGANISATION = "organisation", _("name of your organisation")


@dataclass(frozen=True, order=True)
class Hit:
    """The part of a text from `start` until before `end`, and what it may be."""

    start: int
    end: int
    kind: HitKind
    text: str
