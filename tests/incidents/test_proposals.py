"""A desk proposes another text for readers: the originator agrees or refuses, once, never of an old text (I2)."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from incidents.models import Proposal
from incidents.proposals import decide, propose, reason_of, take_back_proposal, texts_of_proposal
from notifications.outbox import drain
from sharing.models import Item, Reading
from slt_portal.states import StaleState
from tests.factories.desk import desk_of_area, proposed
from tests.factories.incidents import file_report, followed_up

pytestmark = pytest.mark.django_db
ALBA, ALBA_HQ, BENU, LAKE = "field@alba.example", "hq@alba.example", "field@benu.example", "io@lake.example"
DESK, HQ = "dss.field@un.example", "dss.hq@un.example"


@pytest.fixture(autouse=True)
def today(now):
    """The cast is there in the tests' today."""


@pytest.fixture
def report(cast):
    User.objects.update(language="en")
    return file_report(cast)


@pytest.fixture
def item(report) -> Item:
    return report.incident.item


def sent() -> dict[str, list]:
    mail.outbox.clear()
    drain()
    found = {}
    for message in mail.outbox:
        found.setdefault(message.to[0], []).append(message)
    return found


def test_agreed(cast, item, sign_in):
    sent()
    made = proposed(cast, item)
    assert set(sent()) == {ALBA}
    assert "CANARY-WHAT" in sign_in(cast[LAKE]).get(f"/incidents/{item.ref}/").content.decode()
    path = f"/incidents/{item.ref}/text/"
    assert sign_in(cast[ALBA_HQ]).post(path, {"proposal": str(made.subject_id), "answer": "agree"}).status_code == 302
    text = sign_in(cast[LAKE]).get(f"/incidents/{item.ref}/").content.decode()
    assert ("CANARY-PROPOSED" in text, "CANARY-WHAT" in text) == (True, False)
    assert "CANARY-WHAT" in sign_in(cast[ALBA]).get(f"/incidents/{item.ref}/").content.decode()
    assert set(sent()) == {DESK}
    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        assert {LAKE, BENU} <= set(sent())
    late = sign_in(cast[ALBA]).get(path, follow=True)
    assert late.redirect_chain == [(f"/incidents/{item.ref}/", 302)]
    assert "This proposal does not wait any more" in late.content.decode()


def test_refused(cast, item, sign_in):
    made = proposed(cast, item)
    sent()
    sign_in(cast[ALBA]).post(f"/incidents/{item.ref}/text/", {"proposal": str(made.subject_id), "answer": "refuse"})
    assert "CANARY-PROPOSED" not in sign_in(cast[LAKE]).get(f"/incidents/{item.ref}/").content.decode()
    [notice] = sent()[DESK]
    assert notice.subject.endswith(f"{item.ref} · South Sudan: your text is refused")
    assert f"http://testserver/incidents/{item.ref}/desk/" in notice.body


def test_only_who_reports_for_the_originator_decides(cast, item, sign_in):
    made = proposed(cast, item)
    for email in cast.people:
        client, path = sign_in(cast[email]), f"/incidents/{item.ref}/text/"
        if email in {ALBA, ALBA_HQ}:
            assert client.get(path).status_code == 200
        else:
            post = {"proposal": str(made.subject_id), "answer": "agree"}
            assert (client.get(path).status_code, client.post(path, post).status_code) == (404, 404), email
    made.refresh_from_db()
    assert made.state == Proposal.State.OPEN


@pytest.mark.parametrize("post", [{}, {"proposal": "0"}, {"proposal": "PK"}, {"proposal": "PK", "answer": "maybe"}])
def test_an_answer_to_something_else_decides_nothing(cast, item, sign_in, post):
    made = proposed(cast, item)
    post = {name: value.replace("PK", str(made.subject_id)) for name, value in post.items()}
    answer = sign_in(cast[ALBA]).post(f"/incidents/{item.ref}/text/", post, follow=True)
    assert "This is another proposal" in answer.content.decode()
    made.refresh_from_db()
    assert made.state == Proposal.State.OPEN


def test_one_at_a_time_and_never_of_an_old_text(cast, report, item, sign_in):
    proposed(cast, item)
    with pytest.raises(StaleState):
        proposed(cast, item, what="another text")
    followed_up(cast, report)
    assert Proposal.objects.for_system("test").get().state == Proposal.State.OUTDATED
    with pytest.raises(StaleState):
        propose(item, by=cast[DESK], desk=desk_of_area(cast), texts={"what": "x"}, version=1)
    answer = sign_in(cast[DESK]).post(f"/incidents/{item.ref}/desk/text/", {"version": "1", "what": "CANARY-MINE"})
    assert (answer.status_code, "CANARY-MINE" in answer.content.decode()) == (409, True)


def test_decided_twice(cast, item):
    made = proposed(cast, item)
    again = Proposal.objects.for_system("test").select_related("incident__item__data_key").get(pk=made.pk)
    decide(made, by=cast[ALBA], agrees=True)
    with pytest.raises(StaleState):
        decide(again, by=cast[ALBA_HQ], agrees=False)
    assert Proposal.objects.for_system("test").get().state == Proposal.State.AGREED


def test_a_proposal_brings_nothing_that_the_shared_text_may_not_hold(cast, item):
    made = proposed(cast, item, persons="CANARY-PERSONS", exact_place="CANARY-EXACT", position=[1, 2])
    assert set(texts_of_proposal(made, item)) == {"what"}


def test_found_by_the_new_words_and_not_the_old(cast, item, sign_in):
    decide(proposed(cast, item, what="giraffewise"), by=cast[ALBA], agrees=True)
    client = sign_in(cast[LAKE])
    assert [len(client.get("/incidents/", {"q": word}).context["items"]) for word in ("giraffewise", "stopped")] == [
        1,
        0,
    ]
    own = sign_in(cast[ALBA])
    assert [len(own.get("/incidents/", {"q": word}).context["items"]) for word in ("giraffewise", "stopped")] == [0, 1]


# No dead ends


def page_of_desk(client, item) -> str:
    return client.get(f"/incidents/{item.ref}/desk/").content.decode()


def state_of(made) -> str:
    made.refresh_from_db()
    return made.state


def test_a_newer_report_overtakes_it_and_the_desk_is_told(cast, report, item, sign_in):
    made = proposed(cast, item)
    sent()
    followed_up(cast, report)
    [notice] = [message for message in sent()[DESK] if "overtaken" in message.subject]
    assert "Compare the text that readers get now and propose again" in " ".join(notice.body.split())
    page = page_of_desk(sign_in(cast[DESK]), item)
    assert ("overtaken by a newer report" in page, "CANARY-PROPOSED" in page) == (True, True)
    answer = sign_in(cast[ALBA]).post(
        f"/incidents/{item.ref}/text/", {"proposal": str(made.subject_id), "answer": "agree"}, follow=True
    )
    assert "This proposal does not wait any more" in answer.content.decode()
    assert state_of(made) == Proposal.State.OUTDATED


def test_the_desk_sees_what_waits_and_takes_it_back(cast, item, sign_in):
    made, client = proposed(cast, item), sign_in(cast[DESK])
    page = page_of_desk(client, item)
    path = f"/incidents/{item.ref}/desk/text/{made.subject_id}/take-back/"
    assert ("CANARY-PROPOSED" in page, path in page) == (True, True)
    assert "A proposed text waits" in client.get(f"/incidents/{item.ref}/desk/text/").content.decode()
    assert client.get(path).url == f"/incidents/{item.ref}/desk/text/"
    sent()
    answers = [client.post(path, follow=True).content.decode() for _ in range(2)]
    assert "The proposed text is taken back." in answers[0]
    assert "It does not wait any more" in answers[1]
    assert (state_of(made), made.decided_by) == (Proposal.State.TAKEN_BACK, cast[DESK])
    assert sent() == {}  # whoever takes it back knows
    assert path not in page_of_desk(client, item)
    proposed(cast, item)


def test_a_colleague_takes_it_back(cast, item, sign_in):
    made = proposed(cast, item)
    sent()
    path = f"/incidents/{item.ref}/desk/text/{made.subject_id}/take-back/"
    assert sign_in(cast[HQ]).post(path).status_code == 302
    [notice] = sent()[DESK]
    assert notice.subject.endswith("your text is taken back")


def test_only_desks_take_back_and_only_what_was_proposed_last_here(cast, item, sign_in):
    made = proposed(cast, item)
    for email in cast.people:
        path = f"/incidents/{item.ref}/desk/text/{made.subject_id}/take-back/"
        if email not in {DESK, HQ}:
            assert sign_in(cast[email]).post(path).status_code == 404, email
    other = file_report(cast).incident.item
    path = f"/incidents/{other.ref}/desk/text/{made.subject_id}/take-back/"
    assert sign_in(cast[DESK]).post(path).status_code == 404
    assert state_of(made) == Proposal.State.OPEN


def test_what_the_originator_answered_is_not_taken_back(cast, item):
    made = proposed(cast, item)
    again = Proposal.objects.for_system("test").select_related("incident__item__data_key").get(pk=made.pk)
    decide(made, by=cast[ALBA], agrees=False)
    with pytest.raises(StaleState):
        take_back_proposal(again, by=cast[DESK], desk=desk_of_area(cast))
    assert state_of(again) == Proposal.State.REFUSED


def test_why_it_was_refused_is_read_at_the_desk_alone(cast, item, sign_in):
    made = proposed(cast, item)
    post = {"proposal": str(made.subject_id), "answer": "refuse", "reason": "CANARY-WHY <b>not</b>"}
    sent()
    assert sign_in(cast[ALBA]).post(f"/incidents/{item.ref}/text/", post).status_code == 302
    assert not any("CANARY-WHY" in message.body + message.subject for message in sent()[DESK])
    for email in cast.people:
        page = page_of_desk(sign_in(cast[email]), item)
        assert ("CANARY-WHY &lt;b&gt;not" in page) is (email in {DESK, HQ}), email
    made.refresh_from_db()
    assert b"CANARY" not in bytes(made.sealed_reason)


def test_a_reason_too_long_is_kept_and_decides_nothing(cast, item, sign_in):
    made = proposed(cast, item)
    post = {"proposal": str(made.subject_id), "answer": "refuse", "reason": "CANARY-LONG" + "x" * 2000}
    answer = sign_in(cast[ALBA]).post(f"/incidents/{item.ref}/text/", post)
    page = answer.content.decode()
    assert (answer.status_code, "CANARY-LONG" in page, 'class="error-summary"' in page) == (422, True, True)
    assert state_of(made) == Proposal.State.OPEN


@pytest.mark.parametrize("then", ["taken back", "another waits", "another was answered"])
def test_a_reason_typed_too_late_is_not_lost(cast, item, sign_in, then):
    late, desk = proposed(cast, item), desk_of_area(cast)
    take_back_proposal(late, by=cast[DESK], desk=desk)
    if then != "taken back":
        newer = proposed(cast, item, what="CANARY-NEWER")
    if then == "another was answered":
        decide(newer, by=cast[ALBA_HQ], agrees=False)
    post = {"proposal": str(late.subject_id), "answer": "refuse", "reason": "CANARY-WHY not"}
    answer = sign_in(cast[ALBA]).post(f"/incidents/{item.ref}/text/", post)
    page = answer.content.decode()
    assert (answer.status_code, "CANARY-WHY not" in page) == (409, True)
    can_answer = then == "another waits"
    assert ("Refuse: keep mine" in page, "Compare it first" in page) == (can_answer, can_answer)
    assert ("does not wait any more" in page, "to be copied" in page) == (not can_answer, not can_answer)
    assert state_of(late) == Proposal.State.TAKEN_BACK


@pytest.mark.parametrize(("email", "path"), [(DESK, "desk/text/"), (ALBA_HQ, "text/")])
def test_whoever_opens_the_texts_is_in_the_reader_log(cast, item, sign_in, email, path):
    proposed(cast, item)
    assert "CANARY-WHAT" in sign_in(cast[email]).get(f"/incidents/{item.ref}/{path}").content.decode()
    [reading] = Reading.objects.filter(item_ref=item.ref, reader=cast[email].pk)
    assert reading.how == Reading.How.OPENED


def test_the_reason_goes_with_the_key(cast, item):
    made = proposed(cast, item)
    decide(made, by=cast[ALBA], agrees=False, reason="because")
    assert reason_of(made, item) == "because"
    item.data_key = None
    assert reason_of(made, item) == ""


def test_only_a_refusal_has_a_reason(cast, item):
    made = proposed(cast, item)
    decide(made, by=cast[ALBA], agrees=True, reason="not kept")
    assert made.sealed_reason is None
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.for_system("test").filter(pk=made.pk).update(sealed_reason=b"x")


def test_which_desk_proposes_is_said_in_the_readers_language(cast, item, sign_in):
    proposed(cast, item)
    office = cast.organisations["dss"].name
    User.objects.filter(pk=cast[ALBA].pk).update(language="fr")
    for reader, area in ((ALBA, "Soudan du Sud"), (ALBA_HQ, "South Sudan")):
        page = sign_in(User.objects.get(pk=cast[reader].pk)).get(f"/incidents/{item.ref}/text/").content.decode()
        assert f"{office}, {area}" in page
    assert f"{office}, Soudan du Sud" in sent()[ALBA][0].body
