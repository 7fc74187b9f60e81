"""Opening a suspension, answering, putting it to others, lifting it; recording a breach by a UN entity (§3, P9)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from areas.fields import AreaField
from areas.models import Area
from organisations.models import Organisation
from partners.actions.suspensions import DISMISS, REVOKE, SUSPEND
from partners.models import Suspension
from partners.models.suspensions import Cause
from partners.policies import organisations_of
from partners.querysets import areas_of
from partners.suspending import partners_in
from slt_portal.forms import NarrativeInput

MOST = 10_000  # characters


def _text(label, help_text="", *, rows=6, required=True):
    widget = NarrativeInput({"rows": rows})
    return forms.CharField(label=label, help_text=help_text, max_length=MOST, widget=widget, required=required)


class OpenForm(forms.Form):
    """Which organisation, where, why. Offers the areas of the reader and the partners there."""

    area = AreaField(label=_("Area"), queryset=None, to_field_name="code")
    organisation = forms.ModelChoiceField(
        label=_("Organisation"),
        queryset=None,
        empty_label=_("Choose an organisation"),
        error_messages={"invalid_choice": _("Choose a partner organisation. A UN entity is never suspended.")},
        to_field_name="ref",
        help_text=_("A UN entity is never suspended: record the breach and refer it instead."),
    )
    cause = forms.ChoiceField(label=_("Cause"), choices=Cause.choices, widget=forms.RadioSelect)
    reasons = _text(
        _("Reasons, for the organisation"),
        _("The organisation reads this and answers to it. If it is suspended, this is its notice. Name no source."),
    )
    internal = _text(
        _("Internal note"),
        _("For those who decide. The organisation never reads it."),
        rows=3,
        required=False,
    )

    def __init__(self, *args, access, **kwargs):
        super().__init__(*args, **kwargs)
        areas = Area.objects.current().filter(pk__in=areas_of(access, "designated_official"))
        self.known = None  # a procedure that there is already
        self.fields["area"].queryset = areas
        if "dss_world" in access.principals:
            self.fields["area"].required = False
            self.fields["area"].empty_label = _("No area: everywhere")
        if "dss_world" in access.principals and not areas:
            del self.fields["area"]
        elif len(areas) == 1 and "dss_world" not in access.principals:
            self.fields["area"].initial, self.fields["area"].empty_label = areas[0], None
        self.fields["organisation"].queryset = (
            partners_in(None).exclude(pk__in=organisations_of(access)).order_by("name")
        )

    def clean(self):
        """A partner there, and no procedure yet."""
        data = super().clean()
        organisation, area = data.get("organisation"), data.get("area")
        if organisation is None or "area" in self.errors:
            return data
        if not partners_in(area).filter(pk=organisation.pk).exists():
            self.add_error("organisation", _("This organisation is no partner in the area you chose."))
        known = Suspension.objects.for_system("is there one").exclude(state__in=Suspension.OVER)
        self.known = row = known.filter(organisation=organisation, area=area).first()
        if row:
            text = _("There is a procedure about this organisation here already: %(ref)s.")
            self.add_error("organisation", forms.ValidationError(text, params={"ref": row.ref}))
        return data


class ConfirmForm(forms.Form):
    """Nothing to say: the button is the answer."""


class HearForm(forms.Form):
    """What the organisation answers."""

    mark_optional = False
    text = _text(_("Your answer"), rows=10)


class ReasonForm(forms.Form):
    """Why something ends; the organisation reads it."""

    mark_optional = False
    reason = _text(_("Reasons"), _("The organisation reads this in its notice."))


class LiftingForm(forms.Form):
    """Why the Committee is asked to lift what it decided."""

    mark_optional = False
    reasons = _text(_("Reasons"), _("The Committee reads this, the organisation does not."))


class VerdictForm(forms.Form):
    """What is proposed to the Committee, and why."""

    mark_optional = False
    LABELS = {
        SUSPEND: _("Suspend the organisation"),
        REVOKE: _("Revoke its partnership"),
        DISMISS: _("Neither: end the procedure"),
    }
    verdict = forms.ChoiceField(label=_("Proposal"), widget=forms.RadioSelect)
    reasons = _text(_("Reasons"), _("The Committee reads this, the organisation does not."))

    def __init__(self, *args, verdicts, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["verdict"].choices = [(code, self.LABELS[code]) for code in verdicts]


class ListFilter(forms.Form):
    """Open, over, or both."""

    mark_optional = False
    OPEN, OVER = "open", "over"
    show = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("All")), (OPEN, _("Open ones")), (OVER, _("What is over"))]
    )


class ReferralForm(forms.Form):
    """A breach by a UN entity or its staff."""

    entity = forms.ModelChoiceField(
        label=_("UN entity"), queryset=None, to_field_name="ref", empty_label=_("Choose an entity")
    )
    area = AreaField(label=_("Area"), queryset=None, to_field_name="code")
    cause = forms.ChoiceField(label=_("Kind of breach"), choices=Cause.choices[1:], widget=forms.RadioSelect)
    what = _text(_("What happened"), _("Facts only. Name nobody who is not needed."))
    to = forms.CharField(
        label=_("Referred to"),
        max_length=200,
        widget=forms.TextInput({"dir": "auto", "autocomplete": "off"}),
        help_text=_("The office of the entity that applies its own rules, such as its security focal point."),
    )

    def __init__(self, *args, access, **kwargs):
        super().__init__(*args, **kwargs)
        entities = Organisation.objects.filter(kind=Organisation.Kind.UNSMS_ENTITY)
        self.fields["entity"].queryset = entities.order_by("name")
        areas = Area.objects.current()
        if "dss_world" in access.principals:
            self.fields["area"].required = False
            self.fields["area"].empty_label = _("No area: everywhere")
        else:
            areas = areas.filter(pk__in=areas_of(access, "designated_official", "dss"))
        self.fields["area"].queryset = areas

    def clean_to(self):
        """On one line."""
        return " ".join(self.cleaned_data["to"].split())
