import gzip, re
import pytest
from uuid import uuid4
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from feedback.models import *
from tests.factories.feedback import *
from tests.cast import signed_in
from organisations.models import Organisation
from areas.models import Area
from governance.models import *
pytestmark = pytest.mark.django_db

PATHS = ["", "case.pdf", "message/", "withdraw/", "propose/", "conclude/", "escalate/", "ask/", "take/", "classify/", "hand-over/", "redirect/", "divert/", "assign/", "link/", "people/", "people/add/", "people/remove/", "concerned/", "lesson/", "accept/", "refuse/"]
WHO = [BENU_FIELD, "hq@benu.example", ICVA, DSS_HQ, GISF, "do@un.example", "dss.chair@un.example"]

def fill(cast, case, n):
    from documents.models import StoredFile
    for i in range(n):
        an_entry(case, by=cast[BENU_FIELD]); e = an_entry(case, by=cast[ICVA], side="handler", kind="message")
        an_inquiry(case, by=cast[ICVA])
        CaseLink.objects.create(case=case, kind="incident", target=f"INC-{i:06}", by=cast[ICVA])
        CaseLink.objects.create(case=case, kind="decision", target=f"DEC-{case.pk}{i:04}", by=cast[ICVA])
        Concerned.objects.create(case=case, user=cast[["local@nngo.example","wfp@un.example","admin@portal.example"][i]])
        CaseReading.objects.create(case_ref=case.ref, reader=cast[ICVA].pk, party="working_group", how="pdf" if i else "opened")
        a_lesson(case, by=cast[ICVA]); a_lesson(case, by=cast[ICVA], state="draft")

def count(client, path):
    client.get(path)
    with CaptureQueriesContext(connection) as q:
        r = client.get(path)
    return r, len(q), q

def test_all(cast):
    res = {}
    for state in ("received", "handling", "proposed"):
      for n in (1, 3):
        case = a_case(cast, state, owner=cast[ICVA] if state == "handling" else None)
        try: fill(cast, case, n)
        except Exception as e: raise
        for email in WHO:
            client = signed_in(cast[email])
            for p in PATHS + ["/feedback/", "/feedback/intake/", "/feedback/lessons/", "/feedback/new/case/", "/dashboard/", "/measures/", "/reports/", "/"]:
                if p == "case.pdf" and state != "handling": continue
                path = p if p.startswith("/") else f"/feedback/cases/{case.ref}/{p}"
                r, c, q = count(client, path)
                if r.status_code == 200: res.setdefault((state, email, p), []).append((c, r))
    for key, found in res.items():
        counts = [c for c, _ in found]
        if max(counts) > 12 or len(set(counts)) > 1: print("ATTENTION", key, counts)
    print(len(res))
    assert 0

def test_heavy(cast):
    for i in range(120):
        Organisation.objects.create(ref=f"ORG-Z{i}", kind=["unsms_entity","platform","consortium"][i%3], name=f"Organisation of some length number {i}")
    from accounts.models import User
    from organisations.models import Membership
    for i in range(150):
        u = User.objects.create(email=f"p{i}@un.example", name=f"Somebody Withname {i}", created_at=timezone.now())
        Membership.objects.create(ref=f"M{i}", user=u, organisation=cast.organisations["gisf"], role="consortium_desk", starts_at=timezone.now()) if i < 150 else None
    for i in range(60):
        case = a_case(cast, "handling"); 
    for i in range(150): an_entry(case, by=cast[BENU_FIELD]); an_entry(case, by=cast[ICVA], side="handler")
    for email in (BENU_FIELD, ICVA, DSS_HQ):
        client = signed_in(cast[email])
        for path in ("/feedback/", "/feedback/intake/", "/feedback/new/case/", f"/feedback/cases/{case.ref}/", f"/feedback/cases/{case.ref}/concerned/",f"/feedback/cases/{case.ref}/people/",f"/feedback/cases/{case.ref}/ask/",f"/feedback/cases/{case.ref}/people/add/", f"/feedback/cases/{case.ref}/assign/", f"/feedback/cases/{case.ref}/redirect/", "/dashboard/"):
            r, c, q = count(client, path)
            print(email, path, r.status_code, c, len(r.content), len(gzip.compress(r.content)))
    assert 0
