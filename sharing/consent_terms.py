"""What is asked, given and said of passing on, and why it cannot be asked or given (C3)."""

from dataclasses import dataclass, field
from datetime import date

from organisations.models import Organisation
from slt_portal.states import StaleState

from .models import ConsentRequest


class AlreadyAsked(StaleState):
    """A request of this organisation about this item waits already; `request` is that one."""

    def __init__(self, request: ConsentRequest):
        super().__init__(request.ref)
        self.request = request


class AskedLately(StaleState):
    """The answer to this organisation was no, or there was none in time; `day` is from when it can ask again."""

    def __init__(self, day: date):
        super().__init__(f"not before {day}")
        self.day = day


class NotAccepted(StaleState):
    """Whoever the information comes from has not accepted that it is passed on."""


@dataclass(frozen=True)
class Wish:
    """What is asked: for whom (Recipients), whom of them, what of it (names), until the end of which day, what for."""

    recipients: str
    purpose: str
    fields: list[str]
    until: date
    organisations: list[Organisation] = field(default_factory=list)
    donor: str = ""


@dataclass(frozen=True)
class Terms:
    """What the originator consents to: never more than was asked. `accepted_*` of the source, where there is one;
    `pointed_out` is how many names and numbers in texts that are new to readers were pointed out, and may stay."""

    fields: list[str]
    until: date
    organisations: list[Organisation]
    is_edited: bool = False
    shows_originator: bool = False
    accepted_on: date | None = None
    accepted_by: str = ""
    pointed_out: int | None = None


@dataclass(frozen=True)
class Said:
    """The words of a request: its purpose, the donor; of its answer the reason, who accepted for the source, and what
    had been asked where something else was given. None for all where they cannot be opened."""

    purpose: str = ""
    donor: str = ""
    reason: str = ""
    accepted_by: str = ""
    asked: dict = field(default_factory=dict)
