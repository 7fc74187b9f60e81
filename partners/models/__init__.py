"""Partnership: from expression of interest to signed memorandum, and out again (§2, §3)."""

from .applications import (
    Agreement,
    Application,
    ApplicationFile,
    Check,
    Criterion,
    Inquiry,
    Interest,
    Note,
    Recommendation,
    StateEntry,
)
from .bases import Basis, BasisEntry, BasisReminder, EligibilityCase, RegisterIssue
from .confirmations import Confirmation
from .member_lists import ListedMember, MemberList
from .memoranda import Letter, Memorandum, MemorandumTemplate, Signature
from .suspensions import Referral, Suspension

__all__ = [
    "Agreement",
    "Application",
    "ApplicationFile",
    "Basis",
    "BasisEntry",
    "BasisReminder",
    "Check",
    "Confirmation",
    "Criterion",
    "EligibilityCase",
    "Inquiry",
    "Interest",
    "Letter",
    "ListedMember",
    "MemberList",
    "Memorandum",
    "MemorandumTemplate",
    "Note",
    "Recommendation",
    "Referral",
    "RegisterIssue",
    "Signature",
    "StateEntry",
    "Suspension",
]
