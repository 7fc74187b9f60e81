"""Mails about the lists of members that platforms bring: numbers and references, no names (P8, C7)."""

from django.urls import reverse

from notifications.kinds import Kind, register, site_link
from partners.models import ListedMember, MemberList


class _AboutList(Kind):
    def _list(self, message):
        """The list, if it still counts and the recipient may still see it."""
        rows = MemberList.objects.visible_to(message.recipient).newest().select_related("area", "platform")
        return rows.filter(subject=message.subject_id).first()

    def _waiting(self, row):
        return row.members.filter(state__in=ListedMember.OPEN).count()

    def still_due(self, message):
        """For whoever may still see it, as long as no newer list has come."""
        return self._list(message) is not None

    def context(self, message):
        """Reference, area, platform, how many rows there are and wait, and the page."""
        row = self._list(message)
        rows = row.members.filter(number__isnull=False).count()
        link = site_link(reverse("partners:member_list", args=[row.ref]))
        return {"list": row, "rows": rows, "waiting": self._waiting(row), "link": link}


@register
class ListCame(_AboutList):
    """DSS of the area: a list came, and how many of its rows need somebody."""

    code = "partners.list_came"


@register
class ListSettled(_AboutList):
    """The platform: everything on its list has an outcome."""

    code = "partners.list_settled"

    def still_due(self, message):
        """Unless something is open again."""
        row = self._list(message)
        return row is not None and not self._waiting(row)


@register
class ListIsOld(_AboutList):
    """DSS of the area and the platform: its newest list is six months old."""

    code = "partners.list_old"
