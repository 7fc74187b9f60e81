"""Everything that sharing keeps, by subject."""

from .consent import ConsentEntry, ConsentRequest
from .emergency import EmergencyAccess
from .items import Audience, Grant, Item, Kind, Reading, Recall, Release, SearchToken, item_reference

__all__ = [
    "Audience",
    "ConsentEntry",
    "ConsentRequest",
    "EmergencyAccess",
    "Grant",
    "Item",
    "Kind",
    "Reading",
    "Recall",
    "Release",
    "SearchToken",
    "item_reference",
]
