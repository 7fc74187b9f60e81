"""The whole form of an application on one page: all its sections together, as they are kept and as they were typed."""

from django.forms import formset_factory
from django.utils.translation import gettext_lazy as _

from areas.models import Area
from areas.names import by_name
from organisations.models import Organisation
from partners.criteria import MOST_AGREEMENTS, MOST_CONTACTS, MOST_PLACES
from partners.models import Application

from .applications import (
    AgreementForm,
    CommitmentsForm,
    ContactForm,
    ExceptionForm,
    IdentityForm,
    PresenceForm,
    RiskForm,
    SignatoryForm,
)

_SECTIONS = {
    "identity": IdentityForm,
    "exception": ExceptionForm,
    "risk": RiskForm,
    "signatory": SignatoryForm,
    "commitments": CommitmentsForm,
}
_ROWS = {"agreements": AgreementForm, "presence": PresenceForm, "contacts": ContactForm}
_MOST = {"agreements": MOST_AGREEMENTS, "presence": MOST_PLACES, "contacts": MOST_CONTACTS}
_SHOWN = {"agreements": 1, "presence": 1, "contacts": 2}  # as many rows are there at least
_ONCE = (  # what stands in one row only
    ("presence", "area", _("This area stands above already.")),
    ("contacts", "email", _("This address stands above already. Name another person.")),
)


class ApplicationForms:
    """All sections of the page together; for the summary of errors it looks like a formset."""

    def __init__(self, application: Application, data=None, *, more: str = ""):
        """Bound to `data` if given. `more` names rows of which one is added: then nothing is checked, only shown."""
        entities = Organisation.objects.filter(kind=Organisation.Kind.UNSMS_ENTITY)
        self.kwargs = {
            "agreements": {"entities": {row.ref: row for row in entities}},
            "presence": {"areas": [(area.code, area.name) for area in by_name(Area.objects.current())]},
        }
        bound = {name: self._bound(name, data) for name in (*_SECTIONS, *_ROWS)} if data is not None else {}
        if data is None:
            bound = self._shown(_kept(application))
        elif more:
            bound = self._shown(_typed(bound), more=more)
        self.sections = bound

    def __getitem__(self, name):
        return self.sections[name]

    def _bound(self, name, data):
        return _SECTIONS[name](data) if name in _SECTIONS else self._formset(name)(data, **self._of(name))

    def _shown(self, kept, more=""):
        shown = {name: form(initial=kept[name]) for name, form in _SECTIONS.items()}
        for name in _ROWS:
            rows = kept[name][: _MOST[name]]
            extra = max(_SHOWN[name] - len(rows), 0) or int(name == more and len(rows) < _MOST[name])
            shown[name] = self._formset(name, extra)(initial=rows, **self._of(name))
        return shown

    def _of(self, name):
        return {"prefix": name, "form_kwargs": self.kwargs.get(name, {})}

    @staticmethod
    def _formset(name, extra=0):
        return formset_factory(
            _ROWS[name], extra=extra, max_num=_MOST[name], validate_max=True, absolute_max=_MOST[name] + 1
        )

    @property
    def forms(self) -> list:
        """Every form, in the order of the page."""
        order = ("identity", "agreements", "exception", "presence", "risk", "contacts", "signatory", "commitments")
        parts = [self.sections[name] for name in order]
        return [form for part in parts for form in getattr(part, "forms", [part])]

    def non_form_errors(self) -> list:
        """What is wrong with a list of rows as a whole."""
        return [error for name in _ROWS for error in self.sections[name].non_form_errors()]

    def is_valid(self) -> bool:
        """Whether what was typed can be kept as a draft."""
        told = [part.is_valid() for part in self.sections.values()]  # each says all its errors
        if not all(told):
            return False
        if self.is_exception and self.agreements:
            words = _("You named an agreement above. Empty it, or do not ask for an exception.")
            self.sections["exception"].add_error("is_exception", words)
        for name, field, words in _ONCE:
            self._refuse_twice(name, field, words)
        return not any(form.errors for form in self.forms)

    def _refuse_twice(self, name, field, words):
        seen = set()
        for form in self.sections[name].forms:
            value = form.cleaned_data.get(field)
            if value and value in seen:
                form.add_error(field, words)
            seen.add(value)

    @property
    def is_exception(self) -> bool:
        """Whether the Committee is asked for an exception."""
        return self.sections["exception"].cleaned_data["is_exception"]

    @property
    def agreements(self) -> list[dict]:
        """The agreements as fields of Agreement."""
        return self._rows("agreements")

    @property
    def answers(self) -> dict:
        """The texts of the application, as it keeps them."""
        part = self.sections
        return {
            "identity": part["identity"].answers,
            "presence": self._rows("presence"),
            "risk_management": part["risk"].answers,
            "contacts": self._rows("contacts"),
            "signatory": part["signatory"].answers,
            "commitments": part["commitments"].cleaned_data["commitments"],
        }

    def _rows(self, name):
        return [form.answers for form in self.sections[name].forms if not form.is_blank]


def _kept(application):
    texts = application.texts
    agreements = application.agreements.select_related("entity")
    fields = ("relation", "kind", "starts_on", "ends_on")
    return {
        "identity": texts.get("identity", {}),
        "exception": {"is_exception": application.is_exception},
        "risk": RiskForm.initial_of(texts.get("risk_management", {})),
        "signatory": texts.get("signatory", {}),
        "commitments": {"commitments": texts.get("commitments", [])},
        "agreements": [
            {name: getattr(row, name) for name in fields} | {"entity": row.entity.ref} | row.texts for row in agreements
        ],
        "presence": texts.get("presence", []),
        "contacts": texts.get("contacts", []),
    }


def _typed(bound):
    sections = {name: bound[name].as_typed() for name in _SECTIONS}
    rows = {name: [form.as_typed() for form in bound[name].forms if not form.is_blank] for name in _ROWS}
    return sections | rows
