"""Who reads which register, what it says of a day that is gone, what leaves the portal, and the list by mail (P8)."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.utils import timezone

from audit.models import Event
from documents.issue import make_due
from documents.models import DocumentOrder, FrozenDocument
from notifications.models import Message
from notifications.outbox import drain
from organisations.models import Organisation, Standing
from partners.actions.bases import end_basis, lapse_basis, record_basis, renew_basis
from partners.actions.register_issues import send_global_list
from partners.models import RegisterIssue
from partners.registers import areas_read, end_of, local_arrangements, members, reads_area, rows_of
from partners.tasks import send_global_list as tick
from sharing.access import access_of
from tests.factories.registers import a_basis, partners

HQ, FIELD, CSFP, DO, OCHA = (
    "dss.hq@un.example",
    "dss.field@un.example",
    "csfp@un.example",
    "do@un.example",
    "ocha@un.example",
)
CHAIR, GISF, WFP, WG = "dss.chair@un.example", "chair@gisf.example", "wfp@un.example", "wg@icva.example"
PLATFORM = "platform@southsudan.example"
WORLD = {HQ, FIELD, CSFP, DO, OCHA, CHAIR, GISF, WFP, WG}
SOUTH_SUDAN = {HQ, FIELD, DO, OCHA, CHAIR, GISF, WFP, WG, PLATFORM}
CHAD = {HQ, CSFP, OCHA, CHAIR, GISF, WFP, WG}
SOME = {
    HQ,
    CSFP,
    PLATFORM,
    "hq@alba.example",
}  # of each sort of reader one, on each page; everybody on the registers
REGISTER, THERE = "/partnership/register/", "/partnership/register/areas/south-sudan/"
IN_CHAD = "/partnership/register/areas/chad/"


# --- Who reads what --------------------------------------------------------------------------------------------


def test_the_whole_cast_before_every_register(cast, sign_in):
    """Whoever does not read it finds nothing there: no name, no number, no document of it either."""
    world, chad = (
        a_basis(cast.organisations["alba"], confirmed_by="CANARY"),
        a_basis(cast.organisations["cedar"], area=cast.areas["chad"], confirmed_by="CANARY"),
    )
    send_global_list()
    client = sign_in(cast[HQ])
    document = client.post(f"{REGISTER}pdf/", {"area": ""}).url
    document_there = client.post(f"{REGISTER}pdf/", {"area": "chad"}).url
    pages = dict.fromkeys(
        (REGISTER, f"{REGISTER}table/", "/partnership/lists/", "/partnership/lists/1/", document,
         f"{REGISTER}table/?issue=1", f"/partnership/bases/{world.ref}/", f"{REGISTER}?q=Alba"), WORLD,
    )  # fmt: skip
    pages |= dict.fromkeys((THERE, f"{THERE}?which=local", f"{REGISTER}table/?area=south-sudan"), SOUTH_SUDAN)
    pages |= dict.fromkeys(
        (IN_CHAD, f"{REGISTER}table/?area=chad", document_there,
         f"/partnership/bases/{chad.ref}/"), CHAD,
    )  # fmt: skip
    everybody = {REGISTER, f"{THERE}?which=local", IN_CHAD}
    for email, person in cast.people.items():
        client = sign_in(person)
        for page in pages if email in SOME else everybody:
            readers = pages[page]
            answer = client.get(page)
            assert answer.status_code == (200 if email in readers else 404), (email, page)
            if email not in readers:
                assert b"CANARY" not in answer.content
                assert b"Cedar" not in answer.content or email == "field@cedar.example"
        if email in SOME:
            posted = client.post(f"{REGISTER}pdf/", {"area": "chad"}).status_code
            assert posted == (302 if email in CHAD else 404), email


def test_whoever_the_setting_names_reads_their_own_areas(cast, settings):
    for kind in ("mechanism", "un", "area_partners", "organisation_in_area", "originator_in_area"):
        settings.AREA_REGISTER_READERS = (kind,)
        for email in (PLATFORM, FIELD, "field@alba.example"):
            access = access_of(cast[email])
            assert not reads_area(access, cast.areas["kenya"]), (kind, email)
            assert set(areas_read(access)) <= {cast.areas["south-sudan"]}, (kind, email)


def test_what_the_registers_hold(cast, sign_in):
    a_basis(cast.organisations["cedar"], area=cast.areas["chad"], entity=cast.organisations["wfp"])

    def names(path, email=HQ):
        items = sign_in(cast[email]).get(path).context["items"]
        return [(row.organisation.name.split()[-1], row.state, str(row.route_label)) for row in items]

    before = "recorded before the register"
    assert names(REGISTER) == [
        ("Alba", "active", before), ("Benu", "active", before), ("Suspended", "suspended", before),
        ("Lake", "active", before),
    ]  # fmt: skip
    # WFP is active there too: a UN entity is a partner by its own rules, not by this register.
    assert names(THERE, PLATFORM) == [
        ("Alba", "active", "global status"), ("Benu", "active", "global status"),
        ("Suspended", "suspended", "global status"), ("Lake", "active", "global status"),
    ]  # fmt: skip
    assert names(IN_CHAD, CSFP) == [
        ("Benu", "active", "global status"), ("Cedar", "active", "confirmed by a UN country office"),
    ]  # fmt: skip
    assert names(f"{THERE}?which=local", PLATFORM) == [("Nhial", "active", before)]
    assert names(f"{REGISTER}?kind=io") == [("Lake", "active", before)]
    assert names(f"{REGISTER}?q=aLBa") == [("Alba", "active", before)]
    assert "Ms Mwangi, WFP" in sign_in(cast[CSFP]).get(IN_CHAD).content.decode()


def test_a_suspension_shows_where_it_holds_only(cast, sign_in):
    Standing.objects.create(organisation=cast.organisations["benu"], kind="suspended", area=cast.areas["chad"])

    def state(path):
        items = sign_in(cast[HQ]).get(path).context["items"]
        return next(row.state for row in items if row.organisation == cast.organisations["benu"])

    assert (state(IN_CHAD), state(THERE), state(REGISTER)) == ("suspended", "active", "active")


# --- And on 1 March? -------------------------------------------------------------------------------------------


def at(day, hour=12):
    return time_machine.travel(datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=hour), tick=False)


def test_a_register_answers_for_a_day_that_is_gone(cast):
    dune, area = cast.organisations["dune"], cast.areas["kenya"]
    terms = {"organisation": dune, "kind": "partner", "area": area, "route": "country", "by": cast[FIELD]}
    with at(date(2026, 3, 1), 23):
        basis = record_basis(**terms, confirmed_by="First", ends_on=date(2026, 4, 1))
    with at(date(2026, 4, 2)):
        lapse_basis(basis)
    with at(date(2026, 5, 1)):
        renew_basis(basis, ends_on=date(2026, 9, 1), confirmed_by="Second", by=cast[FIELD])
    with at(date(2026, 6, 1)):
        suspension = Standing.objects.create(organisation=dune, kind="suspended", area=area)
    with at(date(2026, 6, 10)):
        Standing.objects.filter(pk=suspension.pk).update(ends_at=timezone.now())
    with at(date(2026, 7, 1), 0):
        end_basis(basis, by=cast[FIELD], reason="Over.")

    def on(month, day):
        moment = end_of(date(2026, month, day))
        rows = rows_of(members(area, moment), area, moment)
        return [(row.state, row.confirmed_by, row.until and row.until.month) for row in rows]

    assert on(2, 28) == []
    assert on(3, 1) == on(4, 1) == [("active", "First", 4)]  # at the end of the day
    assert on(4, 2) == on(4, 30) == [("lapsed", "First", 4)]
    assert on(5, 1) == on(6, 10) == [("active", "Second", 9)]
    assert on(6, 1) == on(6, 9) == [("suspended", "Second", 9)]
    assert on(6, 30) == [("active", "Second", 9)]
    assert on(7, 1) == []


def test_local_arrangements_of_a_day_that_is_gone(cast):
    area, nngo = cast.areas["south-sudan"], cast.organisations["nngo"]
    ended = datetime(2026, 6, 1, tzinfo=UTC)
    Standing.objects.filter(organisation=nngo).update(starts_at=datetime(2026, 1, 1, tzinfo=UTC), ends_at=ended)
    assert list(local_arrangements(area, end_of(date(2026, 5, 31)))) == [nngo]
    assert list(local_arrangements(area, end_of(date(2026, 6, 1)))) == []


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("2999-01-01", "This day is still to come"),
        ("0001-01-01", "does not reach back that far"),
        ("1999-12-31", "does not reach back that far"),
        ("2026-02-30", "Write a day as year, month and day"),
        ("x" * 5000, "Write a day as year, month and day"),
        ("\x00", "Write a day as year, month and day"),
    ],
)
def test_an_absurd_day_gets_a_sentence_not_an_empty_register(cast, sign_in, asked, sentence):
    client = sign_in(cast[HQ])
    page = client.get(REGISTER, {"on": asked})
    assert page.status_code == 200
    assert sentence in page.content.decode()
    assert b"INGO Alba" not in page.content
    assert client.get(f"{REGISTER}table/", {"on": asked}).status_code == 404


# --- Many ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "queries"),
    [(REGISTER, 9), (THERE, 11), ("/partnership/lists/", 6), ("/partnership/lists/1/", 7)],
)
def test_every_list_costs_the_same_for_one_row_and_many(cast, sign_in, django_assert_num_queries, path, queries):
    Standing.objects.exclude(organisation=cast.organisations["alba"]).delete()
    a_basis(cast.organisations["alba"])
    client = sign_in(cast[HQ])
    with at(date(2026, 11, 1)):
        send_global_list()
    client.get(path)
    with django_assert_num_queries(queries):
        client.get(path)
    partners(2, cast.areas["south-sudan"])
    for number in (0, 1):
        with at(date(2026, 11, 2 + number)):
            Standing.objects.filter(kind="partner", organisation__name=f"Many 000{number}").update(starts_at=DAY)
            send_global_list()
    with django_assert_num_queries(queries):
        page = client.get(path.replace("/1/", "/3/"))
    assert len(page.context["items"]) == 3


def test_a_thousand_stand_on_twenty_pages(cast, sign_in, django_assert_num_queries):
    rows = Organisation.objects.bulk_create(Organisation(kind="ingo", name=f"Many {n:04}") for n in range(996))
    Standing.objects.bulk_create(Standing(organisation=row, kind="partner") for row in rows)
    client = sign_in(cast[HQ])
    with django_assert_num_queries(8):  # none of them has a basis to ask about
        page = client.get(REGISTER, {"page": 20})
    assert (page.context["count_label"], len(page.context["items"])) == (1000, 50)


# --- What leaves the portal ------------------------------------------------------------------------------------


def test_the_table_is_no_program_and_says_what_for(cast, sign_in):
    Organisation.objects.filter(pk=cast.organisations["alba"].pk).update(name="=cmd|' /C calc'!A0")
    a_basis(cast.organisations["alba"], confirmed_by="+41 22", ends_on=date(2027, 3, 1))
    answer = sign_in(cast[HQ]).get(f"{REGISTER}table/?area=south-sudan")
    text = answer.content.decode("utf-8-sig")
    lines = text.splitlines()
    assert lines[1].startswith('"Partner organisations","\'=cmd|\' /C calc\'!A0"')
    assert '"\'+41 22"' in text
    assert '"2027-03-01"' in lines[1]
    assert all("Ingrid Halvorsen" in line and "security arrangements" in line for line in lines[1:])
    assert "National NGO Nhial" in text
    assert "Alba" not in answer["Content-Disposition"]
    event = Event.objects.get(verb="partners.register_exported")
    assert event.facts == {"area": "south-sudan", "on": timezone.now().date().isoformat(), "format": "csv"}


def test_a_document_is_made_once_for_what_it_says_and_never_again(cast, sign_in):
    a_basis(cast.organisations["alba"])
    client, other = sign_in(cast[HQ]), sign_in(cast[OCHA])
    page = client.post(f"{REGISTER}pdf/", {"area": ""}).url
    assert other.post(f"{REGISTER}pdf/", {"area": ""}).url == page
    assert DocumentOrder.objects.count() == 1
    assert "being made" in client.get(page).content.decode()
    assert client.get(f"{page}file/").status_code == 404
    assert make_due() == 1
    assert FrozenDocument.objects.get().digest in client.get(page).content.decode()
    assert not Event.objects.filter(verb="partners.register_exported").exists()
    file = client.get(f"{page}file/")
    assert file.content.startswith(b"%PDF")
    assert file["Content-Disposition"].startswith("attachment")
    stranger = sign_in(cast[PLATFORM])  # reads the register of an area, not this one
    assert {stranger.get(path).status_code for path in (page, f"{page}file/")} == {404}
    assert Event.objects.filter(verb="partners.register_exported").count() == 1
    record_basis(organisation=cast.organisations["dune"], kind="partner", area=None, route="dss", by=cast[HQ])
    assert client.post(f"{REGISTER}pdf/", {"area": ""}).url != page  # another content, another document


def test_no_document_but_a_registers_opens_here(cast, sign_in):
    order = DocumentOrder.objects.count()
    assert order == 0
    assert sign_in(cast[HQ]).get(f"{REGISTER}documents/MOU-2026-0001/en/").status_code == 404


# --- The list by mail ------------------------------------------------------------------------------------------

DAY = datetime(2026, 4, 1, 8, tzinfo=UTC)
GETS_IT = {HQ, FIELD, CSFP, DO, OCHA}


def sent_at(moment):
    with time_machine.travel(moment, tick=False):
        tick()
        send_global_list()
    return RegisterIssue.objects.count()


def test_the_list_goes_out_when_it_changed_once_a_day_and_every_six_months(cast):
    assert sent_at(DAY) == 1
    assert sent_at(DAY + timedelta(days=1)) == 1  # nothing changed
    with time_machine.travel(DAY + timedelta(hours=1), tick=False):
        alba = a_basis(cast.organisations["alba"], since=DAY)
    assert sent_at(DAY + timedelta(hours=2)) == 1  # changed, but one was sent today
    assert sent_at(DAY + timedelta(days=1)) == 2
    assert sent_at(DAY + timedelta(days=182)) == 2
    assert sent_at(DAY + timedelta(days=183)) == 3
    assert [issue.reason for issue in RegisterIssue.objects.all()] == ["change", "change", "period"]
    Standing.objects.create(organisation=alba.standing.organisation, kind="suspended", starts_at=DAY)
    assert sent_at(DAY + timedelta(days=400)) == 4  # a long downtime: one list, not many
    Standing.objects.filter(kind="partner", organisation=cast.organisations["alba"]).update(ends_at=DAY)
    assert sent_at(DAY + timedelta(days=5)) == 5  # the clock was a year ahead
    Standing.objects.filter(kind="partner", organisation=cast.organisations["alba"]).update(ends_at=None)
    assert sent_at(DAY + timedelta(days=6)) == 6
    facts = Event.objects.filter(verb="partners.list_sent").order_by("number").last().facts
    assert (facts["reason"], facts["organisations"], facts["recipients"]) == ("change", 4, 5)


def test_each_recipient_gets_each_list_once_without_names(cast):
    sent_at(DAY)
    with time_machine.travel(DAY, tick=False):
        drain()
        drain()
    assert sorted(message.to[0] for message in mail.outbox) == sorted(GETS_IT)
    for message in mail.outbox:
        text = message.subject + message.body
        assert "/partnership/lists/1/" in text
        assert not any(row.name in text for row in Organisation.objects.filter(kind__in=["ingo", "io"]))


def test_nobody_is_told_of_an_empty_list(cast):
    Standing.objects.all().delete()
    assert send_global_list() == 0
    assert not RegisterIssue.objects.exists()


def test_a_list_stays_as_it_was_and_says_what_is_different(cast, sign_in):
    sent_at(DAY)
    alba, benu, lake = (cast.organisations[key] for key in ("alba", "benu", "lake"))
    Organisation.objects.filter(pk=lake.pk).update(name="Lake Renamed")
    Standing.objects.filter(organisation=cast.organisations["suspended"], kind="suspended").update(ends_at=DAY)
    Standing.objects.create(organisation=alba, kind="suspended", starts_at=DAY)
    Standing.objects.filter(organisation=benu, kind="partner").update(ends_at=DAY)
    Standing.objects.create(organisation=cast.organisations["dune"], kind="partner", starts_at=DAY)
    sent_at(DAY + timedelta(days=1))
    client = sign_in(cast[HQ])
    first, second = client.get("/partnership/lists/1/"), client.get("/partnership/lists/2/")
    assert "IO Lake" in first.content.decode()
    assert "Renamed" not in first.content.decode()
    found = {str(what): [row["name"] for row in rows] for what, rows in second.context["changes"]}
    assert found == {
        "New on the list": ["INGO Dune"], "No longer on the list": ["INGO Benu"], "Suspended": ["INGO Alba"],
        "Suspension lifted": ["INGO Suspended"], "Changed: name, basis or date": ["Lake Renamed"],
    }  # fmt: skip
    table = client.get("/partnership/register/table/?issue=1").content.decode()
    assert "IO Lake" in table
    assert client.get("/partnership/register/table/?issue=99999999999").status_code == 404
    page = client.post("/partnership/register/pdf/", {"issue": "1"}).url
    make_due()
    assert client.get(f"{page}file/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_two_ticks_at_once_send_one_list(cast):
    results, gate = [], threading.Barrier(2, timeout=10)

    def run():
        try:
            gate.wait()
            results.append(send_global_list())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [0, len(GETS_IT)]
    assert RegisterIssue.objects.count() == 1
    assert Message.objects.filter(kind="partners.global_list").count() == len(GETS_IT)
