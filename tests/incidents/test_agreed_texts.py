"""What desk and originator agreed that readers get: both can see it, and nobody undoes it unawares (I2)."""

from html import unescape

import pytest

from accounts.models import User
from incidents.account import shared_texts_after
from incidents.control import take_back
from incidents.proposals import decide
from tests.factories.desk import proposed
from tests.factories.incidents import TEXTS, an_account, file_report, followed_up

pytestmark = pytest.mark.django_db
ALBA, ALBA_HQ, LAKE = "field@alba.example", "hq@alba.example", "io@lake.example"
DESK, HQ = "dss.field@un.example", "dss.hq@un.example"
SEE = "Readers of the shared report get another text: see it"
AGREED = "With DSS you agreed another text for readers:"
LEFT_OUT = "With DSS you agreed that readers get nothing of this."
SAME = {name: TEXTS[name] for name in ("what", "place", "actor_name", "consequences", "actions_taken")}


@pytest.fixture
def report(cast, now):
    User.objects.update(language="en")
    return file_report(cast)


@pytest.fixture
def item(report):
    return report.incident.item


def agree(cast, item, **texts):
    """Desk and originator agree on these texts instead of the author's."""
    decide(proposed(cast, item, **SAME | texts), by=cast[ALBA], agrees=True)


def page(client, item, name="") -> str:
    return unescape(client.get(f"/incidents/{item.ref}/{name}").content.decode())


def test_who_reads_the_full_report_sees_what_others_get(cast, item, sign_in):
    before = {email: page(sign_in(cast[email]), item) for email in (ALBA, DESK)}
    assert not any(SEE in text for text in before.values())
    agree(cast, item, what="CANARY-AGREED <b>one</b> car")
    for email in cast.people:
        text = page(sign_in(cast[email]), item)
        is_full = email in {ALBA, ALBA_HQ, DESK, HQ}
        assert (SEE in text, "CANARY-WHAT" in text) == (is_full, is_full), email
        if is_full:
            assert "CANARY-AGREED <b>one</b> car" in text.partition(SEE)[2]
    assert "<b>one" not in sign_in(cast[ALBA]).get(f"/incidents/{item.ref}/").content.decode()


def test_what_nobody_gets_any_more_is_not_said_to_be_read(cast, item, sign_in):
    agree(cast, item, what="CANARY-AGREED")
    item.refresh_from_db()
    take_back(item, by=cast[ALBA], version=item.version)
    assert SEE not in page(sign_in(cast[ALBA]), item)


def test_the_form_says_it_at_the_field(cast, item, sign_in):
    client = sign_in(cast[ALBA])
    assert "With DSS you agreed" not in page(client, item, "follow-up/")
    agree(cast, item, what="CANARY-AGREED <b>one</b> car", consequences="")
    answer = client.get(f"/incidents/{item.ref}/follow-up/")
    fields = answer.context["form"].fields
    said = {name for name, field in fields.items() if "you agreed" in str(field.help_text)}
    assert said == {"what", "consequences"}
    assert "CANARY-AGREED &lt;b&gt;one" in str(fields["what"].help_text)
    text = unescape(answer.content.decode())
    assert (text.count(AGREED), text.count(LEFT_OUT), text.count("readers get yours")) == (1, 1, 2)
    refused = client.post(f"/incidents/{item.ref}/follow-up/", {"kind": "update"})
    assert (refused.status_code, AGREED in unescape(refused.content.decode())) == (422, True)


def test_what_is_left_alone_stays_agreed_and_what_is_changed_is_not(cast, report, item, sign_in):
    agree(cast, item, what="CANARY-AGREED", consequences="")
    followed_up(cast, report)
    text = page(sign_in(cast[LAKE]), item)
    assert [word in text for word in ("CANARY-AGREED", "CANARY-WHAT", "CANARY-CONSEQUENCES")] == [True, False, False]
    followed_up(cast, report, what="CANARY-MINE")
    assert "CANARY-MINE" in page(sign_in(cast[LAKE]), item)
    assert AGREED not in page(sign_in(cast[ALBA]), item, "follow-up/")


def test_a_text_that_only_the_desk_wrote_stays_too():
    before = {"what": "stopped"}
    shown = {"what": "stopped", "consequences": "The road is closed."}
    account = an_account(texts={"what": "stopped", "news": "They are back."})
    assert shared_texts_after(account, before=before, shown=shown) == shown | {"news": "They are back."}
    account = an_account(texts={"what": "stopped", "consequences": "Mine."})
    assert shared_texts_after(account, before=before, shown=shown)["consequences"] == "Mine."
