"""The intake of cases: finding them, classifying, handing over, and who has part in them (F2, F3)."""

import uuid
from collections.abc import Iterable

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from feedback import handlers
from feedback.codes import Category, Office
from feedback.concerned import Candidate, candidates, people_named_in
from feedback.links import addresses, kind_of
from feedback.models import Case
from feedback.offices import IN_AREA
from organisations.models import Organisation

from .filing import text_field


class ListFilter(forms.Form):
    """Which of the cases that one handles."""

    mark_optional = False
    ALL = "all"
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("All open ones")), *Case.State.choices, (ALL, _("All"))]
    )
    category = forms.ChoiceField(
        label=_("Category"),
        required=False,
        choices=[("", _("All")), *Category.choices, ("none", _("not classified"))],
    )
    overdue = forms.ChoiceField(
        label=_("Deadline"), required=False, choices=[("", _("All")), ("yes", _("Overdue ones"))]
    )
    mine = forms.ChoiceField(
        label=_("Who leads it"),
        required=False,
        choices=[("", _("All")), ("yes", _("I do")), ("none", _("Nobody yet"))],
    )


class ClassifyForm(forms.Form):
    """What a case is about, in the terms of the figures."""

    mark_optional = False
    category = forms.ChoiceField(
        label=_("What does it turn out to be about?"),
        choices=Category,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what it is about.")},
    )


class HandOverForm(forms.Form):
    """What the Working Group should know."""

    uid = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    note = text_field(
        _("Note for the Working Group"), _("Only those who handle the case read it."), rows=4, required=False
    )


class RedirectForm(forms.Form):
    """Why it is no matter of Saving Lives Together."""

    mark_optional = False
    uid = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    reasons = text_field(_("Reasons, and where to turn to"), _("The sender reads this. Name no person."), rows=6)


class ConfirmForm(forms.Form):
    """Nothing to say: the button is the answer."""


class AssignForm(forms.Form):
    """Who has it in hand from now on. `before` is who had it when the page was shown."""

    mark_optional = False
    before = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    owner = forms.ModelChoiceField(label=_("Who leads it?"), queryset=None, widget=forms.RadioSelect, empty_label=None)

    def __init__(self, *args, case, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = User.objects.filter(pk__in=handlers.able(case)).order_by("name", "pk")
        self.fields["owner"].error_messages = {
            "required": _("Choose one of those who handle it."),
            "invalid_choice": _("This person does not handle the case any more."),
        }


class LinkForm(forms.Form):
    """What it has to do with, by its number."""

    mark_optional = False
    target = forms.CharField(
        label=_("Number"),
        max_length=16,
        help_text=_("Of an incident (INC-…), a suspension (SUS-…), a level (LEV-…) or a decision (DEC-…)."),
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}),
        error_messages={"required": _("Write the number.")},
    )

    def __init__(self, *args, access, **kwargs):
        super().__init__(*args, **kwargs)
        self.access = access

    def clean_target(self):
        """Something that this handler may see."""
        target = self.cleaned_data["target"].upper()
        kind = kind_of(target)
        if not kind or target not in addresses(self.access, kind, {target}):
            raise ValidationError(_("There is nothing with this number that you may see."))
        return target


def desks_of(people: Iterable[Candidate]) -> QuerySet[Organisation]:
    """The consortia at whose desks some of `people` are, by name."""
    held = {name for person in people for name in person.principals if name.startswith("consortium_desk:")}
    return Organisation.objects.filter(pk__in=[int(name.partition(":")[2]) for name in held]).order_by("name")


class ConcernedForm(forms.Form):
    """Who turns out to be concerned; and, where then nobody could handle it, who gets it."""

    people = forms.MultipleChoiceField(
        label=_("People who might handle it"), required=False, widget=forms.CheckboxSelectMultiple
    )
    others = text_field(
        _("Others"),
        _("One on each line, with the e-mail address of the account or the full name."),
        rows=2,
        required=False,
        most=2_000,
    )
    office = forms.ChoiceField(
        label=_("Office"),
        required=False,
        choices=[("", _("No office")), *Office.choices],
        help_text=_("Whoever holds it, now or later."),
    )
    organisation = forms.ModelChoiceField(
        label=_("Organisation"),
        required=False,
        queryset=None,
        to_field_name="ref",
        empty_label=_("No organisation"),
        help_text=_("Whoever works for it, now or later."),
    )
    route = forms.ChoiceField(
        label=_("Who gets it if nobody is left to handle it"),
        required=False,
        help_text=_("DSS headquarters get no case about themselves."),
    )

    def __init__(self, *args, case, **kwargs):
        super().__init__(*args, **kwargs)
        self.case = case
        people = candidates()
        self.fields["people"].choices = [(str(person.user_id), person.label) for person in people]
        self.fields["organisation"].queryset = Organisation.objects.order_by("name")
        self.desks = {row.ref: row for row in desks_of(people) if row.pk not in {case.desk_id, case.organisation_id}}
        routes = [(ref, _("%(name)s, consortium desk") % {"name": row}) for ref, row in self.desks.items()]
        if not case.to_dss and not case.is_dss_concerned:
            routes = [("dss", _("DSS headquarters")), *routes]
        self.fields["route"].choices = [("", _("Choose only if needed")), *routes]

    def clean_others(self):
        """The ids of the people who are meant; each line is somebody."""
        found = set()
        for line in filter(str.strip, self.cleaned_data["others"].splitlines()):
            people = people_named_in(line)
            if not people:
                raise ValidationError(_("Nobody here has this address or name: %(line)s"), params={"line": line[:80]})
            found |= people
        return found

    def clean(self):
        """Somebody, and an office of an area only where the case has one."""
        data = super().clean()
        if data.get("office") in IN_AREA and self.case.area_id is None:
            self.add_error("office", _("The case is about no area, so nobody holds this office."))
        if not self.errors and not any(data.get(name) for name in ("people", "others", "office", "organisation")):
            self.add_error("people", _("Say who is concerned."))
        return data

    def values(self) -> dict:
        """What feedback.actions.people.note_concerned takes."""
        data = self.cleaned_data
        keys = {int(pk) for pk in data["people"]} | data["others"]
        return {
            "users": list(User.objects.filter(pk__in=keys)),
            "office": data["office"],
            "organisation": data["organisation"],
            "desk": self.desks.get(data["route"]),
            "to_dss": data["route"] == "dss",
        }


class ClearForm(forms.Form):
    """Why somebody is not concerned after all."""

    mark_optional = False
    uid = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    reason = text_field(_("Reason"), _("Those who handle the case read it."), rows=4)


class HandlerForm(forms.Form):
    """Who is to handle it again, or already before the portal gives it to them."""

    mark_optional = False
    user = forms.ModelChoiceField(
        label=_("Add somebody"),
        queryset=None,
        empty_label=_("Choose a person"),
        error_messages={
            "required": _("Choose a person"),
            "invalid_choice": _("This person may not handle the case."),
        },
    )

    def __init__(self, *args, offered, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = User.objects.filter(pk__in=offered).order_by("name", "pk")
