"""Journeys through the pages without a browser: whole stories, with what must hold after each step."""

import re
from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import User
from areas.models import Area
from incidents.models import Report
from notifications.outbox import drain
from organisations.models import Membership, Standing
from sharing.models import Reading
from tests.cast import make_cast
from tests.factories.incidents import typed

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def cast(db):
    """Everybody; this folder's other fixture of the name wants a live server."""
    made = make_cast()
    User.objects.update(language="en")
    return made


def report(client, cast, **changes) -> str:
    """Sends the form; returns the reference on the receipt."""
    response = client.post("/incidents/report/", typed(cast, **changes), follow=True)
    assert response.status_code == 200
    return re.search(r"INC-\w{6}", response.redirect_chain[-1][0])[0]


def link_for(email, mailoutbox) -> str:
    [sent] = [sent for sent in mailoutbox if sent.to == [email]]
    return urlsplit(re.search(r"http://testserver/incidents/\S+/", sent.body)[0]).path


def test_an_ambush(cast, sign_in, mailoutbox):
    """Forty minutes ago; three answers on a phone; the area knows at the next drain, nobody else ever does."""
    reporter = sign_in(cast["field@alba.example"])
    ref = report(reporter, cast, what="CANARY staff ambushed")
    assert drain() == 5
    partner = sign_in(cast["io@lake.example"])
    assert partner.get("/").content.decode().count(ref) >= 1
    path = link_for("io@lake.example", mailoutbox)
    page = partner.get(path).content.decode()
    assert "CANARY" in page
    assert "withheld" in page
    assert "INGO Alba" not in page
    assert "INGO Alba" in sign_in(cast["dss.field@un.example"]).get(path).content.decode()
    for email in ("field@cedar.example", "csfp@un.example", "ocha@un.example", "admin@portal.example"):
        outsider = sign_in(cast[email])
        assert outsider.get(path).status_code == 404
        assert ref not in outsider.get("/").content.decode() + outsider.get("/incidents/").content.decode()
    assert set(Reading.objects.values_list("reader", flat=True)) == {
        cast["io@lake.example"].pk,
        cast["dss.field@un.example"].pk,
    }
    out = StringIO()
    call_command("verify_audit", stdout=out)
    assert "chain intact" in out.getvalue()


def test_who_leaves_loses_it_the_same_minute(cast, sign_in, mailoutbox):
    ref = report(sign_in(cast["field@alba.example"]), cast)
    drain()
    path = link_for("field@benu.example", mailoutbox)
    client = sign_in(cast["field@benu.example"])
    assert client.get(path).status_code == 200
    Membership.objects.filter(user=cast["field@benu.example"], area=cast.areas["south-sudan"]).update(
        ends_at=timezone.now()
    )
    assert client.get(path).status_code == 404
    assert ref not in client.get("/incidents/").content.decode()
    assert client.get("/incidents/report/").status_code == 200  # still in Chad


def test_suspended_in_one_area(cast, sign_in):
    """Loses what others shared there; keeps its own, what is shared elsewhere, and the right to report."""
    theirs = report(sign_in(cast["field@alba.example"]), cast)
    client = sign_in(cast["field@benu.example"])
    own = report(client, cast, organisation="benu")
    chad = report(client, cast, organisation="benu", area="chad")
    Standing.objects.create(organisation=cast.organisations["benu"], area=cast.areas["south-sudan"], kind="suspended")
    statuses = {ref: client.get(f"/incidents/{ref}/").status_code for ref in (theirs, own, chad)}
    assert statuses == {theirs: 404, own: 200, chad: 200}
    again = report(client, cast, organisation="benu")
    assert client.get(f"/incidents/{again}/receipt/").status_code == 200


def test_named_in_person(cast, sign_in, mailoutbox):
    """TLP:RED for two: both are told and read it; their own colleagues do not."""
    ref = report(
        sign_in(cast["field@alba.example"]),
        cast,
        marking="TLP:RED",
        audience=["named_persons"],
        named_persons="hq@benu.example\nfield@cedar.example",
        what="CANARY for two",
    )
    assert drain() == 2
    for email in ("hq@benu.example", "field@cedar.example"):
        assert "CANARY for two" in sign_in(cast[email]).get(link_for(email, mailoutbox)).content.decode()
    for email in ("field@benu.example", "dss.hq@un.example", "dss.field@un.example", "io@lake.example"):
        assert sign_in(cast[email]).get(f"/incidents/{ref}/").status_code == 404
    page = sign_in(cast["hq@benu.example"]).get(f"/incidents/{ref}/").content.decode()
    assert "Persons named by the originator" in page
    assert "field@cedar.example" not in page


def test_a_local_arrangement_reports_to_dss(cast, sign_in, mailoutbox):
    ref = report(sign_in(cast["local@nngo.example"]), cast, organisation="nngo", audience=["dss_desks"])
    drain()
    assert [sent.to for sent in mailoutbox] == [["dss.field@un.example"]]
    assert sign_in(cast["dss.hq@un.example"]).get(f"/incidents/{ref}/").status_code == 200
    assert sign_in(cast["field@alba.example"]).get(f"/incidents/{ref}/").status_code == 404


def test_where_dss_has_no_office(cast, sign_in, mailoutbox):
    """Chad: the country security focal point is the desk. Kenya: there is nobody, so headquarters is told.

    And the colleague who works there: the organisation's own report is theirs to know.
    """
    expected = {"chad": {"csfp@un.example", "field@benu.example"}, "kenya": {"dss.hq@un.example"}}
    for area, told in expected.items():
        mailoutbox.clear()
        ref = report(sign_in(cast["hq@benu.example"]), cast, organisation="benu", area=area, audience=["dss_desks"])
        drain()
        assert {address for sent in mailoutbox for address in sent.to} == told
        assert {sign_in(cast[email]).get(f"/incidents/{ref}/").status_code for email in told} == {200}


def test_following_and_not_wanting_to_know(cast, sign_in, mailoutbox):
    """Through the pages of an area: follow, then only life safety; the mails change with it."""
    client = sign_in(cast["hq@benu.example"])
    reporter = sign_in(cast["field@alba.example"])

    def told(**changes):
        mailoutbox.clear()
        report(reporter, cast, **changes)
        drain()
        return ["hq@benu.example"] in [sent.to for sent in mailoutbox]

    area = Area.objects.get(code="south-sudan")
    assert told(category="information") is False
    client.post(f"/notifications/areas/{area.code}/follow/", {"choice": "follow"})
    assert told(category="information") is True
    client.post(f"/notifications/areas/{area.code}/follow/", {"choice": "life_safety"})
    assert told(category="information") is False
    assert told(category="abduction") is True
    client.post(f"/notifications/areas/{area.code}/unfollow/")
    assert told(category="abduction") is False
    assert Report.objects.for_system("test").count() == 5
