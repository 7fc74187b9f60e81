"""The mail about a question of the Working Group to an applicant (P5). That it was answered: messages.applications."""

from django.urls import reverse

from notifications.kinds import Kind, register, site_link
from partners.models import Application, Inquiry
from sharing.access import access_of


def _inquiry(message):
    rows = Inquiry.objects.select_related("application__organisation")
    return rows.get(subject=message.subject_id)


@register
class QuestionAsked(Kind):
    """The applicant is asked something. The question stands in the portal, not in the mail (C7)."""

    code = "partners.question_asked"

    def still_due(self, message):
        """Until it is answered or dropped, for people of the applicant."""
        row = _inquiry(message)
        is_open = row.answered_at is None and row.dropped_at is None
        asked = is_open and row.application.state == Application.State.QUESTIONED
        return asked and row.application.organisation_id in access_of(message.recipient).offices_for("applicant")

    def context(self, message):
        """Which application, the number of the question, and the page to answer on."""
        row = _inquiry(message)
        link = site_link(reverse("partners:application", args=[row.application.ref]))
        return {"inquiry": row, "application": row.application, "link": link}
