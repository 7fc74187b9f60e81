"""Incidents in the daily summary: the same people, the same rule, and never a word of the narrative."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from accounts.models import User
from incidents.messages import Changed, Filed
from incidents.models import Change
from notifications import choices
from notifications.actions import choose
from notifications.choices import categories, least_severities, register_categories
from notifications.digests import make_digests
from notifications.models import DigestEntry, Message
from notifications.outbox import drain
from notifications.querysets import mailed
from organisations.models import Membership, Standing
from tests.factories.incidents import TEXTS, USUAL, an_account, file_report, followed_up

from .post_office import text_of

pytestmark = pytest.mark.django_db
NOT_URGENT = {"coded": {"category": "information"}, "groups": []}
READER = "field@benu.example"


@pytest.fixture
def summaries(cast, office):
    """Everybody of the cast wants the daily summary; a function that lets two mornings pass and returns the mails."""
    User.objects.update(language="en")
    for user in cast.people.values():
        choose(cast.areas["south-sudan"], by=user, choice="follow", delivery="digest")

    def wait() -> dict[str, str]:
        noon = (timezone.now() + timedelta(days=2)).replace(hour=12)  # past six on everybody's clock
        with time_machine.travel(noon):
            make_digests()
            drain()
        assert len({mail["To"] for mail in office.accepted}) == len(office.accepted)
        return {mail["To"]: text_of(mail) for mail in office.accepted}

    return wait


def addresses(rows, path) -> set[str]:
    return set(rows.values_list(path, flat=True))


def test_everybody_who_would_get_a_mail_gets_a_line_and_nobody_else(cast, summaries):
    report = file_report(cast, account=an_account(**NOT_URGENT))
    waiting = addresses(DigestEntry.objects.filter(subject=report.subject), "user__email")
    assert not Message.objects.filter(subject=report.subject).exists()
    DigestEntry.objects.all().delete()
    for user in cast.people.values():
        choose(cast.areas["south-sudan"], by=user, choice="follow")
    other = file_report(cast, account=an_account(**NOT_URGENT))
    assert READER in waiting
    assert addresses(Message.objects.filter(subject=other.subject), "recipient__email") == waiting


@pytest.mark.slow
def test_the_summary_names_it_and_tells_nothing(cast, summaries):
    report = file_report(cast, account=an_account(**NOT_URGENT))
    ref = report.incident.item.ref
    sent = summaries()
    assert READER in sent
    assert report.author.email not in sent
    secrets = [value for value in TEXTS.values() if isinstance(value, str)] + ["CANARY", "Alba", "cyber"]
    for address, text in sent.items():
        assert re.search(
            rf"\[TLP:AMBER\+STRICT\] {ref} · South Sudan · new · .*\nhttp://testserver/incidents/{ref}/", text
        )
        ours = text.replace(address, "")
        assert [secret for secret in secrets if secret.lower() in ours.lower() and "hq@alba" not in address] == []
    assert {(row.recipient_id, row.how) for row in mailed([report.subject])} == {
        (cast[address].pk, "digest") for address in sent
    }


def test_who_lost_access_before_the_morning_gets_no_line(cast, summaries):
    file_report(cast, account=an_account(**NOT_URGENT))
    Membership.objects.filter(user=cast[READER]).delete()
    Standing.objects.create(organisation=cast.organisations["lake"], kind="suspended")
    sent = summaries()
    assert sent
    assert not {READER, "io@lake.example"} & set(sent)
    states = Message.objects.filter(recipient__email__in=[READER, "io@lake.example"])
    assert addresses(states, "state") == {"dropped"}


@pytest.mark.slow
def test_one_summary_lists_only_what_this_reader_may_see(cast, summaries):
    shared = file_report(cast, account=an_account(**NOT_URGENT)).incident.item.ref
    desk = file_report(cast, account=an_account(**NOT_URGENT), choices=["dss_desks"]).incident.item.ref
    sent = summaries()
    assert (shared in sent[READER], desk in sent[READER]) == (True, False)
    assert desk in sent["dss.field@un.example"]


def test_when_life_is_at_risk_everybody_is_told_at_once(cast, summaries):
    report = file_report(cast)
    assert not DigestEntry.objects.exists()
    assert READER in addresses(Message.objects.filter(subject=report.subject), "recipient__email")


@pytest.mark.parametrize(
    ("chosen", "hears"),
    [
        ({"categories": ["robbery"]}, True),
        ({"categories": ["abduction"]}, False),
        ({"min_severity": 1}, True),
        ({"min_severity": 2}, False),
    ],
)
def test_kinds_and_severity_hold_for_incidents(cast, chosen, hears):
    choose(cast.areas["south-sudan"], by=cast[READER], choice="follow", **chosen)
    report = file_report(cast, account=an_account(coded={"category": "robbery"}, groups=[]))
    told = addresses(Message.objects.filter(subject=report.subject), "recipient__email")
    assert (READER in told) is hears


def test_a_line_says_whether_it_is_new_or_news(cast, summaries):
    report = file_report(cast, account=an_account(**NOT_URGENT))
    later = followed_up(cast, report)
    [new] = [Filed().digest_line(report.subject_id, cast[READER])]
    change = Change.objects.for_system("test").get(incident=later.incident)
    [news] = [Changed().digest_line(change.subject_id, cast[READER])]
    assert (new.is_news, news.is_news) == (False, True)
    DigestEntry.objects.exclude(kind=Changed.code).delete()
    assert f"{report.incident.item.ref} · South Sudan · news · " in summaries()[READER]


def test_the_line_says_what_decides_whether_it_is_wanted(cast):
    report = file_report(cast, account=an_account(coded={"category": "robbery"}, groups=[]), choices=USUAL)
    area = cast.areas["south-sudan"]
    lines = {
        address: Filed().digest_line(report.subject_id, cast[address])
        for address in (READER, "hq@benu.example", "nobody@elsewhere.example", "field@cedar.example")
    }
    assert {address for address, line in lines.items() if line} == {READER, "hq@benu.example"}
    line = lines[READER]
    assert (line.area_ids, line.category, line.severity, line.works_there) == (area.places, "robbery", 1, True)
    assert lines["hq@benu.example"].works_there is False


def test_the_same_code_has_one_name_in_all_apps(monkeypatch):
    monkeypatch.setattr(choices, "_categories", {"theft": "Theft"})
    monkeypatch.setattr(choices, "_severities", {})
    register_categories([("theft", "Theft"), ("fire", "Fire")], [(3, "bad")])
    assert (categories(), [code for code, _ in least_severities()]) == (
        [("theft", "Theft"), ("fire", "Fire")],
        [0, 3],
    )
    with pytest.raises(ImproperlyConfigured, match="theft"):
        register_categories([("theft", "Larceny")])


def test_what_incidents_offer_to_choose_among():
    assert {"robbery", "abduction", "unknown"} <= {code for code, _ in categories()}
    assert [code for code, _ in least_severities()] == [0, 1, 2, 3, 4]
