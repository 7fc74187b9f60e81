"""Sending feedback: one form, two minutes, for a tired person on a phone (F1); and writing and answering afterwards."""

import uuid
from collections import Counter

from django import forms
from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from areas.fields import AreaField
from areas.models import Area
from feedback.attachments import MOST_AT_ONCE
from feedback.codes import About, Kind, Office
from feedback.concerned import candidates, concerns_dss, organisation_named
from feedback.offices import IN_AREA
from feedback.querysets import own_organisations
from organisations.models import Membership, Organisation
from slt_portal.forms import NarrativeInput
from slt_portal.templatetags.portal import file_size

MOST, MOST_PERSONS, MOST_TITLE = 10_000, 2_000, 120  # characters
DSS = "dss"
NAMED, UNNAMED = "yes", "no"
_PUBLIC = (Organisation.Kind.UNSMS_ENTITY, Organisation.Kind.PLATFORM, Organisation.Kind.CONSORTIUM)


class SeveralFilesInput(forms.FileInput):
    """A field for more than one file."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Some pictures or PDFs, as a list; what they are, their content decides (documents.uploads)."""

    def __init__(self, **kwargs):
        accepted = {"accept": "image/jpeg,image/png,application/pdf"}
        super().__init__(
            label=kwargs.pop("label", _("Files")),
            required=False,
            allow_empty_file=True,  # the refusal has words of its own
            error_messages={"invalid": _("Choose the file again.")},
            widget=SeveralFilesInput(attrs=accepted),
            **kwargs,
        )

    def clean(self, data, initial=None):
        """All that were chosen."""
        rows = data if isinstance(data, list | tuple) else [data]
        return [found for found in (super(FilesField, self).clean(row, initial) for row in rows) if found]

    def say_limit(self):
        """How many, how large: said when the form is shown, in the reader's language."""
        limit = settings.ATTACHMENT_BYTES
        self.widget.attrs["data-limit"] = limit
        self.help_text = gettext(
            "JPEG or PNG pictures, or PDFs: at most %(most)s, together up to %(limit)s. Only those who handle the case "
            "get them."
        ) % {"most": MOST_AT_ONCE, "limit": file_size(limit)}


def text_field(label, help_text="", *, rows=6, required=True, most=MOST):
    """Free text of at most `most` characters."""
    widget = NarrativeInput({"rows": rows})
    said = {"required": _("Write a few words here.")}
    return forms.CharField(
        label=label, help_text=help_text, max_length=most, widget=widget, required=required, error_messages=said
    )


class StartForm(forms.Form):
    """The question before all others (C10). Its answer is never kept."""

    mark_optional = False
    YES, NO = "yes", "no"
    answer = forms.ChoiceField(
        label=_("Is it about sexual exploitation or abuse by aid staff, of whatever organisation?"),
        choices=[(NO, _("No")), (YES, _("Yes, or it may be"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the two."), "invalid_choice": _("Choose one of the two.")},
    )


class FilingForm(forms.Form):
    """What it is, what it is about, to whom it goes and who never sees it."""

    submission = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    organisation = forms.ModelChoiceField(
        label=_("For which organisation do you write?"), queryset=None, to_field_name="ref", empty_label=None
    )
    kind = forms.ChoiceField(
        label=_("What do you send?"),
        choices=[
            (Kind.CONCERN, _("A concern: something goes wrong")),
            (Kind.DISAGREEMENT, _("A disagreement: we see it differently")),
            (Kind.QUESTION, _("A question")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what you send.")},
    )
    about = forms.ChoiceField(
        label=_("What is it about?"),
        choices=[
            (About.AREA, _("How we work together in an area")),
            (About.OFFICE, _("An office, such as DSS of an area")),
            (About.ORGANISATION, _("An organisation")),
            (About.DECISION, _("A decision, or a level")),
            (About.FRAMEWORK, _("The framework itself")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what it is about.")},
    )
    area = AreaField(
        label=_("Area"),
        queryset=None,
        to_field_name="code",
        required=False,
        empty_label=_("No area"),
        help_text=_("If it happened in an area."),
    )
    office = forms.ChoiceField(
        label=_("Office"),
        choices=[("", _("No office")), *Office.choices],
        required=False,
        help_text=_("If it is about an office: whoever works there never sees it."),
    )
    about_organisation = forms.ModelChoiceField(
        label=_("Organisation"),
        queryset=None,
        to_field_name="ref",
        required=False,
        empty_label=_("No organisation"),
        help_text=_(
            "If it is about a UN entity, a platform, a consortium or your own organisation. Name any other below."
        ),
    )
    about_text = forms.CharField(
        label=_("Which one, in your words"),
        max_length=200,
        required=False,
        widget=forms.TextInput({"dir": "auto", "autocomplete": "off"}),
        help_text=_("The name of another organisation, or the number or date of a decision."),
    )
    title = forms.CharField(
        label=_("In one line"),
        max_length=MOST_TITLE,
        widget=forms.TextInput({"dir": "auto", "autocomplete": "off"}),
        error_messages={"required": _("Say in a few words what it is.")},
    )
    text = text_field(_("What happened, and what should change?"), _("Facts as you know them."), rows=8)
    files = FilesField()
    route = forms.MultipleChoiceField(
        label=_("Who takes it in?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose who takes it in.")},
        help_text=_("Tick DSS headquarters, one consortium, or both. They hand it to the Working Group."),
    )
    is_dss_concerned = forms.BooleanField(
        label=_("It is about DSS headquarters themselves"),
        required=False,
        help_text=_("Then it goes to a consortium only, and nobody at DSS headquarters sees it."),
    )
    persons = forms.MultipleChoiceField(
        label=_("People who might handle it"), required=False, widget=forms.CheckboxSelectMultiple
    )
    persons_text = text_field(
        _("Others who must not see it"),
        _("One on each line, with full name or e-mail address."),
        rows=2,
        required=False,
        most=MOST_PERSONS,
    )
    named = forms.ChoiceField(
        label=_("If the office concerned is asked for its view"),
        choices=[
            (UNNAMED, _("Do not name me or my organisation to the area")),
            (NAMED, _("Our name may be said")),
        ],
        initial=UNNAMED,
        widget=forms.RadioSelect,
        help_text=_("It never gets your text: those who handle it ask in words of their own."),
    )
    headquarters = forms.ChoiceField(
        label=_("Your own headquarters"),
        choices=[("yes", _("Our headquarters read it too")), ("no", _("Only I read it"))],
        initial="yes",
        widget=forms.RadioSelect,
    )

    def __init__(self, *args, access, **kwargs):
        super().__init__(*args, **kwargs)
        own = own_organisations(access)
        self.own = list(Organisation.objects.filter(pk__in=own).order_by("name"))
        self.fields["organisation"].queryset = Organisation.objects.filter(pk__in=own).order_by("name")
        if len(self.own) == 1:
            del self.fields["organisation"]
        self.fields["area"].queryset = Area.objects.current()
        public = Organisation.objects.filter(Q(kind__in=_PUBLIC) | Q(pk__in=own))
        self.fields["about_organisation"].queryset = public.order_by("name")
        self.fields["files"].say_limit()
        self._offer(own)

    def _offer(self, own):
        """Who takes it in, each office with how many people that are, and who could ever come to handle it."""
        people = candidates()
        self.fields["persons"].choices = [(str(person.user_id), person.label) for person in people]
        colleagues = Membership.objects.on().filter(
            organisation__in=own, user__in=[person.user_id for person in people]
        )
        barred = set(colleagues.values_list("user", flat=True))
        numbers = Counter(name for person in people if person.user_id not in barred for name in person.kinds)
        ids = {int(name.partition(":")[2]) for name in numbers if name.startswith("consortium_desk:")}
        self.desks = {f"desk-{row.ref}": row for row in Organisation.objects.filter(pk__in=ids).order_by("name")}
        offices = [(DSS, gettext("DSS headquarters"), numbers["dss_world"])] if numbers["dss_world"] else []
        offices += [
            (key, gettext("%(name)s, consortium desk") % {"name": row}, numbers[f"consortium_desk:{row.pk}"])
            for key, row in self.desks.items()
        ]
        self.fields["route"].choices = [(key, f"{label} ({_people(number)})") for key, label, number in offices]
        self.later = (_people(numbers["working_group"]), _people(numbers["oversight_committee"]))

    def clean(self):
        """What it is about is said; it goes where it can be kept."""
        data = super().clean()
        if "about" in data:
            self._check_about(data)
        if data.get("office") in IN_AREA and not data.get("area") and "area" not in self.errors:
            self.add_error("area", _("Choose the area of this office."))
        named = organisation_named(data.get("about_text", "")) if data.get("about") == About.ORGANISATION else None
        data["about_organisation"] = data.get("about_organisation") or named
        data["is_dss_concerned"] = data.get("is_dss_concerned", False) or concerns_dss(
            office=data.get("office", ""), organisation=data["about_organisation"]
        )
        self._check_route(data)
        return data

    def _check_about(self, data):
        wanted = {
            About.AREA: ("area", _("Choose the area."), ()),
            About.OFFICE: ("office", _("Choose the office."), ()),
            About.ORGANISATION: (
                "about_organisation",
                _("Choose the organisation, or name it below."),
                ("about_text",),
            ),
        }
        name, words, others = wanted.get(data["about"], ("about", "", ()))
        if not any(data.get(field) or field in self.errors for field in (name, *others)):
            self.add_error(name, words)

    def _check_route(self, data):
        route = data.get("route", [])
        if len([key for key in route if key != DSS]) > 1:
            self.add_error("route", _("Choose one consortium only: one desk keeps it together."))
        elif data["is_dss_concerned"] and DSS in route:
            self.add_error(
                "route", _("It is about DSS headquarters, so they cannot take it in. Choose a consortium only.")
            )

    def values(self) -> dict:
        """What feedback.actions.filing.file_case takes, but for the files and who sends."""
        data = self.cleaned_data
        kept = ("submission", "kind", "about", "area", "office", "about_organisation", "is_dss_concerned")
        desks = [self.desks[key] for key in data["route"] if key != DSS]
        return {
            **{name: data[name] for name in (*kept, "title", "text", "about_text", "persons_text")},
            "organisation": data.get("organisation") or self.own[0],
            "to_dss": DSS in data["route"],
            "desk": desks[0] if desks else None,
            "headquarters_read": data["headquarters"] == "yes",
            "is_named_to_area": data["named"] == NAMED,
            "persons": list(User.objects.filter(pk__in=data["persons"])),
        }


def _people(number):
    return ngettext("%(number)s person", "%(number)s people", number) % {"number": number}


class MessageForm(forms.Form):
    """Something more to say, with files; those who handle it may say it among themselves."""

    mark_optional = False
    uid = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    text = text_field(_("Your message"), rows=5)
    files = FilesField()
    is_internal = forms.BooleanField(
        label=_("Internal note"), required=False, help_text=_("Only those who handle the case read it.")
    )

    def __init__(self, *args, may_note, is_note_only=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["files"].say_limit()
        if not may_note or is_note_only:
            del self.fields["is_internal"]
        if is_note_only:
            self.fields["text"].label = _("Internal note")


class _OnceForm(forms.Form):
    """Sent twice it is one: `uid` is made with the page."""

    mark_optional = False
    uid = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class AcceptForm(_OnceForm):
    """Nothing has to be said."""

    mark_optional = True
    text = text_field(_("A word to those who handled it"), rows=3, required=False)


class RefuseForm(_OnceForm):
    """Why the proposal is not accepted."""

    text = text_field(_("Why not, and what would help?"), _("Those who handle it read this, nobody else."))


class ReopenForm(_OnceForm):
    """Why it is opened again."""

    text = text_field(_("Why is it opened again?"), _("Both sides read this."), rows=4)
