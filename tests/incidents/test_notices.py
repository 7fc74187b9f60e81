"""Mails about an incident: reference and area first and short, the link to where it is done, the true reason (G8)."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from accounts.models import User
from incidents import desk as desks
from incidents.messages import _AboutIncident
from incidents.proposals import decide
from incidents.reminders import remind
from notifications.actions import follow
from notifications.kinds import all_kinds
from notifications.outbox import drain
from organisations.models import Membership
from tests.factories.desk import asked, desk_of_area, proposed
from tests.factories.incidents import file_report, followed_up

pytestmark = pytest.mark.django_db
ALBA, ALBA_HQ, BENU_HQ, DESK = "field@alba.example", "hq@alba.example", "hq@benu.example", "dss.field@un.example"


@pytest.fixture(autouse=True)
def today(now, cast):
    """The cast is there in the tests' today, and reads English."""
    User.objects.update(language="en")


@pytest.fixture
def item(cast):
    item = file_report(cast).incident.item
    drain()
    return item


def sent() -> dict[str, tuple[str, str]]:
    """Subject and text, on one line, of what each address gets now."""
    mail.outbox.clear()
    drain()
    return {message.to[0]: (message.subject, " ".join(message.body.split())) for message in mail.outbox}


def acted(cast, item, what):
    here = {"by": cast[DESK], "desk": desk_of_area(cast)}
    if what == "received":
        return desks.acknowledge(item, **here)
    if what == "noted":
        return desks.note(item, **here, text="rang them")
    if what == "asked":
        return asked(cast, item)
    if what == "answered":
        return desks.answer(asked(cast, item), **here, text="yes")
    made = proposed(cast, item)
    return None if what == "proposed" else decide(made, by=cast[ALBA], agrees=what == "agreed")


@pytest.mark.parametrize(
    ("what", "address", "short", "page"),
    [
        ("received", ALBA, "received by DSS", ""),
        ("noted", ALBA, "DSS wrote what was done", "desk/"),
        ("asked", DESK, "a question waits for you", "desk/"),
        ("answered", BENU_HQ, "DSS answered your question", "question/"),
        ("proposed", ALBA, "compare a proposed text", "text/"),
        ("agreed", DESK, "your text is agreed", "desk/"),
        ("refused", DESK, "your text is refused", "desk/"),
    ],
)
def test_short_subject_and_the_page_where_it_is_done(cast, item, sign_in, what, address, short, page):
    acted(cast, item, what)
    subject, text = sent()[address]
    assert subject == f"[TLP:AMBER+STRICT] {item.ref} · South Sudan: {short}"
    link = f"/incidents/{item.ref}/{page}"
    assert f"http://testserver{link} " in text
    assert sign_in(cast[address]).get(link).status_code == 200


def test_the_office_is_named_in_full_in_the_text_only(cast, item):
    acted(cast, item, "proposed")
    subject, text = sent()[ALBA]
    office = "United Nations Department of Safety and Security, South Sudan"
    assert (office in subject, f"{office} proposes another text for readers of {item.ref}." in text) == (False, True)


def test_the_final_report_by_when_and_where(cast, item, sign_in):
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        remind()
        subject, text = sent()[ALBA]
    assert subject == f"[TLP:AMBER+STRICT] {item.ref} · South Sudan: final report due by 19 Apr 2026"
    assert f"The final report on {item.ref} was to be sent by 19 Apr 2026." in text
    assert f"http://testserver/incidents/{item.ref}/follow-up/ " in text


def test_who_cannot_decide_is_led_to_the_incident(cast, item, sign_in):
    """The reporters have left; a duty mailbox reads for the originator, but reports nothing and cannot answer."""
    Membership.objects.filter(user=cast[ALBA]).update(role="duty_mailbox")
    Membership.objects.filter(user=cast[ALBA_HQ]).delete()
    acted(cast, item, "proposed")
    found = sent()
    for address, (_subject, text) in found.items():
        if address == DESK:
            continue
        link = next(word for word in text.split() if word.startswith("http://testserver/incidents/"))
        assert sign_in(cast[address]).get(link.removeprefix("http://testserver")).status_code == 200, address


@pytest.mark.parametrize("changes", [False, True], ids=["new", "changed"])
def test_whose_own_organisation_reported_it_reads_that(cast, changes):
    follow(cast.areas["south-sudan"], by=cast[ALBA_HQ])
    report = file_report(cast)
    if changes:
        drain()
        followed_up(cast, report)
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        found = {address: text for address, (_subject, text) in sent().items()}
    own = {address for address, text in found.items() if "because your organisation reported this" in text}
    others = {address for address, text in found.items() if "the audience that the originator chose" in text}
    assert own == {ALBA_HQ}
    assert others == set(found) - own
    assert DESK in others


def test_every_kind_about_an_incident_says_by_which_row():
    kinds = [kind for kind in all_kinds() if isinstance(kind, _AboutIncident)]
    assert len(kinds) == 8
    for kind in kinds:
        model, column = kind.source
        assert model._meta.get_field(column).related_model._meta.label == "notifications.Subject"
