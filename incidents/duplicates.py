"""Which reports may be about the same event: what a desk is asked to look at, never decided by the portal (I10).

Only among what this person may read anyway and has a desk for: neither what is suggested nor in which order, nor how
rare a word is, tells anything of other reports.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from math import log

from django.db.models import (
    Aggregate,
    Case,
    DurationField,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from areas.models import Area
from sharing.access import Access
from sharing.markings import Depth
from sharing.models import Audience, Item, SearchToken
from sharing.querysets import OneOf, any_of
from sharing.search import token_of, words_of

from .codes import Category, TimePrecision
from .models import IncidentRelease
from .same_event import together_with

MOST = 5
NEAREST = 60  # reports that are looked at, the nearest in time first
FEWEST_WORDS = 2  # in common, where the category of one is not known
AROUND = timedelta(hours=48)
_LONGEST = timedelta(days=31)
_MOST_WORDS = 300
_WHY = "which may be the same event"
# How long the time is that a precision leaves open. Of a mere year everything would be near, so nothing is.
_SPAN = {
    TimePrecision.EXACT: timedelta(),
    TimePrecision.ABOUT: timedelta(hours=1),
    TimePrecision.DAY_PART: timedelta(hours=12),
    TimePrecision.DAY: timedelta(days=1),
    TimePrecision.NOT_SURE: timedelta(days=5),
    TimePrecision.MONTH: _LONGEST,
}
_TIMED = {TimePrecision.EXACT, TimePrecision.ABOUT}
# Words that any report may have, with those of three letters and less.
_FREQUENT = frozenset(
    words_of(
        "about after been before from have into near said some than that their them then there they this three told "
        "were when which with after avant avec après dans deux elle elles leur mais nous pour près quand quatre sont "
        "trois vers"
    )
)


@dataclass(frozen=True)
class Likely:
    """A report that may be about the same event, and in words why."""

    facts: IncidentRelease
    reasons: list[str]
    score: float


def likely_same(facts: IncidentRelease, texts: dict | None, access: Access, desks: list[str]) -> list[Likely]:
    """At most MOST reports that may be about the same event as the one that the reader has open, the likeliest first.

    `texts` are those of its release (None: they cannot be opened), `desks` the principals of the reader's desks. One
    query; how many reports there are makes no difference.
    """
    if facts.time_precision not in _SPAN or facts.release.area is None:
        return []
    words, place = _tokens(texts or {})
    found = list(_near(facts, access, desks).annotate(said=_said(words))[:NEAREST])
    said = {row.pk: set(row.said.split()) for row in found}
    how_many = Counter(chain.from_iterable(said.values()))  # of what is looked at here, and of nothing else
    weights = {token: log((len(found) + 2) / (times + 0.5)) for token, times in how_many.items()}
    rated = [_rated(facts, row, said[row.pk], weights, place) for row in found]
    rated = sorted(filter(None, rated), key=lambda one: (-one.score, one.facts.release.item.ref))
    return rated[:MOST]


def _near(facts, access, desks):
    """What the reader has a desk for, or comes from a public source: there, then, and of that kind or of none."""
    release, item = facts.release, facts.release.item
    begin, end = _open_time(facts)
    at_desk = Audience.objects.for_system(_WHY).filter(release=OuterRef("release"), principal__in=desks)
    rows = IncidentRelease.objects.visible_to(access)
    rows = rows.filter(Q(release__item__originator=None) | Q(release__depth=Depth.FULL) & any_of(at_desk))
    rows = rows.filter(OneOf(F("release__area"), _around(release.area).query), _reaching(begin - AROUND))
    rows = rows.filter(release__sort_at__gte=begin - AROUND - _LONGEST, release__sort_at__lte=end + AROUND)
    rows = rows.filter(release__item__state=Item.State.SHARED).exclude(release__item=item)
    rows = rows.exclude(release__item__in=together_with(item))
    if facts.category != Category.UNKNOWN:
        rows = rows.filter(category__in=[facts.category, Category.UNKNOWN])
    at = F("release__sort_at")
    apart = Case(When(release__sort_at__gte=begin, then=_between(Value(begin), at)), default=_between(at, Value(begin)))
    return rows.for_lists().order_by(apart, "release__item__ref")


def _between(first, second):
    return ExpressionWrapper(second - first, output_field=DurationField())


def _around(area):
    """The ids of the area, of its parts and of what it is part of."""
    return Area.objects.filter(Q(pk__in=area.places) | Q(parent=area.pk)).order_by().values("pk")


def _reaching(moment):
    """Of which the time that is left open ends after `moment`."""
    reaches = Q(pk__in=[])
    for precision, span in _SPAN.items():
        reaches |= Q(time_precision=precision, release__sort_at__gte=moment - span)
    return reaches


def _open_time(facts) -> tuple[datetime, datetime]:
    """When it happened: from, until."""
    begin = facts.release.sort_at
    return begin, begin + _SPAN[facts.time_precision]


def _tokens(texts: dict) -> tuple[set[str], set[str]]:
    """The tokens of the telling words of a release, and of its place among them."""
    words = [word for word in words_of("\n".join(filter(_is_text, texts.values()))) if _tells(word)]
    place = {token_of(word) for word in words_of(texts.get("place") or "") if _tells(word)}
    return {token_of(word) for word in words[:_MOST_WORDS]} | place, place


def _is_text(value) -> bool:
    return isinstance(value, str)


def _tells(word: str) -> bool:
    return word not in _FREQUENT and (len(word) > 3 or not word.isascii())


class _Joined(Aggregate):
    """The values of a column, with spaces between them."""

    output_field = TextField()

    def as_sql(self, compiler, connection, **options):
        function = "STRING_AGG" if connection.vendor == "postgresql" else "GROUP_CONCAT"
        template = "%(function)s(%(expressions)s, ' ')"
        return super().as_sql(compiler, connection, function=function, template=template, **options)


def _said(words: set[str]):
    """Which of these words a release says, as tokens with spaces between them; asked of what is open to the reader."""
    rows = SearchToken.objects.for_system(_WHY).filter(release=OuterRef("pk"), token__in=sorted(words))
    joined = rows.order_by().values("release").annotate(said=_Joined("token")).values("said")
    return Coalesce(Subquery(joined), Value(""), output_field=TextField())


def _rated(facts, row, said, weights, place) -> Likely | None:
    """How likely the two are one event, in words as well; None if nothing but time and area speaks for it."""
    is_same_kind = row.category == facts.category != Category.UNKNOWN
    if not is_same_kind and len(said) < FEWEST_WORDS:
        return None
    gap = _gap(facts, row)
    names_place = bool(place) and place <= said
    score = 2 * (1 - min(gap / (2 * AROUND), 1)) + min(sum(weights[token] for token in said), 12) / 2
    score += (1.5 if is_same_kind else 0) + (2 if names_place else 0)
    same_area = row.release.area_id == facts.release.area_id
    reasons = [
        _("same area") if same_area else _("one area is part of the other"),
        _when(facts, row, gap),
        _("same category") if is_same_kind else _("the category of one is not known"),
        _("names the same place") if names_place else "",
        said and ngettext("%(number)d word in common", "%(number)d words in common", len(said)) % {"number": len(said)},
    ]
    return Likely(row, [str(reason) for reason in reasons if reason], score)


def _gap(one, other) -> timedelta:
    """How far apart the times are that the two leave open."""
    (begin, end), (start, stop) = _open_time(one), _open_time(other)
    return max(start - end, begin - stop, timedelta())


def _when(one, other, gap):
    if {one.time_precision, other.time_precision} <= _TIMED:
        hours = round(abs(one.release.sort_at - other.release.sort_at) / timedelta(hours=1))
        if not hours:
            return _("less than an hour apart")
        return ngettext("%(number)d hour apart", "%(number)d hours apart", hours) % {"number": hours}
    if not gap:
        return _("may have been at the same time")
    days = -(-gap // timedelta(days=1))
    return ngettext("%(number)d day apart", "%(number)d days apart", days) % {"number": days}
