"""Mails about an application that its applicant moves: sent, answered, withdrawn (P1, P5, P11)."""

from django.urls import reverse

from notifications.kinds import Kind, register, site_link
from partners.clock import clock_of, clock_when_sent
from partners.models import Application
from partners.policies import parties_to_application
from sharing.access import access_of

_State = Application.State
_REVIEWERS = frozenset({"working_group", "dss_headquarters"})


class _OfApplication(Kind):
    def _application(self, message):
        """The application as the recipient may see it, or None."""
        rows = Application.objects.visible_to(message.recipient).select_related("organisation")
        return rows.filter(subject=message.subject_id).first()

    def _parties(self, message, application):
        return parties_to_application(access_of(message.recipient), application)

    def _page(self, message, application):
        is_own = "applicant" in self._parties(message, application)
        name = "partners:application" if is_own else "partners:review"
        return site_link(reverse(name, args=[application.ref]))


@register
class ApplicationReceived(_OfApplication):
    """The receipt for the applicant's people: reference, and about when they hear more (P11)."""

    code = "partners.application_received"

    def still_due(self, message):
        """Once it was sent, as long as it is theirs."""
        application = self._application(message)
        is_sent = application is not None and application.submitted_at is not None
        return is_sent and "applicant" in self._parties(message, application)

    def context(self, message):
        """The reference, the clock and the page."""
        application = self._application(message)
        return {
            "application": application,
            "clock": clock_when_sent(application),
            "link": self._page(message, application),
        }


@register
class ApplicationSent(_OfApplication):
    """The Working Group and DSS headquarters: there is an application to check."""

    code = "partners.application_sent"
    clock_of = staticmethod(clock_when_sent)

    def still_due(self, message):
        """As long as the Working Group has it and it is the recipient's business."""
        application = self._application(message)
        if application is None or application.state not in {_State.SUBMITTED, _State.QUESTIONED}:
            return False
        return bool(_REVIEWERS & self._parties(message, application))

    def context(self, message):
        """The organisation, by when, and the page of the review."""
        application = self._application(message)
        path = reverse("partners:review", args=[application.ref])
        return {"application": application, "clock": self.clock_of(application), "link": site_link(path)}


@register
class ApplicationAnswered(ApplicationSent):
    """The Working Group and DSS headquarters: the applicant answered, the check goes on (P5)."""

    code = "partners.application_answered"
    clock_of = staticmethod(clock_of)

    def still_due(self, message):
        """Until the Working Group has asked again or gone on."""
        application = self._application(message)
        return super().still_due(message) and application.state == _State.SUBMITTED


@register
class ApplicationWithdrawn(_OfApplication):
    """Whoever had it before them: nothing is left to do."""

    code = "partners.application_withdrawn"

    def still_due(self, message):
        """To everybody who was told to: they need not go on. Who sees it no more gets no link."""
        rows = Application.objects.for_system("whether it is over").filter(subject=message.subject_id)
        return rows.filter(state=_State.WITHDRAWN).exists()

    def context(self, message):
        """The reference, and the page for those who may still open it."""
        rows = Application.objects.for_system("the reference in a mail")
        application = self._application(message)
        ref = application.ref if application else rows.values_list("ref", flat=True).get(subject=message.subject_id)
        return {"ref": ref, "link": self._page(message, application) if application else ""}
