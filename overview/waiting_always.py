"""What stands on a home page at any time, so that its being there tells nothing."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from organisations.models import Membership
from restricted.codes import HANDLER_ROLE

from .waiting import Task


def support(memberships: Iterable[Membership]) -> list[Task]:
    """For a handler of the restricted track (`memberships` of organisations.memberships): the way to what was sent to
    them, which their mail does not say. The same whether there is anything or not; no query (C10)."""
    if not any(row.role == HANDLER_ROLE and not row.is_suspended for row in memberships):
        return []
    return [Task(_("Support: look whether something was sent to you"), reverse("restricted:track"), None)]
