"""The originator changes who sees a report: at once everywhere, and who knew of it is told without a word of it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail

from accounts.models import User
from incidents import desk as desks
from incidents.account import Sharing
from incidents.control import share_with, sharing_of, take_back
from incidents.exports import Gone, fetch
from incidents.models import Export, Report
from notifications.actions import choose
from notifications.digests import make_digests
from notifications.outbox import drain
from sharing.access import access_of
from sharing.audiences import readers_of
from sharing.models import Item, Recall
from slt_portal.states import StaleState
from tests.documents.hostile_files import a_png
from tests.factories.attachments import add
from tests.factories.desk import desk_of_area
from tests.factories.incidents import USUAL, an_account, file_report, followed_up

from .exporting import made

pytestmark = pytest.mark.django_db
ALBA, ALBA_HQ, BENU, LAKE = "field@alba.example", "hq@alba.example", "field@benu.example", "io@lake.example"
DESK, DO, WFP, OCHA = "dss.field@un.example", "do@un.example", "wfp.security@un.example", "ocha@un.example"
BENU_HQ = "hq@benu.example"
NOT_URGENT = {"coded": {"category": "robbery"}, "groups": []}
NO_DESK = ["un_of_area", "partners_of_area"]


@pytest.fixture(autouse=True)
def today(now, settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def item(cast) -> Item:
    User.objects.update(language="en")
    return file_report(cast, account=an_account(**NOT_URGENT)).incident.item


def fresh(item) -> Item:
    return Item.objects.for_system("test").select_related("area", "originator").get(pk=item.pk)


def share(cast, item, choices, *, by=ALBA, **how):
    item = fresh(item)
    sharing = Sharing(how.pop("marking", item.marking), list(choices), **how)
    return share_with(item, sharing, by=cast[by], version=item.version)


def withdraw(cast, item):
    item = fresh(item)
    return take_back(item, by=cast[ALBA], version=item.version)


def sent() -> dict[str, list]:
    """The mails that go out now, by address."""
    mail.outbox.clear()
    drain()
    found = {}
    for message in mail.outbox:
        found.setdefault(message.to[0], []).append(message)
    return found


def recalled(item) -> set[str]:
    """Who is told now that it is no longer shared with them; nobody twice."""
    found = {}
    for address, messages in sent().items():
        notices = [one for one in messages if one.subject == f"{item.ref} is no longer shared with you"]
        assert len(notices) <= 1, address
        if notices:
            found[address] = notices[0]
    return set(found)


def form(item, choices=USUAL, **changes) -> dict:
    """The audience form as a browser sends it."""
    parts = {"version": str(item.version), "marking": item.marking, "audience": list(choices)}
    return {name: value for name, value in {**parts, **changes}.items() if value is not None}


@pytest.fixture
def page(item):
    return f"/incidents/{item.ref}/audience/"


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


def test_urgent_for_who_gains_access_when_lives_are_at_risk(cast):
    User.objects.update(language="en")
    choose(cast.areas["south-sudan"], by=cast[OCHA], choice="life_safety")
    item = file_report(cast).incident.item
    sent()
    share(cast, item, [*USUAL, "ocha"])
    assert "lives may be at risk" in sent()[OCHA][0].subject


# The page


def test_the_page_opens_as_it_is(cast, item, page, sign_in):
    named = {"organisations": [cast.organisations["benu"]], "shows_originator": True}
    share(cast, item, [*USUAL, "named_organisations"], **named)
    shown = sign_in(cast[ALBA]).get(page).context["form"].initial
    assert (shown["marking"], set(shown["audience"])) == (item.marking, {*USUAL, "named_organisations"})
    assert shown["organisations"] == [cast.organisations["benu"].ref]
    assert (shown["shows_originator"], shown["version"]) == (True, 2)


def test_changing_it_by_the_page(cast, item, page, sign_in):
    answer = sign_in(cast[ALBA]).post(page, form(item, ["dss_desks", "ocha"]), follow=True)
    text = answer.content.decode()
    assert "1 person can see it in addition." in text
    assert re.search(r"\d+ persons no longer can see it\.", text)
    assert sharing_of(fresh(item)).choices == ["dss_desks", "ocha"]


def test_before_changing_it_the_page_says_who_would_lose_it(cast, item, page, sign_in):
    before = set(readers_of(item))
    answer = sign_in(cast[ALBA]).post(page, form(item, ["dss_desks", "ocha"]) | {"see": "yes"})
    losing = answer.context["losing"]
    share(cast, item, ["dss_desks", "ocha"])
    assert losing.persons == len(before - set(readers_of(fresh(item))))
    assert {"INGO Benu", "IO Lake"} <= set(losing.organisations)
    assert f"{losing.persons} persons would no longer see it" in answer.content.decode()
    again = sign_in(cast[ALBA]).post(page, form(fresh(item), ["dss_desks", "ocha"]) | {"see": "yes"})
    assert "would no longer see it" not in again.content.decode()


def test_saving_it_as_it_is_says_so(cast, item, page, sign_in):
    answer = sign_in(cast[ALBA]).post(page, form(item, USUAL), follow=True)
    assert "The same people can see it as before." in answer.content.decode()


@pytest.mark.parametrize("field", ["audience", "withdraw"])
def test_a_stale_page_changes_nothing(cast, item, sign_in, field):
    client = sign_in(cast[ALBA_HQ])
    address = f"/incidents/{item.ref}/{field}/"
    client.get(address)
    share(cast, item, ["dss_desks"])
    answer = client.post(address, form(item, [*USUAL, "ocha"]), follow=True)
    assert "changed who may see it meanwhile" in answer.content.decode()
    assert (sharing_of(fresh(item)).choices, fresh(item).version) == (["dss_desks"], 2)


@pytest.mark.parametrize("field", ["audience", "withdraw"])
def test_a_double_click(cast, item, sign_in, field):
    sent()
    client = sign_in(cast[ALBA])
    answers = [client.post(f"/incidents/{item.ref}/{field}/", form(item, ["dss_desks"])) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert fresh(item).version == 2
    assert Recall.objects.for_system("test").count() == 1
    assert LAKE in recalled(item)


@pytest.mark.parametrize("version", ["", "0", "-1", "x", "9" * 50, None, "1e0"])
def test_damaged_versions(cast, item, sign_in, version):
    for field in ("audience", "withdraw"):
        answer = sign_in(cast[ALBA]).post(f"/incidents/{item.ref}/{field}/", form(item, ["ocha"], version=version))
        assert answer.status_code in {302, 422}, (field, version)
    assert fresh(item).version == 1


REFUSED = [
    ("TLP:RED", ["dss_desks"], "TLP:RED is only for persons you name."),
    ("TLP:AMBER+STRICT", ["community"], "does not allow"),
    ("TLP:AMBER", ["everyone"], "does not allow"),
    ("TLP:AMBER", ["named_persons"], "does not allow"),
    ("TLP:GREEN", ["everyone"], "does not allow"),
    ("TLP:GREEN", [], "Nobody but your own organisation would see it."),
    ("TLP:GREEN", ["named_organisations"], "Name at least one organisation"),
    ("TLP:RED", ["named_persons"], "Name at least one person"),
]


@pytest.mark.parametrize(("marking", "choices", "said"), REFUSED)
def test_what_the_table_forbids_is_said_at_the_field(cast, item, page, sign_in, marking, choices, said):
    answer = sign_in(cast[ALBA]).post(page, form(item, choices, marking=marking))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert fresh(item).version == 1


def test_seeing_first_changes_nothing(cast, item, page, sign_in):
    answer = sign_in(cast[ALBA]).post(page, form(item, ["ocha"], see="yes"))
    assert answer.status_code == 200
    assert [figures.total.persons for figures in answer.context["seen"]] == [2, 1]
    assert (fresh(item).version, sharing_of(fresh(item)).choices) == (1, sorted(USUAL))


def test_withdrawing_by_the_page(cast, item, sign_in):
    client, address = sign_in(cast[ALBA]), f"/incidents/{item.ref}/withdraw/"
    readers = client.get(address).context["readers"]
    assert readers > 0
    client.post(address, {"version": "1"})
    assert client.get(address).context["readers"] == 0
    assert client.get(f"/incidents/{item.ref}/audience/").context["is_withdrawn"]


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
