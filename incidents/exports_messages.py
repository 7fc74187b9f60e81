"""The alarm when one person takes much out of the portal in a short time (C9)."""

from notifications.kinds import Kind, register, site_link
from notifications.models import Message
from organisations.models import Membership

from .models import Export

_HEADQUARTERS = "partner_headquarters"
_DESK = "dss_headquarters"


def watchers_of(person) -> set[int]:
    """Who hears of a mass export: DSS headquarters and the headquarters focal points of the person's organisations."""
    memberships = Membership.objects.on()
    theirs = memberships.filter(user=person).values("organisation")
    heads = memberships.filter(role=_HEADQUARTERS, organisation__in=theirs)
    desk = memberships.filter(role=_DESK)
    return {*heads.values_list("user", flat=True), *desk.values_list("user", flat=True)} - {person.pk}


@register
class MassExport(Kind):
    """Somebody exported many confidential items in 24 hours. Says who, how many and when; no references (C7)."""

    code = "incidents.mass_export"
    priority = Message.Priority.ACCOUNT

    def still_due(self, message: Message) -> bool:
        """Whether the recipient still watches over that person."""
        return message.recipient_id in watchers_of(self._export(message).owner)

    def context(self, message: Message) -> dict:
        """The person with their organisations, the number and the time of the latest export."""
        export = self._export(message)
        rows = Membership.objects.on().filter(user=export.owner).order_by("pk")
        names = dict.fromkeys(rows.values_list("organisation__name", flat=True))
        return {
            "person": export.owner.name,
            "organisation": ", ".join(names),
            "number": export.alarm_items,
            "made_at": export.made_at,
            "link": site_link("/"),
        }

    def _export(self, message):
        rows = Export.objects.for_system("whom an alarm is about").select_related("owner")
        return rows.get(alarm=message.subject_id)
