"""Reviews of levels on every page of their recommendation: half done, ready, before the Committee, sent back."""

from datetime import timedelta

from implementation_levels.actions.recommendations import keep_the_rest, put, recommend
from implementation_levels.levels import today
from implementation_levels.models import Answer, Level, Review, ReviewedArea

from .deciding import closed_by_chairs
from .levels import a_level, a_review
from .partnership import ICVA, bodies

NIGER, LIBYA = "niger", "libya"  # of which no other part decides
_WHY = "Fighting since May in two regions; two organisations lost vehicles, and roads are closed to convoys."
_INSIDE = "DSS and the platform agree. أبلغت المنصة أعضاءها. The Designated Official asks for a date after the rains."


def _row(review: Review, code: str) -> ReviewedArea:
    rows = ReviewedArea.objects.for_system("a test").select_related("review__data_key", "area", "decision")
    return rows.get(review=review, area__code=code)


def _recommended(cast, review: Review, code: str, verdict: str, days: int | None = None) -> None:
    begins = today() + timedelta(days=days) if days else None
    said = {"verdict": verdict, "effective_from": begins, "reasons": _WHY, "internal": _INSIDE}
    recommend(_row(review, code), by=cast[ICVA], **said)


def of_recommendations(cast) -> dict[str, str]:
    """The references of four reviews; in the first somebody asks for another level where nothing is recommended."""
    bodies(cast)
    a_level(cast, Level.REINFORCED, code=LIBYA, reasons=_WHY)
    refs, codes = {}, (NIGER, LIBYA, "sudan", "somalia", "mali")
    for name in ("half", "ready", "put", "back"):
        review = a_review(cast, codes=codes, state="recommending", kind="early", is_urgent=name == "put")
        review.write({"why": "Asked for by the field."})
        review.save(update_fields=["sealed"])
        refs[f"review_{name}"] = review.ref
        _recommended(cast, review, NIGER, "add", 40)
        if name == "half":
            answer = Answer(reviewed=_row(review, "sudan"), organisation=cast.organisations["alba"], by=cast[ICVA])
            answer.view, answer.is_headquarters = Answer.View.REINFORCED, True
            answer.write({"text": _WHY})
            answer.save(force_insert=True)
            continue
        _recommended(cast, review, LIBYA, "remove")
        keep_the_rest(review, by=cast[ICVA])
        if name != "ready":
            decision = put(review, by=cast[ICVA])
            refs[f"decision_{name}"] = decision.ref
        if name == "back":
            closed_by_chairs(cast, decision, "return", "Say for Libya what changed since the last review.")
    return refs
