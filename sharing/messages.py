"""What sharing itself announces."""

from notifications.kinds import Kind, register
from notifications.models import Message

from . import consent_messages, emergency_messages  # noqa: F401 - their kinds are found together with these
from .access import access_of
from .markings import Depth
from .models import Recall, Release


@register
class Recalled(Kind):
    """An item, or its full text, was taken back from its reader. Carries its reference and what to do now, nothing of
    what it said."""

    code = "sharing.recalled"

    def still_due(self, message: Message) -> bool:
        """Unless the recipient may read as much of it again."""
        recall = self._recall(message)
        return not self._open(recall, message).filter(depth__gte=recall.depth).exists()

    def context(self, message: Message) -> dict:
        """The reference, and whether the recipient may still read the shared text, or what was passed on to them."""
        recall = self._recall(message)
        depths = set(self._open(recall, message).values_list("depth", flat=True))
        return {"ref": recall.item.ref, "is_shared": bool(depths - {Depth.CONSENT}), "is_passed_on": bool(depths)}

    def _recall(self, message):
        rows = Recall.objects.for_system("what a message is about").select_related("item")
        return rows.get(subject=message.subject_id)

    def _open(self, recall, message):
        return Release.objects.visible_to(access_of(message.recipient)).filter(item=recall.item)
