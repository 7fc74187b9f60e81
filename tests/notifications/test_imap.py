"""Reading bounces from a real IMAP server (Dovecot) over TLS."""

import imaplib
import shutil
import ssl
import subprocess

import pytest

from notifications.bounce_actions import read_bounces
from notifications.bounce_mailbox import MailboxUnavailable, open_mailbox
from notifications.bounces import READ_BYTES
from notifications.models import Message
from notifications.outbox import drain

from . import returned
from .dovecot import PASSWORD, USER, dovecot, folder_for_server

pytestmark = pytest.mark.long


@pytest.fixture
def server(settings, monkeypatch):
    """Dovecot, the settings that lead to it, and a way to look into its mailbox."""
    place = folder_for_server()
    certificate, key = place / "certificate.pem", place / "key.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=imap.slt.example",
    ]
    files = ["-addext", "subjectAltName=IP:127.0.0.1", "-out", certificate, "-keyout", key]
    subprocess.run([*command, *files], check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    settings.BOUNCE_ADDRESS = "bounce@portal.example"
    with dovecot(place, certificate, key) as port:
        settings.BOUNCE_IMAP = {
            "host": "127.0.0.1",
            "port": port,
            "user": USER,
            "password": PASSWORD,
            "folder": "INBOX",
        }
        yield _Look(settings.BOUNCE_IMAP)
    shutil.rmtree(place)


class _Look:
    def __init__(self, account):
        self._account = account

    def deliver(self, *mails: bytes) -> None:
        with self._opened() as server:
            for mail in mails:
                server.append("INBOX", None, None, mail)

    def flags(self) -> list[set[bytes]]:
        """The flags of each mail that is there."""
        with self._opened() as server:
            server.select("INBOX", readonly=True)
            rows = server.fetch("1:*", "(FLAGS)")[1]
            return [set(imaplib.ParseFlags(row)) - {rb"\Recent"} for row in rows if row]

    def _opened(self):
        context = ssl.create_default_context()
        server = imaplib.IMAP4_SSL(self._account["host"], self._account["port"], ssl_context=context, timeout=10)
        server.login(USER, PASSWORD)
        return server


def test_what_is_ours_is_taken_in_and_removed_and_the_rest_left(announced, office, server):
    announced("x")
    drain()
    (sender,) = office.senders
    long = returned.postfix(sender) + b"x" * 3 * READ_BYTES
    foreign = returned.plain("somebody@portal.example", "From: x@y.example")
    server.deliver(foreign, long, returned.out_of_office(sender), b"Subject: x\r\n\r\n")
    assert dict(read_bounces(open_mailbox())) == {"permanent": 1, "auto_reply": 1, "foreign": 2}
    assert Message.objects.get().state == "bounced"
    assert server.flags() == [{rb"\Seen"}] * 2
    assert read_bounces(open_mailbox()) == {}


def test_what_waits_is_not_marked(announced, office, server):
    announced("x")
    drain()
    server.deliver(returned.postfix(*office.senders))
    with open_mailbox() as mailbox:
        assert [len(mail) > 1000 for _, mail in mailbox.unread()] == [True]
    assert server.flags() == [set()]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"password": "wrong-canary"}, "refused user or password"),
        ({"password": "fälsch-canary"}, "refused user or password"),
        ({"folder": 'No "such\\ folder'}, "SLT_BOUNCE_IMAP_FOLDER"),
        ({"host": "localhost"}, "SSLCertVerificationError"),
    ],
)
def test_what_is_wrong_is_said_without_the_password(change, reason, server, settings, db):
    settings.BOUNCE_IMAP |= change
    with pytest.raises(MailboxUnavailable, match=reason) as raised:
        read_bounces(open_mailbox())
    assert "canary" not in f"{raised.value!r} {raised.value.__cause__!r}"
