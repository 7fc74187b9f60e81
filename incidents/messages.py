"""What the incidents app announces, and to whom."""

from django.urls import reverse

from notifications.kinds import Kind, register, site_link
from notifications.models import Message
from notifications.subscriptions import interested
from sharing.access import access_of
from sharing.audiences import readers_of
from sharing.models import Item, Release

from .models import Report


def recipients_of(item: Item, *, author, life_safety: bool) -> set[int]:
    """The ids of those to be told at once that `item` was filed: a pure function of the audience (I3, G8).

    Of the audience those who work in or follow the area; whoever was named in person or through their organisation;
    DSS headquarters where no desk covers the area. Never the author.
    """
    readers = readers_of(item)
    readers.pop(author.pk, None)
    places = item.area.places if item.area else ()
    here = {user for user, reader in readers.items() if reader.works_in.intersection(places)}
    addressed = {user for user, reader in readers.items() if any(map(_names_somebody, reader.through))}
    desks = {f"dss:{place}" for place in places}
    if not any(reader.through & desks for reader in readers.values()):
        addressed |= {user for user, reader in readers.items() if "dss_world" in reader.through}
    return addressed | interested(set(readers), area_ids=places, working_there=here, life_safety=life_safety)


def _names_somebody(principal):
    return principal == "grant" or principal.startswith("organisation")


@register
class Filed(Kind):
    """An incident was reported. Carries reference, area, marking, what to do and the link, never the narrative (C7)."""

    code = "incidents.filed"

    def still_due(self, message: Message) -> bool:
        """Whether the recipient may still read a release of it."""
        return self._release(message) is not None

    def context(self, message: Message) -> dict:
        """From the recipient's own release, as the page would be."""
        release = self._release(message)
        urgent = message.priority == Message.Priority.LIFE_SAFETY
        return {
            "ref": release.item.ref,
            "area": release.area,
            "marking": release.item.marking,
            "is_life_safety": urgent,
            "settings_url": "" if urgent else site_link(reverse("areas:detail", args=[release.area.code])),
            "link": site_link(reverse("incidents:detail", args=[release.item.ref])),
        }

    def _release(self, message):
        report = Report.objects.for_system("what a message is about").get(subject=message.subject_id)
        releases = Release.objects.visible_to(access_of(message.recipient)).filter(item=report.incident.item_id)
        return releases.select_related("item", "area").order_by("-depth").first()
