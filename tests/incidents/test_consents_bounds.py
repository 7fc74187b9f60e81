"""What bounds passing on: the finder, access that is gone, a hidden name, its terms, and asking again (C1, C3, C4)."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from documents.models import DataKey
from incidents import consents
from incidents.models import IncidentRelease
from organisations.models import Membership, Standing
from sharing.consent_terms import AskedLately
from sharing.models import ConsentEntry
from slt_portal.states import StaleState
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
from tests.factories.incidents import an_account, file_report
from tests.factories.same_event import together

from .controlling import share
from .exporting import download, made, read_as
from .test_consents import answer_form, wish

pytestmark = pytest.mark.django_db
DESK, BENU_HQ = "dss.field@un.example", "hq@benu.example"


@pytest.fixture(autouse=True)
def today(now, cast, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    User.objects.update(language="en")


@pytest.fixture
def item(cast):
    return shared_with_benu(cast)


def with_benu(cast) -> dict:
    return {"organisations": [cast.organisations["benu"]]}


class TestDocument:
    """Only while who asked still reads it."""

    @pytest.fixture
    def path(self, cast, item):
        return f"/incidents/consents/{given(cast, asked_for_donor(cast, item)).ref}/"

    def refused(self, cast, sign_in, path):
        page = sign_in(cast[ASKER]).get(path)
        assert (page.status_code, "Make the document" in page.content.decode()) == (200, False)
        assert sign_in(cast[ASKER]).post(f"{path}document/").status_code == 404
        assert not ConsentEntry.objects.for_system("test").filter(what="handed_on").exists()

    def test_their_organisation_is_suspended_in_the_area(self, cast, item, sign_in, path):
        benu = {"organisation": cast.organisations["benu"], "area": item.area}
        Standing.objects.create(**benu, kind="suspended", starts_at=timezone.now() - timedelta(hours=1))
        assert sign_in(cast[ASKER]).get(f"/incidents/{item.ref}/").status_code == 404
        self.refused(cast, sign_in, path)

    def test_they_work_elsewhere_now(self, cast, item, sign_in, path):
        here = Membership.objects.filter(user=cast[ASKER], area=item.area)
        assert here.update(ends_at=timezone.now()) == 1
        there = {"organisation": cast.organisations["benu"], "role": "partner_field", "area": cast.areas["chad"]}
        Membership.objects.get_or_create(user=cast[ASKER], ends_at=None, **there)
        assert sign_in(cast[ASKER]).get(f"/incidents/{item.ref}/").status_code == 404
        self.refused(cast, sign_in, path)

    def test_at_the_moment_of_taking_it(self, cast, item):
        request = given(cast, asked_for_donor(cast, item))
        benu = {"organisation": cast.organisations["benu"], "area": item.area}
        Standing.objects.create(**benu, kind="suspended", starts_at=timezone.now())
        with pytest.raises(StaleState):
            consents.hand_on(request, by=cast[ASKER])
        assert not ConsentEntry.objects.for_system("test").filter(what="handed_on").exists()

    def test_a_narrower_audience_leaves_it(self, cast, item, sign_in, path):
        share(cast, item, ["dss_desks"])
        page = sign_in(cast[ASKER]).get(path)
        assert "Make the document" in page.content.decode()
        answer = sign_in(cast[ASKER]).post(f"{path}document/")
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")


class TestFinder:
    """What readers beyond DSS do not have yet is looked at before it goes out."""

    WHAT = "Maria Okello of INGO Alba, +211 912 345 678, saw two vehicles"

    @pytest.fixture
    def request_(self, cast):
        account = an_account(texts={"what": self.WHAT, "consequences": "Movements are suspended"})
        item = file_report(cast, marking="TLP:AMBER", choices=["dss_desks"], account=account).incident.item
        return asked(cast, loaded(item), by=DESK, organisation="dss", fields=["what", "consequences"])

    def test_of_what_dss_alone_has_everything(self, cast, sign_in, request_):
        client, path = sign_in(cast[ALBA]), f"/incidents/consents/{request_.ref}/"
        form = answer_form(client, request_, "yes")
        answer = client.post(path, form)
        assert (answer.status_code, again(request_).state) == (422, "open")
        found = answer.context["found"]
        assert [part.name for part in found.parts] == ["what"]
        assert {hit.text for part in found.parts for hit in part.hits} >= {"INGO Alba"}
        text = answer.content.decode()
        assert ('name="may_stay"' in text, "<mark>" in text, self.WHAT in text) == (True, True, True)
        assert text.index('name="may_stay"') < text.index('value="yes"')
        assert client.post(path, {**form, "may_stay": "another text"}).status_code == 422
        assert client.post(path, {**form, "may_stay": found.print}).status_code == 302
        facts = Event.objects.get(verb="sharing.consent_given").facts
        assert (facts["pointed_out"], facts["confirmed"]) == (found.count, True)

    def test_a_text_without_names_needs_no_tick(self, cast, sign_in, request_):
        client, path = sign_in(cast[ALBA]), f"/incidents/consents/{request_.ref}/"
        typed = {"text_what": "Two vehicles were stopped"}
        assert client.post(path, answer_form(client, request_, "changed", **typed)).status_code == 302
        assert Event.objects.get(verb="sharing.consent_given").facts["pointed_out"] == 0

    def test_what_is_rewritten_is_new(self, cast, item, sign_in):
        request = asked(cast, item)
        client, path = sign_in(cast[ALBA]), f"/incidents/consents/{request.ref}/"
        typed = {"text_what": self.WHAT}
        seen = client.post(path, answer_form(client, request, "see", **typed))
        assert (seen.status_code, [part.name for part in seen.context["found"].parts]) == (200, ["what"])
        form = answer_form(client, request, "changed", **typed)
        answer = client.post(path, form)
        assert (answer.status_code, set(answer.context["form"].errors)) == (422, {"__all__", "text_what"})
        assert answer.context["found"].print == seen.context["found"].print
        for page in (seen, answer):  # the tick stands with the changes, not with "as asked"
            parts = [
                page.content.decode().index(part) for part in ('value="yes"', 'name="may_stay"', 'value="changed"')
            ]
            assert parts == sorted(parts)
        confirmed = {**form, "may_stay": answer.context["found"].print}
        assert client.post(path, confirmed).status_code == 302
        assert client.post(path, confirmed).status_code == 302  # a double click

    def test_what_readers_have_already_is_asked_once(self, cast, sign_in):
        item = shared_with_benu(cast, account=an_account(texts={"what": self.WHAT}))
        request = asked(cast, item)
        client, path = sign_in(cast[ALBA]), f"/incidents/consents/{request.ref}/"
        assert client.post(path, answer_form(client, request, "yes")).status_code == 302

    def test_where_readers_know_the_name_it_is_looked_for(self, cast, sign_in):
        account = an_account(texts={"what": "A car of INGO Alba was stopped"})
        item = shared_with_benu(cast, account=account, shows_originator=True)
        request = asked(cast, item, fields=["what"])
        client, path = sign_in(cast[ALBA]), f"/incidents/consents/{request.ref}/"
        assert client.post(path, answer_form(client, request, "yes")).status_code == 422
        shown = answer_form(client, request, "changed", shows_originator="on")
        assert client.post(path, shown).status_code == 302


class TestWhomItWentTo:
    """The originator takes off itself, and whoever reads it already: who asked reads what they asked."""

    def test_who_asked_is_not_told_who_was_taken_off(self, cast, sign_in):
        pages = []
        for kept in (("lake",), ("lake", "alba")):
            item = shared_with_benu(cast)
            request = asked(cast, item, to=("alba", "lake"))
            given(cast, request, organisations=[cast.organisations[key] for key in kept])
            text = sign_in(cast[ASKER]).get(f"/incidents/consents/{request.ref}/").content.decode()
            text = text[text.index('<dl class="summary">') :].split("</dl>")[0]
            pages.append(text.replace(request.ref, "").replace(item.ref, ""))
            own = sign_in(cast[ALBA]).get(f"/incidents/consents/{request.ref}/").content.decode()
            assert own.count("INGO Alba") >= (1 if kept == ("lake",) else 2)
        assert pages[0] == pages[1]
        assert ("INGO Alba" in pages[0], "IO Lake" in pages[0]) == (True, True)
        assert "The originator may have left out some of them" in pages[0]

    def test_not_even_once_the_text_is_destroyed(self, cast, item, sign_in):
        request = asked(cast, item, to=("alba", "lake"))
        given(cast, request, organisations=[cast.organisations["lake"]])
        DataKey.objects.filter(pk=item.data_key_id).update(wrapped=b"", destroyed_at=timezone.now())
        text = sign_in(cast[ASKER]).get(f"/incidents/consents/{request.ref}/").content.decode()
        assert "IO Lake" not in text


class TestHiddenName:
    """A name that is hidden from readers is hidden from those to whom it was passed on."""

    def test_it_goes_everywhere(self, cast, sign_in):
        item = shared_with_benu(cast, shows_originator=True)
        request = given(cast, asked(cast, item, fields=["what"]), shows_originator=True)
        rows = IncidentRelease.objects.for_system("test").filter(release=request.release_id)
        rows.update(reliability="B")
        export = made(cast, LAKE, ref=item.ref)
        assert "INGO Alba" in sign_in(cast[LAKE]).get(f"/incidents/{item.ref}/").content.decode()
        share(cast, item, DESKS_AND_BENU, shows_originator=True, **with_benu(cast))
        assert download(cast, sign_in, export).status_code == 200
        share(cast, item, DESKS_AND_BENU, **with_benu(cast))
        text = sign_in(cast[LAKE]).get(f"/incidents/{item.ref}/").content.decode()
        assert ("INGO Alba" in text, "CANARY-WHAT" in text) == (False, True)
        assert rows.get().reliability == ""
        assert download(cast, sign_in, export).status_code == 302
        share(cast, item, DESKS_AND_BENU, shows_originator=True, **with_benu(cast))
        assert "INGO Alba" not in sign_in(cast[LAKE]).get(f"/incidents/{item.ref}/").content.decode()

    def test_the_record_of_what_ended_stays_as_it_was(self, cast):
        item = shared_with_benu(cast, shows_originator=True)
        request = given(cast, asked(cast, item, fields=["what"]), shows_originator=True)
        consents.withdraw(request, by=cast[ALBA])
        share(cast, item, DESKS_AND_BENU, **with_benu(cast))
        assert again(request).release.shows_originator


def test_the_list_of_ones_own_requests_tells_nothing_of_what_one_reads_no_more(cast, item, sign_in):
    asked_and_given(cast, item)
    client, path = sign_in(cast[ASKER]), "/incidents/consents/?side=asked"
    text = client.get(path).content.decode().split("<tbody")[1]
    assert ("South Sudan" in text, "TLP:AMBER" in text) == (True, True)
    share(cast, item, ["dss_desks", "community"], marking="TLP:GREEN")
    assert "TLP:GREEN" in client.get(path).content.decode()
    share(cast, item, ["dss_desks"], marking="TLP:AMBER+STRICT")
    answer = client.get(path)
    text = answer.content.decode().split("<tbody")[1]
    assert [row.item.ref for row in answer.context["items"]] == [item.ref]
    assert ("South Sudan" in text, "TLP:" in text, item.ref in text) == (False, False, True)


class TestTerms:
    """Whoever takes it out, or compares it, reads on what terms they got it."""

    UNTIL = (
        "Passed on to you by INGO Benu with the originator’s consent, until 19 Apr 2026; not to be passed on, "
        "whatever its marking allows."
    )
    AS_OF = "As of 20 Mar 2026. What became known later is not in it."

    def test_in_the_table(self, cast, item, sign_in):
        asked_and_given(cast, item)
        other = file_report(cast, choices=["dss_desks", "partners_of_area"]).incident.item
        rows = {row["Reference"]: row["Passed on with consent"] for row in read_as(cast, sign_in, LAKE)}
        assert rows == {item.ref: f"{self.UNTIL} {self.AS_OF}", other.ref: ""}

    def test_in_the_dossier(self, cast, item, sign_in):
        asked_and_given(cast, item)
        answer = download(cast, sign_in, made(cast, LAKE, ref=item.ref, format="pdf"))
        letters = "".join("".join(text_of(answer.content)).split())  # wherever a line ends
        assert [text.replace(" ", "") in letters for text in (self.UNTIL, self.AS_OF)] == [True, True]

    def test_beside_others(self, cast, item, sign_in):
        asked_and_given(cast, item)
        other = file_report(cast, choices=["dss_desks", "partners_of_area"]).incident.item
        together(cast, item, other)
        text = sign_in(cast[LAKE]).get(f"/incidents/{other.ref}/same-event/").content.decode()
        assert (text.count(self.UNTIL), text.count(self.AS_OF)) == (1, 1)
        assert self.UNTIL not in sign_in(cast[ASKER]).get(f"/incidents/{other.ref}/same-event/").content.decode()


class TestAskingAgain:
    """After a no, or silence, not for as long as an originator has to answer."""

    def test_after_a_no(self, cast, item, sign_in):
        consents.refuse(asked(cast, item), by=cast[ALBA])
        client, path = sign_in(cast[BENU_HQ]), f"/incidents/{item.ref}/pass-on/"
        page = client.get(path)
        assert (page.status_code, "can ask about it again from 27 Mar 2026" in page.content.decode()) == (200, True)
        answer = client.post(path, wish(cast, purpose="CANARY-ONCE-MORE"))
        text = answer.content.decode()
        assert (answer.status_code, "from 27 Mar 2026" in text, "CANARY-ONCE-MORE" in text) == (409, True, True)
        asked(cast, item, by=DESK, organisation="dss")  # another organisation
        asked(cast, shared_with_benu(cast))  # about another report
        with time_machine.travel("2026-03-27T00:00:01Z"):
            assert sign_in(cast[BENU_HQ]).post(path, wish(cast)).status_code == 302

    def test_after_silence(self, cast, item):
        asked(cast, item)
        with time_machine.travel(timezone.now() + timedelta(days=7)):
            assert consents.look_after() == 1
            with pytest.raises(AskedLately):
                asked(cast, item)
        with time_machine.travel(timezone.now() + timedelta(days=14)):
            asked(cast, item)

    def test_after_taking_it_back(self, cast, item):
        consents.take_back(asked(cast, item), by=cast[ASKER])
        asked(cast, item)


def test_who_asked_reads_the_day_and_not_the_minute(cast, item, sign_in):
    with time_machine.travel("2026-03-21T07:43:00Z"):
        request = given(cast, asked(cast, item))
    path = f"/incidents/consents/{request.ref}/"
    found = [sign_in(cast[email]).get(path).content.decode().split("<ol")[1] for email in (ASKER, ALBA)]
    assert ["21 Mar 2026" in text for text in found] == [True, True]
    assert [":43" in text for text in found] == [False, True]


@pytest.mark.parametrize("answer", ["open", "given"])
def test_the_pages_ask_few_questions(cast, item, sign_in, answer):
    request = asked_for_donor(cast, item)
    if answer == "given":
        given(cast, request)
    for email in (ALBA, ASKER):
        client = sign_in(cast[email])
        client.get(f"/incidents/consents/{request.ref}/")
        with CaptureQueriesContext(connection) as questions:
            client.get(f"/incidents/consents/{request.ref}/")
        assert len(questions) <= 12, email
    client = sign_in(cast[ASKER])
    client.get(f"/incidents/{item.ref}/pass-on/")
    with CaptureQueriesContext(connection) as questions:
        client.get(f"/incidents/{item.ref}/pass-on/")
    assert len(questions) <= 12
