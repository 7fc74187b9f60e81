"""Who works on an application, and who reads what is said about it: never the applicant (P5, P11).

The Working Group works on it, the secretariat reads along, the Committee reads from the recommendation on. Whoever
works for the applicant is nothing but the applicant, whatever other role they hold; a seat that recused itself in the
decision reads what the applicant declared, and nothing of what was said about it.
"""

from django.db.models import OuterRef, Subquery

from governance.policies import is_recused, recused_in
from governance.querysets import is_secretariat
from organisations.models import Membership
from sharing.access import Access

from .models import Application, Check, Criterion, Recommendation

State = Application.State
WITH_WORKING_GROUP = frozenset({State.SUBMITTED, State.QUESTIONED})


def reviews(access: Access) -> bool:
    """Whether this person has applications to look at: Working Group, DSS headquarters, OCHA, Committee."""
    bodies = access.offices_for("working_group") | access.offices_for("oversight_committee")
    return bool(bodies) or is_secretariat(access)


def under_review(access: Access):
    """The applications that this person may look at for one of the bodies; never one's own organisation's."""
    if not reviews(access):
        return Application.objects.none()._scoped("nobody's")
    own = Membership.objects.on(access.on).filter(user=access.user_id).values("organisation")
    return Application.objects.visible_to(access).exclude(submitted_at=None).exclude(organisation__in=own)


def with_verdicts(rows):
    """With the newest verdict on each criterion as `verdict_<criterion>`, None where nobody checked it yet."""
    newest = Check.objects.filter(application=OuterRef("pk")).order_by("-pk").values("verdict")
    verdicts = {f"verdict_{code}": Subquery(newest.filter(criterion=code)[:1]) for code in Criterion.values}
    return rows.annotate(**verdicts)


def closed_to(access: Access, applications: list[Application]) -> set[int]:
    """The ids of those among `applications` in whose decision this person recused themselves; three queries, or none
    for who is not of the Committee."""
    if not access.offices_for("oversight_committee") or not applications:
        return set()
    rows = Recommendation.objects.filter(application__in=applications)
    decisions = dict(rows.values_list("decision", "application"))
    return {decisions[decision] for decision in recused_in(access, list(decisions))}


def recommendation_of(application: Application) -> Recommendation | None:
    """What the Working Group recommended, with the decision that it opened; None before. One query."""
    row = Recommendation.objects.filter(application=application).select_related("by", "decision").last()
    if row is not None:
        row.application = application  # its key, without another question
    return row


def reads_internal(access: Access, recommendation: Recommendation | None) -> bool:
    """Whether this person, who may look at an application, also reads checks, notes, answers of UN entities and the
    recommendation. Two queries, or none for who is not of the Committee."""
    if recommendation is None or not access.offices_for("oversight_committee"):
        return True
    return not is_recused(access, recommendation.decision)
