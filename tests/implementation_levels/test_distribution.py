"""Each list goes to everybody who gets it, once; where a mail comes back, somebody else is tried (L5, L8, G6)."""

import hashlib
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from documents.files import path_of
from documents.issue import document_of
from implementation_levels.actions.distribution import (
    TELLS_AFTER,
    announce_change,
    note_opening,
    send_again,
    send_due,
    try_other_contacts,
)
from implementation_levels.list_mails import frozen_mail
from implementation_levels.models import Delivery, Distribution, Level, ListMail, Opening
from implementation_levels.recipients import is_recipient, recipients, without_contact
from notifications.models import Message
from notifications.outbox import drain
from operations.retention_questions import old_messages
from organisations.actions import add_standing
from organisations.models import Membership, Standing
from slt_portal.states import StaleState
from tests.factories.levels import CHAD, SOUTH_SUDAN, a_level, a_list, a_pdf, area

pytestmark = pytest.mark.django_db
GETS = {
    "dss.hq@un.example": "dss",
    "dss.field@un.example": "dss",
    "csfp@un.example": "unhcr",
    "do@un.example": "unmiss",
    "ocha@un.example": "ocha",
    "wfp.security@un.example": "wfp",
    "hq@alba.example": "alba",
    "field@alba.example": "alba",
    "hq@benu.example": "benu",
    "field@benu.example": "benu",
    "field@cedar.example": "cedar",
    "io@lake.example": "lake",
    "platform@southsudan.example": "platform",
}
HQ, CEDAR = "dss.hq@un.example", "field@cedar.example"
LOST = {"failed": {"last_error": "550 no", "sent_at": None}, "bounced": {"sent_at": timezone.now()}}


def addresses(messages=None) -> list[str]:
    """To whom, by address."""
    rows = Message.objects.filter(kind="implementation_levels.list") if messages is None else messages
    return sorted(rows.values_list("recipient__email", flat=True))


def lose(*emails: str, state: str = "failed") -> None:
    """The newest mails to these people failed or came back; those that went to nobody yet are sent."""
    for email in emails:
        Message.objects.filter(recipient__email=email).update(state=state, **LOST[state])


def messages_of(code: str):
    """The messages of a kind."""
    return Message.objects.filter(kind=f"implementation_levels.{code}")


@pytest.fixture
def sent(cast):
    """List 1, sent with its PDFs, and every mail has gone."""
    level_list = a_list(cast)
    send_due()
    drain()
    return level_list


def test_who_gets_the_lists_and_for_whom(cast):
    names = {row.pk: key for key, row in cast.organisations.items()}
    found = {User.objects.get(pk=user).email: names[organisation] for user, organisation in recipients()}
    assert found == GETS
    assert {email for email, user in cast.people.items() if is_recipient(user)} == set(GETS)
    assert without_contact() == []
    Membership.objects.filter(user=cast[CEDAR]).update(ends_at=timezone.now())
    assert without_contact() == [cast.organisations["cedar"].ref]
    add_standing(organisation=cast.organisations["cedar"], kind=Standing.Kind.SUSPENDED, by=None)
    assert without_contact() == []  # it gets none


def test_who_acts_for_two_gets_it_for_the_one_that_has_nobody_else(cast):
    Membership.objects.filter(user=cast[CEDAR]).update(ends_at=timezone.now())
    cedar, alba = cast.organisations["cedar"], cast["hq@alba.example"]
    Membership.objects.create(user=alba, organisation=cedar, role="partner_headquarters")
    assert (alba.pk, cedar.pk) in recipients()
    assert without_contact() == []


def test_one_mail_each_in_their_language_with_the_paper(cast, sent, settings):
    assert addresses() == sorted(GETS)
    assert (send_due(), drain(), Distribution.objects.count()) == (0, 0, 1)
    texts = {}
    for message in mail.outbox:
        parsed = message_from_bytes(message.message().as_bytes(), policy=default)
        [paper] = list(parsed.iter_attachments())
        language = cast[message.to[0]].language
        assert paper.get_content() == f"%PDF-1.7 list 1 {language}".encode()
        assert paper.get_filename() == f"SLT-LIST-0001.{language}.pdf"
        texts.setdefault(language, set()).add((message.subject, message.body, message.alternatives[0].content))
    assert {language: len(found) for language, found in texts.items()} == {"en": 1, "fr": 1}  # the same for all
    for language in ("en", "fr"):
        kept, [(subject, body, html)] = ListMail.objects.get(list=sent, language=language), texts[language]
        assert (kept.subject_line, kept.text.strip(), kept.html) == (subject, body.strip(), html)
        assert kept.attachment_digest == hashlib.sha256(f"%PDF-1.7 list 1 {language}".encode()).hexdigest()
        for words in (body, html):
            assert sent.digest in words
            assert "/levels/lists/1/?from=mail" in words
            assert "/levels/lists/check/" in words
            assert area().name_fr in words if language == "fr" else area().name_en in words
            assert not any(row.name in words for row in cast.organisations.values())
    assert "the levels in this mail are invented" in texts["en"].pop()[1]
    event = Event.objects.filter(verb="implementation_levels.list_sent").get()
    assert (event.facts["recipients"], event.facts["attached"]) == (len(GETS), ["en", "fr"])
    assert event == Event.objects.exclude(verb__startswith="notifications.").order_by("pk").last()
    assert not old_messages(timezone.now() + timedelta(days=4000)).filter(subject=sent.subject).exists()  # for ever


def test_it_waits_for_its_papers_and_not_for_ever(cast, settings):
    level_list = a_list(cast, pdfs=False)
    a_pdf(level_list, "en")
    assert send_due() == 0
    limit = timedelta(minutes=settings.LEVEL_LIST_WAITS_MINUTES)
    assert send_due(level_list.at + limit - timedelta(seconds=1)) == 0
    assert send_due(level_list.at + limit) == len(GETS)
    drain()
    attached = {cast[message.to[0]].language: message.attachment is not None for message in mail.outbox}
    assert attached == {"en": True, "fr": False}
    assert "SLT-LIST" not in ListMail.objects.get(language="fr").text


def test_with_the_link_alone_where_the_setting_says_so(cast, settings):
    settings.LEVEL_LIST_ATTACHED = False
    a_list(cast, pdfs=False)
    assert send_due() == len(GETS)
    drain()
    assert {message.attachment for message in mail.outbox} == {None}


def test_a_clock_that_was_set_back_delays_nothing(cast):
    level_list = a_list(cast, pdfs=False)
    assert send_due(level_list.at - timedelta(days=3)) == len(GETS)


def test_what_was_never_sent_is_passed_over_and_what_waits_is_dropped(cast):
    first = a_list(cast)
    send_due()  # and the mail server is away
    a_list(cast, code=CHAD)
    newest = a_list(cast, code=SOUTH_SUDAN)
    assert send_due() == len(GETS)
    assert Distribution.objects.filter(list__number=2).first() is None
    assert Event.objects.filter(verb="implementation_levels.list_sent").last().facts["passed_over"] == [2]
    assert drain() == len(GETS)
    assert {message.subject for message in mail.outbox if message.to == [HQ]} == {
        ListMail.objects.get(list=newest, language="en").subject_line
    }
    states = set(messages_of("list").filter(subject=first.subject).values_list("state", flat=True))
    assert states == {"dropped"}  # nobody gets an outdated list after a newer one
    text = ListMail.objects.get(list=newest, language="en").text
    assert "What changed since list 1" in text
    assert ("+ Chad: now reinforced" in text, "- South Sudan: no longer on the list" in text) == (True, True)
    with pytest.raises(StaleState):
        send_again(Delivery.objects.filter(list=first).first(), by=cast[HQ])


def test_who_is_a_recipient_no_longer_when_it_is_sent_gets_nothing(cast):
    a_list(cast)
    send_due()
    Membership.objects.filter(user=cast[CEDAR]).update(ends_at=timezone.now())
    drain()
    assert Message.objects.get(recipient=cast[CEDAR]).state == "dropped"
    assert [message for message in mail.outbox if message.to == [CEDAR]] == []


def test_a_changed_paper_is_not_sent(cast, sent):
    """The file is read once for each list and language; what is not as it was frozen goes to nobody."""
    level_list = a_list(cast, code=CHAD)
    send_due()
    frozen_mail.cache_clear()
    place = path_of(document_of(level_list.document_number, "fr").file)
    place.write_bytes(place.read_bytes()[:-1] + b"x")
    drain()
    french = {email for email in GETS if cast[email].language == "fr"}
    assert set(addresses(messages_of("list").filter(subject=level_list.subject, state="queued"))) == french


@pytest.mark.parametrize("state", ["failed", "bounced"])
def test_where_nobody_was_reached_somebody_else_is_tried(cast, sent, state):
    alba, unmiss = cast.organisations["alba"], cast.organisations["unmiss"]
    lose("hq@alba.example", state=state)
    assert try_other_contacts() == 0  # a colleague was reached
    lose("field@alba.example", "do@un.example", CEDAR, state=state)
    others = {
        "new@alba.example": (alba, "partner_headquarters"),
        "seat@un.example": (unmiss, "oversight_committee_member"),
    }
    for email, (organisation, role) in others.items():
        person = User.objects.create_user(email, name=email)
        Membership.objects.create(user=person, organisation=organisation, role=role)
    for role in ("administrator", "agency_confirmer", "restricted_track_handler"):  # they read no levels (P8)
        person = User.objects.create_user(f"{role}@un.example", name=role)
        Membership.objects.create(user=person, organisation=unmiss, role=role)
    assert [try_other_contacts() for _ in range(3)] == [2, 0, 0]
    assert set(Delivery.objects.filter(why="instead").values_list("user__email", flat=True)) == set(others)
    told = messages_of("nobody_reached")
    assert addresses(told) == [HQ]  # of Cedar there is nobody else
    mail.outbox.clear()
    assert drain() == len(others)
    assert sorted(message.to[0] for message in mail.outbox) == sorted(others)
    lose("seat@un.example", state=state)
    assert try_other_contacts() == 0
    with time_machine.travel(timezone.now() + TELLS_AFTER, tick=False):
        mail.outbox.clear()
        assert drain() == 1
        [notice] = mail.outbox
        assert "2 organisations: every mail came back or failed" in notice.body
        assert "Cedar" not in notice.subject + notice.body


def test_without_a_contact_headquarters_hears_how_many(cast):
    Membership.objects.filter(user=cast[CEDAR]).update(ends_at=timezone.now())
    a_list(cast)
    send_due()
    assert Distribution.objects.get().without_contact == [cast.organisations["cedar"].ref]
    with time_machine.travel(timezone.now() + TELLS_AFTER, tick=False):
        drain()
    [notice] = [message for message in mail.outbox if "not every organisation" in message.subject]
    assert "1 partner organisation has no contact" in notice.body


def test_sending_again(cast, sent):
    delivery = Delivery.objects.get(user=cast[CEDAR])
    lose(CEDAR, state="bounced")
    mail.outbox.clear()
    send_again(delivery, by=cast[HQ])
    with pytest.raises(StaleState):  # the second press
        send_again(delivery, by=cast[HQ])
    assert (drain(), Delivery.objects.filter(user=cast[CEDAR]).count()) == (1, 1)
    for number in (1, 2):
        send_again(delivery, by=cast[HQ])
        with pytest.raises(StaleState):
            send_again(delivery, by=cast[HQ])
        assert (drain(), Delivery.objects.filter(user=cast[CEDAR], why="again").count()) == (1, number)
    assert [message.to for message in mail.outbox] == [[CEDAR]] * 3
    assert Event.objects.filter(verb="implementation_levels.list_sent_again", actor=str(cast[HQ].pk)).count() == 3
    Membership.objects.filter(user=cast[CEDAR]).update(ends_at=timezone.now())
    with pytest.raises(StaleState):
        send_again(delivery, by=cast[HQ])


def test_only_the_first_opening_is_noted(cast, sent):
    for by_link in (True, False):
        note_opening(sent, user=cast[CEDAR], by_link=by_link)
    assert list(Opening.objects.values_list("user__email", "by_link")) == [(CEDAR, True)]


def test_a_change_to_come_is_one_mail_for_all_areas(cast):
    day = timezone.now().date() + timedelta(days=30)
    rows = [a_level(cast, code=code, begins=day, reasons=f"because of {code}") for code in (SOUTH_SUDAN, CHAD)]
    assert announce_change([rows[0]], by=None) == len(GETS)
    assert announce_change([a_level(cast, code="kenya")], by=None) == 0  # in effect at once: the list says it
    drain()
    assert sorted(message.to[0] for message in mail.outbox) == sorted(GETS)
    text = next(message.body for message in mail.outbox if message.to == ["hq@alba.example"])
    assert ("South Sudan: reinforced" in text, "because of south-sudan" in text, "Kenya" in text) == (True, True, False)


def test_a_change_that_was_taken_back_is_told_as_that(cast):
    day = timezone.now().date() + timedelta(days=30)
    first = a_level(cast, begins=day)
    announce_change([first], by=None)
    stays = a_level(cast, Level.NORMAL)
    assert stays.is_change is False
    assert announce_change([stays], by=None) == len(GETS)
    assert announce_change([a_level(cast, Level.NORMAL)], by=None) == 0  # once
    assert drain() == len(GETS)
    assert set(messages_of("change_to_come").filter(subject=first.subject).values_list("state", flat=True)) == {
        "dropped"
    }
    [notice] = [message for message in mail.outbox if message.to == [HQ]]
    assert "does not take place" in notice.subject
    assert "South Sudan: reinforced from" in notice.body
    assert "Until the day" not in notice.body + notice.alternatives[0].content


def test_a_fault_is_not_taken_for_another_worker(cast):
    ListMail.objects.create(list=a_list(cast), language="en", is_attached=False)
    with pytest.raises(IntegrityError):
        send_due()
    assert not Distribution.objects.exists()
