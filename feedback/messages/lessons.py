"""The mail about a draft of a lesson: somebody else who handles the case reads and publishes it (F4)."""

from django.urls import reverse

from feedback.models import Lesson
from notifications.kinds import register, site_link

from .base import _AboutCase


@register
class LessonWritten(_AboutCase):
    """To the others who handle the case: a draft waits for a second reader."""

    code = "feedback.lesson_written"
    parties = frozenset({"handler"})

    def _drafts(self, message):
        rows = Lesson.objects.visible_to(message.recipient).filter(case__subject=message.subject_id)
        return rows.filter(state=Lesson.State.DRAFT).exclude(written_by=message.recipient).order_by("pk")

    def still_due(self, message):
        """As long as a draft of somebody else is there."""
        return super().still_due(message) and self._drafts(message).exists()

    def context(self, message):
        """The lesson, and its page."""
        lesson = self._drafts(message).first()
        link = site_link(reverse("feedback:lesson", args=[lesson.ref]))
        return {**super().context(message), "due_at": None, "lesson": lesson.ref, "link": link}
