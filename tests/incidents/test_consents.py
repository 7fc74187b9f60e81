"""Passing on with the originator's consent, through the pages: asked, answered, read, withdrawn (C3, journey 9)."""

import re
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from incidents.models import Report, Withholding
from sharing.models import ConsentEntry, ConsentRequest, Release
from tests.factories.consents import ALBA, ASKER, LAKE, PARTS, PURPOSE, again, asked, given, loaded, shared_with_benu
from tests.factories.incidents import followed_up

from .controlling import sent

pytestmark = pytest.mark.django_db
ALBA_HQ, BENU_HQ, DESK = "hq@alba.example", "hq@benu.example", "dss.field@un.example"


@pytest.fixture(autouse=True)
def today(now, cast):
    User.objects.update(language="en")


@pytest.fixture
def item(cast):
    return shared_with_benu(cast)


def wish(cast, **changes) -> dict:
    """The form as a browser sends it."""
    until = timezone.now().date() + timedelta(days=30)
    fields = {
        "submission": str(uuid.uuid4()),
        "recipients": "organisations",
        "organisations": [cast.organisations["lake"].ref],
        "donor": "",
        "purpose": PURPOSE,
        "fields_asked": PARTS,
        "until": until.isoformat(),
    }
    return {name: value for name, value in {**fields, **changes}.items() if value is not None}


def only_request() -> ConsentRequest:
    return ConsentRequest.objects.for_system("test").with_item().get()


def answer_form(client, request, answer, **typed) -> dict:
    """What the page holds when it opens, with what is typed into it."""
    form = client.get(f"/incidents/consents/{request.ref}/").context["form"]
    held = {name: form[name].value() for name in form.fields}
    held = {name: value for name, value in held.items() if value not in (None, False)}
    return {**held, "answer": answer, **typed}


def page(client, item) -> str:
    return client.get(f"/incidents/{item.ref}/").content.decode()


def ledger(request) -> list[tuple[str, str]]:
    rows = ConsentEntry.objects.for_system("test").filter(request=request).order_by("pk")
    return list(rows.values_list("what", "side"))


def test_asked_answered_from_the_mail_and_read(cast, item, sign_in):
    """The whole of it: mail to the originator, one button, mail to the reader and to who asked."""
    sent()
    asker = sign_in(cast[ASKER])
    assert f"/incidents/{item.ref}/pass-on/" in page(asker, item)
    assert asker.post(f"/incidents/{item.ref}/pass-on/", wish(cast)).status_code == 302
    request = only_request()
    [mail] = sent()[ALBA]
    assert request.ref in mail.body
    assert "Answer yes or no by 27 Mar 2026. Without an answer it is a no." in " ".join(mail.body.split())
    originator = sign_in(cast[ALBA])
    [path] = re.findall(r"http://testserver(/incidents/consents/\S+)", mail.body)
    assert originator.get(path).status_code == 200
    assert again(request).state == "open"  # looking answers nothing
    text = originator.get(path).content.decode()
    assert [word in text for word in ("INGO Benu", "Abakar Youssouf Hassane", PURPOSE, "IO Lake", "CANARY-WHAT")] == [
        True
    ] * 5
    assert "CANARY-PERSONS" not in text
    assert sign_in(cast[LAKE]).get(f"/incidents/{item.ref}/").status_code == 404
    assert originator.post(path, answer_form(originator, request, "yes")).status_code == 302
    mails = sent()
    assert set(mails) == {ASKER, LAKE}
    assert "passed on to you" in mails[LAKE][0].subject
    reader = page(sign_in(cast[LAKE]), item)
    assert "Passed on to you by INGO Benu with the originator’s consent, until 19 Apr 2026" in reader
    assert PURPOSE in reader
    assert "CANARY-WHAT" in reader
    assert "CANARY-CONSEQUENCES" in reader
    for hidden in ("CANARY-PLACE", "CANARY-EXACT", "CANARY-ACTOR", "CANARY-ACTIONS", "CANARY-PERSONS", "INGO Alba"):
        assert hidden not in reader, hidden
    assert ledger(request) == [("asked", "asker"), ("given", "originator")]


def test_with_changes_they_get_less_and_both_sides_read_what_was_asked(cast, item, sign_in):
    request = asked(cast, item)
    client, path = sign_in(cast[ALBA]), f"/incidents/consents/{request.ref}/"
    until = (timezone.now().date() + timedelta(days=3)).isoformat()
    typed = {"fields_given": ["what", "category"], "text_what": "CANARY-REWRITTEN vehicles", "until": until}
    seen = client.post(path, answer_form(client, request, "see", **typed))
    assert seen.status_code == 200
    assert "CANARY-CONSEQUENCES" not in seen.context["body"]["texts"].values()
    assert seen.context["body"]["texts"] == {"what": "CANARY-REWRITTEN vehicles"}
    assert again(request).state == "open"
    assert client.post(path, answer_form(client, request, "changed", **typed)).status_code == 302
    reader = page(sign_in(cast[LAKE]), item)
    assert ("CANARY-REWRITTEN" in reader, "CANARY-WHAT" in reader, "CANARY-CONSEQUENCES" in reader) == (
        True,
        False,
        False,
    )
    assert "until 23 Mar 2026" in reader
    text = sign_in(cast[ASKER]).get(path).content.decode()
    assert "Asked was" in text
    assert ledger(request) == [("asked", "asker"), ("edited", "originator")]
    assert "CANARY-WHAT" in page(sign_in(cast[ASKER]), item)  # who asked reads what they read before


def test_no_with_a_reason_for_who_asked_and_a_ground_for_oneself(cast, item, sign_in):
    request = asked(cast, item)
    sent()
    client, path = sign_in(cast[ALBA_HQ]), f"/incidents/consents/{request.ref}/"
    form = answer_form(client, request, "no", reason="CANARY-REASON", ground="duty")
    assert client.post(path, form).status_code == 302
    [mail] = sent()[ASKER]
    assert mail.subject.endswith("it may not be passed on")
    assert "CANARY-REASON" not in mail.body
    asker = sign_in(cast[ASKER]).get(path).content.decode()
    assert "CANARY-REASON" in asker
    assert "Aoife" not in asker  # whoever answered
    assert "What was passed on" not in client.get(path).content.decode()
    kept = Withholding.objects.for_system("test").get()
    assert (kept.of, kept.ground) == ("consent", "duty")
    assert sign_in(cast[LAKE]).get(f"/incidents/{item.ref}/").status_code == 404
    assert not Release.objects.for_system("test").filter(item=item, depth=0).exists()


def test_withdrawn_by_one_button_access_ends_and_everybody_is_told(cast, item, sign_in):
    request = given(cast, asked(cast, item))
    sent()
    reader = sign_in(cast[LAKE])
    assert reader.get(f"/incidents/{item.ref}/").status_code == 200
    client = sign_in(cast[ALBA])
    assert f"/incidents/consents/{request.ref}/" in client.get(f"/incidents/{item.ref}/audience/").content.decode()
    assert client.post(f"/incidents/consents/{request.ref}/withdraw/").status_code == 302
    assert reader.get(f"/incidents/{item.ref}/").status_code == 404
    assert reader.get("/incidents/", {"q": "stopped"}).context["items"] == []
    mails = sent()
    assert mails[ASKER][0].subject.endswith("consent withdrawn")
    assert mails[LAKE][0].subject == f"{item.ref} is no longer shared with you"
    assert set(mails) == {ASKER, LAKE}
    assert ledger(request)[-1] == ("withdrawn", "originator")
    text = client.get(f"/incidents/consents/{request.ref}/").content.decode()
    assert "What was passed on" in text  # the originator's record
    assert "CANARY-WHAT" in text
    assert "What was passed on" not in sign_in(cast[ASKER]).get(f"/incidents/consents/{request.ref}/").content.decode()


def test_what_was_passed_on_stays_as_it_is(cast, sign_in):
    item = shared_with_benu(cast)
    report = item_report(item)
    given(cast, asked(cast, item))
    followed_up(cast, report, what="CANARY-LATER text", category="threat")
    reader = page(sign_in(cast[LAKE]), item)
    assert ("CANARY-LATER" in reader, "CANARY-NEWS" in reader, "CANARY-WHAT" in reader) == (False, False, True)
    assert "As of 20 Mar 2026" in reader
    assert "CANARY-LATER" in page(sign_in(cast[ASKER]), item)


def item_report(item):
    return Report.objects.for_system("test").select_related("incident__item").get(incident__item=item)


def test_a_report_changed_meanwhile_is_looked_at_again(cast, item, sign_in):
    request = asked(cast, item)
    client, path = sign_in(cast[ALBA]), f"/incidents/consents/{request.ref}/"
    form = answer_form(client, request, "yes")
    followed_up(cast, item_report(item), what="CANARY-LATER text")
    answer = client.post(path, form)
    assert (answer.status_code, again(request).state) == (409, "open")
    assert "The report was changed meanwhile" in answer.content.decode()
    assert "CANARY-LATER" in answer.content.decode()
    assert client.post(path, answer_form(client, request, "yes")).status_code == 302


def test_who_is_on_no_side_finds_nothing(cast, item, sign_in):
    request = given(cast, asked(cast, item))
    paths = [f"/incidents/consents/{request.ref}/{end}" for end in ("", "withdraw/", "take-back/", "document/")]
    sides = {ALBA, ALBA_HQ, ASKER, BENU_HQ}
    for email in set(cast.people) - sides:
        client = sign_in(cast[email])
        assert [client.get(paths[0]).status_code, *(client.post(path).status_code for path in paths)] == [404] * 5, (
            email
        )
        assert list(client.get("/incidents/consents/").context["items"] if email == LAKE else []) == []
    assert sign_in(cast[BENU_HQ]).get(paths[0]).status_code == 200
    assert sign_in(cast[ASKER]).post(paths[1]).status_code == 404  # only the originator withdraws
    assert again(request).state == "given"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"purpose": " "}, "purpose"),
        ({"purpose": "x" * 1001}, "purpose"),
        ({"until": "2026-03-19"}, "until"),
        ({"until": "2027-03-22"}, "until"),
        ({"until": "soon"}, "until"),
        ({"organisations": None}, "organisations"),
        ({"recipients": "everybody"}, "recipients"),
        ({"recipients": "donor"}, "donor"),
        ({"fields_asked": ["persons"]}, "fields_asked"),
        ({"fields_asked": None}, "fields_asked"),
    ],
)
def test_what_cannot_be_asked_is_said_at_its_field(cast, item, sign_in, changes, field):
    answer = sign_in(cast[ASKER]).post(f"/incidents/{item.ref}/pass-on/", wish(cast, **changes))
    assert (answer.status_code, set(answer.context["form"].errors)) == (422, {field})
    if field != "purpose":
        assert PURPOSE in answer.content.decode()
    assert not ConsentRequest.objects.for_system("test").exists()


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"fields_given": []}, "fields_given"),
        ({"organisations": []}, "organisations"),
        ({"until": "2027-01-01"}, "until"),
        ({"until": "2026-03-01"}, "until"),
        ({"fields_given": ["what", "place"]}, "fields_given"),
        ({"text_what": "x" * 5001}, "text_what"),
    ],
)
def test_changes_make_it_less_never_more(cast, item, sign_in, typed, field):
    request = asked(cast, item)
    client, path = sign_in(cast[ALBA]), f"/incidents/consents/{request.ref}/"
    answer = client.post(path, answer_form(client, request, "changed", **typed))
    assert (answer.status_code, set(answer.context["form"].errors)) == (422, {field})
    assert again(request).state == "open"


def test_more_recipients_than_asked_cannot_be_named(cast, item, sign_in):
    request = asked(cast, item)
    client, path = sign_in(cast[ALBA]), f"/incidents/consents/{request.ref}/"
    both = [cast.organisations[key].ref for key in ("lake", "wfp")]
    assert client.post(path, answer_form(client, request, "changed", organisations=both)).status_code == 422


def test_asked_twice_by_a_double_click_and_once_more_by_a_colleague(cast, item, sign_in):
    client, form = sign_in(cast[ASKER]), wish(cast)
    answers = [client.post(f"/incidents/{item.ref}/pass-on/", form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert answers[0].url == answers[1].url
    colleague = sign_in(cast[BENU_HQ]).post(f"/incidents/{item.ref}/pass-on/", wish(cast))
    assert colleague.status_code == 409
    assert answers[0].url in colleague.content.decode()
    assert ConsentRequest.objects.for_system("test").count() == 1


def test_yes_pressed_twice_and_then_with_other_words(cast, item, sign_in):
    request = asked(cast, item)
    client, path = sign_in(cast[ALBA]), f"/incidents/consents/{request.ref}/"
    form = answer_form(client, request, "yes")
    assert [client.post(path, form).status_code for _ in range(2)] == [302, 302]
    other = client.post(path, {**form, "answer": "changed", "text_what": "CANARY-OTHER words"})
    assert (other.status_code, "CANARY-OTHER words" in other.content.decode()) == (409, True)
    late = sign_in(cast[ALBA_HQ]).post(path, {**form, "answer": "no", "reason": "CANARY-TOO-LATE"})
    assert (late.status_code, "CANARY-TOO-LATE" in late.content.decode()) == (409, True)
    assert again(request).state == "given"
    assert ledger(request) == [("asked", "asker"), ("given", "originator")]


def test_taken_back_it_waits_for_nobody(cast, item, sign_in):
    request = asked(cast, item)
    assert sign_in(cast[ASKER]).post(f"/incidents/consents/{request.ref}/take-back/").status_code == 302
    assert ledger(request)[-1] == ("taken_back", "asker")
    assert sent().get(ALBA, []) == [] or all(request.ref not in mail.body for mail in sent().get(ALBA, []))
    assert sign_in(cast[ASKER]).post(f"/incidents/{item.ref}/pass-on/", wish(cast)).status_code == 302


def test_who_got_it_cannot_ask_for_more_and_gets_no_news(cast, item, sign_in):
    given(cast, asked(cast, item))
    reader = sign_in(cast[LAKE])
    assert reader.get(f"/incidents/{item.ref}/pass-on/").status_code == 404
    for name in ("audience", "withdraw", "readers", "desk", "question", "attachments", "receipt", "reports/1"):
        assert reader.get(f"/incidents/{item.ref}/{name}/").status_code == 404, name
    sent()
    followed_up(cast, item_report(loaded(item)))
    assert LAKE not in sent()


def test_the_source_has_to_have_accepted(cast, item, sign_in):
    type(item).objects.for_system("test").filter(pk=item.pk).update(source="host_authority")
    request = asked(cast, loaded(item))
    client, path = sign_in(cast[ALBA]), f"/incidents/consents/{request.ref}/"
    answer = client.post(path, answer_form(client, request, "yes"))
    assert (answer.status_code, set(answer.context["form"].errors)) == (422, {"accepted_by", "accepted_on"})
    typed = {"accepted_by": "CANARY-OFFICE", "accepted_on": "2026-03-18"}
    assert client.post(path, answer_form(client, request, "yes", **typed)).status_code == 302
    assert ledger(request)[1:] == [("source_accepted", "originator"), ("given", "originator")]
    assert "CANARY-OFFICE" in client.get(path).content.decode()
    assert "CANARY-OFFICE" not in sign_in(cast[ASKER]).get(path).content.decode()
