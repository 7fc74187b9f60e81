"""What can be said in the restricted track: codes alone, and "prefer not to say" among all of them (C10)."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# The role whose holders may be chosen to read a report, and the word of a code that was left open.
HANDLER_ROLE = "restricted_track_handler"
UNSAID = "unsaid"
_UNSAID = _("I prefer not to say")


class Form(models.TextChoices):
    """How somebody turned to the handlers."""

    REPORT = "report", _("a few facts")
    CALL = "call", _("“call me”")


class Harm(models.TextChoices):
    """What was done, broadly."""

    UNSAID = UNSAID, _UNSAID
    RAPE = "rape", _("rape, or attempted rape")
    ASSAULT = "assault", _("another sexual assault")
    HARASSMENT = "harassment", _("sexual harassment")
    THREAT = "threat", _("a threat of sexual violence")
    OTHER = "other", _("something else")


class Affected(models.TextChoices):
    """Whom it happened to."""

    UNSAID = UNSAID, _UNSAID
    SELF = "self", _("me")
    ASKED = "asked", _("somebody else, who asked me to tell you")
    UNAWARE = "unaware", _("somebody else, who does not know that I write")


class Staff(models.TextChoices):
    """International or national."""

    UNSAID = UNSAID, _("not known, or I prefer not to say")
    INTERNATIONAL = "international", _("international staff")
    NATIONAL = "national", _("national staff")
    OTHER = "other", _("neither: a volunteer, a family member, somebody else")


class Sex(models.TextChoices):
    """Of the person it happened to."""

    UNSAID = UNSAID, _UNSAID
    FEMALE = "female", pgettext_lazy("one person", "woman or girl")
    MALE = "male", pgettext_lazy("one person", "man or boy")
    OTHER = "other", pgettext_lazy("one person", "neither of these")


class Medical(models.TextChoices):
    """Whether there was medical help."""

    UNSAID = UNSAID, _UNSAID
    YES = "yes", _("yes")
    WANTED = "wanted", _("not yet, and help with it is wanted")
    NO = "no", _("no")


class Wish(models.TextChoices):
    """What the handlers are asked to do."""

    UNSAID = UNSAID, _UNSAID
    CALL = "call", _("call me")
    WRITE = "write", _("write to me")
    NONE = "none", _("do not contact me")


class Language(models.TextChoices):
    """In which language to speak: the six of the United Nations, two more that are spoken in many areas, any other."""

    UNSAID = UNSAID, _("any")
    ENGLISH = "en", _("English")
    FRENCH = "fr", _("French")
    ARABIC = "ar", _("Arabic")
    SPANISH = "es", _("Spanish")
    PORTUGUESE = "pt", _("Portuguese")
    RUSSIAN = "ru", _("Russian")
    SWAHILI = "sw", _("Swahili")
    CHINESE = "zh", _("Chinese")
    OTHER = "other", _("another one: say which when they call")


class Consent(models.TextChoices):
    """What the sender agrees to, each by itself; none is assumed, each can be taken back."""

    CONTACT = "contact", _("The handlers may contact me.")
    PASS_ON = "pass_on", _("They may pass it on to the medical and psychosocial services that they name to me first.")
    EMPLOYER = (
        "employer",
        _("They may tell the focal point of my organisation that somebody needs support. Never what happened."),
    )
    ADD = "add", _("They may bring in another handler, if they need one.")
    COUNT = (
        "count",
        _(
            "It may be counted: one number for a year and the whole world, never fewer than ten. Each year is counted "
            "once, in January: until then this can be taken back."
        ),
    )


class NoteKind(models.TextChoices):
    """What a handler did: a code, no words."""

    CALLED = "called", _("spoken with the sender")
    NO_ANSWER = "no_answer", _("tried, no answer")
    REFERRED = "referred", _("brought together with a service")
    EMPLOYER = "employer", _("told the organisation that support is needed")
    TAKEN = "taken", _("taken on")
    CLOSED = "closed", _("closed")


class ServiceKind(models.TextChoices):
    """What a service does."""

    MEDICAL = "medical", _("medical care")
    COUNSELLING = "counselling", _("psychological support")
    HELPLINE = "helpline", _("helpline, day and night")
    SHELTER = "shelter", _("safe place to stay")
    LEGAL = "legal", _("legal advice")
    OTHER = "other", _("other help")
