"""Cases in the hands of the intake, for the pages that are looked at."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from feedback.models import CaseGrant, CaseLink, CaseReading, Concerned
from tests.factories.feedback import ALBA_HQ, BENU_FIELD, DSS_HQ, GISF, ICVA, a_case

TITLE = "No answer to three reports on the road to Torit"


def of_intake(cast) -> dict[str, object]:
    """References by what the paths of the pages call them."""
    now = timezone.now()
    new = _told(a_case(cast, category="", owner=None))
    _told(a_case(cast, due_at=now - timedelta(days=2), owner=cast[GISF], by=ALBA_HQ, key="alba"))
    handled = _told(a_case(cast, "handling", category="support", owner=cast[ICVA]))
    for kind, target in (("decision", "DEC-AAAAAA"), ("suspension", "SUS-AAAAAA")):
        CaseLink.objects.create(case=handled, kind=kind, target=target, by=cast[DSS_HQ])
    newcomer = User.objects.create_user("intake@gisf.example", name="Jonas Lindqvist")
    newcomer.memberships.create(organisation=cast.organisations["gisf"], role="consortium_desk")
    left_out = User.objects.create_user("intake@concerned.example", name="ليلى منصور")
    fields = {"case": handled, "noted_by": cast[DSS_HQ]}
    row = Concerned.objects.create(user=left_out, **fields)
    Concerned.objects.create(principal=f"dss:{handled.area_id}", **fields)
    Concerned.objects.create(organisation=cast.organisations["unmiss"], **fields)
    CaseGrant.objects.for_system("a page to look at").filter(user=cast[GISF]).update(granted_by=cast[DSS_HQ])
    for email, party in ((BENU_FIELD, "sender"), (GISF, "intake"), (ICVA, "handler")):
        CaseReading.objects.create(case_ref=handled.ref, reader=cast[email].pk, party=party, how="opened")
    return {"fbk_new": new.ref, "fbk_intake": handled.ref, "fbk_concerned": row.pk}


def _told(case):
    texts = {"title": TITLE, "text": "We reported three times in October. Nobody answered.", "persons": "", "about": ""}
    case.write(texts)
    case.save(update_fields=["sealed"])
    return case
