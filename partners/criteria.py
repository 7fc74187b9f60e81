"""What an application must hold: the three criteria of §2, the commitments of §1d, and what is missing of them (P2)."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .models import Application

FEWEST_CONTACTS, MOST_CONTACTS = 2, 3
MOST_AGREEMENTS, MOST_PLACES = 20, 40


class RiskItem(models.TextChoices):
    """What security risk management consists of (§2c)."""

    PROCEDURES = "procedures", gettext_lazy("Internal security procedures")
    CONTINGENCY = "contingency", gettext_lazy("Contingency planning")
    EMERGENCY = "emergency", gettext_lazy("Arrangements for security emergencies")
    EVACUATION = "evacuation", gettext_lazy("Evacuation of staff")
    MEDICAL = "medical", gettext_lazy("Medical assistance for staff")


class Commitment(models.TextChoices):
    """What partner organisations commit themselves to (§1d)."""

    ARRANGEMENTS = "arrangements", gettext_lazy("We agree with others on how we work together on security.")
    INFORMATION = "information", gettext_lazy("We share security information that matters to others.")
    TRAINING = "training", gettext_lazy("We work together on security training.")
    OPERATIONS = "operations", gettext_lazy("Where we can, we help each other with operations and logistics.")
    RESOURCES = "resources", gettext_lazy("We say what security coordination costs, and ask for its funding.")
    GROUND_RULES = "ground_rules", gettext_lazy("We take part in setting common ground rules for humanitarian action.")


class FileItem(models.TextChoices):
    """What a document that comes with an application is about; those of §2c have the codes of RiskItem."""

    LEGAL = "legal", gettext_lazy("Registration or statutes of the organisation")
    AGREEMENT = "agreement", gettext_lazy("Agreement with a UN entity")
    PROCEDURES = RiskItem.PROCEDURES.value, RiskItem.PROCEDURES.label
    CONTINGENCY = RiskItem.CONTINGENCY.value, RiskItem.CONTINGENCY.label
    EMERGENCY = RiskItem.EMERGENCY.value, RiskItem.EMERGENCY.label
    EVACUATION = RiskItem.EVACUATION.value, RiskItem.EVACUATION.label
    MEDICAL = RiskItem.MEDICAL.value, RiskItem.MEDICAL.label


@dataclass(frozen=True)
class Missing:
    """Something that is to be filled in before an application can be sent: `target` is the id of its field."""

    section: str
    text: str
    target: str


def label_of_file(item: str) -> str:
    """What a document is about, for people: its section, or the question that it answers (`answer-2`)."""
    if item in FileItem:
        return str(FileItem(item).label)
    return _("Answer to question %(number)s") % {"number": item.rpartition("-")[2]}


def missing_of(application: Application) -> list[Missing]:
    """What is to be filled in before this application can be sent, in the order of its form (P2, P11); few queries."""
    texts = application.texts
    return [
        *_identity(texts.get("identity", {})),
        *_agreements(application),
        *_presence(texts.get("presence", [])),
        *_risk_management(application, texts.get("risk_management", {})),
        *_contacts(texts.get("contacts", [])),
        *_signatory(texts.get("signatory", {})),
        *_commitments(texts.get("commitments", [])),
    ]


def _identity(given):
    wanted = {"legal_name": _("the legal name"), "country": _("the country of your headquarters")}
    for name, text in wanted.items():
        if not given.get(name):
            yield Missing(_("Your organisation"), text, f"id_identity-{name}")


def _agreements(application):
    if not application.is_exception and not application.agreements.exists():
        text = _("an agreement with a UN entity, or the request for an exception")
        yield Missing(_("Agreements with UN entities"), text, "id_agreements-0-entity")


def _presence(rows):
    section = _("Presence in the field")
    if not rows:
        yield Missing(section, _("at least one area"), "id_presence-0-area")
    wanted = {"since": _("since when"), "staff": _("how many staff"), "activity": _("what you do there")}
    for number, row in enumerate(rows):
        for name, text in wanted.items():
            if row.get(name) in (None, ""):
                words = _("area %(number)s: %(what)s") % {"number": number + 1, "what": text}
                yield Missing(section, words, f"id_presence-{number}-{name}")


def _risk_management(application, given):
    section = _("Security risk management")
    documents = set(application.files.exclude(file=None).values_list("item", flat=True))
    for item in RiskItem:
        answer = given.get(item, {})
        if answer.get("declared") is None:
            yield Missing(section, _("%(item)s: yes or no") % {"item": item.label}, f"id_risk-{item}_declared_0")
        elif answer["declared"] and item not in documents and not (answer.get("document") and answer.get("dated")):
            words = _("%(item)s: a document, or its title and date") % {"item": item.label}
            yield Missing(section, words, f"id_risk-{item}_document")


def _contacts(rows):
    section = _("Security contacts")
    for number in range(max(len(rows), FEWEST_CONTACTS)):
        row = rows[number] if number < len(rows) else {}
        for name, text in (("name", _("name")), ("email", _("e-mail address"))):
            if not row.get(name):
                words = _("contact %(number)s: %(what)s") % {"number": number + 1, "what": text}
                yield Missing(section, words, f"id_contacts-{number}-{name}")


def _signatory(given):
    wanted = {"name": _("name"), "title": _("title"), "email": _("e-mail address")}
    for name, text in wanted.items():
        if not given.get(name):
            yield Missing(_("Who signs"), text, f"id_signatory-{name}")


def _commitments(accepted):
    for number, commitment in enumerate(Commitment):
        if commitment not in accepted:
            yield Missing(_("Commitments"), str(commitment.label), f"id_commitments-commitments_{number}")
