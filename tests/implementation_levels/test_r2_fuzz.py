import re, time, collections
import pytest
from django.urls import reverse, get_resolver
from django.test import Client
from tests.journeys.furnished import furnish
from tests.factories.partnership import HQ, ICVA, DSS_CHAIR, GISF, WFP
from implementation_levels.models import *
from coordination.models import Mechanism, Assignment
from areas.models import Area

BIG = "x" * 10_000_000
MED = "x" * 200_000
NASTY = ["\x00", "a\x00b", "=1+1", "\u202eevil", "-1", "99999999999999999999999", "0", "٣", "9999-12-31", "0001-01-01", "2026-02-30", "2027-02-29", "1e9", "NaN", "%", "'", "/", "..", "[]", "null", MED[:3000]]

@pytest.mark.django_db
@pytest.mark.timeout(400)
def test_fuzz(cast, sign_in, client):
    furnish(cast)
    users = [HQ, ICVA, "dss.field@un.example", "hq@alba.example"]
    R = lambda m: (m.objects.for_system("x") if hasattr(m.objects, "for_system") else m.objects)
    def refs(m, field="ref", n=12): return list(R(m).order_by("-pk").values_list(field, flat=True)[:n])
    urls=set()
    def add(name, *combos):
        for c in combos: urls.add(reverse(name, args=c))
    IL="implementation_levels:"
    for n in ["world","world_file","tasks","consistency","lists","list_check","reviews","review_open","consultation"]: add(IL+n, ())
    codes=["south-sudan","chad","gaza"]
    for n in ["area","checklist","request"]: add(IL+n, *[(c,) for c in codes])
    for l in Line.values: add(IL+"line", ("south-sudan", l))
    add(IL+"line", ("south-sudan","nope"))
    add(IL+"task", *[(r,) for r in refs(LevelTask)])
    for no in refs(LevelList,"number",3)+[0,2147483648,10**30]:
        add(IL+"list",(no,)); add(IL+"distribution",(no,)); add(IL+"distribution_file",(no,)); add(IL+"list_mail",(no,"en")); add(IL+"list_pdf",(no,"en")); add(IL+"list_pdf",(no,"xx")); add(IL+"list_file",(no,f"list-{no}.json"))
        add(IL+"send_again",(no,10**30)); add(IL+"send_again",(no,1))
    for r in refs(Review, n=20):
        for n in ["review","keep_rest","put","close_consultation","consultation_of"]: add(IL+n,(r,))
        for c in R(ReviewedArea).filter(review__ref=r).values_list("area__code",flat=True)[:2]:
            for n in ["recommendation","recommend","take_out"]: add(IL+n,(r,c))
            add(IL+"answer",(r,c)); add("overview:level_evidence",(r,c))
    for r in refs(ReviewRequest): add(IL+"review_request",(r,)); add(IL+"decline",(r,))
    C="coordination:"
    add(C+"areas",()); add(C+"areas_file",())
    for c in codes: add(C+"area",(c,)); add(C+"mechanism_record",(c,)); add(C+"assign",(c,))
    for r in refs(Mechanism,n=4): add(C+"mechanism_end",(r,)); add(C+"mechanism_confirm",(r,)); urls.add(reverse(C+"assign",args=["south-sudan"])+f"?mechanism={r}")
    for r in refs(Assignment,n=4): add(C+"assignment_end",(r,)); add(C+"assignment_confirm",(r,))
    urls.add(reverse(C+"assign",args=["south-sudan"])+"?function=dss_office"); urls.add(reverse(C+"assign",args=["south-sudan"])+"?function=ocha_office")
    add("areas:add",())
    for n in ["detail","history","rename","change","split","merge","end"]: add("areas:"+n,*[(c,) for c in codes])
    byk={}
    for u in sorted(urls):
        k=re.sub(r"(REV|TSK|RRQ|MEC|ASG)-\w+","X",u); k=re.sub(r"checklist/\w+","checklist/L",k); k=re.sub(r"south-sudan|chad|gaza","C",k)
        byk.setdefault(k,[]).append(u)
    urls=[u for v in byk.values() for u in v[:2]]
    print(len(urls),"urls")
    bad=[]; slow=[]; posts=0; gets=0; lost=[]
    params=["page","on","level","kind","q","show","digest","function","mechanism","instead","request","area","state","opened","from","sort","country","community"]
    forms={}
    for email in users:
        c=sign_in(cast[email]); c.raise_request_exception=False
        for u in urls:
            t=time.monotonic()
            r=c.get(u); gets+=1
            if r.status_code>=500: bad.append((email,"GET",u))
            if r.status_code==200 and b"<form" in r.content:
                forms.setdefault(u,(email,r.content.decode()))
    print("GET ok", time.strftime("%X"))
    c=sign_in(cast[HQ]); c.raise_request_exception=False
    look=[u for u in urls if re.search(r"/(levels|coordination|areas)/", "/"+u)]
    seen=set()
    for u in look:
        kind=re.sub(r"(REV|TSK|RRQ|MEC|ASG)-\w+|\d+","X",u)
        kind=re.sub(r"checklist/\w+","checklist/L",kind)
        if kind in seen: continue
        seen.add(kind)
        for i,v in enumerate(NASTY[:1]+["9999-12-31","0001-01-01","99999999999999999999999","-1"]):
            r=c.get(u, {p:v for p in params}); gets+=1
            if r.status_code>=500: bad.append((u,"all params",v[:20]))
        for v in ("9999-12-31","0001-01-01"):
            r=c.get(u,{"on":v}); gets+=1
            if r.status_code>=500: bad.append((u,"on",v))
    print("BAD",bad, flush=True)
    print("GET params", gets, time.strftime("%X"))
    seenf=set()
    for u,(email,html) in forms.items():
        kind=re.sub(r"(REV|TSK|RRQ)-\w+|\d+","X",u); kind=re.sub(r"checklist/\w+","checklist/L",kind)
        if kind in seenf: continue
        seenf.add(kind)
        names=set(re.findall(r'name="([a-zA-Z_0-9-]+)"',html))-{"csrfmiddlewaretoken"}
        texts=set(re.findall(r'<textarea[^>]*name="([a-zA-Z_0-9-]+)"',html))
        if 'method="post"' not in html: continue
        c=sign_in(cast[email]); c.raise_request_exception=False
        for v in ["\x00","9999-12-31","99999999999999999999","=1+1","\u202eevil",MED]:
            r=c.post(u,{n:v for n in names}); posts+=1
            if r.status_code>=500: bad.append((u,"POST",v[:20],sorted(names)))
        for n in sorted(texts)[:1]:
            t=time.monotonic(); r=c.post(u,{n:BIG}); d=time.monotonic()-t; posts+=1
            if r.status_code>=500 or d>3 : bad.append((u,"POST 10MB",n,r.status_code,round(d,2)))
            print("10MB",u,n,r.status_code,f"{d:.2f}s",len(r.content))
            r=c.post(u,{n:"שלום\u202e TYPED "+ "y"*9000})
            if r.status_code in(200,422,409) and "TYPED" not in r.content.decode(): lost.append((u,n))
    print(gets,posts,"kinds",len(seenf))
    print("BAD",len(bad)); [print(x) for x in bad[:40]]
    print("LOST",lost)
