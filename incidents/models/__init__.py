"""Incidents: what was reported, what each release of it holds, drafts, what desks do, and public reference data."""

from .attachment import Attachment
from .change import Change
from .desk import DeskEntry, Proposal, Question
from .draft import Draft
from .export import Export, SavedSearch
from .incident import AffectedGroup, Incident, IncidentRelease, Report
from .reference import ImportRun, QuarantinedValue, ReferenceRecord, ReferenceVersion
from .report_codes import ReportCodes
from .same_event import NotTheSame, PartOf, SameEvent
from .withholding import Withholding

__all__ = [
    "AffectedGroup",
    "Attachment",
    "Change",
    "DeskEntry",
    "Draft",
    "Export",
    "ImportRun",
    "Incident",
    "IncidentRelease",
    "NotTheSame",
    "PartOf",
    "Proposal",
    "QuarantinedValue",
    "Question",
    "ReferenceRecord",
    "ReferenceVersion",
    "Report",
    "ReportCodes",
    "SameEvent",
    "SavedSearch",
    "Withholding",
]
