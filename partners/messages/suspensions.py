"""Mails about suspensions: the organisation is heard and gets its notices; others hear the outcome (P9).

Reference, area, cause, what it means and what to do. The texts stand on the page (C7).
"""

from django.urls import reverse

from notifications.kinds import Kind, register, site_link
from partners.models import Suspension
from partners.policies import parties_to_suspension
from sharing.access import access_of
from slt_portal.states import steps_open

State = Suspension.State


class _AboutSuspension(Kind):
    """A kind about one procedure, as long as the recipient may see it and it is in one of `states`."""

    states: frozenset[str]
    template: str
    is_for_organisation = False

    def row_of(self, message) -> Suspension:
        """The procedure."""
        rows = Suspension.objects.for_system("a mail about it").select_related("organisation", "area")
        return rows.get(subject=message.subject_id)

    def parties(self, message, row) -> frozenset[str]:
        """Which party the recipient is; none if they may not see it any more."""
        access = access_of(message.recipient)
        if not Suspension.objects.visible_to(access).filter(pk=row.pk).exists():
            return frozenset()
        return parties_to_suspension(access, row)

    def still_due(self, message):
        """Whether it still stands so, and the recipient is still on the side that this mail is for."""
        row = self.row_of(message)
        parties = self.parties(message, row)
        return row.state in self.states and bool(parties) and ("organisation" in parties) == self.is_for_organisation

    def context(self, message):
        """The procedure, and its page."""
        row = self.row_of(message)
        path = reverse("partners:suspension", args=[row.ref])
        return {"suspension": row, "link": site_link(path), "outcome": self.code.rpartition("_")[2]}

    def templates(self):
        """Those of all outcomes together."""
        return tuple(f"partners/email/{self.template}{ending}" for ending in (".subject.txt", ".txt", ".html"))


@register
class HearingOpened(_AboutSuspension):
    """The organisation is asked to answer, by a day."""

    code = "partners.suspension_hearing"
    states = frozenset({State.HEARING})
    template = "suspension_hearing"
    is_for_organisation = True

    def still_due(self, message):
        """As long as nobody of them has answered."""
        return super().still_due(message) and self.row_of(message).heard_at is None


class _NextStep(_AboutSuspension):
    """Who opened it can go on."""

    states = frozenset({State.HEARING})
    template = "suspension_next_step"

    def still_due(self, message):
        """As long as the step is theirs and nobody took it."""
        row = self.row_of(message)
        return bool({"ask", "put"} & set(steps_open(row, self.parties(message, row))))


@register
class HearingAnswered(_NextStep):
    """The organisation has answered."""

    code = "partners.suspension_answered"


@register
class HearingOver(_NextStep):
    """The organisation has let its time pass."""

    code = "partners.suspension_unanswered"


@register
class Escalated(_AboutSuspension):
    """No consensus in the area: the Working Group recommends; who opened it need do nothing."""

    code = "partners.suspension_escalated"
    states = frozenset({State.ESCALATED})
    template = "suspension_escalated"

    def context(self, message):
        """Also whether the recipient recommends."""
        row = self.row_of(message)
        recommends = "recommend" in steps_open(row, self.parties(message, row))
        return super().context(message) | {"recommends": recommends}


class _Notice(_AboutSuspension):
    """The notice of an outcome to the organisation."""

    template = "suspension_notice"
    is_for_organisation = True


class _News(_AboutSuspension):
    """The outcome, for those who work with the organisation."""

    template = "suspension_news"


@register
class SuspendedNotice(_Notice):
    """It is suspended."""

    code = "partners.notice_suspended"
    states = Suspension.IN_FORCE


@register
class KeptNotice(_Notice):
    """It stays suspended: the Committee did not lift it."""

    code = "partners.notice_kept"
    states = frozenset({State.SUSPENDED})


@register
class LiftedNotice(_Notice):
    """It is suspended no longer."""

    code = "partners.notice_lifted"
    states = frozenset({State.LIFTED})


@register
class RevokedNotice(_Notice):
    """Its partnership is over."""

    code = "partners.notice_revoked"
    states = frozenset({State.REVOKED})


@register
class DismissedNotice(_Notice):
    """It is not suspended."""

    code = "partners.notice_dismissed"
    states = frozenset({State.DISMISSED})


@register
class SuspendedNews(_News):
    """It is suspended."""

    code = "partners.news_suspended"
    states = Suspension.IN_FORCE


@register
class LiftedNews(_News):
    """It is suspended no longer."""

    code = "partners.news_lifted"
    states = frozenset({State.LIFTED})


@register
class RevokedNews(_News):
    """Its partnership is over."""

    code = "partners.news_revoked"
    states = frozenset({State.REVOKED})


NOTICES = {
    State.SUSPENDED: SuspendedNotice,
    State.LIFTED: LiftedNotice,
    State.REVOKED: RevokedNotice,
    State.DISMISSED: DismissedNotice,
}
NEWS = {State.SUSPENDED: SuspendedNews, State.LIFTED: LiftedNews, State.REVOKED: RevokedNews}
