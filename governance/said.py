"""Everything that was said in decisions, in one query: three tables of the same shape, of which a page needs all."""

from collections import defaultdict
from collections.abc import Iterable

from django.db import connection
from django.db.models import BigIntegerField, CharField, F, Value

from accounts.models import User

from .models import Closing, Comment, Decision, Position, Seat

_SHARED = ("id", "uid", "sealed", "decision_id", "seat_id", "by_id", "at")
# In which field each says what it says in one word; closings first: their keys give the column its type.
_WORD = {Closing: "outcome", Position: "choice", Comment: ""}


def said_in(decisions: Iterable[Decision], seats: dict[int, Seat], *models) -> dict:
    """The rows of `models` in `decisions`, oldest first, as {(model, key of the decision): rows}; one query.

    Texts open through the decisions that are there already; `seats` are those of their bodies, by key.
    """
    decisions = {row.pk: row for row in decisions}
    chosen = [model for model in _WORD if model in models]
    first, *others = (_rows(model, decisions) for model in chosen)
    found = defaultdict(list)
    for row in first.union(*others, all=True):
        model, said = _instance(row, decisions, seats)
        found[model, said.decision_id].append(said)
    for rows in found.values():
        rows.sort(key=lambda row: row.pk)
    return found


def _rows(model, decisions):
    word = F(_WORD[model]) if _WORD[model] else Value("", output_field=CharField())
    confirms = F("confirms_id") if model is Closing else Value(None, output_field=BigIntegerField(null=True))
    rows = model.objects.filter(decision__in=decisions).order_by()
    rows = rows.annotate(model=Value(list(_WORD).index(model)), word=word, signs=confirms)
    return rows.values_list("model", "by__name", "word", "signs", *_SHARED)


def _instance(row, decisions, seats):
    number, name, word, signs, *values = row
    model = list(_WORD)[number]
    own = {Closing: ("outcome", "confirms_id"), Position: ("choice",), Comment: ()}[model]
    said = model.from_db(connection.alias, [*_SHARED, *own], [*values, word, signs][: len(_SHARED) + len(own)])
    said.decision, said.by = decisions[said.decision_id], User(pk=said.by_id, name=name)
    if seat := seats.get(said.seat_id):
        said.seat = seat
    return model, said
