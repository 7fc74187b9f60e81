"""What an applicant declared, section by section, as people read it (P2). Agreements and files stand apart."""

from dataclasses import dataclass, field
from datetime import date

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from areas.models import Area, Country
from slt_portal.templatetags.portal import day_text

from .criteria import Commitment, RiskItem
from .models import Application

_IDENTITY = {
    "legal_name": gettext_lazy("Legal name"),
    "other_names": gettext_lazy("Other names"),
    "acronym": gettext_lazy("Acronym"),
    "legal_form": gettext_lazy("Legal form and registration"),
    "country": gettext_lazy("Country of the headquarters"),
    "website": gettext_lazy("Website"),
}
_PERSON = {
    "role": gettext_lazy("Role"),
    "title": gettext_lazy("Title"),
    "email": gettext_lazy("E-mail address"),
    "phone": gettext_lazy("Telephone"),
    "language": gettext_lazy("Language"),
}


@dataclass
class Section:
    """One part of the answers: facts as components/summary.html shows them."""

    code: str
    title: str
    facts: list[dict] = field(default_factory=list)

    def add(self, label, value) -> None:
        """One more fact; an empty value reads "unknown"."""
        self.facts.append({"label": str(label), "value": value})


def section_of(application: Application, code: str) -> Section:
    """One of the two sections that a criterion is about: presence, risk_management; one query at most."""
    made = {"presence": (_presence, []), "risk_management": (_risk_management, {})}
    make, nothing = made[code]
    return make(application.texts.get(code, nothing))


def sections_of(application: Application) -> list[Section]:
    """The answers of `application`: who, where, security risk management, contacts, signatory, commitments; one query,
    or two where the headquarters moved."""
    texts = application.texts
    return [
        _identity(texts.get("identity", {}), application.organisation.headquarters),
        _presence(texts.get("presence", [])),
        _risk_management(texts.get("risk_management", {})),
        _people("contacts", _("Security contacts"), texts.get("contacts", [])),
        _people("signatory", _("Who signs"), [texts["signatory"]] if texts.get("signatory") else []),
        _commitments(texts.get("commitments", [])),
    ]


def _identity(given, headquarters):
    section = Section("identity", _("The organisation"))
    code, country = given.get("country", ""), headquarters
    if code and (country is None or country.pk != code):
        country = Country.objects.filter(pk=code).first()
    for name, label in _IDENTITY.items():
        value = given.get(name, "")
        if value or name in {"legal_name", "country"}:  # the others need not be filled in
            section.add(label, str(country) if name == "country" and value and country else value)
    return section


def _presence(rows):
    section = Section("presence", _("Presence in the field"))
    names = {area.code: str(area) for area in Area.objects.filter(code__in=[row.get("area", "") for row in rows])}
    for row in rows:
        numbers = {"year": row.get("since") or "–", "staff": row.get("staff") or "–"}
        value = _("since %(year)s, staff: %(staff)s") % numbers
        section.add(names.get(row.get("area"), row.get("area", "")), f"{value}\n{row.get('activity', '')}".strip())
    return section


def _risk_management(given):
    section = Section("risk_management", _("Security risk management"))
    for item in RiskItem:
        section.add(item.label, _declared(given.get(item, {})))
    return section


def _declared(answer):
    """Yes or no, with the title and the date of the document where there is one: plans themselves may be withheld."""
    if answer.get("declared") is None:
        return ""
    words = [_("yes") if answer["declared"] else _("no"), answer.get("document", "")]
    if dated := answer.get("dated"):
        words.append(_("dated %(day)s") % {"day": day_text(date.fromisoformat(dated))})
    return ", ".join(word for word in words if word)


def _people(code, title, people):
    section = Section(code, title)
    for person in people:
        known = {name: person.get(name, "") for name in _PERSON}
        if known["language"]:
            known["language"] = dict(settings.LANGUAGES).get(known["language"], known["language"])
        section.add(person.get("name", ""), "\n".join(str(value) for value in known.values() if value))
    return section


def _commitments(accepted):
    section = Section("commitments", _("Commitments"))
    for commitment in Commitment:
        section.add(commitment.label, _("accepted") if commitment in accepted else _("not accepted"))
    return section
