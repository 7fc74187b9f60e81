"""Who may do what around the restricted track. Who reads a report is in querysets, and nowhere else (C10)."""

from organisations.policies import has_role

from .codes import HANDLER_ROLE


def handles_restricted(user) -> bool:
    """Whether this person is a handler: they have a list of reports, which may be empty."""
    return has_role(user, HANDLER_ROLE)


def keeps_services(user) -> bool:
    """Handlers and DSS headquarters keep the list of services."""
    return has_role(user, HANDLER_ROLE, "dss_headquarters")


def reads_years(user) -> bool:
    """Handlers and the members of both bodies read the one figure there is."""
    return has_role(user, HANDLER_ROLE, "oversight_committee_member", "working_group_member")
