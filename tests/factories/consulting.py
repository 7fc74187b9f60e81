"""A consultation about levels on every page: asked, answered, closed; requests that wait, went in, were declined."""

from datetime import timedelta

from django.utils import timezone

from implementation_levels.actions.reviews import answer, ask_for_review, close_consultation, decline, open_early
from implementation_levels.models import ReviewedArea, ReviewRequest

from .levels import CHAD, SOUTH_SUDAN, a_review, area
from .partnership import GISF, HQ, ICVA, bodies

DSS, ALBA, BENU_HQ, OFFICIAL = "dss.field@un.example", "field@alba.example", "hq@benu.example", "do@un.example"
_WHY = "Two convoys were shot at near Torit within a week, and the road to Kapoeta is closed to everybody but the army."
_ARABIC = "الطريق مغلق منذ أسبوع، ولا نستطيع الوصول إلى القرى."


def _row(review, code) -> ReviewedArea:
    rows = ReviewedArea.objects.for_system("a test").select_related("review__data_key", "area")
    return rows.get(review=review, area__code=code)


def of_consultation(cast) -> dict[str, str]:
    """The references of three reviews in their consultation (one urgent, one closed), and of three requests."""
    bodies(cast)
    today = timezone.now().date()
    waiting = ask_for_review(area=area("kenya"), level="reinforced", why=_WHY, party="dss_headquarters", by=cast[HQ])
    ReviewRequest.objects.for_system("a test").update(asked_at=timezone.now() - timedelta(days=20))
    asked = a_review(cast, codes=[SOUTH_SUDAN, CHAD])
    taken_up = ask_for_review(area=area(), level="reinforced", why=_WHY, party="dss", by=cast[DSS])
    no = ask_for_review(area=area("kenya"), level="reinforced", why=_WHY, party="oversight_committee", by=cast[GISF])
    decline(no, answer="It was reviewed in September, and nothing has changed since. " + _ARABIC, by=cast[ICVA])
    alba = {"organisation": cast.organisations["alba"], "is_headquarters": False, "by": cast[ALBA]}
    benu = {"organisation": cast.organisations["benu"], "is_headquarters": True, "by": cast[BENU_HQ]}
    answer(_row(asked, SOUTH_SUDAN), **alba, view="reinforced", text=_ARABIC)
    answer(_row(asked, CHAD), **benu, view="keep", text="")
    late = a_review(cast, codes=["kenya"], state="recommending", opened_on=today - timedelta(days=60))
    urgent = open_early(areas=[area("somalia")], why=_WHY, is_urgent=True, by=cast[ICVA])
    closed = a_review(cast, codes=[SOUTH_SUDAN], kind="early", is_urgent=True)
    answer(_row(closed, SOUTH_SUDAN), **alba, view="no_view", text="We have no staff there this month.")
    close_consultation(closed, reason="An attack this morning.", by=cast[ICVA])
    return {
        "levels_asked": asked.ref,
        "levels_urgent": urgent.ref,
        "levels_closed": closed.ref,
        "levels_late": late.ref,
        "request_waiting": waiting.ref,
        "request_taken_up": taken_up.ref,
        "request_declined": no.ref,
    }
