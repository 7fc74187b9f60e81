"""Who is told of a new incident, and what the mail says: reference, area, marking, what to do, link, nothing else."""

import email
import re
from urllib.parse import urlsplit

import pytest
from django.core import mail

from accounts.models import User
from areas.models import Area
from incidents.actions import Account
from incidents.desk import acknowledge
from incidents.messages import recipients_of
from notifications.actions import follow
from notifications.models import Message
from notifications.outbox import drain
from organisations.models import Membership, Standing
from sharing.models import Item
from tests.factories.desk import desk_of_area
from tests.factories.incidents import TEXTS, USUAL, an_account, file_report

pytestmark = pytest.mark.django_db
NOT_URGENT = {"coded": {"category": "information"}, "groups": []}
DESKS = ["dss_desks"]


def told(report) -> set[str]:
    """The addresses of those who get a mail about a report."""
    return set(Message.objects.filter(subject=report.subject).values_list("recipient__email", flat=True))


HERE = {"dss.field@un.example", "do@un.example", "wfp.security@un.example", "field@benu.example", "io@lake.example"}
CHAD = {"csfp@un.example", "field@cedar.example"}

# name, how it is filed, who chose what about South Sudan, who is told
SCENARIOS = [
    ("who works there", {}, {}, HERE),
    (
        "and who follows, of the audience",
        {},
        {"hq@benu": "follow", "dss.hq": "follow", "hq@alba": "follow", "ocha": "follow", "wg": "follow"},
        HERE | {"hq@benu.example", "dss.hq@un.example", "hq@alba.example"},
    ),
    (
        "life-safety only, lives at risk",
        {},
        {"field@benu": "life_safety", "dss.hq": "life_safety"},
        HERE | {"dss.hq@un.example"},
    ),
    (
        "life-safety only, no lives at risk",
        NOT_URGENT,
        {"field@benu": "life_safety", "dss.hq": "life_safety"},
        HERE - {"field@benu.example"},
    ),
    ("DSS only", {"choices": DESKS}, {}, {"dss.field@un.example"}),
    (
        "DSS only, and the originator's headquarters follows",
        {"choices": DESKS},
        {"hq@alba": "follow", "hq@benu": "follow"},
        {"dss.field@un.example", "hq@alba.example"},
    ),
    ("a country without DSS", {"by": "field@benu.example", "organisation": "benu", "area": "chad"}, {}, CHAD),
    ("a country without anybody", {"by": "hq@alba.example", "area": "kenya"}, {}, {"dss.hq@un.example"}),
    (
        "named organisations",
        {"choices": ["named_organisations"], "organisations": ["benu", "platform", "nngo", "cedar"]},
        {},
        {"hq@benu.example", "field@benu.example", "platform@southsudan.example", "local@nngo.example"},
    ),
    ("named, but elsewhere", {"choices": ["named_organisations"], "organisations": ["cedar"]}, {}, set()),
    (
        "named persons",
        {
            "marking": "TLP:RED",
            "choices": ["named_persons"],
            "persons": ["field@cedar.example", "ocha@un.example", "field@alba.example"],
        },
        {"dss.field": "follow"},
        {"field@cedar.example", "ocha@un.example"},
    ),
    (
        "the community, followed by some",
        {"marking": "TLP:GREEN", "choices": ["community"]},
        {"ocha": "follow", "chair@gisf": "follow", "hq@suspended": "follow", "nobody": "follow"},
        HERE | {"ocha@un.example"},
    ),
    (
        "everyone, followed by some",
        {"marking": "TLP:CLEAR", "choices": ["everyone"]},
        {"chair@gisf": "follow", "hq@suspended": "follow", "admin": "follow", "dss.hq": "life_safety"},
        HERE | {"chair@gisf.example", "dss.hq@un.example", "platform@southsudan.example", "local@nngo.example"},
    ),
    ("nobody", {"choices": []}, {}, set()),
]


@pytest.mark.parametrize(("name", "how", "choices", "expected"), SCENARIOS, ids=[row[0] for row in SCENARIOS])
def test_recipients(cast, name, how, choices, expected):
    for start, choice in choices.items():
        [address] = [address for address in cast.people if address.startswith(start)]
        follow(cast.areas["south-sudan"], by=cast[address], choice=choice)
    account = {key: value for key, value in how.items() if key in {"coded", "groups"}}
    filing = {key: value for key, value in how.items() if key not in account}
    assert told(file_report(cast, account=an_account(**account), **filing)) == expected


def test_an_organisation_with_the_number_of_an_area_does_not_work_there(cast):
    """Principals end in numbers: that of the originator must not be taken for that of the area."""
    number = cast.organisations["alba"].pk
    Area.objects.filter(pk=number).update(code="moved-away")
    twin, _ = Area.objects.update_or_create(pk=number, defaults={"code": "twin", "name_en": "Twin", "kind": "country"})
    cast.areas["twin"] = twin
    assert told(file_report(cast, area="twin", choices=DESKS)) <= {"dss.hq@un.example", "dss.field@un.example"}


def test_the_office_of_the_whole_hears_of_its_parts(cast):
    south_sudan = cast.areas["south-sudan"]
    cast.areas["jonglei"] = Area.objects.create(
        code="jonglei", name_en="Jonglei", kind="part", parent=south_sudan, time_zone="Africa/Juba"
    )
    report = file_report(cast, by="hq@alba.example", area="jonglei")
    assert told(report) == told(file_report(cast, by="hq@alba.example"))
    assert "field@benu.example" in told(report)


def test_what_one_chose_for_the_part_goes_before_the_whole(cast):
    part = Area.objects.create(code="jonglei", name_en="Jonglei", kind="part", parent=cast.areas["south-sudan"])
    cast.areas["jonglei"] = part
    follow(part, by=cast["field@benu.example"], choice="life_safety")
    report = file_report(cast, by="hq@alba.example", area="jonglei", account=an_account(**NOT_URGENT))
    assert told(report)
    assert "field@benu.example" not in told(report)


def test_the_desk_that_was_left_is_nobody(cast):
    Membership.objects.filter(user=cast["dss.field@un.example"]).delete()
    assert told(file_report(cast, choices=DESKS)) == {"dss.hq@un.example"}


def test_suspended_there_hears_nothing_from_there(cast):
    Standing.objects.create(organisation=cast.organisations["benu"], kind="suspended", area=cast.areas["south-sudan"])
    follow(cast.areas["south-sudan"], by=cast["hq@benu.example"])
    report = file_report(cast)
    assert told(report) == HERE - {"field@benu.example"}


def test_the_author_is_never_told(cast):
    for user in cast.people.values():
        follow(cast.areas["south-sudan"], by=user)
    report = file_report(cast, marking="TLP:CLEAR", choices=[*USUAL, "everyone"])
    assert report.author.email not in told(report)
    item = Item.objects.for_system("test").get()
    told_now = recipients_of(item, author=cast["hq@alba.example"], life_safety=True).at_once
    assert cast["field@alba.example"].pk in told_now


@pytest.mark.parametrize(
    ("category", "outcomes", "near_miss", "urgent"),
    [
        ("killing_injury", [], False, True),
        ("unknown", [], False, True),
        ("robbery", [], False, False),
        ("robbery", ["unharmed"], False, False),
        ("robbery", ["wounded"], False, True),
        ("safety", ["missing"], False, True),
        ("road_attack", [], True, False),
        ("road_attack", ["unharmed"], True, False),
        ("road_attack", ["killed"], True, True),
    ],
)
def test_whose_life_is_at_risk(category, outcomes, near_miss, urgent):
    groups = [{"outcome": outcome, "count": None} for outcome in outcomes]
    account = Account(texts={}, coded={"category": category, "is_near_miss": near_miss}, groups=groups)
    assert account.is_life_safety is urgent


@pytest.mark.parametrize(("account", "priority"), [({}, 0), (NOT_URGENT, 5)])
def test_lives_at_risk_go_first(cast, account, priority):
    report = file_report(cast, account=an_account(**account))
    assert set(Message.objects.filter(subject=report.subject).values_list("priority", flat=True)) == {priority}


def words_of(text: str) -> str:
    """A text on one line."""
    return " ".join(text.split())


def test_the_whole_mail(cast):
    """The mail in full, so that nothing gets in unseen."""
    report = file_report(cast, choices=DESKS)
    drain()
    [sent] = mail.outbox
    ref = report.incident.item.ref
    link = f"http://testserver/incidents/{ref}/"
    assert sent.subject == f"[TLP:AMBER+STRICT] {ref} · South Sudan: incident, lives may be at risk"
    said = words_of(sent.body)
    assert "An incident in South Sudan was reported. You may read it." in said
    assert "Lives may be at risk. Check on your people in the area now, then read the report." in said
    assert "Acknowledge it: the reporter waits to know who has it." in said
    assert f"Reference: {ref} Area: South Sudan Marking: TLP:AMBER+STRICT" in said
    assert re.findall(r"https?://\S+", sent.body) == [link, "http://testserver"]


@pytest.mark.slow
def test_no_mail_says_more_and_every_link_opens(cast, sign_in):
    secrets = [value for value in TEXTS.values() if isinstance(value, str)] + ["4.41", "32.57", "Alba", "Road attack"]
    secrets += ["CANARY", "ambush", "vehicle", "wounded", "killed", "field@alba.example", "Lokiru"]
    report = file_report(cast)
    file_report(cast, marking="TLP:RED", choices=["named_persons"], persons=["hq@benu.example", "field@cedar.example"])
    assert drain() == len(told(report)) + 2
    assert {address for sent in mail.outbox for address in sent.to} == told(report) | {
        "hq@benu.example",
        "field@cedar.example",
    }
    for sent in mail.outbox:
        [address] = sent.to
        written = email.message_from_bytes(sent.message().as_bytes())
        parts = [part.get_payload(decode=True) or b"" for part in written.walk()]
        everything = b" ".join([*parts, str(written.items()).encode()]).decode()
        ours = everything.replace(address, "")  # a colleague's own address holds the organisation's name
        assert [secret for secret in secrets if secret.lower() in ours.lower()] == []
        [link] = set(re.findall(r"http://testserver/incidents/[\w-]+/", everything))
        page = sign_in(User.objects.get(email=address)).get(urlsplit(link).path)
        assert page.status_code == 200, address
        assert "CANARY-WHAT" in page.content.decode()


def test_a_mail_waits_for_nobody_who_lost_access_meanwhile(cast):
    report = file_report(cast)
    assert told(report) == HERE
    Membership.objects.filter(user=cast["field@benu.example"]).delete()
    Standing.objects.create(organisation=cast.organisations["lake"], kind="suspended")
    drain()
    gone = {"field@benu.example", "io@lake.example"}
    assert {address for sent in mail.outbox for address in sent.to} == HERE - gone
    states = Message.objects.filter(recipient__email__in=gone).values_list("state", flat=True)
    assert set(states) == {"dropped"}


def test_to_acknowledge_it_is_asked_of_those_alone_in_whose_queue_it_waits(cast):
    User.objects.update(language="en")
    follow(cast.areas["south-sudan"], by=cast["dss.hq@un.example"])
    report = file_report(cast)
    asked = {"dss.field@un.example", "dss.hq@un.example"}
    for _ in range(2):
        drain()
        assert told(report) == HERE | {"dss.hq@un.example"}
        for sent in mail.outbox:
            html = sent.alternatives[0][0]
            assert ["Acknowledge it" in text for text in (sent.body, html)] == [sent.to[0] in asked] * 2, sent.to
        mail.outbox.clear()
        acknowledge(report.incident.item, by=cast["dss.field@un.example"], desk=desk_of_area(cast))
        Message.objects.filter(subject=report.subject).update(state="queued", sent_at=None)
        asked = set()


def test_their_own_report_waits_at_no_desk_of_its_authors(cast):
    follow(cast.areas["south-sudan"], by=cast["dss.field@un.example"])
    own = file_report(cast, by="dss.hq@un.example", organisation="dss")
    drain()
    assert "dss.field@un.example" in told(own)
    assert not [sent for sent in mail.outbox if sent.to == ["dss.field@un.example"] and "cknowledge" in sent.body]
