"""The kinds of message about lists of reinforced areas: the list itself, a change to come, and who was not reached."""

from django.conf import settings
from django.urls import reverse

from implementation_levels.deliveries import is_superseded, may_get, nobody_reached
from implementation_levels.levels import today
from implementation_levels.list_mails import frozen_mail
from implementation_levels.models import Delivery, LevelDecision, LevelList
from implementation_levels.policies import runs_distribution
from implementation_levels.recipients import is_recipient
from notifications.kinds import AnyKind, Kind, register, site_link
from notifications.rendering import Mail
from sharing.access import access_of


@register
class ListSent(AnyKind):
    """List N, the same for everybody who reads a language: what is kept is what was sent (L5)."""

    code = "implementation_levels.list"

    def _delivery(self, message):
        if not hasattr(message, "delivery"):
            rows = Delivery.objects.filter(event_key=message.event_key, user=message.recipient_id)
            names = ("list_id", "organisation_id", "language", "list__number")
            message.delivery = rows.select_related("list").only(*names).get()
        return message.delivery

    def still_due(self, message):
        """To who is a recipient still, unless a newer list was sent: nobody gets an outdated one after it."""
        delivery = self._delivery(message)
        return not is_superseded(delivery.list.number) and may_get(delivery, message.recipient)

    def mail(self, message):
        """The frozen one in the language for which it was queued."""
        frozen = frozen_mail(message.subject_id, self._delivery(message).language)
        texts = (frozen.subject, frozen.text, frozen.html)
        return Mail(message.recipient.email, *texts, attachment=frozen.attachment)


@register
class ChangeToCome(Kind):
    """Levels change on a day to come: one mail for all areas of one decision of the Committee (L8)."""

    code = "implementation_levels.change_to_come"

    def _rows(self, message):
        named = LevelDecision.objects.get(subject=message.subject_id)
        rows = LevelDecision.objects.to_come(today()).filter(decision=named.decision_id, is_change=True)
        return rows.select_related("area").order_by("effective_from", "area__name_en", "pk")

    def still_due(self, message):
        """To who gets the lists, while one of the changes is to come and was not taken back."""
        return is_recipient(message.recipient) and self._rows(message).exists()

    def context(self, message):
        """Area, new level, from which day, why; and the page."""
        rows = list(self._rows(message))
        return {"rows": rows, "is_demo": settings.DEMO, "link": site_link(reverse("implementation_levels:world"))}


@register
class NobodyReached(Kind):
    """Of some organisations nobody got list N: DSS headquarters look who can be told. No names (C7)."""

    code = "implementation_levels.nobody_reached"

    def _counts(self, message):
        level_list = LevelList.objects.select_related("distribution").get(subject=message.subject_id)
        return level_list, len(nobody_reached(level_list)), len(level_list.distribution.without_contact)

    def still_due(self, message):
        """While it is so, to who can send again."""
        _list, lost, nobody = self._counts(message)
        return bool(lost or nobody) and runs_distribution(access_of(message.recipient))

    def context(self, message):
        """How many, and the page on which they stand."""
        level_list, lost, nobody = self._counts(message)
        path = reverse("implementation_levels:distribution", args=[level_list.number])
        return {"list": level_list, "lost": lost, "without_contact": nobody, "link": site_link(path)}
