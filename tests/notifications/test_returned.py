"""From a mail that the drain sent to what its coming back changes; read twice, forged, at the wrong moment."""

import logging
import time
import uuid
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.core.serializers import serialize
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from notifications import bounce_actions
from notifications.actions import requeue
from notifications.bounce_actions import confirm_address, read_bounces
from notifications.bounce_mailbox import MailboxUnavailable, open_mailbox
from notifications.models import AccountMail, Bounce, Message
from notifications.outbox import claim, drain
from notifications.querysets import failed_messages, mailed
from notifications.tasks import read_bounces as tick
from notifications.trouble import BounceCounts, Trouble, bounce_counts, trouble_of
from slt_portal.states import StaleState

from . import returned
from .test_account_mail import CANARY as ACCOUNT_CANARY


class Box:
    """A real Maildir and what a mail server would put there."""

    def __init__(self, path):
        self.path = path
        for name in ("new", "cur", "tmp"):
            (path / name).mkdir(parents=True)

    def deliver(self, data: bytes, name: str = "") -> None:
        (self.path / "new" / (name or f"{time.time():.6f}.{uuid.uuid4().hex}.mx")).write_bytes(data)

    def names(self) -> list[str]:
        return [path.name for folder in ("new", "cur") for path in sorted((self.path / folder).iterdir())]

    def read(self) -> dict[str, int]:
        return dict(read_bounces(open_mailbox()))


@pytest.fixture
def box(tmp_path, settings):
    settings.BOUNCE_ADDRESS = "bounce@portal.example"
    settings.BOUNCE_MAILDIR = str(tmp_path / "bounces")
    return Box(tmp_path / "bounces")


def rows():
    return list(Bounce.objects.order_by("pk").values_list("recipient__email", "kind", "status", "address"))


def kinds(user) -> str | None:
    trouble = trouble_of([user.pk]).get(user.pk)
    return trouble and trouble.kind


ALBA = "alba@alba.example"


def test_each_mail_has_an_envelope_sender_of_its_own_and_the_usual_from(announced, office, box, settings):
    announced("a", "b")
    drain()
    assert len(set(office.senders)) == 2
    assert {sender.partition("+")[0] for sender in office.senders} == {"bounce"}
    assert {mail["From"] for mail in office.accepted} == {settings.DEFAULT_FROM_EMAIL}


def test_a_report_days_later_marks_the_message_and_the_address(announced, office, box, caplog):
    alba = announced("x")
    drain()
    box.deliver(returned.postfix(*office.senders))
    with caplog.at_level(logging.DEBUG), time_machine.travel(timezone.now() + timedelta(days=3)):
        assert box.read() == {"permanent": 1}
        message = Message.objects.get()
        assert (message.state, message.last_error, message.sent_at is not None) == ("bounced", "5.1.1", True)
        assert rows() == [(ALBA, "permanent", "5.1.1", ALBA)]
        assert isinstance(trouble_of([alba.pk])[alba.pk], Trouble)
        assert bounce_counts() == BounceCounts(permanent=1, temporary=0, auto_replies=0, addresses=1)
        assert (failed_messages().count(), len(mailed([message.subject_id]))) == (1, 1)
    stored = serialize("json", [*Bounce.objects.all(), *Message.objects.all()])
    assert returned.CANARY not in stored + caplog.text
    assert box.names() == []


def test_a_late_mail_and_an_automatic_answer_pass_by_themselves(announced, office, box, person):
    alba, benu = announced("a"), announced("b", to=person("benu"))
    drain()
    senders = dict(zip([mail["To"] for mail in office.accepted], office.senders, strict=True))
    box.deliver(returned.postfix(senders[ALBA], action="delayed", status="4.2.2"))
    box.deliver(returned.out_of_office(senders["benu@benu.example"]))
    assert box.read() == {"temporary": 1, "auto_reply": 1}
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}
    assert (kinds(alba), kinds(benu)) == ("temporary", "auto_reply")
    assert bounce_counts() == BounceCounts(permanent=0, temporary=1, auto_replies=1, addresses=0)
    with time_machine.travel(timezone.now() + timedelta(days=15)):
        tick()
        assert (kinds(alba), kinds(benu), Bounce.objects.filter(settled_at=None).count()) == (None, None, 0)


def test_the_gravest_is_told(announced, office, box):
    alba = announced("a")
    drain()
    for mail in (returned.out_of_office, returned.exchange, returned.out_of_office):
        box.deliver(mail(*office.senders))
    assert box.read() == {"auto_reply": 2, "permanent": 1}
    assert (kinds(alba), len(rows())) == ("permanent", 2)


def test_a_refusal_at_once_says_the_same(announced, office, person):
    alba = announced("x")
    office.at_recipient = lambda address: "550 5.1.1 no such user"
    drain()
    assert rows() == [(ALBA, "permanent", "5.1.1", ALBA)]
    assert (Message.objects.get().state, kinds(alba)) == ("failed", "permanent")
    confirm_address(alba, by=person("admin"))
    assert kinds(alba) is None
    requeue(Message.objects.get(), by=alba)
    drain()
    assert (kinds(alba), len(rows())) == ("permanent", 1)  # refused again: what was said of it before is over


@pytest.mark.parametrize(
    "answer", ["554 5.7.1 relay access denied", "451 4.2.2 full", "552 5.3.4 too big", "554 your server is blocked"]
)
def test_a_refusal_that_is_not_about_the_address_marks_none(answer, announced, office):
    announced("x")
    office.at_recipient = lambda address: answer
    drain()
    assert rows() == []


def test_an_answer_to_the_text_marks_no_address(announced, office):
    announced("x")
    office.at_text = lambda mail: "550 5.1.1 odd"
    drain()
    assert (rows(), Message.objects.get().state) == ([], "failed")


def test_a_lost_lease_leaves_no_bounce_behind(announced, office):
    from notifications import outbox
    from notifications.delivery import MailServer

    announced("x")
    office.at_recipient = lambda address: "550 5.1.1 no such user"
    (message,) = claim()
    Message.objects.update(lease=uuid.uuid4())
    assert outbox._attempt(message, MailServer()) is False
    assert rows() == []


def test_what_is_not_ours_is_left_and_not_read_again(announced, office, box):
    announced("x")
    drain()
    (sender,) = office.senders
    message = Message.objects.get().pk.hex
    box.deliver(returned.postfix("somebody@portal.example"), "1.foreign")
    box.deliver(returned.postfix(f"bounce+{message}.{'0' * 12}@portal.example"), "2.forged")
    box.deliver(returned.postfix(sender.replace(message, uuid.uuid4().hex)), "3.moved")
    box.deliver(b"", "4.empty")
    assert box.read() == {"foreign": 2, "forged": 2}
    assert (rows(), Message.objects.get().state) == ([], "sent")
    assert box.names() == ["1.foreign:2,S", "2.forged:2,S", "3.moved:2,S", "4.empty:2,S"]
    assert box.read() == {}


def test_a_read_receipt_is_removed(announced, office, box):
    announced("x")
    drain()
    box.deliver(returned.report(*office.senders, "Action: delivered\nStatus: 2.0.0"))
    assert (box.read(), rows(), box.names()) == ({"nothing": 1}, [], [])


def test_the_same_report_twice_and_a_kill_before_it_was_removed(announced, office, box, monkeypatch, person):
    alba = announced("x")
    drain()
    for _ in range(2):
        box.deliver(returned.postfix(*office.senders))
    with monkeypatch.context() as patch:
        patch.setattr("notifications.bounce_mailbox.Maildir.remove", _killed)
        with pytest.raises(KeyboardInterrupt):
            box.read()
    assert (len(rows()), len(box.names()), Message.objects.get().state) == (1, 2, "bounced")
    confirm_address(alba, by=person("admin"))
    assert (box.read(), len(rows()), kinds(alba)) == ({"permanent": 2}, 1, None)


def _killed(*_args, **_changes):
    raise KeyboardInterrupt


def test_a_kill_before_the_commit_leaves_the_mail_to_be_read_again(announced, office, box, monkeypatch):
    announced("x")
    drain()
    box.deliver(returned.postfix(*office.senders))
    with monkeypatch.context() as patch:
        patch.setattr(bounce_actions, "move", _killed)
        with pytest.raises(KeyboardInterrupt):
            box.read()
    assert (rows(), len(box.names())) == ([], 1)
    assert (box.read(), Message.objects.get().state) == ({"permanent": 1}, "bounced")


def test_what_is_still_being_sent_waits(announced, office, box):
    announced("x")
    drain()
    box.deliver(returned.postfix(*office.senders))
    held = {"lease": uuid.uuid4(), "leased_until": timezone.now()}
    Message.objects.update(state="sending", sent_at=None, **held)
    assert (box.read(), rows(), len(box.names())) == ({"not_yet": 1}, [], 1)
    Message.objects.update(state="sent", sent_at=timezone.now(), lease=None, leased_until=None)
    assert box.read() == {"permanent": 1}


def test_sent_again_it_can_come_back_again(announced, office, box):
    alba = announced("x")
    for times in (1, 2):
        drain()
        box.deliver(returned.postfix(office.senders[-1]))
        assert box.read() == {"permanent": 1}
        assert (Message.objects.get().state, len(rows()), kinds(alba)) == ("bounced", 1, "permanent")
        assert len(office.accepted) == times
        requeue(Message.objects.get(), by=alba)
    assert Message.objects.get().sent_at is None


def test_a_changed_address_makes_it_moot(announced, office, box):
    alba = announced("x", "y")
    drain()
    box.deliver(returned.postfix(office.senders[0]))
    box.read()
    alba.email = "new@alba.example"
    alba.save(update_fields=["email"])
    assert kinds(alba) is None
    tick()
    assert Bounce.objects.get().settled_at is not None
    box.deliver(returned.postfix(office.senders[1]))
    assert (box.read(), kinds(alba)) == ({"forged": 1}, None)


def test_a_later_mail_that_stays_away_for_a_week_clears_the_address(announced, office, box):
    alba = announced("x")
    drain()
    box.deliver(returned.postfix(*office.senders))
    box.read()
    now = timezone.now()
    with time_machine.travel(now + timedelta(days=1)):
        announced("y", to=alba)
        drain()
        assert kinds(alba) == "permanent"
    with time_machine.travel(now + timedelta(days=7)):
        tick()
        assert kinds(alba) == "permanent"
    with time_machine.travel(now + timedelta(days=8, minutes=1)):
        tick()
        assert kinds(alba) is None
        assert bounce_counts().addresses == 0
        box.deliver(returned.exim(office.senders[1], with_report=False))
        box.deliver(returned.plain(office.senders[1], "From: mailer-daemon@x.example"))
        box.read()
        assert kinds(alba) == "permanent"


def test_while_the_mailbox_cannot_be_read_nothing_counts_as_arrived(announced, office, box, settings):
    alba = announced("x")
    drain()
    box.deliver(returned.postfix(*office.senders))
    box.read()
    announced("y", to=alba)
    drain()
    settings.BOUNCE_MAILDIR = "/nowhere"
    with time_machine.travel(timezone.now() + timedelta(days=9)):
        with pytest.raises(MailboxUnavailable):
            tick()
        assert kinds(alba) == "permanent"
        settings.BOUNCE_MAILDIR = str(box.path)
        tick()
        assert kinds(alba) is None


def test_mails_go_on_whatever_came_back(announced, office, box):
    alba = announced("x")
    drain()
    box.deliver(returned.postfix(*office.senders))
    box.read()
    announced("y", to=alba, priority=Message.Priority.LIFE_SAFETY)
    assert drain() == 1


def test_saying_that_an_address_is_right_is_on_record(announced, office, box, person):
    alba, admin = announced("x"), person("admin")
    with pytest.raises(StaleState):
        confirm_address(alba, by=admin)
    drain()
    box.deliver(returned.postfix(*office.senders))
    box.read()
    confirm_address(alba, by=admin)
    (event,) = Event.objects.all()
    assert (event.verb, event.actor, event.object_ref) == (
        "notifications.address_confirmed",
        str(admin.pk),
        str(alba.pk),
    )


def test_an_account_mail_that_came_back_cannot_be_sent_again(client, person, office, box):
    alba = person()
    client.post(reverse("account_reset_password"), {"email": alba.email})
    from notifications.account_mail import answer_password_resets

    answer_password_resets()
    drain()
    box.deliver(returned.postfix(*office.senders))
    assert box.read() == {"permanent": 1}
    assert (AccountMail.objects.count(), Message.objects.get().state, kinds(alba)) == (0, "bounced", "permanent")
    with pytest.raises(StaleState):
        requeue(Message.objects.get(), by=alba)
    assert ACCOUNT_CANARY not in str(rows())


def test_only_plain_files_are_read(box, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("x")
    (box.path / "new" / "1.link").symlink_to(secret)
    (box.path / "new" / "2.folder").mkdir()
    box.deliver(b"x", "3.gone")
    with open_mailbox() as mailbox:
        mails = mailbox.unread()
        mailbox.remove("new/3.gone")
        mailbox.leave("new/3.gone")
        assert list(mails) in ([], [("new/3.gone", b"x")])
    assert box.read() == {}


def test_reading_ends_after_its_time(box):
    for number in range(3):
        box.deliver(b"x", f"{number}.x")
    assert sum(read_bounces(open_mailbox(), seconds=0).values()) == 1


def test_without_a_mailbox_nothing_is_read_and_nothing_fails(db):
    out = StringIO()
    call_command("read_bounces", stdout=out)
    assert tick() is None
    assert "Nothing to read" in out.getvalue()


def test_the_command_says_what_it_found(announced, office, box):
    announced("x")
    drain()
    box.deliver(returned.postfix(*office.senders))
    box.deliver(b"x")
    out = StringIO()
    call_command("read_bounces", stdout=out)
    assert out.getvalue().splitlines() == [
        "2 mails read.",
        "     1 came back for good",
        "     1 not about a mail of ours: left, marked as read",
    ]


def test_a_mailbox_that_is_gone_fails_for_the_operator_to_see(db, settings):
    settings.BOUNCE_ADDRESS, settings.BOUNCE_MAILDIR = "bounce@portal.example", "/nowhere"
    with pytest.raises(MailboxUnavailable, match="no Maildir at SLT_BOUNCE_MAILDIR"):
        tick()
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("read_bounces")


@pytest.mark.parametrize("password", ["secret-canary", "sécret-canary"])
def test_a_dead_server_says_nothing_of_the_password(password, db, settings, capfd):
    settings.BOUNCE_IMAP = {"host": "127.0.0.1", "port": 1, "user": "bounce", "password": password, "folder": "INBOX"}
    with pytest.raises(MailboxUnavailable, match="no connection") as raised:
        tick()
    assert "canary" not in f"{raised.value!r} {raised.value.__cause__!r} {capfd.readouterr()}"


@pytest.mark.parametrize("number", [1, 3])
def test_the_questions_do_not_grow(number, announced, office, box, person, django_assert_num_queries):
    users = [announced(f"x{n}", to=person(f"p{n}")) for n in range(number)]
    drain()
    for sender in office.senders:
        box.deliver(returned.postfix(sender))
    box.read()
    with django_assert_num_queries(1):
        assert len(trouble_of([user.pk for user in users])) == number
    with django_assert_num_queries(2):
        assert bounce_counts().addresses == number
