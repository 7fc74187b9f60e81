"""Whom a report is told to, and whether somebody is still among them."""

from governance.querysets import SECRETARIAT
from sharing.holdings import holdings, people_of

HEADQUARTERS = "partner_headquarters"


def secretariat() -> set[int]:
    """The ids of the people of DSS headquarters and of OCHA (§11)."""
    return people_of(SECRETARIAT)


def headquarters_of_partners() -> set[int]:
    """The ids of the focal points at the headquarters of partner organisations in good standing."""
    held = holdings(principals=frozenset({"community"}))
    return {row.user_id for row in held if row.role == HEADQUARTERS and not row.is_mailbox}
