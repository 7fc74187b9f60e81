"""Django's SMTP backend with fewer waits: what a mail needs before its text is said in one go (PIPELINING, RFC 2920).

Sender, recipient and DATA each cost a round trip otherwise, which is most of what sending costs, on a slow line above
all. A server that does not offer it, and an address that needs Django's or smtplib's care, get the plain dialogue.
"""

import re
import smtplib

from django.core.mail.backends.smtp import EmailBackend as PlainBackend

from .mime import bare_address, is_simple

_DOT = re.compile(rb"^\.", re.MULTILINE)
_GO_ON = 354
_EXPECTED = ({250}, {250, 251}, {_GO_ON})  # to MAIL FROM, RCPT TO, DATA


class EmailBackend(PlainBackend):
    """Sends each mail to its one recipient; raises what smtplib raises."""

    def _send(self, email_message):
        sender, recipients = bare_address(email_message.from_email), email_message.recipients()
        if len(recipients) != 1 or not all(map(is_simple, (sender, *recipients))):
            return super()._send(email_message)
        self.connection.ehlo_or_helo_if_needed()
        if not self.connection.has_extn("pipelining"):
            return super()._send(email_message)
        hand_over(self.connection, sender, recipients[0], email_message.message().as_bytes(linesep="\r\n"))
        return True


def hand_over(connection: smtplib.SMTP, sender: str, recipient: str, mail: bytes) -> None:
    """One mail, with CRLF ends of line, over an open connection.

    Raises what `smtplib.SMTP.sendmail` raises. The connection is of no use after that: an answer may be outstanding.
    """
    size = f" SIZE={len(mail)}" if connection.has_extn("size") else ""
    connection.send(f"MAIL FROM:<{sender}>{size}\r\nRCPT TO:<{recipient}>\r\nDATA\r\n".encode("ascii"))
    answers = _answers(connection)
    if answers[0][0] not in _EXPECTED[0]:
        raise smtplib.SMTPSenderRefused(*answers[0], sender)
    if answers[1][0] not in _EXPECTED[1]:
        raise smtplib.SMTPRecipientsRefused({recipient: answers[1]})
    if answers[2][0] not in _EXPECTED[2]:
        raise smtplib.SMTPDataError(*answers[2])
    _finish(connection, _DOT.sub(b"..", mail))


def _answers(connection):
    """What the server says to sender, recipient and DATA. After a refusal the later ones are of no interest, but a
    server may wait for a text nevertheless (RFC 2920, 3.1): it gets an empty one, addressed to nobody."""
    answers = []
    while len(answers) < len(_EXPECTED):
        try:
            answers.append(connection.getreply())
            if answers[-1][0] == _GO_ON and _refusals(answers):
                connection.send(b".\r\n")
                connection.getreply()
        except smtplib.SMTPServerDisconnected:
            if not _refusals(answers):
                raise
            break
    return answers


def _refusals(answers):
    return [code for (code, _), expected in zip(answers, _EXPECTED, strict=False) if code not in expected]


def _finish(connection, text):
    connection.send(text + (b".\r\n" if text.endswith(b"\r\n") else b"\r\n.\r\n"))
    code, answer = connection.getreply()
    if code != 250:
        raise smtplib.SMTPDataError(code, answer)
