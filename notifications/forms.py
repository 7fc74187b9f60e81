"""What a person wants to be told of an area, and when."""

from django import forms
from django.utils.translation import gettext_lazy as _

from .choices import categories, least_severities
from .models import Subscription


class ChoiceForm(forms.Form):
    """All that can be chosen about one area. Life at risk is not among it: that is always told at once."""

    mark_optional = False

    choice = forms.ChoiceField(
        label=_("What you are told"),
        choices=[
            (Subscription.Choice.FOLLOW, _("What is shared with you there, as chosen below")),
            (Subscription.Choice.LIFE_SAFETY, _("Only when life is at risk")),
        ],
        widget=forms.RadioSelect,
    )
    delivery = forms.ChoiceField(
        label=_("When"),
        help_text=_("The daily summary comes in the morning, on your own clock."),
        choices=[
            (Subscription.Delivery.AT_ONCE, _("At once")),
            (Subscription.Delivery.DIGEST, _("In the daily summary")),
        ],
        widget=forms.RadioSelect,
    )
    min_severity = forms.TypedChoiceField(label=_("Severity at least"), choices=least_severities, coerce=int)
    categories = forms.MultipleChoiceField(
        label=_("Only these kinds"),
        help_text=_("Tick none to be told of all kinds, also of kinds that are added later."),
        choices=categories,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def clean_categories(self) -> list[str]:
        """All of them are the same as none: all."""
        chosen = self.cleaned_data["categories"]
        return [] if len(set(chosen)) == len(categories()) else chosen


def initial_of(subscription: Subscription | None) -> dict:
    """What the form shows first: what was chosen, or what holds without a choice."""
    known = subscription or Subscription()
    return {
        "choice": known.choice,
        "delivery": known.delivery,
        "min_severity": known.min_severity,
        "categories": known.categories,
    }
