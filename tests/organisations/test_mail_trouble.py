"""Mail that comes back is shown to those who can do something about it, and to nobody else; never the hour."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Event
from notifications.bounce_actions import note_bounce
from notifications.models import Bounce, Message, Subject
from notifications.tasks import read_bounces
from organisations.actions import add_mailbox, invite
from organisations.address_actions import add_domain
from organisations.models import Membership

FIELD, HQ, BENU_HQ, DSS, ADMIN = (
    "field@alba.example",
    "hq@alba.example",
    "hq@benu.example",
    "dss.hq@un.example",
    "admin@portal.example",
)
CAME_BACK, WAITS = "Mail to this address came back", "Mail to a colleague comes back"
SUNDAY = datetime(2026, 6, 14, 20, 59, tzinfo=UTC)


@pytest.fixture
def bounced(cast):
    """Makes a mail to somebody come back."""

    def make(user, kind="permanent", at=None, subject=None):
        with time_machine.travel(at or timezone.now(), tick=False):
            message = Message.objects.create(
                kind="notifications.account",
                subject=subject or Subject.objects.create(),
                event_key=str(uuid.uuid4()),
                recipient=user,
                state="bounced",
                sent_at=timezone.now(),
            )
            note_bounce(message, kind=kind, status="5.1.1", address=user.email)

    return make


def page_of(cast, sign_in, email, key="alba"):
    return sign_in(cast[email]).get(f"/people/{cast.organisations[key].ref}/").content.decode()


def warned(cast, sign_in, emails) -> set[str]:
    return {email for email in emails if WAITS in sign_in(cast[email]).get("/").content.decode()}


def right(cast, email, key="alba"):
    row = Membership.objects.get(user=cast[email], organisation=cast.organisations[key])
    return f"/people/{cast.organisations[key].ref}/roles/{row.ref}/address/"


def test_who_sees_that_mail_to_a_person_comes_back(cast, sign_in, bounced):
    """Those who look after the organisation on its page; on the home page its own focal points, or DSS from outside."""
    bounced(cast[FIELD])
    for email in (FIELD, HQ, BENU_HQ, DSS, ADMIN):
        client = sign_in(cast[email])
        page = client.get(f"/people/{cast.organisations['alba'].ref}/")
        assert (CAME_BACK in page.content.decode()) == (email in {HQ, DSS}), email
        profile = client.get("/accounts/profile/").content.decode()
        assert ("Mail to your address came back" in profile) == (email == FIELD), email
    assert warned(cast, sign_in, cast.people) == {HQ}


def test_of_a_focal_point_dss_headquarters_hears_too(cast, sign_in, bounced):
    bounced(cast[HQ])
    assert warned(cast, sign_in, (FIELD, HQ, BENU_HQ, DSS, ADMIN)) == {HQ, DSS}


def test_on_the_un_side_administrators_and_dss_headquarters_hear(cast, sign_in, bounced):
    bounced(cast["dss.field@un.example"])
    assert warned(cast, sign_in, ("dss.field@un.example", HQ, DSS, ADMIN)) == {ADMIN, DSS}
    assert CAME_BACK in page_of(cast, sign_in, ADMIN, "dss")


def test_the_week_is_told_and_nothing_finer(cast, sign_in, bounced):
    bounced(cast[FIELD], at=SUNDAY)
    with time_machine.travel(SUNDAY + timedelta(days=3)):
        pages = [page_of(cast, sign_in, HQ), sign_in(cast[FIELD]).get("/accounts/profile/").content.decode()]
        home = sign_in(cast[HQ]).get("/").content.decode()
    for page in pages:
        assert "(week of " in page
        assert '<time datetime="2026-06-08">' in page
    for page in [*pages, home]:
        assert not [text for text in ("20:59", "2026-06-14", "14 Jun", "5.1.1") if text in page]


def test_late_mail_and_automatic_answers_are_told_mildly_for_two_weeks(cast, sign_in, bounced):
    bounced(cast[FIELD], "auto_reply")
    bounced(cast[HQ], "temporary")
    page, home = page_of(cast, sign_in, HQ), sign_in(cast[HQ]).get("/").content.decode()
    assert ("answers automatically" in page, "was held up" in page, "address is right" in page) == (True, True, False)
    assert WAITS not in home
    Bounce.objects.update(at=timezone.now() - timedelta(days=14, minutes=1))
    read_bounces()
    page = page_of(cast, sign_in, HQ)
    assert ("answers automatically" in page, "was held up" in page) == (False, False)


def test_mailboxes_and_invitations_too(cast, sign_in, bounced):
    add_domain(organisation=cast.organisations["alba"], domain="alba.example", by=cast[DSS])
    asked = {"organisation": cast.organisations["alba"], "language": "en", "by": cast[HQ]}
    area = cast.areas["south-sudan"]
    invitation = invite(email="typo@alba.example", name="T", area=area, role="partner_field", **asked)
    mailbox = add_mailbox(email="duty@alba.example", name="Duty", area=area, **asked)
    Membership.objects.create(user=mailbox.user, organisation=asked["organisation"], area=area, role="duty_mailbox")
    bounced(mailbox.user, subject=mailbox.subject)
    assert page_of(cast, sign_in, HQ).count(CAME_BACK) == 2  # as a member, and as the invited
    Bounce.objects.all().delete()
    bounced(invitation.user, subject=invitation.subject)
    assert page_of(cast, sign_in, HQ).count(CAME_BACK) == 1
    assert WAITS in sign_in(cast[HQ]).get("/").content.decode()
    assert WAITS not in sign_in(cast[BENU_HQ]).get("/").content.decode()


def test_whoever_invites_learns_nothing_of_other_mails_to_that_address(cast, sign_in, bounced):
    """It would tell that there is an account, and how its owner's mail fares elsewhere."""
    terms = {"organisation": cast.organisations["alba"], "language": "en", "by": cast[HQ], "name": "B"}
    invite(email=BENU_HQ, area=cast.areas["south-sudan"], role="partner_field", **terms)
    for kind in ("permanent", "auto_reply"):
        bounced(cast[BENU_HQ], kind)
    page = page_of(cast, sign_in, HQ)
    assert (CAME_BACK in page, "answers automatically" in page, BENU_HQ in page) == (False, False, True)
    assert WAITS not in sign_in(cast[HQ]).get("/").content.decode()


def test_saying_that_the_address_is_right(cast, sign_in, bounced):
    bounced(cast[FIELD])
    path, client = right(cast, FIELD), sign_in(cast[HQ])
    assert client.get(path).status_code == 302
    for email in (FIELD, BENU_HQ, ADMIN, "nobody@elsewhere.example"):
        assert sign_in(cast[email]).post(path).status_code == 404
    other = path.replace(cast.organisations["alba"].ref, cast.organisations["benu"].ref)
    assert sign_in(cast[BENU_HQ]).post(other).status_code == 404
    assert CAME_BACK in page_of(cast, sign_in, HQ)
    assert "The mark is gone." in client.post(path, follow=True).content.decode()
    assert CAME_BACK not in page_of(cast, sign_in, HQ)
    assert Event.objects.get(verb="notifications.address_confirmed").object_ref == str(cast[FIELD].pk)
    assert "said so already" in client.post(path, follow=True).content.decode()


def test_a_suspended_focal_point_hears_nothing_more(cast, sign_in, bounced):
    bounced(cast["hq@suspended.example"])
    home = sign_in(cast["hq@suspended.example"]).get("/").content.decode()
    assert WAITS not in home


def test_home_costs_the_same_for_one_and_three_and_stays_within_twelve(cast, sign_in, bounced):
    asked = {}
    for email in (DSS, ADMIN, HQ):
        Bounce.objects.all().delete()
        for number, other in enumerate(("hq@alba.example", "hq@benu.example", "dss.field@un.example"), start=1):
            bounced(cast[other])
            client = sign_in(cast[email])
            client.get("/")  # some figures are kept
            with CaptureQueriesContext(connection) as queries:
                client.get("/")
            asked[email, number] = len(queries)
    assert {asked[email, 1] for email in (DSS, ADMIN, HQ)} == {asked[email, 3] for email in (DSS, ADMIN, HQ)}
    assert max(asked.values()) <= 12
