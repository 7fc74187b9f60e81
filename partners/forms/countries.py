"""Choosing a country: the list stands in the alphabetical order of the reader's language."""

from django import forms
from django.forms.models import ModelChoiceIterator
from django.utils.translation import gettext_lazy as _

from areas.models import Country
from areas.names import folded


class _ByName(ModelChoiceIterator):
    def __iter__(self):
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        yield from map(self.choice, sorted(self.queryset.all(), key=lambda country: folded(str(country))))


class CountryField(forms.ModelChoiceField):
    """A choice of one country or territory."""

    iterator = _ByName

    def __init__(self, **kwargs):
        super().__init__(queryset=Country.objects.all(), empty_label=_("Choose a country"), **kwargs)
