"""A real SMTP server for tests, which can be told to be difficult."""

import email
import inspect
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager

from aiosmtpd.controller import Controller


class PostOffice:
    """Keeps what it accepted. `at_recipient` and `at_text` may answer for it; None as text drops the connection,
    something to wait for delays the answer."""

    def __init__(self):
        self.accepted: list[email.message.Message] = []
        self.senders: list[str] = []  # of the envelopes, in the same order
        self.connections = 0
        self.offers = ["250-PIPELINING"]
        self.at_recipient: Callable[[str], str] = lambda address: "250 OK"
        self.at_text: Callable[[email.message.Message], str | None] = lambda mail: "250 OK"
        self.after_accepting: Callable[[], None] = lambda: None

    @property
    def ids(self) -> Counter:
        """How often each Message-ID was accepted."""
        return Counter(mail["Message-ID"] for mail in self.accepted)

    @property
    def subjects(self) -> list[str]:
        """What was accepted, in order."""
        return [mail["Subject"] for mail in self.accepted]

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.connections += 1
        session.host_name = hostname
        return [*responses[:-1], *self.offers, responses[-1]]

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = self.at_recipient(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content)
        answer = self.at_text(mail)
        if inspect.isawaitable(answer):
            answer = await answer
        if answer is None:
            server.transport.abort()
            return "421 gone"
        if answer.startswith("250"):
            self.accepted.append(mail)
            self.senders.append(envelope.mail_from)
            self.after_accepting()
        return answer


def text_of(mail: email.message.Message) -> str:
    """The plain text of a mail."""
    part = mail.get_payload(0) if mail.is_multipart() else mail
    return part.get_payload(decode=True).decode().replace("\r\n", "\n").strip()


class _AnyPort(Controller):
    """Listens on a port that the system chooses."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def post_office(office: PostOffice | None = None):
    """A running post office (this one, or a plain one) and its port."""
    office = office or PostOffice()
    controller = _AnyPort(office, hostname="127.0.0.1", port=0)
    controller.start()
    try:
        yield office, controller.port
    finally:
        controller.stop()
