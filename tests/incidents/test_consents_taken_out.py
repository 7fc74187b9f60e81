"""What is passed on, taken out: the donor's document, exports, lists, counts; who may ask at all (C3, C9)."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from documents.pdf import PdfUnavailable
from incidents import consents
from incidents.attachments import add_attachment
from incidents.control import told_of
from incidents.kept_back import warned_items
from incidents.models import IncidentRelease
from incidents.readers import reader_log, readers_now
from incidents.views import consent_records
from sharing import emergency
from sharing.access import access_of
from sharing.models import ConsentEntry, Reading, Release
from tests.documents.hostile_files import a_png
from tests.documents.test_pdf import text_of
from tests.factories.consents import (
    ALBA,
    ASKER,
    DESKS_AND_BENU,
    LAKE,
    again,
    asked,
    asked_and_given,
    asked_for_donor,
    given,
    loaded,
    shared_with_benu,
)
from tests.factories.emergency import of_dss
from tests.factories.incidents import file_report

from .controlling import fresh, sent, share
from .exporting import made, read_as

pytestmark = pytest.mark.django_db
BENU_HQ, DESK, ADMIN = "hq@benu.example", "dss.field@un.example", "admin@portal.example"


@pytest.fixture(autouse=True)
def today(now, cast, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    User.objects.update(language="en")


@pytest.fixture
def item(cast):
    return shared_with_benu(cast)


def asks(cast, sign_in, item, email) -> int:
    return sign_in(cast[email]).get(f"/incidents/{item.ref}/pass-on/").status_code


def test_the_document_of_a_donor(cast, item, sign_in):
    request = asked_for_donor(cast, item)
    path = f"/incidents/consents/{request.ref}/document/"
    client = sign_in(cast[BENU_HQ])
    assert client.post(path).status_code == 302  # nobody has answered
    given(cast, request)
    assert client.get(path).status_code in {302, 404, 405}
    answer = client.post(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer["Content-Disposition"] == f'attachment; filename="{request.ref}.pdf"'
    words = " ".join(" ".join(text_of(answer.content)).split())
    for part in ("CANARY-DONOR", "CANARY-PURPOSE", request.ref, "Not to be passed on", "19 Apr 2026", "CANARY-WHAT"):
        assert part in words, part
    for part in ("CANARY-PLACE", "CANARY-EXACT", "CANARY-PERSONS", "INGO Alba"):
        assert part not in words, part
    ledger = ConsentEntry.objects.for_system("test").filter(request=request, what="handed_on")
    assert [line.side for line in ledger] == ["asker"]
    assert Reading.objects.filter(item_ref=item.ref, how="exported", reader=cast[BENU_HQ].pk).count() == 1
    assert Event.objects.filter(verb="sharing.handed_on").count() == 1
    assert sign_in(cast[ALBA]).post(path).status_code == 404
    consents.withdraw(again(request), by=cast[ALBA])
    assert client.post(path).status_code == 302
    assert ledger.count() == 1
    assert "Tell whomever you gave a document to delete it" in sent()[ASKER][-1].body


def test_without_pdf_a_sentence_says_why(cast, item, sign_in, monkeypatch):

    def none(*args, **options):
        raise PdfUnavailable("No PDF here.")

    monkeypatch.setattr(consent_records, "render_pdf", none)
    request = given(cast, asked_for_donor(cast, item))
    answer = sign_in(cast[ASKER]).post(f"/incidents/consents/{request.ref}/document/")
    assert (answer.status_code, "No PDF here." in answer.content.decode()) == (503, True)
    assert not ConsentEntry.objects.for_system("test").filter(what="handed_on").exists()


def test_only_its_recipients_find_list_count_and_export_it(cast, item, sign_in):
    """A formula in it does nothing in a spreadsheet."""
    asked_and_given(cast, item, fields=["what", "category"])
    edited = given(cast, asked(cast, shared_with_benu(cast), fields=["what"]), edited={"what": "=HYPERLINK(1) zebra"})
    for email in (LAKE, "wfp.security@un.example", "hq@suspended.example"):
        client, is_reader = sign_in(cast[email]), email == LAKE
        found = client.get("/incidents/", {"q": "stopped"})
        assert [row.release.item.ref for row in found.context["items"]] == ([item.ref] if is_reader else [])
        listed = client.get("/incidents/")
        assert len(listed.context["items"]) == (2 if is_reader else 0)
        rows = IncidentRelease.objects.all_visible_to(access_of(cast[email]))
        assert rows.count() == (2 if is_reader else 0)
    rows = {row["Reference"]: row for row in read_as(cast, sign_in, LAKE)}
    assert set(rows) == {item.ref, edited.item.ref}
    assert "CANARY-WHAT" in rows[item.ref]["What happened"]
    assert rows[edited.item.ref]["What happened"].startswith("'=")
    assert rows[item.ref]["Killed"] == rows[item.ref]["Consequences"] == ""
    assert sign_in(cast[LAKE]).get("/incidents/", {"q": "CANARY-CONSEQUENCES"}).context["items"] == []


def test_an_export_of_it_is_gone_with_the_consent(cast, item, sign_in):
    request = asked_and_given(cast, item)
    export = made(cast, LAKE, ref=item.ref)
    assert export.state == "done"
    consents.withdraw(request, by=cast[ALBA])
    assert sign_in(cast[LAKE]).get(f"/incidents/exports/{export.pk}/file/").status_code == 302


def test_the_originator_sees_who_reads_what_was_passed_on(cast, item, sign_in):
    before = readers_now(item)
    asked_and_given(cast, item)
    sent()
    assert readers_now(item) > before
    sign_in(cast[LAKE]).get(f"/incidents/{item.ref}/")
    [row] = [row for row in reader_log(item).rows if row.organisation == "IO Lake"]
    assert (row.how, row.reads_now) == (["opened", "told by e-mail"], True)
    assert cast[LAKE].pk in told_of(item)


def test_names_written_from_right_to_left(cast, item, sign_in):
    request = asked_for_donor(cast, item, purpose="تخطيط التحركات")
    given(cast, request)
    text = sign_in(cast[ASKER]).get(f"/incidents/consents/{request.ref}/").content.decode()
    assert '<div class="prose" dir="auto"><p>تخطيط التحركات</p></div>' in text
    answer = sign_in(cast[ASKER]).post(f"/incidents/consents/{request.ref}/document/")
    assert answer.status_code == 200


def test_who_may_ask(cast, sign_in):
    """Who may take away what they see, of what another organisation shared; nobody else, and not of what was named to a
    person or opened in an emergency."""
    item = file_report(cast, choices=["dss_desks", "un_of_area", "partners_of_area", "ocha"]).incident.item
    found = {email for email in cast.people if asks(cast, sign_in, item, email) == 200}
    assert found == {
        *("dss.hq@un.example", DESK, "wfp.security@un.example", "ocha@un.example", "io@lake.example"),
        *(ASKER, BENU_HQ),
    }  # not the Designated Official, who reads on the page; not Alba, whose report it is
    red = file_report(cast, marking="TLP:RED", choices=["named_persons"], persons=[LAKE]).incident.item
    assert asks(cast, sign_in, red, LAKE) == 404
    assert "You need ask nobody" in _page(cast, sign_in, marking="TLP:CLEAR", choices=["everyone"])


def _page(cast, sign_in, **how):
    item = file_report(cast, **how).incident.item
    text = sign_in(cast[LAKE]).get(f"/incidents/{item.ref}/pass-on/").content.decode()
    answer = sign_in(cast[LAKE]).post(f"/incidents/{item.ref}/pass-on/", {"recipients": "donor"})
    assert answer.status_code == 409
    return text


def test_who_reads_in_an_emergency_cannot_ask(cast, sign_in, settings):
    settings.EMERGENCY_ACCESS = True
    item = file_report(cast, choices=["named_organisations"], organisations=["benu"]).incident.item
    second = of_dss(cast, "second.of.dss@un.example")

    opened = emergency.ask(
        by=second, area=cast.areas["south-sudan"], days=7, hours=4, reason="Missing.", submission=uuid.uuid4()
    )
    emergency.agree(opened, by=cast[DESK], sparing=warned_items())
    assert sign_in(cast[DESK]).get(f"/incidents/{item.ref}/").status_code == 200
    assert asks(cast, sign_in, item, DESK) == 404


@pytest.mark.parametrize(
    ("marking", "offered"),
    [
        ("TLP:AMBER+STRICT", ["organisations", "local_arrangement"]),
        ("TLP:AMBER", ["organisations", "local_arrangement", "donor"]),
        ("TLP:GREEN", ["organisations", "local_arrangement", "donor"]),
    ],
)
def test_the_marking_decides_for_whom(cast, sign_in, marking, offered):
    item = shared_with_benu(cast, marking=marking)
    form = sign_in(cast[ASKER]).get(f"/incidents/{item.ref}/pass-on/").context["form"]
    assert [value for value, _ in form.fields["recipients"].choices] == offered
    assert "INGO Benu" not in str(form["organisations"])


def test_a_local_arrangement_that_nobody_takes_part_in(cast, sign_in):
    item = file_report(
        cast, by="field@benu.example", organisation="benu", area="chad", choices=DESKS_AND_BENU, organisations=["cedar"]
    ).incident.item
    form = {"recipients": "local_arrangement", "purpose": "x", "fields_asked": ["what"], "until": "2026-04-01"}
    form["submission"] = "7b0d5a52-0a5e-4f86-9f0e-4a3f6f6d0009"
    answer = sign_in(cast["field@cedar.example"]).post(f"/incidents/{item.ref}/pass-on/", form)
    assert (answer.status_code, set(answer.context["form"].errors)) == (422, {"recipients"})


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(("email", "side"), [(ALBA, ""), (ASKER, "?side=asked")])
def test_the_lists_ask_as_many_questions_for_one_as_for_three(
    cast, sign_in, django_assert_num_queries, number, email, side
):
    for _ in range(number):
        asked(cast, shared_with_benu(cast))
    client = sign_in(cast[email])
    client.get("/incidents/consents/")  # what is asked once per process
    with django_assert_num_queries(9 if side else 7):
        assert len(client.get(f"/incidents/consents/{side}").context["items"]) == number


def test_what_waits_comes_first_and_pages_are_bounded(cast, item, sign_in, monkeypatch):

    monkeypatch.setattr(consent_records, "PAGE", 2)
    done = asked_and_given(cast, item)
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        late, soon = asked(cast, shared_with_benu(cast)), asked(cast, shared_with_benu(cast), days=2)
        client = sign_in(cast[ALBA])
        pages = [client.get("/incidents/consents/", {"page": number}).context["items"] for number in (1, 2)]
    assert [[row.ref for row in page] for page in pages] == [[soon.ref, late.ref], [done.ref]]


def test_it_waits_on_the_home_page_of_the_originator(cast, item, sign_in):
    request = asked(cast, item)
    assert f"/incidents/consents/{request.ref}/" in sign_in(cast[ALBA]).get("/").content.decode()
    assert request.ref not in sign_in(cast[ASKER]).get("/").content.decode()
    assert f"/incidents/consents/{request.ref}/" in sign_in(cast[ALBA]).get(f"/incidents/{item.ref}/").content.decode()


def test_attachments_are_never_passed_on(cast, item, sign_in):

    made = add_attachment(
        item, SimpleUploadedFile("a.png", a_png()), by=cast[ALBA], is_shared=True, submission=uuid.uuid4()
    )
    asked_and_given(cast, loaded(item))
    path = f"/incidents/{item.ref}/attachments/{made.number}/"
    assert sign_in(cast[ASKER]).get(path).status_code == 200
    assert sign_in(cast[LAKE]).get(path).status_code == 404


def test_the_originator_is_shown_only_where_readers_see_it_and_by_their_own_tick(cast, sign_in):
    hidden, shown = shared_with_benu(cast), shared_with_benu(cast, shows_originator=True)
    for item in (hidden, shown):
        asked_and_given(cast, item, fields=["what"])
        assert "INGO Alba" not in sign_in(cast[LAKE]).get(f"/incidents/{item.ref}/").content.decode()
    given(cast, asked(cast, hidden), shows_originator=True)
    assert "INGO Alba" not in sign_in(cast[LAKE]).get(f"/incidents/{hidden.ref}/").content.decode()
    given(cast, asked(cast, shown), shows_originator=True)
    assert "INGO Alba" in sign_in(cast[LAKE]).get(f"/incidents/{shown.ref}/").content.decode()


def test_administrators_and_recipients_open_no_release_of_a_consent_by_its_row(cast, item):
    """A row that lies about, or a day that is over: nobody reads it."""
    request = asked_and_given(cast, item)
    assert not Release.objects.visible_to(access_of(cast[ADMIN])).exists()
    Release.objects.for_system("test").filter(pk=request.release_id).update(closes_at=timezone.now())
    assert not Release.objects.visible_to(access_of(cast[LAKE])).exists()
    share(cast, fresh(item), ["dss_desks"])
    assert not Release.objects.visible_to(access_of(cast[LAKE])).exists()
