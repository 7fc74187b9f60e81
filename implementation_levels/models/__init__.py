"""Implementation levels: decided, reviewed, published, sent, lived up to (§5, annex)."""

from .levels import Level, LevelDecision
from .lists import Delivery, Distribution, LevelList, ListMail, Opening
from .reviews import Answer, Proposal, Review, ReviewedArea, ReviewRequest
from .tasks import LevelTask, Line, Statement

__all__ = [
    "Answer",
    "Delivery",
    "Distribution",
    "Level",
    "LevelDecision",
    "LevelList",
    "LevelTask",
    "Line",
    "ListMail",
    "Opening",
    "Proposal",
    "Review",
    "ReviewRequest",
    "ReviewedArea",
    "Statement",
]
