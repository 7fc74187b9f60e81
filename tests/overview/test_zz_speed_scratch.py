import random, datetime, time, gc
import pytest
from django.db import connection
from areas.models import Area
from areas.reference import load_reference
from incidents.codes import *
from tests.factories.statistics import make_incidents
from overview.statistics import tables, Question
from overview.statistics_filters import span
from sharing.access import access_of
from sharing.models import Audience, Release
@pytest.mark.timeout(900)
@pytest.mark.django_db
def test_speed(cast, sign_in):
    load_reference(); random.seed(1); areas=list(Area.objects.all())
    def row(n): return {"area": random.choice(areas), "at": datetime.datetime(2026,11,1,tzinfo=datetime.UTC)-datetime.timedelta(hours=n*2),
          "category": random.choice(Category.values), "actor": random.choice(Actor.values), "consequence": random.choice(Outcome.values), "killed": random.choice([None,0,1]), "wounded": 1}
    done=0
    for size in (10_000, 50_000, 100_000):
        while done<size:
            make_incidents([row(done+i) for i in range(4500)]); make_incidents([row(done+i) for i in range(500)], originator=cast.organisations["alba"]); done+=5000
        with connection.cursor() as c: c.execute("ANALYZE")
        acc=access_of(cast["dss.hq@un.example"])
        for name, q in (("all", Question()), ("24m", Question(since=datetime.date(2024,12,1),by_year=False)), ("area", Question(area=areas[5]))):
            t=time.time(); f=tables(acc,q); a=time.time()-t
            print(size,name,round(a,2),"s", len(f.area.public))
        c=sign_in(cast["dss.hq@un.example"])
        for url in ("/statistics/","/statistics/?period=all"):
            t=time.time(); r=c.get(url); print(size,url,round(time.time()-t,2))
    assert 0
