"""What sharing itself announces."""

from notifications.kinds import Kind, register
from notifications.models import Message

from .access import access_of
from .models import Recall, Release


@register
class Recalled(Kind):
    """An item was taken back from its reader. Carries its reference and what to do now, nothing of what it said."""

    code = "sharing.recalled"

    def still_due(self, message: Message) -> bool:
        """Unless the recipient may read it again."""
        item = self._item(message)
        return not Release.objects.visible_to(access_of(message.recipient)).filter(item=item).exists()

    def context(self, message: Message) -> dict:
        """The reference alone."""
        return {"ref": self._item(message).ref}

    def _item(self, message):
        rows = Recall.objects.for_system("what a message is about").select_related("item")
        return rows.get(subject=message.subject_id).item
