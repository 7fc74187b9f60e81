"""The uniform incident form (I1, G7): three things are mandatory, everything else may stay unknown."""

from .account import AREA_TIME, AccountForm, AffectedFormSet, affected_groups
from .desk import AnswerForm, GradeForm, NoteForm, ProposalForm, QuestionForm, RefusalForm
from .emergency import EmergencyForm
from .filing import AudienceForm, FollowUpForm, IncidentForm, initial_account
from .same_event import SameEventForm
from .sharing import DEFAULT_AUDIENCE, SharingForm
from .withholding import GroundForm, WarningForm, WithdrawForm

__all__ = [
    "AREA_TIME",
    "DEFAULT_AUDIENCE",
    "AccountForm",
    "AffectedFormSet",
    "AnswerForm",
    "AudienceForm",
    "EmergencyForm",
    "FollowUpForm",
    "GradeForm",
    "GroundForm",
    "IncidentForm",
    "NoteForm",
    "ProposalForm",
    "QuestionForm",
    "RefusalForm",
    "SameEventForm",
    "SharingForm",
    "WarningForm",
    "WithdrawForm",
    "affected_groups",
    "initial_account",
]
