"""Questions about the restricted track: whose a report is, and who may read it (C10)."""

from django.apps import apps
from django.db.models import QuerySet

from organisations.models import Membership
from organisations.policies import roles_held
from sharing.scoping import ScopedQuerySet
from slt_portal.crypto import keyed_digest

from .codes import HANDLER_ROLE


def sender_digest(user) -> str:
    """What stands in a report instead of its sender: they find their own again, and it leads to nobody."""
    return keyed_digest("restricted sender", str(user.pk))


class ReportQuerySet(ScopedQuerySet):
    """Starts at `sent_by` or `handled_by`: there is no third way to a report, for no role."""

    def sent_by(self, user) -> "ReportQuerySet":
        """What this person sent, as long as anything of it is kept."""
        return self._scoped("sender").filter(sender=sender_digest(user))

    def handled_by(self, user) -> "ReportQuerySet":
        """What this person was chosen to read, in the role in which they were chosen and still hold; not what was
        withdrawn or destroyed. Not their own, which they read as sender."""
        grants = apps.get_model("restricted", "Handler").objects.in_force().filter(membership__in=held_by(user))
        rows = self._scoped("handler").filter(pk__in=grants.values("report"), state__in=self.model.OPEN_TO_HANDLERS)
        return rows.exclude(sender=sender_digest(user))


class HandlerQuerySet(ScopedQuerySet):
    """Grants, one for each person and report."""

    def in_force(self) -> "HandlerQuerySet":
        """Those that were not taken back and whose holder still is a handler, in the very role they were chosen in."""
        return self._scoped("who may read").filter(removed_in=None, membership__in=handlers_now())


def handlers_now() -> QuerySet[Membership]:
    """Everybody who is a handler now: an active account, in an organisation that is not suspended everywhere."""
    standings = apps.get_model("organisations", "Standing").objects.on()
    suspended = standings.filter(kind="suspended", area=None).values("organisation")
    rows = Membership.objects.on().filter(role=HANDLER_ROLE, user__is_active=True)
    return rows.exclude(organisation__in=suspended)


def held_by(user) -> QuerySet[Membership]:
    """The memberships in which this person is a handler now."""
    return roles_held(user).filter(role=HANDLER_ROLE)
