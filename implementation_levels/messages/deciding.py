"""What the bodies are told about decisions on levels beyond what every decision tells them (§5c; L3).

Never the level, the recommendation or the reasons: what to look at, and where.
"""

from django.urls import reverse

from implementation_levels.models import Review, ReviewedArea
from implementation_levels.policies import parties_to_review
from notifications.kinds import Kind, register, site_link
from sharing.access import access_of


@register
class Returned(Kind):
    """The Committee sent the list back to the Working Group. Why stands on the page."""

    code = "implementation_levels.returned"

    def still_due(self, message):
        """As long as the Working Group has it."""
        review = self._review(message)
        is_with_group = review is not None and review.state == Review.State.RECOMMENDING
        return is_with_group and "working_group" in parties_to_review(access_of(message.recipient), review)

    def context(self, message):
        """The review, and its page."""
        review = self._review(message)
        return {"review": review, "link": site_link(reverse("implementation_levels:review", args=[review.ref]))}

    def _review(self, message):
        return Review.objects.visible_to(message.recipient).filter(subject=message.subject_id).first()


@register
class Overtook(Kind):
    """Areas of a decision were decided elsewhere before it closed: for them nothing follows from it. To both bodies."""

    code = "implementation_levels.overtook"

    def still_due(self, message):
        """For whoever still reads the review, and had no recusal in that decision."""
        return bool(self._rows(message))

    def context(self, message):
        """Which areas, which decision, and the page of the review."""
        rows = self._rows(message)
        review = rows[0].review
        return {
            "review": review,
            "decision": self._decision(message),
            "areas": [row.area.name for row in rows],
            "link": site_link(reverse("implementation_levels:review", args=[review.ref])),
        }

    def _decision(self, message):
        return message.event_key.rpartition(":")[2]

    def _rows(self, message):
        rows = ReviewedArea.objects.visible_to(message.recipient).filter(review__subject=message.subject_id)
        rows = rows.filter(state=ReviewedArea.State.OVERTAKEN, decision__ref=self._decision(message))
        return list(rows.select_related("review", "area").order_by("area__name_en"))
