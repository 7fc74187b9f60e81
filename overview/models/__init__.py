"""What reads across apps and has to be kept: stored figures, measures under way, reports (G1, G3, G5)."""

from .figures import StoredFigure
from .measures import Measure, MeasureEntry
from .reports import PeriodicReport, ReportStep, Section

__all__ = ["Measure", "MeasureEntry", "PeriodicReport", "ReportStep", "Section", "StoredFigure"]
