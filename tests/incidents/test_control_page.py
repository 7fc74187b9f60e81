"""The page by which the originator changes who sees a report; who gets all of it, and who the shared text (C1, C4)."""

import re

import pytest

from accounts.models import User
from incidents.control import sharing_of
from sharing.audiences import readers_of
from sharing.markings import Depth
from sharing.models import Item, Recall
from tests.factories.incidents import USUAL, an_account, file_report

from .controlling import (
    ALBA,
    ALBA_HQ,
    DESK,
    LAKE,
    NOT_URGENT,
    OCHA,
    WFP,
    form,
    fresh,
    pressed,
    recalled,
    sent,
    share,
    withdraw,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today(now, settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def item(cast) -> Item:
    User.objects.update(language="en")
    return file_report(cast, account=an_account(**NOT_URGENT)).incident.item


@pytest.fixture
def page(item):
    return f"/incidents/{item.ref}/audience/"


# The full text alone

GREEN = {"marking": "TLP:GREEN"}


def test_who_loses_the_full_text_alone_is_told_so(cast, item, page, sign_in):
    share(cast, item, ["dss_desks", "community"], **GREEN)
    desk, author = sign_in(cast[DESK]), sign_in(cast[ALBA])
    assert "CANARY-PERSONS" in desk.get(f"/incidents/{item.ref}/").content.decode()
    sent()
    less = form(fresh(item), ["community"])
    asked = author.post(page, less)
    assert (asked.context["losing"].full_text.persons, asked.context["losing"].access.persons) == (2, 0)
    assert "2 persons would see less" in asked.content.decode()
    text = author.post(page, less | {"shown": asked.context["shown"]}, follow=True).content.decode()
    assert "2 persons can see less of it: the shared report, no longer the full one." in text
    assert "CANARY-PERSONS" not in desk.get(f"/incidents/{item.ref}/").content.decode()
    found = sent()
    assert set(found) == {DESK}, "headquarters had neither opened it nor been told"
    [message] = found[DESK]
    assert message.subject == f"You can see less of {item.ref} than before"
    assert "Do not use what you cannot see any more" in message.body
    assert "CANARY" not in message.message().as_bytes().decode()


@pytest.mark.parametrize(("choices", "is_less"), [(["community"], True), (["dss_desks"], False)])
def test_what_the_notice_says_once_it_is_shared_again(cast, item, choices, is_less):
    """Withdrawn, and shared again before the notice went out: less than before, or as much."""
    sent()
    withdraw(cast, item)
    share(cast, item, choices, **GREEN)
    notices = [one.subject for one in sent().get(DESK, []) if re.search("no longer|less", one.subject)]
    assert notices == ([f"You can see less of {item.ref} than before"] if is_less else [])


def test_who_gains_the_full_text_is_told_as_of_a_new_report(cast, item, page, sign_in):
    share(cast, item, ["community"], **GREEN)
    sent()
    client, more = sign_in(cast[ALBA]), form(fresh(item), ["dss_desks", "community"])
    text = client.post(page, pressed(client, page, more), follow=True).content.decode()
    assert "2 persons can see more of it: the full report." in text
    assert DESK in sent()


# The page


def test_the_page_opens_as_it_is(cast, item, page, sign_in):
    named = {"organisations": [cast.organisations["benu"]], "shows_originator": True}
    share(cast, item, [*USUAL, "named_organisations"], **named)
    shown = sign_in(cast[ALBA]).get(page).context["form"].initial
    assert (shown["marking"], set(shown["audience"])) == (item.marking, {*USUAL, "named_organisations"})
    assert shown["organisations"] == [cast.organisations["benu"].ref]
    assert (shown["shows_originator"], shown["version"]) == (True, 2)


def test_changing_it_by_the_page(cast, item, page, sign_in):
    client = sign_in(cast[ALBA])
    text = client.post(page, pressed(client, page, form(item, ["dss_desks", "ocha"])), follow=True).content.decode()
    assert "1 person can see it in addition." in text
    assert re.search(r"\d+ persons can no longer see it\.", text)
    assert sharing_of(fresh(item)).choices == ["dss_desks", "ocha"]


def test_before_changing_it_the_page_says_who_would_lose_it(cast, item, page, sign_in):
    before = set(readers_of(item))
    answer = sign_in(cast[ALBA]).post(page, form(item, ["dss_desks", "ocha"]) | {"see": "yes"})
    losing = answer.context["losing"].access
    share(cast, item, ["dss_desks", "ocha"])
    assert losing.persons == len(before - set(readers_of(fresh(item))))
    assert {"INGO Benu", "IO Lake"} <= set(losing.organisations)
    assert f"{losing.persons} persons would no longer see it" in answer.content.decode()
    again = sign_in(cast[ALBA]).post(page, form(fresh(item), ["dss_desks", "ocha"]) | {"see": "yes"})
    assert "would no longer see it" not in again.content.decode()


def test_the_first_press_says_who_gains_and_who_loses_and_changes_nothing(cast, item, page, sign_in):
    client, before = sign_in(cast[ALBA]), set(readers_of(item))
    wide = form(item, ["everyone"], marking="TLP:CLEAR")
    answer = client.post(page, wide)
    text = answer.content.decode()
    assert (answer.status_code, fresh(item).version, set(readers_of(fresh(item)))) == (200, 1, before)
    assert ("Nothing is changed yet." in text, "Confirm the change" in text) == (True, True)
    assert answer.context["form"]["marking"].value() == "TLP:CLEAR"
    gaining = answer.context["gaining"].access
    assert f"{gaining.persons} persons would see it in addition" in text
    assert {"Office for the Coordination of Humanitarian Affairs", "INGO Cedar"} <= set(gaining.organisations)
    shown = answer.context["shown"]
    assert f'name="shown" value="{shown}"' in text
    wider = form(item, ["dss_desks", "ocha"]) | {"shown": shown}  # looked at another choice
    assert client.post(page, wider).status_code == 200
    assert fresh(item).version == 1
    assert client.post(page, wide | {"shown": shown}).status_code == 302
    assert len(set(readers_of(fresh(item))) - before) == gaining.persons + gaining.mailboxes


def test_whose_address_is_named_is_not_told_before_it_is_shared(cast, item, page, sign_in):
    red = form(item, [], marking="TLP:RED", named_persons="field@cedar.example")
    gaining = sign_in(cast[ALBA]).post(page, red).context["gaining"].access
    assert (gaining.persons, gaining.organisations) == (1, [])


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


def test_addresses_typed_into_a_stale_page_are_kept_but_not_shared(cast, item, page, sign_in):
    client = sign_in(cast[ALBA])
    late = form(item, [], marking="TLP:RED", named_persons=f"{OCHA}\n{WFP}")
    share(cast, item, ["dss_desks"])
    answer = client.post(page, late)
    assert (answer.status_code, answer.context["texts"]) == (409, [f"{OCHA}\n{WFP}"])
    assert OCHA in answer.content.decode()
    now = answer.context["form"]
    assert (now["audience"].value(), now["named_persons"].value(), now["version"].value()) == (["dss_desks"], "", 2)
    assert fresh(item).version == 2


@pytest.mark.parametrize("field", ["audience", "withdraw"])
def test_a_double_click(cast, item, sign_in, field):
    sent()
    client = sign_in(cast[ALBA])
    address, twice = f"/incidents/{item.ref}/{field}/", form(item, ["dss_desks"])
    twice = pressed(client, address, twice) if field == "audience" else twice
    answers = [client.post(address, twice) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert fresh(item).version == 2
    depths = list(Recall.objects.for_system("test").order_by("depth").values_list("depth", flat=True))
    assert depths == ([Depth.SHARED] if field == "audience" else [Depth.SHARED, Depth.FULL])
    assert LAKE in recalled(item)


@pytest.mark.parametrize("version", ["", "0", "-1", "x", "9" * 50, None, "1e0"])
def test_damaged_versions(cast, item, sign_in, version):
    for field in ("audience", "withdraw"):
        answer = sign_in(cast[ALBA]).post(f"/incidents/{item.ref}/{field}/", form(item, ["ocha"], version=version))
        assert answer.status_code in {302, 409, 422}, (field, version)
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
    assert client.post(address, {"version": "1"}).status_code == 422, "it needs its ground"
    client.post(address, {"version": "1", "ground": "risk"})
    assert client.get(address).context["readers"] == 0
    assert "<b>withdrawn</b>" in client.get("/incidents/").content.decode()
    assert client.get(f"/incidents/{item.ref}/audience/").context["is_withdrawn"]
