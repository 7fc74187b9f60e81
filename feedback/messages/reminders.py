"""Mails about deadlines: one for each person and day that says all that is due for them, references only (F2, C7)."""

from django.urls import reverse

from feedback.due import due_for, questions_for
from notifications.kinds import Kind, register, site_link
from sharing.access import access_of

MOST = 20  # lines of a mail; the pages list all


class _WhatIsDue(Kind):
    """All that is due for the recipient when the mail leaves; nothing, and it never leaves."""

    page: str

    def due(self, message) -> list:
        """What is due for the recipient now."""
        raise NotImplementedError

    def still_due(self, message):
        """As long as something is."""
        return bool(self.due(message))

    def context(self, message):
        """The lines, how many more there are, how many are overdue, and where to go."""
        due = self.due(message)
        refs = {line.ref for line in due}
        link = reverse(self.page, args=refs) if len(refs) == 1 else reverse("feedback:home")
        return {
            "due": due[:MOST],
            "more": max(0, len(due) - MOST),
            "number": len(due),
            "overdue": sum(line.is_overdue for line in due),
            "link": site_link(link),
        }


@register
class CasesDue(_WhatIsDue):
    """To whoever has the next step of a case; of what is overdue, to all who handle it."""

    code = "feedback.cases_due"
    page = "feedback:case"

    def due(self, message):
        """Cases, by what the recipient reads now."""
        return due_for(access_of(message.recipient))


@register
class QuestionsDue(_WhatIsDue):
    """To an office that is asked for its view: nothing of the case."""

    code = "feedback.questions_due"
    page = "feedback:inquiry"

    def due(self, message):
        """The open questions to offices that the recipient holds now."""
        return questions_for(access_of(message.recipient))
