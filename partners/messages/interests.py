"""Mails about expressions of interest: to DSS headquarters when one came, to its sender when it is declined (§3.1)."""

from django.urls import reverse

from notifications.kinds import Kind, register, site_link
from partners.models import Interest
from partners.policies import is_dss_headquarters
from sharing.access import access_of


def _interest_of(message) -> Interest:
    return Interest.objects.select_related("data_key").get(subject=message.subject_id)


@register
class InterestReceived(Kind):
    """DSS headquarters looks at it. What it says stands on the page."""

    code = "partners.interest_received"

    def still_due(self, message):
        """Until somebody settled it, to those who still may."""
        is_waiting = _interest_of(message).state == Interest.State.RECEIVED
        return is_waiting and is_dss_headquarters(access_of(message.recipient))

    def context(self, message):
        """The reference and its page."""
        interest = _interest_of(message)
        return {"interest": interest, "link": site_link(reverse("partners:interest", args=[interest.ref]))}


@register
class InterestDeclined(Kind):
    """Whoever sent it learns the answer of DSS headquarters. They cannot sign in: the words are in the mail."""

    code = "partners.interest_declined"

    def still_due(self, message):
        """It was declined, and that is final; to nobody but who sent it."""
        interest = _interest_of(message)
        is_theirs = interest.texts.get("email", "").lower() == message.recipient.email
        return is_theirs and interest.state == Interest.State.DECLINED

    def context(self, message):
        """The reference they have from the receipt, the words, and the public page."""
        interest = _interest_of(message)
        return {
            "interest": interest,
            "words": interest.texts.get("answer", ""),
            "link": site_link(reverse("partners:join")),
        }
