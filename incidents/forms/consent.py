"""Asking the originator to let others have something, and the originator's answer (C3)."""

from datetime import date, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from incidents.account import SHARED_TEXTS
from incidents.consents import LABELS
from incidents.fields import Narrative, PlainText
from incidents.models import Withholding
from organisations.models import Organisation
from sharing.consent_terms import Terms, Wish
from sharing.consents import LONGEST_DAYS, local_arrangement_of
from sharing.markings import PASSED_ON_TO, Marking, Recipients
from slt_portal.forms import DateInput

from .desk import OnceForm

USUAL_DAYS = 30
_LINES = {"place", "actor_name"}  # texts of one line
_LONGEST = {"what": 5000, "place": 200, "actor_name": 200}


def _today() -> date:
    return timezone.now().date()


class ConsentAskForm(OnceForm):
    """For whom, what of it, until when, what for. `offered` are the parts of the report, as (name, label);
    `organisations` those that can be named."""

    mark_optional = False

    recipients = forms.ChoiceField(
        label=_("Who is to have it"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose who is to have it.")},
    )
    organisations = forms.ModelMultipleChoiceField(
        Organisation.objects.none(),
        label=_("Which organisations"),
        required=False,
        to_field_name="ref",
        widget=forms.CheckboxSelectMultiple,
    )
    donor = PlainText(
        label=_("Name of the donor or partner"),
        max_length=200,
        required=False,
        help_text=_("You get a document for them, with this name and the purpose on every page."),
    )
    purpose = Narrative(
        label=_("What they need it for"),
        max_length=1000,
        rows=3,
        help_text=_("The originator reads this, and so does whoever gets it. Do not guess who the originator is."),
        error_messages={"required": _("Say what they need it for.")},
    )
    fields_asked = forms.MultipleChoiceField(
        label=_("What of it they are to have"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Persons, the exact place, the originator and attachments are never passed on."),
        error_messages={"required": _("Choose at least one part.")},
    )
    until = forms.DateField(label=_("Until the end of"), widget=DateInput)

    def __init__(self, *args, item, offered, organisations, **options):
        super().__init__(*args, **options)
        self.item = item
        allowed = PASSED_ON_TO[Marking(item.marking)]
        self.fields["recipients"].choices = [choice for choice in Recipients.choices if choice[0] in allowed]
        self.fields["organisations"].queryset = organisations
        if Recipients.DONOR not in allowed:
            del self.fields["donor"]
        self.fields["fields_asked"].choices = offered
        self.fields["fields_asked"].initial = [name for name, _label in offered]
        self.fields["until"].initial = _today() + timedelta(days=USUAL_DAYS)

    def clean_until(self):
        """Not in the past, and not for ever."""
        return _until(self.cleaned_data["until"], _today() + timedelta(days=LONGEST_DAYS))

    def clean_donor(self):
        """One line: it is printed in the margin of every page."""
        return " ".join(self.cleaned_data["donor"].split())

    def clean(self):
        """Who it is for has a name. The local arrangement is a closed list: those that take part now."""
        cleaned = super().clean()
        recipients = cleaned.get("recipients")
        if recipients == Recipients.ORGANISATIONS and not cleaned.get("organisations"):
            self.add_error("organisations", _("Name at least one organisation."))
        if recipients == Recipients.DONOR and not cleaned.get("donor") and "donor" not in self.errors:
            self.add_error("donor", _("Write who is to get it."))
        if recipients == Recipients.LOCAL_ARRANGEMENT:
            cleaned["organisations"] = list(local_arrangement_of(self.item.area))
            if not cleaned["organisations"]:
                self.add_error("recipients", _("No national NGO takes part in a local arrangement of this area now."))
        return cleaned

    def wish(self) -> Wish:
        """What a valid form asks."""
        cleaned = self.cleaned_data
        is_for_donor = cleaned["recipients"] == Recipients.DONOR
        return Wish(
            recipients=cleaned["recipients"],
            purpose=cleaned["purpose"],
            fields=cleaned["fields_asked"],
            until=cleaned["until"],
            organisations=[] if is_for_donor else list(cleaned["organisations"]),
            donor=cleaned["donor"] if is_for_donor else "",
        )


def _until(until, latest):
    if until < _today():
        raise ValidationError(_("This day is over. Choose today or a later one."))
    if until > latest:
        raise ValidationError(_("That is too long: at most until %(date)s."), params={"date": latest.isoformat()})
    return until


class ConsentAnswerForm(forms.Form):
    """Yes as asked, yes with changes, or no. `request` is what was asked, for the organisations `named`; `texts` what
    the shared report says, `has_source` whether somebody else must have accepted it, `may_show` whether readers of the
    report see its originator. Of a change only less is taken: fewer parts, fewer recipients, an earlier day; texts as
    rewritten."""

    mark_optional = False
    is_about_changes = False  # whether the originator wants it with changes: what is asked about them stands there
    is_shown_changed = False  # whether they look at what the changes make of it

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    accepted_by = PlainText(
        label=_("Who accepted it for the source"),
        max_length=200,
        required=False,
        help_text=_("Name or office. Only your organisation reads this."),
    )
    accepted_on = forms.DateField(label=_("When they accepted it"), required=False, widget=DateInput)
    fields_given = forms.MultipleChoiceField(
        label=_("What they get"), required=False, widget=forms.CheckboxSelectMultiple
    )
    organisations = forms.MultipleChoiceField(
        label=_("Who gets it"), required=False, widget=forms.CheckboxSelectMultiple
    )
    until = forms.DateField(label=_("Until the end of"), required=False, widget=DateInput)
    shows_originator = forms.BooleanField(label=_("Show them that the report comes from us"), required=False)
    reason = Narrative(
        label=_("Why not, if you want to say"),
        max_length=1000,
        rows=3,
        required=False,
        help_text=_("Who asked reads this. Do not say who you are if you do not want to."),
    )
    ground = forms.ChoiceField(
        label=_("On which ground, for your own records"),
        required=False,
        choices=[("", _("I do not say")), *Withholding.Ground.choices],
    )

    def __init__(self, *args, request, named, texts, has_source, may_show, **options):
        super().__init__(*args, **options)
        self.request, self.has_source = request, has_source
        self.asked_texts = {name: texts.get(name, "") for name in SHARED_TEXTS if name in request.fields}
        self.fields["fields_given"].choices = [(name, LABELS[name]) for name in LABELS if name in request.fields]
        self.fields["fields_given"].initial = request.fields
        self.named = named
        self.fields["organisations"].choices = [(organisation.ref, organisation.name) for organisation in named]
        self.fields["organisations"].initial = [organisation.ref for organisation in named]
        self.fields["until"].initial = request.until
        for name, text in self.asked_texts.items():
            options = {"max_length": _LONGEST.get(name, 3000), "required": False, "initial": text}
            field = PlainText(label=LABELS[name], **options)
            self.fields[f"text_{name}"] = field if name in _LINES else Narrative(label=LABELS[name], rows=4, **options)
        self._leave_out(may_show)

    def _leave_out(self, may_show):
        gone = [] if self.has_source else ["accepted_by", "accepted_on"]
        gone += [] if may_show else ["shows_originator"]
        gone += [] if self.request.recipients != Recipients.DONOR else ["organisations"]
        for name in gone:
            del self.fields[name]

    @property
    def text_fields(self):
        """The texts, to be rewritten."""
        return [self[f"text_{name}"] for name in self.asked_texts]

    @property
    def has_changes(self) -> bool:
        """Whether what is typed as a change was not taken: its part of the page is unfolded then."""
        parts = {"fields_given", "organisations", "until", *(field.name for field in self.text_fields)}
        return bool(parts & self.errors.keys()) if self.is_bound else False

    def clean_until(self):
        """No later than asked."""
        until = self.cleaned_data["until"]
        return until and _until(until, self.request.until)

    def clean_accepted_on(self):
        """They have accepted it already."""
        day = self.cleaned_data["accepted_on"]
        if day and day > _today() + timedelta(days=1):
            raise ValidationError(_("This day has not come yet."))
        return day

    def is_complete(self, answer: str) -> bool:
        """Whether it says all that `answer` needs: "yes", "changed", "see" (changed, to look at) or "no"."""
        if not self.is_valid():
            wanted = self.errors.keys() & self._needed(answer)
            if wanted:
                return False
        if answer in {"yes", "changed"} and self.has_source:
            for name, sentence in _ACCEPTED.items():
                if not self.cleaned_data.get(name):
                    self.add_error(name, sentence)
        if answer in {"changed", "see"}:
            self._check_changes()
        return not (self.errors.keys() & self._needed(answer))

    def _needed(self, answer):
        source = {"accepted_by", "accepted_on"}
        if answer == "no":
            return {"version", "reason", "ground"}
        return {"version", *source} if answer == "yes" else self.fields.keys() - {"reason", "ground"}

    def _check_changes(self):
        cleaned = self.cleaned_data
        if not cleaned.get("fields_given") and "fields_given" not in self.errors:
            self.add_error("fields_given", _("Choose at least one part, or say no."))
        if "organisations" in self.fields and not cleaned.get("organisations") and "organisations" not in self.errors:
            self.add_error("organisations", _("Choose at least one organisation, or say no."))

    def terms(self, *, changed: bool) -> Terms:
        """What a complete form consents to."""
        cleaned, request = self.cleaned_data, self.request
        source = {"accepted_on": cleaned.get("accepted_on"), "accepted_by": cleaned.get("accepted_by", "")}
        if not changed:
            return Terms(request.fields, request.until, self.named, **source)
        chosen = set(cleaned.get("organisations", []))
        return Terms(
            fields=[name for name in request.fields if name in cleaned["fields_given"]],
            until=cleaned.get("until") or request.until,
            organisations=[organisation for organisation in self.named if organisation.ref in chosen],
            is_edited=True,
            shows_originator=cleaned.get("shows_originator", False),
            **source,
        )

    def edited(self, *, changed: bool) -> dict[str, str]:
        """The texts by name, as they are rewritten; none where nothing is changed."""
        return {name: self.cleaned_data[f"text_{name}"] for name in self.asked_texts} if changed else {}


_ACCEPTED = {
    "accepted_by": _("Write who accepted it for the source. Without that it may not be passed on."),
    "accepted_on": _("Write when they accepted it. Without that it may not be passed on."),
}
