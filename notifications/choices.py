"""What people can choose among. The apps that announce register their categories and severities: codes with names."""

from collections.abc import Iterable

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from .models import Subscription

_categories: dict[str, str] = {}
_severities: dict[int, str] = {}


def register_categories(categories: Iterable[tuple[str, str]], severities: Iterable[tuple[int, str]] = ()) -> None:
    """Offer categories, and severities from the least to the worst, each as (code, name).

    Call it in an app's `messages.py`. The same code with another name is ImproperlyConfigured.
    """
    for known, more in ((_categories, dict(categories)), (_severities, dict(severities))):
        if doubled := [code for code, name in more.items() if code in known and known[code] != name]:
            raise ImproperlyConfigured(f"Registered before with other names: {doubled}.")
        known.update(more)


def categories() -> list[tuple[str, str]]:
    """Every category on offer, in the order in which it was registered."""
    return list(_categories.items())


def least_severities() -> list[tuple[int, str]]:
    """Every least severity on offer: everything, then each one "or worse"."""
    worse = [(code, _("%(severity)s or worse") % {"severity": name}) for code, name in sorted(_severities.items())]
    return [(0, _("any severity, near misses too")), *(pair for pair in worse if pair[0])]


def in_words(subscription: Subscription | None, *, works_there: bool) -> str:
    """What a person chose about an area, on one line; without a row, what holds for them by itself."""
    if subscription is None:
        return in_words(Subscription(), works_there=True) if works_there else _("Nothing.")
    if subscription.choice == Subscription.Choice.LIFE_SAFETY:
        return _("Only when life is at risk.")
    names = dict(categories())
    chosen = [str(names[code]) for code in subscription.categories if code in names]
    what = "; ".join(chosen) or _("Everything that is shared with you there")
    least = dict(least_severities()).get(subscription.min_severity, "") if subscription.min_severity else ""
    parts = [what, least, str(subscription.get_delivery_display())]
    return " · ".join(part for part in parts if part)  # names of kinds have commas of their own
