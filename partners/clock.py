"""What an applicant is told of its application (P11): public names of states, whose turn it is, about until when.

The names say nothing of what was said about the application: before the Committee it reads the same whatever the
Working Group recommended. How long a step takes is not in the guidelines: the figures are settings.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .models import Application

_State = Application.State


@dataclass(frozen=True)
class PublicState:
    """One state as an applicant reads it; `days` is the name of the setting that says how long it takes as a rule."""

    name: str
    turn: str
    next_step: str
    days: str = ""


PUBLIC = {
    _State.DRAFT: PublicState(
        _("Draft"), _("your organisation"), _("Fill in what is missing, then send the application.")
    ),
    _State.SUBMITTED: PublicState(
        _("Checked by the Working Group"),
        _("the Working Group"),
        _("The Working Group checks the three criteria and asks the UN entities that you named. You need do nothing."),
        "APPLICATION_CHECK_DAYS",
    ),
    _State.QUESTIONED: PublicState(
        _("Question to you"),
        _("your organisation"),
        _("Answer the question below. Then the Working Group goes on."),
        "APPLICATION_ANSWER_DAYS",
    ),
    _State.RECOMMENDED: PublicState(
        _("Before the Oversight Committee"),
        _("the Oversight Committee"),
        _("The Oversight Committee decides. You get a mail with the outcome."),
        "DECISION_DAYS",
    ),
    _State.APPROVED: PublicState(
        _("Approved"),
        _("DSS headquarters"),
        _("DSS headquarters prepares the memorandum. You get a mail when it can be signed."),
        "APPLICATION_CONCLUDE_DAYS",
    ),
    _State.CONCLUDING: PublicState(
        _("Memorandum to be signed"),
        _("your signatory and DSS headquarters"),
        _("Both sides sign the memorandum. You are a partner organisation once both have."),
        "APPLICATION_CONCLUDE_DAYS",
    ),
    _State.ACTIVE: PublicState(_("Partner organisation"), "", _("Nothing is left to do here.")),
    _State.REFUSED: PublicState(_("Not admitted"), "", _("The letter gives the reasons. You may apply again later.")),
    _State.WITHDRAWN: PublicState(_("Withdrawn"), "", _("You may apply again: write to DSS headquarters.")),
}


@dataclass(frozen=True)
class Clock:
    """Where an application stands: `public` state, since when, and about until when (None: nobody can say)."""

    public: PublicState
    since: datetime
    until: datetime | None

    @property
    def is_late(self) -> bool:
        """Whether it takes longer than it should."""
        return self.until is not None and self.until < timezone.now()


def clock_of(application: Application) -> Clock:
    """The clock of an application as its applicant reads it; no query."""
    return _clock(application.state, application.state_since)


def clock_when_sent(application: Application) -> Clock:
    """The clock as it stood when the application was sent, however late a mail about it is written."""
    return _clock(_State.SUBMITTED, application.submitted_at)


def _clock(state: str, since: datetime) -> Clock:
    public = PUBLIC[state]
    return Clock(public, since, since + timedelta(days=getattr(settings, public.days)) if public.days else None)


def history_of(application: Application) -> list[tuple[PublicState, datetime]]:
    """The public states in which an application was, oldest first; one query."""
    return [(PUBLIC[state], at) for state, at in application.entries.values_list("state", "at")]
