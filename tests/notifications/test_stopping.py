"""Stopping mails from a link in one: what the link may do, who can make one, and the headers for mail programs."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core import signing
from django.test import Client
from django.utils import timezone

from accounts.models import User
from incidents.messages import Filed
from notifications.actions import announce, choose, stop_mails
from notifications.digests import make_digests
from notifications.kinds import Kind, all_kinds
from notifications.models import DigestEntry, DigestStop, Message, Subject, Subscription
from notifications.outbox import drain
from notifications.stopping import DIGEST, SALT, Stop, area_topic, read_stop, stop_link
from tests.factories.incidents import an_account, file_report

from .post_office import text_of

NOT_URGENT = {"coded": {"category": "information"}, "groups": []}
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
FOLLOWER = "hq@benu.example"


@pytest.fixture
def user(cast):
    return cast[FOLLOWER]


@pytest.fixture
def area(cast):
    return cast.areas["south-sudan"]


def rows() -> set[tuple]:
    return set(Subscription.objects.values_list("user__email", "area__code", "choice", "delivery"))


def everything() -> tuple:
    return rows(), DigestStop.objects.count(), DigestEntry.objects.count(), Message.objects.count()


def link_of(user, area=None) -> str:
    return stop_link(user.pk, area_topic(area.pk) if area else DIGEST)


# --- What the link does -------------------------------------------------------------------------------------------


def test_looking_changes_nothing_and_says_nothing_about_the_person(user, area):
    choose(area, by=user, choice="follow", delivery="digest")
    before = everything()
    for link in (link_of(user, area), link_of(user)):
        for _ in range(2):
            page = Client().get(link)
            assert (page.status_code, everything()) == (200, before)
            text = page.content.decode()
            assert not [word for word in (user.email, user.name, "benu") if word in text]
            assert page["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("sent", [{}, ONE_CLICK])
def test_the_button_and_the_mail_program_leave_only_life_at_risk(user, area, sent):
    """A mail program has no cookies and no CSRF token, only the link."""
    choose(area, by=user, choice="follow", categories=["robbery"], delivery="digest")
    for _ in range(2):  # a second time changes nothing more
        answer = Client(enforce_csrf_checks=True).post(link_of(user, area), sent)
        assert (answer.status_code, answer.templates[0].name) == (200, "notifications/stop.html")
        assert "South Sudan only when life is at risk" in " ".join(answer.content.decode().split())
        assert rows() == {(FOLLOWER, "south-sudan", "life_safety", "digest")}
    assert Subscription.objects.get().categories == ["robbery"]  # for the day they want them again


def test_who_only_works_there_can_stop_them_too(cast, area):
    worker = cast["field@benu.example"]
    Client().post(link_of(worker, area))
    assert rows() == {("field@benu.example", "south-sudan", "life_safety", "at_once")}


def test_it_ends_the_summary_and_nothing_that_is_chosen_at_once(cast, user, area):
    choose(area, by=user, choice="follow", delivery="digest")
    choose(cast.areas["chad"], by=user, choice="follow")
    choose(cast.areas["kenya"], by=cast["hq@alba.example"], choice="follow", delivery="digest")
    for reader in (user, cast["hq@alba.example"]):
        DigestEntry.objects.create(user=reader, subject=Subject.objects.create(), kind="incidents.filed")
    for _ in range(2):
        assert Client().post(link_of(user)).status_code == 200
        assert rows() == {
            (FOLLOWER, "south-sudan", "life_safety", "digest"),
            (FOLLOWER, "chad", "follow", "at_once"),
            ("hq@alba.example", "kenya", "follow", "digest"),
        }
        assert list(DigestStop.objects.values_list("user", flat=True)) == [user.pk]
        assert list(DigestEntry.objects.values_list("user__email", flat=True)) == ["hq@alba.example"]
    choose(area, by=user, choice="follow", delivery="digest")
    assert not DigestStop.objects.exists()


def test_it_never_silences_what_is_told_when_life_is_at_risk(cast, user, area):
    choose(area, by=user, choice="follow")
    Client().post(link_of(user, area))
    Client().post(link_of(user))
    file_report(cast, account=an_account(**NOT_URGENT))
    assert not Message.objects.filter(recipient=user).exists()
    file_report(cast)
    assert Message.objects.filter(recipient=user).values_list("priority", flat=True).get() == 0


def test_it_is_for_one_person_and_one_area(cast, user, area):
    for reader in ("hq@benu.example", "hq@alba.example"):
        for code in ("south-sudan", "chad"):
            choose(cast.areas[code], by=cast[reader], choice="follow")
    Client().post(link_of(user, area))
    assert {row[:2] for row in rows() if row[2] == "life_safety"} == {(FOLLOWER, "south-sudan")}


def test_who_is_signed_in_does_not_matter(cast, user, area, sign_in):
    sign_in(cast["hq@alba.example"]).post(link_of(user, area))
    assert rows() == {(FOLLOWER, "south-sudan", "life_safety", "at_once")}


# --- Links that are none ------------------------------------------------------------------------------------------


def _forged(user, area):
    good = link_of(user, area).rstrip("/").rpartition("/")[2]
    value, _, signature = good.rpartition(":")
    yield from ("x", "0" * 3000, "é漢\u202e", "%00", "a:b:c", f"{value}:", f":{signature}", good[:-1], f"{good}x")
    yield good.swapcase()
    others = signing.dumps([user.pk, DIGEST], salt=SALT)
    yield f"{others.rpartition(':')[0]}:{signature}"  # another value under this signature
    yield signing.dumps([user.pk, area_topic(area.pk)], salt="another purpose")
    yield signing.dumps([user.pk, area_topic(area.pk)], salt=SALT, key="another key" * 5)
    yield signing.dumps([user.pk, "life_safety"], salt=SALT)
    yield signing.dumps([user.pk, area_topic(10**6)], salt=SALT)


def test_a_link_that_we_did_not_make_changes_nothing(user, area):
    choose(area, by=user, choice="follow", delivery="digest")
    before = everything()
    for token in _forged(user, area):
        for answer in (Client().get(f"/notifications/stop/{token}/"), Client().post(f"/notifications/stop/{token}/")):
            assert answer.status_code == 404, token
        assert everything() == before


def test_a_link_of_more_than_a_year_ago_is_over(user, area):
    link = link_of(user, area)
    with time_machine.travel(timezone.now() + timedelta(days=365)):
        assert Client().get(link).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=367)):
        assert Client().post(link, ONE_CLICK).status_code == 404
    assert rows() == set()


def test_what_a_token_says(user, area):
    token = link_of(user, area).rstrip("/").rpartition("/")[2]
    assert read_stop(token) == Stop(user.pk, area.pk)
    assert read_stop(signing.dumps([user.pk, DIGEST], salt=SALT)) == Stop(user.pk, None)
    assert len(link_of(user, area)) < 150


# --- The mails ----------------------------------------------------------------------------------------------------


@pytest.fixture
def mails_to(cast, user, area, office):
    """Files a report that is, or is not, about lives; returns the mails to somebody who follows the area."""

    def mails(**account):
        choose(area, by=user, choice="follow")
        file_report(cast, account=an_account(**account))
        drain()
        return [mail for mail in office.accepted if mail["To"] == FOLLOWER]

    return mails


@pytest.mark.parametrize("site", ["http://testserver", "https://portal.example"])
def test_a_mail_that_one_can_do_without_says_how_to_stop_it(mails_to, settings, site):
    settings.SITE_URL = site
    User.objects.update(language="en")
    [mail] = mails_to(**NOT_URGENT)
    header = mail["List-Unsubscribe"]
    [link] = re.findall(rf"{site}/notifications/stop/\S+", text_of(mail))
    assert header == f"<{link}>"
    # RFC 8058 asks for https; without it a mail program must not press the button by itself.
    assert mail["List-Unsubscribe-Post"] == ("List-Unsubscribe=One-Click" if site.startswith("https") else None)
    assert link in mail.get_payload(1).get_payload(decode=True).decode()
    assert "without signing in" in text_of(mail)
    assert Client().post(urlsplit(link).path, ONE_CLICK).status_code == 200
    assert rows() == {(FOLLOWER, "south-sudan", "life_safety", "at_once")}


def test_a_mail_about_lives_cannot_be_stopped(mails_to):
    [mail] = mails_to()
    assert (mail["List-Unsubscribe"], mail["List-Unsubscribe-Post"]) == (None, None)
    assert "/stop/" not in mail.as_string()


class Insistent(Kind):
    """Claims that it can be stopped, whatever its priority."""

    code = "incidents.filed"

    def still_due(self, message):
        return True

    def context(self, message):
        return {"stops": area_topic(1), "ref": "INC-1", "area": "Kenya", "marking": "TLP:GREEN"}


@pytest.mark.parametrize("priority", Message.Priority)
def test_no_kind_can_make_an_urgent_mail_or_one_about_an_account_stoppable(person, priority):
    message = Message(recipient=person(), priority=priority, kind=Filed.code)
    assert bool(Insistent().mail(message).stop_url) == (priority == Message.Priority.NORMAL)


def test_mails_about_accounts_cannot_be_stopped(notice, person, office):
    announce(type(notice), subject=Subject.objects.create(), event_key="a", recipients=[person().pk])
    drain()
    assert [mail["List-Unsubscribe"] for mail in office.accepted] == [None]
    account = [kind for kind in all_kinds() if kind.priority == Message.Priority.ACCOUNT]
    assert account
    assert not [kind.code for kind in account if kind.digest_line]


def test_the_summary_can_be_stopped_by_one_click(cast, user, area, office, settings):
    User.objects.update(language="en")
    settings.SITE_URL = "https://portal.example"
    choose(area, by=user, choice="follow", delivery="digest")
    file_report(cast, account=an_account(**NOT_URGENT))
    noon = (timezone.now() + timedelta(days=2)).replace(hour=12)  # past six on everybody's clock
    with time_machine.travel(noon):
        make_digests()
        drain()
        [mail] = [mail for mail in office.accepted if "summary" in mail["Subject"]]
        path = urlsplit(mail["List-Unsubscribe"].strip("<>")).path
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert Client().post(path, ONE_CLICK).status_code == 200
    assert DigestStop.objects.get().user == user


def test_stopping_is_an_action_of_its_own_for_functional_mailboxes_too(person, cast, area):
    """A mailbox of an organisation never signs in; the link in its mails is all it has."""
    mailbox = person("desk")
    mailbox.set_unusable_password()
    mailbox.save(update_fields=["password"])
    choose(area, by=mailbox, choice="follow")
    stop_mails(Stop(mailbox.pk, area.pk))
    assert rows() == {("desk@desk.example", "south-sudan", "life_safety", "at_once")}
