"""What waits in implementation levels, in the one queue of each office (partners.queues)."""

from datetime import timedelta

from django.db.models import DateTimeField, Exists, ExpressionWrapper, F, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy as _

from organisations.models import Membership
from partners.querysets import areas_of
from partners.queue_sources import turns, waiting, watches
from partners.queues import Kind, Office, Turn, register

from .models import Answer, LevelTask, Line, Review, ReviewedArea, ReviewRequest
from .task_offices import tasks_of
from .voices import ASKED

REQUEST = Kind(_("Request for a review"), "implementation_levels:review_request")
REVIEW = Kind(_("Review of levels"), "implementation_levels:review")
CONSULTATION = Kind(_("Level of your areas"), "implementation_levels:consultation_of")
TASK = Kind(_("Task in a reinforced area"), "implementation_levels:task")
QUESTIONS = {
    "implementation_levels.list": _("Levels of a review"),
    "implementation_levels.area": _("Level of one area"),
    **{f"level_task.{line.value}": line.label for line in Line},
}
_NOON = timedelta(hours=12)  # of a day in UTC: the same day nearly everywhere


def _moment_of(day: str) -> ExpressionWrapper:
    return ExpressionWrapper(Cast(F(day), DateTimeField()) + _NOON, DateTimeField())


def requests(access):
    """Requests for an early review: the Working Group takes them up or declines."""
    if not watches(access):
        return None
    rows = ReviewRequest.objects.visible_to(access).filter(state=ReviewRequest.State.OPEN)
    turn = Value("level_request.open")
    return waiting(rows, turn, since=F("asked_at"), organisation="", area="area")


def reviews(access):
    """Reviews whose answers are in: the Working Group recommends and puts them."""
    if not watches(access):
        return None
    rows = Review.objects.visible_to(access).filter(state=Review.State.RECOMMENDING)
    turn = Value("level_review.recommending")
    return waiting(rows, turn, since=F("state_since"), due=_moment_of("recommend_by"), organisation="")


def consultations(access):
    """Reviews in which the reader is asked about an area of which their side of their organisation has said nothing;
    one line for all of its areas."""
    areas = areas_of(access, *ASKED)
    if not areas:
        return None
    mine = Membership.objects.on(access.on).filter(user=access.user_id, organisation=OuterRef("organisation"))
    own_side = Q(Exists(mine.filter(area=None)), is_headquarters=True)
    own_side |= Q(Exists(mine.filter(area__isnull=False)), is_headquarters=False)
    said = Answer.objects.for_system("has my side answered").filter(own_side, reviewed=OuterRef("pk"))
    asked = ReviewedArea.objects.for_system("what I am asked").filter(~Exists(said), area__in=areas)
    rows = Review.objects.for_system("questions put to me").filter(
        Exists(asked.filter(review=OuterRef("pk"))), state=Review.State.CONSULTING
    )
    turn, since = turns((Q(state=Review.State.CONSULTING), "own.consultation")), F("state_since")
    return waiting(rows, turn, since=since, due=_moment_of("consult_until"), organisation="")


def tasks(access):
    """Open tasks of the reader's offices; all of them for who watches."""
    rows = LevelTask.objects.all() if watches(access) else tasks_of(access)
    rows = rows.filter(state=LevelTask.State.OPEN)
    turn = Concat(Value("level_task."), F("owner"))
    asked = Concat(Value("level_task."), F("line"))
    due = _moment_of("due_on")
    return waiting(rows, turn, since=F("made_at"), due=due, organisation="", area="area", named=asked)


register(
    requests,
    kinds=("working_group", "dss_world"),
    turns={"level_request.open": Turn(REQUEST, Office.WORKING_GROUP, _("Take it up, or decline"), "take_up")},
    questions=QUESTIONS,
)
register(
    reviews,
    kinds=("working_group", "dss_world"),
    turns={"level_review.recommending": Turn(REVIEW, Office.WORKING_GROUP, _("Recommend for each area"), "put")},
)
register(
    consultations,
    kinds=ASKED,
    turns={"own.consultation": Turn(CONSULTATION, Office.ORGANISATION, _("Say what you think of it"))},
)
register(
    tasks,
    kinds=(*LevelTask.Owner.values, "dss_world", "working_group"),
    turns={
        f"level_task.{owner}": Turn(TASK, office, _("Do it, and say that it is done"), "finish")
        for owner, office in (
            (LevelTask.Owner.DSS, Office.DSS_FIELD),
            (LevelTask.Owner.MECHANISM, Office.MECHANISM),
            (LevelTask.Owner.OCHA, Office.OCHA),
            (LevelTask.Owner.DESIGNATED_OFFICIAL, Office.DESIGNATED_OFFICIAL),
        )
    },
)
