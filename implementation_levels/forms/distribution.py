"""Which of the mails with a list: the filters of the page of its distribution."""

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from implementation_levels.deliveries import LOST, WAITING
from notifications.models import Message
from slt_portal.forms import SearchInput

_STATES = {
    "sent": (Message.State.SENT,),
    "waiting": WAITING,
    "lost": LOST,
    "dropped": (Message.State.DROPPED,),
}


class DistributionFilter(forms.Form):
    """Words of a person's or an organisation's name or of an address, what became of the mail, whether it was read."""

    q = forms.CharField(label=_("Name or address"), max_length=100, required=False, widget=SearchInput)
    state = forms.ChoiceField(
        label=_("Mail"),
        required=False,
        choices=[
            ("", _("all")),
            ("sent", _("sent")),
            ("waiting", _("waiting")),
            ("lost", _("failed or came back")),
            ("dropped", _("no longer a recipient")),
        ],
    )
    opened = forms.ChoiceField(
        label=_("List opened"), required=False, choices=[("", _("all")), ("yes", _("yes")), ("no", _("no"))]
    )

    @property
    def is_narrowing(self) -> bool:
        """Whether anything is set."""
        return self.is_valid() and any(self.cleaned_data.values())

    def clean_q(self):
        """Without what no database takes."""
        return self.cleaned_data["q"].replace("\x00", "").strip()

    def narrowed(self, rows: QuerySet) -> QuerySet:
        """Those of `rows` (deliveries with states) that the filters leave; all if they make no sense."""
        if not self.is_valid():
            return rows
        data = self.cleaned_data
        if words := data["q"]:
            names = ("user__name", "user__email", "organisation__name", "organisation__acronym")
            found = Q()
            for name in names:
                found |= Q(**{f"{name}__icontains": words})
            rows = rows.filter(found)
        if data["state"]:
            rows = rows.filter(state__in=_STATES[data["state"]])
        if data["opened"]:
            rows = rows.filter(opened__isnull=data["opened"] == "no")
        return rows
