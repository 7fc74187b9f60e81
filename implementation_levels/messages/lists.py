"""The kinds of message about lists of reinforced areas: the list itself, a change to come, and who was not reached."""

from django.conf import settings
from django.urls import reverse

from implementation_levels.deliveries import delivery_of, may_get, nobody_reached
from implementation_levels.list_mails import frozen_mail
from implementation_levels.models import LevelDecision, LevelList
from implementation_levels.policies import runs_distribution
from implementation_levels.recipients import is_recipient
from implementation_levels.to_come import changes_to_come, taken_back
from notifications.kinds import AnyKind, Kind, register, site_link
from notifications.rendering import Mail
from sharing.access import access_of


@register
class ListSent(AnyKind):
    """List N, the same for everybody who reads a language: what is kept is what was sent (L5)."""

    code = "implementation_levels.list"

    def still_due(self, message):
        """To who is a recipient still, unless a newer list was sent: nobody gets an outdated one after it."""
        delivery = self._delivery(message)
        return delivery is not None and not delivery.is_superseded and may_get(delivery, message.recipient)

    def _delivery(self, message):
        if not hasattr(message, "delivery"):
            message.delivery = delivery_of(message.event_key, message.recipient_id)
        return message.delivery

    def mail(self, message):
        """The frozen one in the language for which it was queued."""
        frozen = frozen_mail(message.subject_id, self._delivery(message).language)
        texts = (frozen.subject, frozen.text, frozen.html)
        return Mail(message.recipient.email, *texts, attachment=frozen.attachment)


@register
class ChangeToCome(Kind):
    """Levels change on a day to come, or what was to come is taken back: one mail for all areas of one decision of the
    Committee (L8)."""

    code = "implementation_levels.change_to_come"

    def _rows(self, message):
        named = LevelDecision.objects.filter(subject=message.subject_id)
        return LevelDecision.objects.filter(decision__in=named.values("decision"))

    def still_due(self, message):
        """To who gets the lists, while there is something to tell."""
        rows = self._rows(message)
        return is_recipient(message.recipient) and (changes_to_come(rows).exists() or bool(taken_back(rows)))

    def context(self, message):
        """Area, new level, from which day, why; what is taken back; and the page."""
        rows, link = self._rows(message), site_link(reverse("implementation_levels:world"))
        rows, gone = list(changes_to_come(rows)), taken_back(rows)
        return {"rows": rows, "taken_back": gone, "is_demo": settings.DEMO, "link": link}


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
