"""Feedback cases (§12; F1-F4)."""

from .cases import Case, CaseGrant, CaseLink, CaseReading, CaseStep, Concerned, Reminder, TakenOff
from .entries import CaseFile, Entry, Escalation, Inquiry
from .lessons import Lesson

__all__ = [
    "Case",
    "CaseFile",
    "CaseGrant",
    "CaseLink",
    "CaseReading",
    "CaseStep",
    "Concerned",
    "Entry",
    "Escalation",
    "Inquiry",
    "Lesson",
    "Reminder",
    "TakenOff",
]
