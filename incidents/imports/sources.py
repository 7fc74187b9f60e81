"""The public data sets that the portal can read, and the credit that each asks for."""

from dataclasses import dataclass
from types import ModuleType

from . import awsd, insecurity


@dataclass(frozen=True)
class Source:
    """One data set: `short` is what it is called in a line, `reader` says what its rows mean."""

    code: str
    short: str
    name: str
    credit: str
    reader: ModuleType


SOURCES = {
    source.code: source
    for source in [
        Source(
            "awsd",
            "AWSD",
            "Aid Worker Security Database",
            "Humanitarian Outcomes, Aid Worker Security Database, aidworkersecurity.org",
            awsd,
        ),
        Source(
            "insecurity_insight",
            "Insecurity Insight",
            "Insecurity Insight, aid workers killed, injured, kidnapped or arrested",
            "Insecurity Insight, insecurityinsight.org (CC BY)",
            insecurity,
        ),
    ]
}
