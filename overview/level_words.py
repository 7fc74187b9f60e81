"""What people said about the level of an area under review, in one question: answers of partner organisations, and
requests for a review (§5c, §5d)."""

from django.db.models import BinaryField, BooleanField, CharField, DateTimeField, IntegerField, Value

from accounts.models import User
from documents.models import DataKey
from implementation_levels.models import Answer, ReviewedArea, ReviewRequest
from organisations.models import Organisation
from sharing.access import Access

_ANSWER = ("pk", "uid", "sealed", "at", "view", "organisation", "organisation__name", "is_headquarters")
_REQUEST = ("pk", "uid", "sealed", "asked_at", "level", "asked_by", "asked_by__name", "no_side")
_OF_REQUESTS = {  # what answers have nothing of: their key is that of the review
    "ref": CharField(),
    "state": CharField(),
    "data_key": IntegerField(),
    "data_key__wrapped": BinaryField(),
    "data_key__destroyed_at": DateTimeField(),
}


def words_about(access: Access, reviewed: ReviewedArea) -> tuple[list[Answer], list[ReviewRequest]]:
    """What this person may read of it: all answers, in the order in which they were given, and the requests for this
    area that are open or that the review takes up. `reviewed` comes with its review and the data key of that."""
    nothing = {f"no_{number}": Value(None, field) for number, field in enumerate(_OF_REQUESTS.values())}
    answers = Answer.objects.visible_to(access).filter(reviewed=reviewed).order_by().annotate(**nothing)
    requests = ReviewRequest.objects.visible_to(access).filter(area=reviewed.area).order_by()
    requests = requests.filter(state=ReviewRequest.State.OPEN) | requests.filter(review=reviewed.review)
    rows = answers.values_list(*_ANSWER, *nothing).union(
        requests.annotate(no_side=Value(None, BooleanField())).values_list(*_REQUEST, *_OF_REQUESTS), all=True
    )
    said, asked = [], []
    for row in sorted(rows, key=lambda row: (row[3], row[0])):
        if row[-1 - len(_OF_REQUESTS)] is None:
            asked.append(_request(reviewed, *row))
        else:
            said.append(_answer(reviewed, *row[: len(_ANSWER)]))
    return said, asked


def _answer(reviewed, pk, uid, sealed, at, view, organisation, name, is_headquarters) -> Answer:
    by = Organisation(pk=organisation, name=name)
    facts = {"at": at, "view": view, "organisation": by, "is_headquarters": is_headquarters}
    return Answer(pk=pk, uid=uid, sealed=sealed, reviewed=reviewed, **facts)


def _request(reviewed, pk, uid, sealed, at, level, who, name, _side, *of_requests) -> ReviewRequest:
    ref, state, key, wrapped, destroyed_at = of_requests
    facts = {"ref": ref, "state": state, "level": level, "asked_at": at, "asked_by": User(pk=who, name=name)}
    key = DataKey(pk=key, wrapped=wrapped, destroyed_at=destroyed_at)
    return ReviewRequest(pk=pk, uid=uid, sealed=sealed, area=reviewed.area, data_key=key, **facts)
