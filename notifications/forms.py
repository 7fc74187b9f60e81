"""What a person wants to be told of an area, and when; and the form of those who forgot their password."""

from allauth.account.adapter import get_adapter
from allauth.account.forms import ResetPasswordForm
from django import forms
from django.utils.translation import gettext_lazy as _

from .account_mail import ask_for_password_reset
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


class PasswordResetForm(ResetPasswordForm):
    """The address of somebody who forgot their password. Whether it has an account is looked up elsewhere, later."""

    def clean_email(self) -> str:
        """The address, in small letters."""
        return get_adapter().clean_email(self.cleaned_data["email"].lower())

    def save(self, request, **kwargs) -> str:
        """Pass it on."""
        ask_for_password_reset(self.cleaned_data["email"])
        return self.cleaned_data["email"]


def initial_of(subscription: Subscription | None) -> dict:
    """What the form shows first: what was chosen, or what holds without a choice."""
    known = subscription or Subscription()
    return {
        "choice": known.choice,
        "delivery": known.delivery,
        "min_severity": known.min_severity,
        "categories": known.categories,
    }
