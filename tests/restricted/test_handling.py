"""What handlers see and do: only those who were chosen, in the role they were chosen in; codes, no words (C10)."""

import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from notifications.outbox import drain
from organisations.models import Membership, Standing
from restricted.actions.handling import bring_in, take_on
from restricted.codes import HANDLER_ROLE
from restricted.handlers import readers_of
from restricted.models import Handler, Note, Opening, Report
from slt_portal.states import StaleState
from tests.cast import LONG_AGO
from tests.factories.at_once import at_once
from tests.factories.restricted import ALBA, CANARY, HANDLER, HQ, IN_CHAD, SECOND, a_handler, a_report, taken

pytestmark = pytest.mark.django_db
TRACK, LINE = "/support/track/", "Support: look whether something was sent to you"
ACTS = ("take", "note", "bring_in", "close")
NOT_CHOSEN = (ALBA, "hq@alba.example", HQ, "admin@portal.example", "ocha@un.example", "wg@icva.example", SECOND)


def page_of(report, name="detail"):
    return reverse(f"restricted:{name}", args=[report.ref])


def fresh(report):
    return Report.objects.for_system("test").select_related("data_key").get(pk=report.pk)


def note_of(what, **changes):
    return {"uid": str(uuid.uuid4()), "what": what, **changes}


def test_whoever_was_not_chosen_finds_nothing(cast, sign_in):
    a_handler(cast)
    report = taken(cast, a_report(cast, consents=("contact", "add")))
    events = Event.objects.count()
    for person in NOT_CHOSEN:
        cast[person].is_superuser = True
        cast[person].save()
        client = sign_in(cast[person])
        assert client.get(page_of(report)).status_code == 404, person
        for name in ACTS:
            assert client.post(page_of(report, name), note_of("called")).status_code == 404, (person, name)
    assert report.ref not in sign_in(cast[SECOND]).get(TRACK).content.decode()
    assert Opening.objects.count() == 1
    assert Event.objects.count() == events


def test_a_handler_who_is_its_sender_reads_it_as_sender_only(cast, sign_in):
    """Brought in by another handler they get nothing, and nobody learns that it was theirs."""
    a_handler(cast)
    report = taken(cast, a_report(cast, SECOND, consents=("contact", "add")))
    other = Membership.objects.get(user=cast[SECOND]).pk
    assert sign_in(cast[HANDLER]).post(page_of(report, "bring_in"), {"handler": other}).status_code == 302
    assert sign_in(cast[SECOND]).get(page_of(report)).status_code == 404
    assert sign_in(cast[SECOND]).get(page_of(report, "own")).status_code == 200


@pytest.mark.parametrize("how", ["ended", "suspended", "inactive"])
def test_who_is_no_handler_any_more_reads_nothing(cast, sign_in, how):
    report, client = a_report(cast), sign_in(cast[HANDLER])
    if how == "ended":
        Membership.objects.filter(user=cast[HANDLER]).update(ends_at=timezone.now())
    elif how == "suspended":
        Standing.objects.create(organisation=cast.organisations["unfpa"], kind="suspended")
    else:
        cast[HANDLER].is_active = False
        cast[HANDLER].save()
    assert client.get(page_of(report)).status_code in {404, 302}
    assert client.get(TRACK).status_code in {404, 302}
    # Made a handler again, they are a newcomer.
    if how == "ended":
        row = {"organisation": cast.organisations["unfpa"], "role": HANDLER_ROLE, "starts_at": LONG_AGO}
        Membership.objects.create(user=cast[HANDLER], **row)
        assert client.get(TRACK).status_code == 200
        assert client.get(page_of(report)).status_code == 404


def test_a_newcomer_gets_nothing_of_what_is_there(cast, sign_in):
    report = a_report(cast)
    a_handler(cast)
    assert sign_in(cast[SECOND]).get(page_of(report)).status_code == 404


def test_the_list_says_reference_state_wish_and_age_only(cast, sign_in):
    report = a_report(cast, harm="rape")
    page = sign_in(cast[HANDLER]).get(TRACK).content.decode()
    assert report.ref in page
    assert "Call me" in page
    assert "0 days" in page
    for word in (CANARY, "rape", "South Sudan", str(cast[ALBA])):
        assert word not in page, word


def test_the_list_says_do_not_contact_where_that_was_taken_back(cast, sign_in):
    taken_back, kept = a_report(cast), a_report(cast)
    client = sign_in(cast[HANDLER])
    assert client.get(TRACK).content.decode().count("Call me") == 2
    sign_in(cast[ALBA]).post(page_of(taken_back, "consents"), {"consents": ["count"]})
    page = client.get(TRACK).content.decode()
    assert page.count("Do not contact the sender") == page.count("Call me") == 1
    assert page.index(taken_back.ref) < page.index("Do not contact the sender")
    assert kept.ref in page


@pytest.mark.parametrize("item_count", [1, 3])
def test_the_list_asks_the_same_for_one_and_three(cast, sign_in, django_assert_num_queries, item_count):
    for _ in range(item_count):
        a_report(cast)
    client = sign_in(cast[HANDLER])
    client.get(TRACK)
    with django_assert_num_queries(8):
        client.get(TRACK)


def test_no_page_asks_too_much(cast, sign_in, django_assert_max_num_queries):
    a_handler(cast)
    report = taken(cast, a_report(cast, consents=("contact", "add", "count")))
    handler, sender = sign_in(cast[HANDLER]), sign_in(cast[ALBA])
    for client, path in (
        (handler, page_of(report)),
        (sender, page_of(report, "own")),
        (sender, page_of(report, "readers")),
        (sender, "/support/"),
        (sender, "/support/report/"),
        (handler, "/support/services/"),
        (handler, "/support/years/"),
    ):
        client.get(path)
        with django_assert_max_num_queries(14):
            assert client.get(path).status_code == 200


def test_from_taking_it_on_to_closing_it(cast, sign_in):
    report, client = a_report(cast, consents=("contact", "pass_on")), sign_in(cast[HANDLER])
    page = client.get(page_of(report)).content.decode()
    assert CANARY in page
    assert "Take it on" in page
    assert client.post(page_of(report, "close")).status_code == 409  # nobody has it yet
    assert client.post(page_of(report, "take")).status_code == 302
    assert client.post(page_of(report, "take")).status_code == 409
    once = note_of("called")
    for _click in range(2):
        assert client.post(page_of(report, "note"), once).status_code == 302
    assert client.post(page_of(report, "note"), note_of("referred")).status_code == 302
    assert client.post(page_of(report, "note"), note_of("employer")).status_code == 422  # not agreed
    assert client.post(page_of(report, "note"), note_of("she told me that")).status_code == 422
    assert client.post(page_of(report, "close")).status_code == 302
    assert client.post(page_of(report, "note"), note_of("called")).status_code == 409
    assert fresh(report).state == "closed"
    assert fresh(report).ended_in.day == 1
    assert Note.objects.for_system("test").count() == 4
    page = sign_in(cast[ALBA]).get(page_of(report, "own")).content.decode()
    for words in ("taken on", "spoken with the sender", "brought together with a service", "closed"):
        assert words in page
    verbs = ["taken", "noted", "noted", "closed"]
    events = Event.objects.filter(object_type="restricted").order_by("number")
    assert [event.verb for event in events] == [f"restricted.{verb}" for verb in verbs]
    assert {(event.actor, str(event.facts)) for event in events} == {("", "{}")}


def test_buttons_opened_by_themselves_lead_back(cast, sign_in):
    report, client = a_report(cast), sign_in(cast[HANDLER])
    for name in ACTS:
        assert client.get(page_of(report, name))["Location"] == page_of(report)
    assert fresh(report).state == "new"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_handlers_at_once(cast):
    a_handler(cast)
    report = a_report(cast, readers=(HANDLER, SECOND))
    raised = at_once(*[lambda by=by: take_on(report, by=cast[by]) for by in (HANDLER, SECOND)])
    assert raised == [StaleState]
    assert Note.objects.for_system("test").count() == 1


def test_another_handler_comes_with_the_senders_consent_only(cast, sign_in):
    a_handler(cast)
    a_handler(cast, IN_CHAD, key="unhcr", area="chad", name="Amina Saleh Mahamat")
    report, client = taken(cast, a_report(cast)), sign_in(cast[HANDLER])
    second = {"handler": Membership.objects.get(user=cast[SECOND]).pk}
    assert "Bring them in" not in client.get(page_of(report)).content.decode()
    assert client.post(page_of(report, "bring_in"), second).status_code == 422
    assert not Handler.objects.in_force().filter(membership__user=cast[SECOND]).exists()
    sign_in(cast[ALBA]).post(page_of(report, "consents"), {"consents": ["contact", "add"]})
    assert "Bring them in" in client.get(page_of(report)).content.decode()
    for wrong in ("1", "x", Membership.objects.filter(user=cast[HQ]).first().pk):
        assert client.post(page_of(report, "bring_in"), {"handler": wrong}).status_code == 422
    assert client.post(page_of(report, "bring_in"), second).status_code == 302
    assert sign_in(cast[SECOND]).get(page_of(report)).status_code == 200


def test_a_person_who_reads_it_in_one_role_is_not_brought_in_in_another(cast, sign_in):
    a_handler(cast)
    a_handler(cast, IN_CHAD, key="unhcr", area="chad", name="Amina Saleh Mahamat")
    report = taken(cast, a_report(cast, readers=(HANDLER, IN_CHAD), consents=("contact", "add")))
    row = {"organisation": cast.organisations["unhcr"], "role": HANDLER_ROLE, "starts_at": LONG_AGO}
    world = Membership.objects.create(user=cast[IN_CHAD], **row)
    client = sign_in(cast[HANDLER])
    offered = [value for value, _label in client.get(page_of(report)).context["add_form"].fields["handler"].choices]
    assert offered == [str(Membership.objects.get(user=cast[SECOND]).pk)]
    bring_in(report, membership=world.pk, by=cast[HANDLER])
    assert [one.name for one in readers_of(report)].count(str(cast[IN_CHAD])) == 1


def test_only_handlers_have_the_entry_in_their_menu(cast, sign_in):
    for person in cast.people:
        page = sign_in(cast[person]).get("/").content.decode()
        assert (f'href="{TRACK}"' in page) == (person == HANDLER), person
        assert (LINE in page) == (person == HANDLER), person


def test_the_mail_leads_to_a_home_page_that_leads_on_and_tells_nothing(cast, sign_in):
    """To whoever is a handler, whether something was sent or not; no more to who is none any more."""
    client, way = sign_in(cast[HANDLER]), f'<a href="{TRACK}">{LINE}</a>'
    before = client.get("/").content.decode()
    assert way in before
    assert "Nothing waits for you." not in before
    a_report(cast)
    drain()
    assert tasks_of(client) == tasks_of_page(before)
    Standing.objects.create(organisation=cast.organisations["unfpa"], kind="suspended")
    assert LINE not in client.get("/").content.decode()


def tasks_of(client):
    return tasks_of_page(client.get("/").content.decode())


def tasks_of_page(page):
    return page[page.index('<ol class="tasks">') : page.index("</ol>")]
