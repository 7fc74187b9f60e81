"""The one mail of the restricted track: something waits in the portal. Not what, not where, and no reference (C10).

Its code and its templates are those of any matter, so that neither the outbox nor a mail server tells what it is about.
The sender of a report gets no mail at all, ever.
"""

from notifications.kinds import Kind, register, site_link

from .models import Report


@register
class MatterWaits(Kind):
    """To a handler: sign in, something waits. To the home page of the portal, where a line that every handler has at
    any time leads on."""

    code = "notifications.matter_waits"

    def still_due(self, message):
        """While the recipient may read it and it is not closed; a reminder only while nobody has taken it on."""
        rows = Report.objects.handled_by(message.recipient).filter(subject=message.subject_id)
        is_first = message.event_key.endswith(":sent")
        return rows.filter(state__in=Report.OPEN if is_first else [Report.State.NEW]).exists()

    def context(self, message):
        """The home page: the address says nothing either."""
        return {"link": site_link("/")}
