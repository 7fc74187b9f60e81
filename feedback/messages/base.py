"""What all mails about a case have in common: reference, what to do, by when, link; never who, where or what (C7, F3).

Who is concerned is never told: the recipient still reads the case when the mail leaves, or it never leaves.
"""

from django.urls import reverse

from feedback.models import Case
from feedback.policies import parties_to_case
from notifications.kinds import Kind, site_link
from sharing.access import access_of
from slt_portal.states import steps_open


class _AboutCase(Kind):
    """A kind about one case, as long as the recipient reads it, it is in one of `states` (none: whichever), the
    recipient is one of `parties` to it (none: anybody who reads it), and `step` (none: no matter) is open to them.

    Its templates extend feedback/email/case.txt and case.html and fill the block `said`.
    """

    states: frozenset[str] = frozenset()
    parties: frozenset[str] = frozenset()
    step = ""
    template = ""  # of several kinds together; else that of the code

    def case_of(self, message) -> Case | None:
        """The case, if the recipient reads it."""
        return Case.objects.visible_to(message.recipient).filter(subject=message.subject_id).first()

    def still_due(self, message):
        """Whether the recipient still reads it, is what this mail is for, and there is still something to say."""
        case = self.case_of(message)
        if case is None or (self.states and case.state not in self.states):
            return False
        found = parties_to_case(access_of(message.recipient), case)
        is_for_them = bool(found & self.parties) if self.parties else True
        return is_for_them and (not self.step or self.step in steps_open(case, found))

    def context(self, message):
        """The reference, by when its next step is due, its page, and whether the recipient is on the sender's side."""
        case = self.case_of(message)
        return {
            "ref": case.ref,
            "due_at": case.due_at,
            "is_sender": "sender" in parties_to_case(access_of(message.recipient), case),
            "link": site_link(reverse("feedback:case", args=[case.ref])),
        }

    def templates(self):
        """Those of `template`, or those of the code."""
        if not self.template:
            return super().templates()
        return tuple(f"feedback/email/{self.template}{ending}" for ending in (".subject.txt", ".txt", ".html"))
