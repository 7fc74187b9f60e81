"""The page of partnership, and what of it stands elsewhere: for whom, with how many questions, leading where."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from django.utils import timezone

from accounts.models import User
from documents.models import DataKey
from notifications.models import Subject
from organisations.models import Organisation
from partners.models import Application
from partners.queues import has_part, queue_of
from partners.views.home import ways_on
from sharing.access import access_of
from tests.factories.partnership import CANARY, DUNE, GISF, HQ, ICVA, a_confirmation, an_application
from tests.factories.queues import ALBA, BENU, CSFP, FIELD, PLATFORM, what_waits
from tests.visibility.urls import PAGES

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(cast):
    """Something in every state."""
    return what_waits(cast)


def test_whoever_works_for_the_organisation_reads_the_public_clock_and_nothing_else(world, cast, sign_in):
    """Also where they sit in the Working Group themselves."""
    cast[DUNE].memberships.create(organisation=cast.organisations["icva"], role="working_group_member")
    Application.objects.for_system("test").filter(pk=world["dune"].pk).update(state="recommended")
    a_confirmation(cast, world["dune"], "escalated")
    queue = queue_of(access_of(cast[DUNE]))
    assert {line.row.ref for line in [*queue.mine, *queue.others] if line.row.organisation == "INGO Dune"} == set()
    (clock,) = queue.clocks
    assert (clock.row.ref, str(clock.public.name)) == (world["dune"].ref, "Before the Oversight Committee")
    for email in (ALBA, BENU, "hq@suspended.example"):
        page = sign_in(cast[email]).get("/partnership/").content.decode()
        own = {world[name].ref for name in ("old draft", "hearing")} | {world["own half"].application.ref}
        assert set(re.findall(r"(?:EOI|APP|DEC|CNF|BAS|ELG|LST|SUS)-\w{5,6}\b", page)) <= own, email
        assert "Waits for others" not in page
        assert CANARY not in page


def test_the_page_asks_few_questions_however_much_waits(world, cast, sign_in):
    """The same for one and for three, and at a thousand: the twenty oldest, and how many more there are."""
    asked = {}
    for email in (email for email, user in cast.people.items() if has_part(access_of(user))):
        client = sign_in(cast[email])
        with CaptureQueriesContext(connection) as queries:
            page = client.get("/partnership/")
        assert (page.status_code, CANARY in page.content.decode()) == (200, False), email
        asked[email] = len(queries)
    assert max(asked.values()) <= 12, asked
    organisations = Organisation.objects.bulk_create(Organisation(kind="ingo", name=f"INGO {n}") for n in range(1000))
    keys = DataKey.objects.bulk_create([DataKey(wrapped=b"x") for _ in organisations])
    subjects = Subject.objects.bulk_create([Subject() for _ in organisations])
    sent = {"state": "submitted", "language": "en", "submitted_at": timezone.now(), "submitted_by": cast[DUNE]}
    Application.objects.bulk_create(
        Application(organisation=organisation, data_key=key, subject=subject, **sent)
        for organisation, key, subject in zip(organisations, keys, subjects, strict=True)
    )
    for email in (HQ, ICVA):
        client = sign_in(cast[email])
        with CaptureQueriesContext(connection) as queries:
            page = client.get("/partnership/").content.decode()
        assert len(queries) == asked[email]
        assert "and at least 80 more" in page
        assert page.count("Check and recommend<") == 20
        assert world["checked"].ref in page  # the oldest


def test_the_page_leads_everybody_to_the_pages_they_have(cast, rf):
    """Exactly to these: who has which is written by hand in tests/visibility/urls.py."""
    linked = {}
    for email, user in cast.people.items():
        request = rf.get("/")
        request.user, access = user, access_of(user)
        for _label, address in ways_on(request, access):
            linked.setdefault(resolve(address).view_name, set()).add(email)
    assert linked.pop("partners:register_area") == {PLATFORM}  # whoever reads them all begins with the global one
    linked["governance:bodies"].add("admin@portal.example")  # who has no part in partnership
    assert linked == {name: PAGES[name] for name in linked}
    assert len(linked) == 12


def test_the_page_of_an_area_leads_who_is_entitled_to_its_register_and_lists(cast, sign_in):
    register, lists = 'href="/partnership/register/areas/south-sudan/"', 'href="/partnership/member-lists/"'
    pages = {
        email: sign_in(cast[email]).get("/areas/south-sudan/") for email in (HQ, FIELD, PLATFORM, GISF, CSFP, BENU)
    }
    assert {email for email, page in pages.items() if register in page.text} == {HQ, FIELD, PLATFORM, GISF}
    assert {email for email, page in pages.items() if lists in page.text} == {HQ, FIELD, PLATFORM}


def test_strangers_to_partnership_have_no_such_page(cast, sign_in):
    for email in ("field@alba.example", "admin@portal.example", "nobody@elsewhere.example", "local@nngo.example"):
        client = sign_in(cast[email])
        assert client.get("/partnership/").status_code == 404
        assert 'href="/partnership/"' not in client.get("/").content.decode()


def test_the_applicants_home_tells_the_time(cast, sign_in):
    User.objects.update(language="en")
    row = an_application(cast, "questioned", state_since=timezone.now() - timedelta(days=3))
    page = sign_in(cast[DUNE]).get("/").text
    said = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    clock = ("Your application", row.ref, "Question to you", "your organisation", "3 days ago", "Answer a question")
    assert [words for words in clock if words not in said] == []
    assert '<a href="/partnership/">Your application</a>' in page  # all that they have; everybody else:
    assert '<a href="/partnership/">Partnership</a>' in sign_in(cast[BENU]).get("/").text
