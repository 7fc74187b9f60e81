"""The kinds of message about reviews of levels: who is asked, who recommends, what is late (§5c, §5d; L3).

None of them names a level: not the one in force, and not what somebody thinks of it.
"""

from django.conf import settings
from django.urls import reverse

from governance.models import Body
from governance.seats import people_of_body
from implementation_levels.models import Answer, Review, ReviewedArea, ReviewRequest
from implementation_levels.policies import parties_to_review
from implementation_levels.voices import voices_of
from notifications.kinds import Kind, register, site_link
from sharing.access import access_of

MOST_AREAS = 12  # named in a mail; the page lists all of them
State = Review.State


class _OneTemplate(Kind):
    """Kinds that differ in a sentence: `template` is their common one, `event` says which it is."""

    template: str
    event: str

    def templates(self):
        """The three of `template`."""
        return tuple(f"implementation_levels/email/{self.template}{end}" for end in (".subject.txt", ".txt", ".html"))


class _Asked(_OneTemplate):
    """Partner organisations are asked about the level of their areas."""

    template = "consultation"

    def still_due(self, message):
        """As long as the consultation is open, and their side has not said something about each of their areas."""
        return bool(self._areas(message))

    def context(self, message):
        """The areas, the last day, and the page with the questions."""
        areas = self._areas(message)
        review = areas[0].review
        return {
            "review": review,
            "areas": [row.area.name for row in areas[:MOST_AREAS]],
            "more": max(0, len(areas) - MOST_AREAS),
            "event": self.event,
            "link": site_link(reverse("implementation_levels:consultation_of", args=[review.ref])),
        }

    def _areas(self, message):
        """The areas of which the recipient has still something to say."""
        access = access_of(message.recipient)
        rows = ReviewedArea.objects.asked_of(access).filter(review__subject=message.subject_id)
        rows = rows.select_related("area", "review").order_by("area__name_en")
        said = Answer.objects.for_system("what is still to be answered").filter(reviewed__in=[row.pk for row in rows])
        said = set(said.order_by().values_list("reviewed__area", "organisation", "is_headquarters"))
        silent = {
            voice.area_id
            for voice in voices_of(access)
            if (voice.area_id, voice.organisation_id, voice.is_headquarters) not in said
        }
        return [row for row in rows if row.area_id in silent]


@register
class Consultation(_Asked):
    """A review was opened: what does your organisation think (§5c)?"""

    code = "implementation_levels.consultation"
    event = "asked"


@register
class ConsultationEnding(_Asked):
    """The last days to answer."""

    code = "implementation_levels.consultation_ending"
    event = "ending"


class _AboutReview(_OneTemplate):
    """About a review that is not done, to those who read it."""

    template = "review"
    states: tuple[str, ...]

    def still_due(self, message):
        """While it is so, for whoever still sees it."""
        review = self._review(message)
        return review is not None and review.state in self.states

    def context(self, message):
        """Reference, days, how many organisations answered, and the page."""
        review = self._review(message)
        answers = Answer.objects.visible_to(message.recipient).filter(reviewed__review=review).newest()
        return {
            "review": review,
            "event": self.event,
            "organisations": answers.order_by().values("organisation").distinct().count(),
            "is_group": "working_group" in parties_to_review(access_of(message.recipient), review),
            "link": site_link(reverse("implementation_levels:review", args=[review.ref])),
        }

    def _review(self, message):
        return Review.objects.visible_to(message.recipient).filter(subject=message.subject_id).first()


@register
class ConsultationClosed(_AboutReview):
    """The answers are in: the Working Group recommends next."""

    code = "implementation_levels.consultation_closed"
    event, states = "closed", (State.RECOMMENDING,)


@register
class ReviewLate(_AboutReview):
    """The day for the recommendation has passed; to the Working Group."""

    code = "implementation_levels.review_late"
    event, states = "late", (State.RECOMMENDING,)


@register
class ReviewOverdue(_AboutReview):
    """The day for the decision has passed; to both bodies."""

    code = "implementation_levels.review_overdue"
    event, states = "overdue", (State.CONSULTING, State.RECOMMENDING, State.DECIDING)


class _AboutRequest(_OneTemplate):
    """To the Working Group: somebody asks for a review."""

    template = "review_request"

    def still_due(self, message):
        """Until it is settled, for the Working Group."""
        request = self._request(message)
        return request is not None and request.state == ReviewRequest.State.OPEN and _is_group(message)

    def context(self, message):
        """Which area, who asks, and the page. Why stands there."""
        request = self._request(message)
        link = site_link(reverse("implementation_levels:review_request", args=[request.ref]))
        days = settings.REQUEST_ANSWER_DAYS
        return {"request": request, "event": self.event, "days": days, "link": link}

    def _request(self, message):
        rows = ReviewRequest.objects.visible_to(message.recipient).select_related("area", "asked_by", "review")
        return rows.filter(subject=message.subject_id).first()


def _is_group(message):
    return message.recipient_id in people_of_body(Body.objects.get(kind=Body.Kind.WORKING_GROUP))


@register
class RequestMade(_AboutRequest):
    """Somebody of the field, or of a body, asks for a review of an area now (§5d)."""

    code = "implementation_levels.review_requested"
    event = "made"

    def still_due(self, message):
        """Until it is declined, or the review is done: one that went into an open review is news as well."""
        request = self._request(message)
        is_over = request is None or request.state == ReviewRequest.State.DECLINED
        return not is_over and _is_group(message)


@register
class RequestWaits(_AboutRequest):
    """Nobody has answered a request for two weeks."""

    code = "implementation_levels.request_waits"
    event = "waits"


@register
class RequestSettled(_AboutRequest):
    """Who asked hears whether there will be a review now; the reasons stand on the page."""

    code = "implementation_levels.request_settled"
    template, event = "request_settled", "settled"

    def still_due(self, message):
        """For who asked, once it is settled."""
        request = self._request(message)
        return request is not None and request.state != ReviewRequest.State.OPEN
