"""The envelope in one go, where the server offers it; the same truth as with the plain dialogue where it does not."""

import smtplib
import socket
import threading

import pytest

from notifications.models import Message
from notifications.outbox import drain
from notifications.smtp import hand_over

OFFERS = pytest.mark.parametrize("offers", [["250-PIPELINING"], []], ids=["pipelining", "plain"])


@OFFERS
def test_every_message_comes_as_it_was_written(announced, office, offers):
    office.offers = offers
    announced("one", "two", "three")
    assert drain() == 3
    assert (set(office.ids.values()), office.connections) == ({1}, 1)
    assert office.senders == ["portal@slt.example"] * 3


@OFFERS
def test_who_is_refused_stops_nobody_else(announced, office, offers):
    office.offers = offers
    announced("one", "two")
    first = Message.objects.order_by("pk").first()
    office.at_recipient = lambda address: "550 5.1.1 no such user" if len(office.accepted) == 0 else "250 OK"
    drain()
    assert set(Message.objects.values_list("state", flat=True)) == {"failed"}
    assert (office.accepted, first.state) == ([], "queued")


def _server(answers: list[bytes]) -> tuple[smtplib.SMTP, threading.Thread, list[bytes]]:
    """A server that says these things, one after each line (or text) it is sent; and what it was sent."""
    listening, got = socket.create_server(("127.0.0.1", 0)), []

    def serve():
        with listening, listening.accept()[0] as line, line.makefile("rb") as said:
            line.sendall(b"220 ready\r\n")
            got.append(said.readline())
            line.sendall(b"250-here\r\n250 PIPELINING\r\n")
            for answer in answers:
                heard = said.readline()
                if got[-1].startswith(b"DATA"):
                    while heard.rpartition(b"\r\n.\r\n")[1] == b"" and heard != b".\r\n":
                        heard += said.readline()
                got.append(heard)
                line.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    connection = smtplib.SMTP("127.0.0.1", listening.getsockname()[1], timeout=5)
    connection.ehlo()
    return connection, thread, got


MAIL = b"Subject: x\r\n\r\n.begins with a dot\r\n..two\r\n"


def test_dots_are_doubled_and_the_end_is_said():
    connection, thread, got = _server([b"250 ok\r\n", b"251 forwarded\r\n", b"354 go on\r\n", b"250 taken\r\n"])
    hand_over(connection, "a@x.example", "b@y.example", MAIL)
    thread.join()
    assert got[1:4] == [b"MAIL FROM:<a@x.example>\r\n", b"RCPT TO:<b@y.example>\r\n", b"DATA\r\n"]
    connection.close()
    assert got[4] == b"Subject: x\r\n\r\n..begins with a dot\r\n...two\r\n.\r\n"


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ([b"550 no\r\n", b"503 bad\r\n", b"503 bad\r\n"], smtplib.SMTPSenderRefused),
        ([b"421 busy\r\n"], smtplib.SMTPSenderRefused),
        ([b"250 ok\r\n", b"550 no\r\n", b"554 nobody\r\n"], smtplib.SMTPRecipientsRefused),
        # It waits for a text although there is nobody to take it to: it gets an empty one.
        ([b"250 ok\r\n", b"550 no\r\n", b"354 go on\r\n", b"554 nobody\r\n"], smtplib.SMTPRecipientsRefused),
        ([b"250 ok\r\n", b"550 no\r\n", b"354 go on\r\n"], smtplib.SMTPRecipientsRefused),  # and hangs up
        (
            [b"250-ok\r\n250 ok\r\n", b"550-5.1.1 no\r\n550 such user\r\n", b"503 bad\r\n"],
            smtplib.SMTPRecipientsRefused,
        ),
        ([b"250 ok\r\n", b"250 ok\r\n", b"451 later\r\n"], smtplib.SMTPDataError),
        ([b"250 ok\r\n", b"250 ok\r\n", b"421 going down\r\n"], smtplib.SMTPDataError),
        ([b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n", b"552 too large\r\n"], smtplib.SMTPDataError),
        ([b"250 ok\r\n", b"250 ok\r\n"], smtplib.SMTPServerDisconnected),
    ],
)
def test_each_refusal_is_told_as_smtplib_tells_it(answers, error):
    connection, thread, got = _server(answers)
    with pytest.raises(error):
        hand_over(connection, "a@x.example", "b@y.example", MAIL)
    thread.join()
    assert not [one for one in got if b"dot" in one and error is smtplib.SMTPRecipientsRefused]
    connection.close()
