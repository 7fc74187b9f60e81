"""What is announced of emergency access (C8): to the second person, and to the originators. Never the reason (C7)."""

from django.urls import reverse

from notifications.kinds import Kind, register, site_link
from notifications.models import Message
from organisations.policies import roles_held

from .access import ROLE_IN_EMERGENCY, Access, access_of
from .models import EmergencyAccess, Item


class _AboutEmergency(Kind):
    subject_name: str

    def context(self, message: Message) -> dict:
        """Reference, area, until when, and the page with the reason."""
        emergency = self._emergency(message)
        return {
            "ref": emergency.ref,
            "area": emergency.area,
            "hours": emergency.hours,
            "until": emergency.opened_until,
            "link": site_link(reverse("incidents:emergency", args=[emergency.ref])),
        }

    def _emergency(self, message):
        rows = EmergencyAccess.objects.select_related("area")
        return rows.get(**{self.subject_name: message.subject_id})


@register
class EmergencyAsked(_AboutEmergency):
    """A colleague asks for emergency access, and a second person has to agree."""

    code = "sharing.emergency_asked"
    subject_name = "subject"

    def still_due(self, message: Message) -> bool:
        """As long as it waits and the recipient is DSS of the area."""
        emergency = self._emergency(message)
        is_there = roles_held(message.recipient).filter(role=ROLE_IN_EMERGENCY, area=emergency.area)
        return emergency.is_waiting and is_there.exists()


@register
class EmergencyOpened(_AboutEmergency):
    """Somebody reads what the recipient's organisation reported, by emergency access."""

    code = "sharing.emergency_opened"
    subject_name = "told_subject"

    def still_due(self, message: Message) -> bool:
        """As long as the recipient reports for an originator concerned; also when the hours are over by then."""
        return bool(own_items(self._emergency(message), access_of(message.recipient)))


def own_items(emergency: EmergencyAccess, access: Access) -> list[Item]:
    """The items it opened that somebody with `access` reads as their own organisation's, by reference."""
    held = set(access.originators)
    items = emergency.items.for_system("whose items an emergency opened").select_related("area").order_by("ref")
    return [item for item in items if held & own_principals(item)]


def own_principals(item: Item) -> set[str]:
    """The principals by which its originator's people read `item`; its area must be loaded."""
    places = item.area.places if item.area else ()
    return {f"originator:{item.originator_id}", *(f"originator_in_area:{item.originator_id}:{at}" for at in places)}
