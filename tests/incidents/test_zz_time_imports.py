import time, json
from datetime import date
import pytest
from django.core.management import call_command
from incidents.imports.actions import import_incidents
pytestmark=[pytest.mark.django_db]
def test_time(shared_data, tmp_path, capsys):
    call_command("load_areas", verbosity=0)
    f = shared_data/"incidents"
    out=[]
    def go(label, path, source, as_of):
        t=time.perf_counter(); c=time.process_time()
        r=import_incidents(path, source=source, as_of=as_of, dry_run=False, by=None, progress=lambda *_: None)
        out.append((label, round(time.perf_counter()-t,1), round(time.process_time()-c,1), r.counts()["new"], r.counts()["changed"]))
    a=f/"awsd_security_incidents_1997-2025.csv"; j=f/"insecurity_insight_api_aidWorkerKIKA.json"
    go("awsd1",a,"awsd",date(2025,3,31)); go("awsd2",a,"awsd",date(2025,3,31))
    go("ii1",j,"insecurity_insight",date(2024,4,1)); go("ii2",j,"insecurity_insight",date(2024,4,1))
    b=tmp_path/"b.csv"; b.write_text(a.read_text(encoding="utf-8-sig").replace(",Archived,",",Yes,").replace("killed","killed indeed"), encoding="utf-8")
    go("awsd changed",b,"awsd",date(2025,3,31)) if False else None
    import csv, io
    rows=list(csv.reader(io.StringIO(a.read_text(encoding="utf-8-sig"),newline="")))
    d=rows[0].index("Details")
    for r in rows[1:]: r[d]+=" Changed."
    s=io.StringIO(newline=""); csv.writer(s).writerows(rows); b.write_text(s.getvalue(),encoding="utf-8")
    go("awsd all changed",b,"awsd",date(2025,3,31))
    with capsys.disabled(): print(out)
