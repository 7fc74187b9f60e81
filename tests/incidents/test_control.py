"""The originator changes who sees a report: at once everywhere, and who knew of it is told without a word of it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail

from accounts.models import User
from incidents import desk as desks
from incidents.control import share_with, sharing_of, take_back
from incidents.exports import Gone, fetch
from incidents.models import Export, Report
from notifications.actions import choose
from notifications.digests import make_digests
from sharing.access import access_of
from sharing.models import Item
from slt_portal.states import StaleState
from tests.documents.hostile_files import a_png
from tests.factories.attachments import add
from tests.factories.desk import desk_of_area
from tests.factories.incidents import USUAL, an_account, file_report, followed_up

from .controlling import (
    ALBA,
    ALBA_HQ,
    BENU,
    BENU_HQ,
    DESK,
    DO,
    LAKE,
    NO_DESK,
    NOT_URGENT,
    OCHA,
    WFP,
    recalled,
    sent,
    share,
    withdraw,
)
from .exporting import made

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today(now, settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def item(cast) -> Item:
    User.objects.update(language="en")
    return file_report(cast, account=an_account(**NOT_URGENT)).incident.item


# Gone at once


def openings(cast, sign_in, item, number, word) -> dict[str, bool]:
    """Everywhere somebody could come upon the report, for LAKE."""
    client = sign_in(cast[LAKE])
    return {
        "list": item.ref in client.get("/incidents/").content.decode(),
        "filtered list": item.ref in client.get("/incidents/?area=south-sudan&category=robbery").content.decode(),
        "search": item.ref in client.get("/incidents/", {"q": word}).content.decode(),
        "by reference": bool(client.get("/incidents/", {"q": item.ref}).context["items"]),
        "detail": client.get(f"/incidents/{item.ref}/").status_code == 200,
        "attachment": client.get(f"/incidents/{item.ref}/attachments/{number}/").status_code == 200,
        "export": client.get(f"/incidents/{item.ref}/export/").status_code == 200,
        "home": item.ref in client.get("/").content.decode(),
        "area": item.ref in client.get("/areas/south-sudan/").content.decode(),
    }


@pytest.mark.parametrize("how", ["narrowed", "withdrawn"])
def test_who_lost_access_finds_nothing_anywhere(cast, item, sign_in, how):
    number = add(cast, item, a_png(), is_shared=True).number
    asked = cast, sign_in, item, number, "CANARY-WHAT"
    before = openings(*asked)
    assert [where for where, found in before.items() if not found and where not in {"home", "area"}] == []
    file = made(cast, LAKE, ref=item.ref)
    assert fetch(file, access=access_of(cast[LAKE]))
    withdraw(cast, item) if how == "withdrawn" else share(cast, item, ["dss_desks"])
    assert not any(openings(*asked).values())
    with pytest.raises(Gone):
        fetch(Export.objects.of(cast[LAKE]).select_related("file__data_key").get(), access=access_of(cast[LAKE]))
    assert LAKE not in {address for address, rows in sent().items() for row in rows if "incident" in row.subject}
    share(cast, item, USUAL)
    assert {name: True for name in before if name not in {"home", "area"}}.items() <= openings(*asked).items()


def test_what_is_gone_looks_like_what_never_was(cast, item, sign_in):
    client = sign_in(cast[LAKE])
    withdraw(cast, item)
    answers = [client.get(f"/incidents/{ref}/") for ref in (item.ref, "INC-00000")]
    pages = {
        re.sub(r'value="[A-Za-z0-9]{64}"', "", one.content.decode().replace(one.request["PATH_INFO"], ""))
        for one in answers
    }
    assert ([one.status_code for one in answers], len(pages)) == ([404, 404], 1)


def test_the_originator_keeps_everything(cast, item, sign_in):
    withdraw(cast, item)
    for email in (ALBA, ALBA_HQ):
        text = sign_in(cast[email]).get(f"/incidents/{item.ref}/").content.decode()
        assert "CANARY-PERSONS" in text
        assert "Withdrawn: only your organisation can see it." in text


# Recall notices


def test_recalled_are_those_who_knew_of_it_and_nobody_else(cast, item, sign_in):
    """Opened, exported, downloaded, mailed, in a summary: one each; one who never heard of it hears nothing now."""
    share(cast, item, [*NO_DESK, "ocha"])
    mail.outbox.clear()
    for email in (DO, BENU_HQ):
        choose(cast.areas["south-sudan"], by=cast[email], choice="life_safety")
    number = add(cast, item, a_png(), is_shared=True).number
    sent()  # at once to who works there: WFP, BENU, LAKE and the Designated Official, who was told before
    sign_in(cast[OCHA]).get(f"/incidents/{item.ref}/")
    sign_in(cast[LAKE]).get(f"/incidents/{item.ref}/attachments/{number}/")
    withdraw(cast, item)
    assert recalled(item) == {DESK, DO, WFP, BENU, LAKE, OCHA}
    assert recalled(item) == set()


@pytest.mark.parametrize(
    "how", ["opened", "downloaded", "exported", "mailed", "digest", "nothing", "mail still waiting"]
)
def test_each_way_of_knowing(cast, sign_in, how):
    User.objects.update(language="en")
    if how == "digest":
        choose(cast.areas["south-sudan"], by=cast[BENU_HQ], choice="follow", delivery="digest")
    elif how.startswith("mail"):
        choose(cast.areas["south-sudan"], by=cast[BENU_HQ], choice="follow")
    item = file_report(cast, account=an_account(**NOT_URGENT), choices=["partners_of_area"]).incident.item
    if how != "mail still waiting":
        sent()
    client = sign_in(cast[BENU_HQ])
    if how == "opened":
        client.get(f"/incidents/{item.ref}/")
    elif how == "downloaded":
        client.get(f"/incidents/{item.ref}/attachments/{add(cast, item, a_png(), is_shared=True).number}/")
    elif how == "exported":
        made(cast, BENU_HQ, ref=item.ref)
    elif how == "digest":
        with time_machine.travel(datetime(2026, 3, 22, 12, tzinfo=UTC)):
            make_digests()
            sent()
    withdraw(cast, item)
    assert (BENU_HQ in recalled(item)) is (how not in {"nothing", "mail still waiting"})


def test_the_notice_says_nothing_of_it(cast, item):
    sent()
    withdraw(cast, item)
    found = sent()
    assert set(found) == {DESK, DO, WFP, BENU, LAKE}
    for messages in found.values():
        [message] = messages
        whole = message.message().as_bytes().decode() + message.body + str(message.alternatives)
        for secret in ("CANARY", "Alba", "TLP", "South Sudan", "obbery", f"/{item.ref}"):
            assert secret not in whole, secret
        assert item.ref in message.subject


def test_who_may_read_it_again_gets_no_notice(cast, item):
    sent()
    withdraw(cast, item)
    share(cast, item, ["partners_of_area"])
    found = sent()
    assert {address for address, rows in found.items() for row in rows if "no longer" in row.subject} == {DESK, DO, WFP}


def test_taken_back_twice_told_twice(cast, item):
    sent()
    withdraw(cast, item)
    assert LAKE in recalled(item)
    share(cast, item, USUAL)
    sent()
    withdraw(cast, item)
    assert LAKE in recalled(item)


def test_narrowing_tells_only_those_it_concerns(cast, item):
    sent()
    share(cast, item, ["dss_desks", "un_of_area"])
    assert recalled(item) == {BENU, LAKE}


def test_who_gains_access_is_told_as_of_a_new_report(cast, item):
    choose(cast.areas["south-sudan"], by=cast[OCHA], choice="follow")
    sent()
    share(cast, item, [*USUAL, "ocha"])
    found = sent()
    assert set(found) == {OCHA}
    assert item.ref in found[OCHA][0].subject
    share(cast, item, USUAL)
    share(cast, item, [*USUAL, "ocha"])
    with time_machine.travel(datetime(2026, 3, 21, tzinfo=UTC)):
        assert set(sent()) == {OCHA}


def test_who_gets_it_back_after_a_notice_is_told_that_it_is_shared_again(cast, item):
    share(cast, item, ["dss_desks", "partners_of_area"])
    sent()
    withdraw(cast, item)
    assert {BENU, DESK} <= set(sent())
    share(cast, item, USUAL)
    found = sent()
    for address, is_again in ((BENU, True), (DESK, True), (WFP, False)):
        [message] = found[address]
        assert ("shared with you again" in message.subject) is is_again, address
        assert (f"{item.ref} is shared with you again." in " ".join(message.body.split())) is is_again, address


def test_urgent_for_who_gains_access_when_lives_are_at_risk(cast):
    User.objects.update(language="en")
    choose(cast.areas["south-sudan"], by=cast[OCHA], choice="life_safety")
    item = file_report(cast).incident.item
    sent()
    share(cast, item, [*USUAL, "ocha"])
    assert "lives may be at risk" in sent()[OCHA][0].subject


# Who the source is


def test_how_reliable_the_source_is_follows_whether_its_name_is_open(cast, item, sign_in):
    desks.grade(item, by=cast[DESK], desk=desk_of_area(cast), reliability="B", credibility="2")

    def shown():
        text = sign_in(cast[LAKE]).get(f"/incidents/{item.ref}/").content.decode()
        return "usually reliable" in text, "INGO Alba" in text, "probably true" in text

    assert shown() == (False, False, True)
    share(cast, item, USUAL, shows_originator=True)
    assert shown() == (True, True, True)
    share(cast, item, USUAL)
    assert shown() == (False, False, True)


def test_an_update_leaves_the_grade_where_it_belongs(cast, item, sign_in):
    desks.grade(item, by=cast[DESK], desk=desk_of_area(cast), reliability="B", credibility="2")
    share(cast, item, USUAL, shows_originator=True)
    followed_up(cast, item_report(item))
    share(cast, item, USUAL)
    text = sign_in(cast[LAKE]).get(f"/incidents/{item.ref}/").content.decode()
    assert ("usually reliable" in text, "INGO Alba" in text) == (False, False)


def item_report(item) -> Report:
    return Report.objects.for_system("test").select_related("incident__item").get(incident__item=item, number=1)


def test_the_action_says_what_is_stale(cast, item):
    with pytest.raises(StaleState):
        share_with(item, sharing_of(item), by=cast[ALBA], version=2)
    with pytest.raises(StaleState):
        take_back(item, by=cast[ALBA], version=0)


def test_a_change_of_text_and_of_audience_do_not_cross(cast, item):
    """A withdrawn report is followed up: only its own organisation reads the new text."""
    withdraw(cast, item)
    followed_up(cast, item_report(item))
    with time_machine.travel(datetime(2026, 3, 20, 12, tzinfo=UTC) + timedelta(hours=2)):
        assert {address for address, rows in sent().items() for row in rows if "no longer" not in row.subject} == set()
