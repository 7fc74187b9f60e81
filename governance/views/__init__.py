"""The pages of the bodies."""

from .bodies import Bodies
from .decisions import DecisionPage, Decisions

__all__ = ["Bodies", "DecisionPage", "Decisions"]
