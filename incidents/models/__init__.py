"""Incidents: what was reported, what each release of it holds, drafts, and public reference data."""

from .draft import Draft
from .incident import AffectedGroup, Incident, IncidentRelease, Report
from .reference import QuarantinedValue, ReferenceRecord

__all__ = [
    "AffectedGroup",
    "Draft",
    "Incident",
    "IncidentRelease",
    "QuarantinedValue",
    "ReferenceRecord",
    "Report",
]
