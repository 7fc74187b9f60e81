"""Choosing an area in a form: the list stands in the alphabetical order of the reader's language."""

from django import forms
from django.forms.models import ModelChoiceIterator

from .names import by_name


class AreaChoices(ModelChoiceIterator):
    """The areas of a queryset by name, not in the order of the database."""

    def __iter__(self):
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        yield from map(self.choice, by_name(self.queryset.all()))


class AreaField(forms.ModelChoiceField):
    """A choice of one area."""

    iterator = AreaChoices
