"""What waits in feedback, in the one queue of each office (partners.queues).

Each source gives its rows only to whose turn it is, and begins with what they may see: whoever is concerned has no
line. The kinds registered are all by which somebody handles, sends, is asked or is concerned.
"""

from django.db.models import Exists, F, OuterRef, Q, Value
from django.utils.translation import gettext_lazy as _

from partners.queue_sources import turns, waiting
from partners.queues import Kind, Office, Turn, register

from .models import Case, CaseGrant, Inquiry

CASE = Kind(_("Feedback case"), "feedback:case")
INQUIRY = Kind(_("Question to your office"), "feedback:inquiry")
_HANDLE = ("dss_world", "consortium_desk", "working_group", "oversight_committee")
_SEND = ("originator", "originator_in_area")
_CONCERNED = ("dss", "dss_world", "designated_official", "ocha", "mechanism")
_ASKED = (*_CONCERNED, "applicant", "consortium_desk", "organisation", "oversight_committee")
State = Case.State


def received(access):
    """Cases to take in and to hand over, for the intake: what nobody has, what one has oneself, and what is late."""
    return _waiting(_handled(access, "dss_world", "consortium_desk"), (Q(state=State.RECEIVED), "feedback.received"))


def handling(access):
    """Cases to resolve, for the Working Group and who has one in hand; and those whose sender has not answered."""
    rows = _handled(access, "working_group", owner=Q(owner=access.user_id))
    late = Q(state=State.PROPOSED, due_at__lte=access.on)
    return _waiting(rows, (Q(state=State.HANDLING), "feedback.handling"), (late, "feedback.unanswered"))


def proposed(access):
    """Proposed resolutions, for the sender and the sender's headquarters."""
    if not access.originators:
        return None
    rows = Case.objects.sent_by(access).filter(filed_at__lte=access.on)  # the moment must stand in what is prepared
    return _waiting(rows, (Q(state=State.PROPOSED), "feedback.proposed"))


def inquiries(access):
    """Questions put to an office of the reader. Not where: whoever is asked learns that on its page."""
    if not any(name.partition(":")[0] in _ASKED for name in access.principals):
        return None
    rows = Inquiry.objects.asked_of(access).filter(state=Inquiry.State.OPEN)
    return waiting(rows, Value("feedback.inquiry"), since=F("asked_at"), due=F("due_at"), organisation="")


def _handled(access, *kinds, owner=None):
    """The cases that the reader handles by an office of `kinds`, or as `owner` says, and that are not in the hands of
    somebody else; None where they hold no such office. Cases of suspensions wait as what they are about."""
    names = [name for name in access.principals if name.partition(":")[0] in _HANDLE]
    if not names:
        return None
    mine = [name for name in names if name.partition(":")[0] in kinds]
    grants = CaseGrant.objects.held_by(access).filter(content_object=OuterRef("pk"), principal__in=mine)
    free = Q(owner=None) | Q(owner=access.user_id) | Q(due_at__lte=access.on)
    by_office = free & Q(Exists(grants)) if mine else Q(pk__in=[])
    return Case.objects.handled_by(access).filter(by_office | owner if owner else by_office, suspension=None)


def _waiting(rows, *cases):
    if rows is None:
        return None
    rows = rows.filter(_any(condition for condition, _turn in cases))
    return waiting(rows, turns(*cases), since=F("state_since"), due=F("due_at"), organisation="", area="area")


def _any(conditions):
    found = Q()
    for condition in conditions:
        found |= condition
    return found


register(
    received,
    kinds=(*_HANDLE, *_CONCERNED),
    turns={
        "feedback.received": Turn(CASE, Office.DSS_HEADQUARTERS, _("Take it in and hand it over"), "hand_over"),
    },
)
register(
    handling,
    kinds=(*_HANDLE, *_CONCERNED),
    turns={
        "feedback.handling": Turn(CASE, Office.WORKING_GROUP, _("Propose a resolution"), "propose"),
        "feedback.unanswered": Turn(CASE, Office.WORKING_GROUP, _("No answer from the sender: conclude"), "conclude"),
    },
    questions={"feedback.case": _("Feedback case")},
)
register(
    proposed,
    kinds=(*_SEND, *_CONCERNED),
    turns={"feedback.proposed": Turn(CASE, Office.ORGANISATION, _("Answer the proposed resolution"), "accept")},
)
register(
    inquiries,
    kinds=_ASKED,
    turns={"feedback.inquiry": Turn(INQUIRY, Office.ORGANISATION, _("Give the view of your office"))},
)
