import pytest
from partners import queue_sources as q
from sharing.access import access_of
from slt_portal.prepared import NotPrepared
from tests.factories.feedback import *
pytestmark=pytest.mark.django_db
def test_x(cast):
    bad=[]
    for email,user in cast.people.items():
        a=access_of(user); held=[tuple(sorted(q._ids_of(a,k))) for k in sorted(q.QUEUE_KINDS)]
        try: q._prepared_rows(a.user_id,a.on,50,*held)
        except NotPrepared as e: bad.append((email,str(e)))
    assert not bad, bad
