"""A page that is looked at."""

from dataclasses import dataclass

SAY = "main form button.button-primary"
SEND = "main form[data-watch] button.button-primary"


@dataclass(frozen=True)
class Look:
    """A page, whose, where, and what must be done there first (a button to press)."""

    name: str
    who: str | None
    path: str
    press: str = ""
    status: int = 200
