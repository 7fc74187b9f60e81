"""Mails about an account: sealed, sent by the outbox, forgotten; nothing for an address without an account."""

import pytest
from allauth.account.adapter import get_adapter
from allauth.core.context import request_context
from django.contrib.auth.models import AnonymousUser
from django.core.serializers import serialize
from django.urls import reverse
from django.utils import translation

from notifications.account_mail import answer_password_resets
from notifications.models import AccountMail, Message
from notifications.outbox import drain
from slt_portal.crypto import SealBroken

from .post_office import text_of

CANARY = "ONE-TIME-KEY"
SUBJECTS = {
    "account/email/password_reset": "Your password was reset",
    "account/email/password_changed": "Your password was changed",
    "account/email/password_set": "A password was set",
    "mfa/email/totp_activated": "Two-step sign-in was set up",
    "mfa/email/totp_deactivated": "An authenticator app was removed",
    "mfa/email/recovery_codes_generated": "New recovery codes were made",
}


@pytest.fixture
def adapter(rf):
    """The account adapter inside a request that claims to be for another host."""
    request = rf.get("/", HTTP_HOST="testserver", REMOTE_ADDR="192.0.2.7", HTTP_USER_AGENT="Browser <b>")
    request.user = AnonymousUser()
    with request_context(request):
        yield get_adapter()


def _ask_for_reset(adapter, user, typed=None):
    url = adapter.get_reset_password_from_key_url(f"3-{CANARY}")
    adapter.send_password_reset_mail(user, typed or user.email, {"user": user, "password_reset_url": url})


def test_a_reset_link_is_sealed_until_it_is_sent_and_then_forgotten(adapter, person, office):
    alba = person()
    _ask_for_reset(adapter, alba, typed="ALBA@alba.example")
    stored = serialize("json", [*Message.objects.all(), *AccountMail.objects.all()])
    assert CANARY not in stored
    assert CANARY.encode() not in bytes(AccountMail.objects.get().sealed)
    assert drain() == 1
    (mail,) = office.accepted
    assert (mail["To"], mail["Subject"]) == (alba.email, "Set a new password")
    assert f"http://testserver/accounts/password/reset/key/3-{CANARY}/" in text_of(mail)
    assert (AccountMail.objects.count(), Message.objects.get().state) == (0, "sent")


def test_an_address_without_an_account_gets_nothing(adapter, person, office):
    person()
    adapter.send_mail("account/email/password_reset_key", "nobody@no.example", {"password_reset_url": "x"})
    assert (drain(), Message.objects.count(), office.accepted) == (0, 0, [])


def test_the_page_says_the_same_whether_there_is_an_account_or_not(client, person, office):
    person()
    answers = [
        client.post(reverse("account_reset_password"), {"email": f"{name}@alba.example"}) for name in ("alba", "x")
    ]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, "/accounts/password/reset/done/")}
    answer_password_resets()
    drain()
    assert [(mail["To"], mail["Subject"]) for mail in office.accepted] == [("alba@alba.example", "Set a new password")]
    link = next(word for word in text_of(office.accepted[0]).split() if "/reset/key/" in word)
    assert client.get(link.removeprefix("http://testserver")).status_code in {200, 302}


@pytest.mark.parametrize("template", SUBJECTS)
def test_every_change_of_an_account_is_told_to_its_owner(template, adapter, person, office):
    adapter.send_notification_mail(template, person(time_zone="Africa/Juba"))
    drain()
    (mail,) = office.accepted
    assert (mail["To"], mail["Subject"]) == ("alba@alba.example", SUBJECTS[template])
    text = text_of(mail)
    assert "192.0.2.7" in text
    assert " UTC)" in text  # the reader's clock first
    assert not set("<>&") & set(text)


def test_an_account_mail_is_in_its_readers_language(adapter, person, office):
    with translation.override("fr"):  # of whoever asks
        adapter.send_notification_mail("account/email/password_changed", person(language="en"))
    drain()
    assert office.subjects == ["Your password was changed"]


def test_a_link_that_has_run_out_is_not_sent(adapter, person, office, settings):
    _ask_for_reset(adapter, person())
    settings.PASSWORD_RESET_TIMEOUT = 0
    drain()
    assert (Message.objects.get().state, AccountMail.objects.count(), office.accepted) == ("dropped", 0, [])


def test_a_sealed_text_opens_for_its_own_message_only(adapter, person, office):
    alba = person()
    _ask_for_reset(adapter, alba)
    _ask_for_reset(adapter, alba)
    first, second = AccountMail.objects.all()
    AccountMail.objects.filter(pk=first.pk).update(sealed=second.sealed)
    assert drain() == 1
    (left,) = Message.objects.filter(state="queued")
    assert left.last_error == f"the text could not be made: {SealBroken.__name__}"


def test_nobody_signs_up(adapter, rf):
    assert adapter.is_open_for_signup(rf.get("/")) is False
