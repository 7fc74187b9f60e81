"""The uniform incident form (I1, G7): three things are mandatory, everything else may stay unknown."""

from .account import AREA_TIME, AccountForm, AffectedFormSet, affected_groups
from .desk import AnswerForm, GradeForm, NoteForm, ProposalForm, QuestionForm, RefusalForm
from .filing import AudienceForm, FollowUpForm, IncidentForm, initial_account
from .sharing import DEFAULT_AUDIENCE, SharingForm

__all__ = [
    "AREA_TIME",
    "DEFAULT_AUDIENCE",
    "AccountForm",
    "AffectedFormSet",
    "AnswerForm",
    "AudienceForm",
    "FollowUpForm",
    "GradeForm",
    "IncidentForm",
    "NoteForm",
    "ProposalForm",
    "QuestionForm",
    "RefusalForm",
    "SharingForm",
    "affected_groups",
    "initial_account",
]
