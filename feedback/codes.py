"""The code lists of feedback (§12; F1-F4)."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Kind(models.TextChoices):
    """What the sender brings; `suspension` is made by the portal when an area finds no consensus (§3)."""

    CONCERN = "concern", _("a concern")
    DISAGREEMENT = "disagreement", _("a disagreement")
    QUESTION = "question", _("a question")
    SUSPENSION = "suspension", _("a suspension without consensus")


class About(models.TextChoices):
    """What it is about."""

    AREA = "area", _("how we work together in an area")
    OFFICE = "office", _("an office")
    ORGANISATION = "organisation", _("an organisation")
    DECISION = "decision", _("a decision")
    FRAMEWORK = "framework", _("the framework")


class Office(models.TextChoices):
    """An office that feedback can be about. Who holds it, and who is asked for its view: feedback.offices."""

    DSS_FIELD = "dss_field", _("DSS office of the area")
    DESIGNATED_OFFICIAL = "designated_official", _("Designated Official of the area")
    OCHA_FIELD = "ocha_field", _("OCHA office of the area")
    MECHANISM = "mechanism", _("NGO mechanism of the area")
    DSS_HEADQUARTERS = "dss_headquarters", _("DSS headquarters")
    OCHA_HEADQUARTERS = "ocha_headquarters", _("OCHA headquarters")


class Category(models.TextChoices):
    """What it turns out to be about, as the intake classifies it."""

    INFORMATION = "information", _("sharing of information")
    COORDINATION = "coordination", _("meetings and coordination")
    SUPPORT = "support", _("operations, logistics and support")
    PARTNERSHIP = "partnership", _("partnership status")
    LEVEL = "level", _("implementation level")
    CONFIDENTIALITY = "confidentiality", _("confidentiality")
    CONDUCT = "conduct", _("conduct of an office or a person")
    FRAMEWORK = "framework", _("the framework itself")
    OTHER = "other", _("something else")


class Outcome(models.TextChoices):
    """How a case ended."""

    RESOLVED = "resolved", _("resolved: the sender accepted")
    UNANSWERED = "unanswered", _("closed: the sender did not answer the proposal")
    DECIDED = "decided", _("decided by the Oversight Committee")
    WITHDRAWN = "withdrawn", _("withdrawn by the sender")
    REDIRECTED = "redirected", _("not a matter of Saving Lives Together")
    DIVERTED = "diverted", _("gone to the mandatory channels")


class Side(models.TextChoices):
    """For whom an entry speaks."""

    SENDER = "sender", pgettext_lazy("side of a conversation", "the sender")
    HANDLER = "handler", _("those who handle it")
    PORTAL = "portal", _("the portal")


class EntryKind(models.TextChoices):
    """What an entry of the conversation is."""

    MESSAGE = "message", pgettext_lazy("in a conversation", "message")
    NOTE = "note", _("internal note")
    PROPOSAL = "proposal", _("proposed resolution")
    ACCEPTED = "accepted", _("the proposal is accepted")
    REFUSED = "refused", _("the proposal is not accepted")
    ESCALATED = "escalated", _("put to the Oversight Committee")
    OUTCOME = "outcome", pgettext_lazy("in a conversation", "outcome")
    REOPENED = "reopened", pgettext_lazy("in a conversation", "opened again")


class LinkKind(models.TextChoices):
    """What a case can be linked to."""

    INCIDENT = "incident", _("incident")
    SUSPENSION = "suspension", _("suspension")
    LEVEL = "level", _("level decision")
    DECISION = "decision", _("decision")
