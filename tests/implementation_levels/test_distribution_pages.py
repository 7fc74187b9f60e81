"""The pages about who was sent a list: for the secretariat, bounded in cost, safe to take out (L5)."""

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from implementation_levels.actions.distribution import note_opening, send_due, try_other_contacts
from implementation_levels.models import Delivery, ListMail
from notifications.models import Message
from organisations.models import Membership
from tests.factories.levels import CHAD, a_list

pytestmark = pytest.mark.django_db
HQ, OCHA, CEDAR = "dss.hq@un.example", "ocha@un.example", "field@cedar.example"
READERS = {HQ, OCHA}
OTHERS = {CEDAR, "hq@alba.example", "dss.field@un.example", "dss.chair@un.example", "admin@portal.example"}
PAGE, MAIL = "/levels/lists/1/sent/", "/levels/lists/1/mail/en/"


@pytest.fixture
def sent(cast):
    """List 1, sent; the mail to Cedar came back, and its only contact could not be replaced."""
    level_list = a_list(cast)
    send_due()
    Message.objects.update(state="sent", sent_at=timezone.now())
    Message.objects.filter(recipient=cast[CEDAR]).update(state="bounced", last_error="5.1.1")
    return level_list


def test_who_opens_them(cast, sent, sign_in):
    pk = Delivery.objects.get(user=cast[CEDAR]).pk
    for email in READERS | OTHERS:
        client = sign_in(cast[email])
        for path in (PAGE, f"{PAGE}table.csv", MAIL):
            answer = client.get(path)
            assert answer.status_code == (200 if email in READERS else 404), (email, path)
            if email not in READERS:
                assert CEDAR not in answer.content.decode()
        assert client.post(f"{PAGE}{pk}/again/").status_code == (302 if email == HQ else 404)
    assert Message.objects.get(recipient=cast[CEDAR], event_key="levels:list:1").state == "queued"  # pressed once
    client = sign_in(cast[HQ])
    for path in ("/levels/lists/2/sent/", "/levels/lists/1/mail/de/", f"{PAGE}{pk + 1000}/again/"):
        assert client.post(path).status_code in {404, 405}
        assert client.get(path).status_code == 404


def test_what_stands_there(cast, sent, sign_in):
    other = User.objects.create_user("new@cedar.example", name="ليلى")
    Membership.objects.create(user=other, organisation=cast.organisations["cedar"], role="partner_headquarters")
    note_opening(sent, user=cast["hq@alba.example"], by_link=True)
    client = sign_in(cast[HQ])
    page = client.get(PAGE).content.decode()
    assert "12 of 13 mails" in page
    assert "1, of these 1 by the link of the mail" in page
    assert "Nobody reached" in page
    assert "5.1.1" in page
    assert page.count("Send again") == 13
    assert try_other_contacts() == 1
    page = client.get(PAGE).content.decode()
    assert "Nobody reached" not in page  # somebody else is being tried
    assert "Tried instead:" in page
    assert "because the mail to a colleague came back" in page
    assert sign_in(cast[OCHA]).get(PAGE).content.decode().count("Send again") == 0
    found = {"?q=CEDAR&state=lost": 1, "?opened=yes": 1, "?opened=no": 13, "?state=x": 14, "?q=%00": 14}
    for query, number in found.items():
        assert len(client.get(f"{PAGE}{query}").context["items"]) == number, query
    assert client.get(f"{PAGE}?q={'x' * 200}").context["filter_form"].errors


def test_a_list_that_is_not_sent_says_what_comes_next(cast, sent, sign_in):
    a_list(cast, code=CHAD)
    client = sign_in(cast[OCHA])
    assert "not sent yet" in client.get("/levels/lists/2/sent/").content.decode()
    a_list(cast)
    send_due()
    assert "a newer one was made first" in client.get("/levels/lists/2/sent/").content.decode()
    assert "Send again" not in sign_in(cast[HQ]).get(PAGE).content.decode()  # an outdated list


def test_the_mail_as_it_was_sent(cast, sent, sign_in):
    kept = ListMail.objects.get(language="fr")
    page = sign_in(cast[OCHA]).get("/levels/lists/1/mail/fr/").content.decode()
    for words in (kept.subject_line, kept.attachment_name, kept.attachment_digest, sent.digest, "?from=mail"):
        assert words in page


def test_the_table_is_no_program_and_is_noted(cast, sent, sign_in):
    User.objects.filter(email=CEDAR).update(name='=HYPERLINK("x")')
    answer = sign_in(cast[HQ]).get(f"{PAGE}table.csv?state=lost")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row[2] for row in rows[1:]] == [CEDAR]
    assert rows[1][1].startswith("'=")
    assert "invented" in rows[0][0]
    assert answer["Content-Disposition"] == 'attachment; filename="list-1-sent.csv"'
    assert Event.objects.filter(verb="implementation_levels.distribution_exported").get().facts == {"rows": 1}


QUERIES = 11


def test_it_costs_the_same_for_one_and_three(cast, sent, sign_in):
    client, counts = sign_in(cast[HQ]), []
    lost = [CEDAR, "hq@alba.example", "field@alba.example"]
    for number in (1, 3):
        Message.objects.filter(recipient__email__in=lost[:number]).update(state="bounced", sent_at=timezone.now())
        with CaptureQueriesContext(connection) as queries:
            assert len(client.get(f"{PAGE}?state=lost").context["items"]) == number
        counts.append(len(queries))
    assert counts == [QUERIES, QUERIES]


@pytest.mark.long
def test_three_thousand_recipients(cast, sign_in):
    people = User.objects.bulk_create(
        User(email=f"p{number}@alba.example", name=f"Person {number}") for number in range(3000)
    )
    alba = cast.organisations["alba"]
    rows = [Membership(user=user, organisation=alba, role="partner_headquarters") for user in people]
    Membership.objects.bulk_create(rows)
    a_list(cast)
    assert send_due() == 3013
    client = sign_in(cast[HQ])
    with CaptureQueriesContext(connection) as queries:
        page = client.get(f"{PAGE}?page=7")
    assert (len(queries) <= 12, len(page.content) <= 100_000, len(page.context["items"])) == (True, True, 50)
