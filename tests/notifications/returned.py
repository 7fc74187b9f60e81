"""Mails that come back, as mail systems write them. All are invented; `to` is the envelope sender of ours.

Each quotes what we had sent, with a canary in it: nothing of that may be kept.
"""

CANARY = "QUOTED-CANARY"
OURS = f"""\
From: SLT portal <portal@slt.example>
To: alba@alba.example
Subject: Notice {CANARY}

{CANARY}
"""


def _mail(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def postfix(to: str, *, action: str = "failed", status: str = "5.1.1", to_header: bool = True) -> bytes:
    """A bounce of Postfix, or its warning that a mail is delayed; without `to_header` only the mailbox's own lines."""
    names = f"To: {to}" if to_header else f"X-Original-To: {to}\nDelivered-To: {to}"
    return _mail(f"""\
Return-Path: <>
{names}
Received: by mx.alba.example (Postfix)
\tid 4F1C2400B1; Sat, 21 Nov 2026 10:00:00 +0000 (UTC)
Date: Sat, 21 Nov 2026 10:00:00 +0000 (UTC)
From: MAILER-DAEMON@mx.alba.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4F1C2400B1.1795255200/mx.alba.example"

This is a MIME-encapsulated message.

--4F1C2400B1.1795255200/mx.alba.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.alba.example.

<alba@alba.example>: host mail.alba.example said: {CANARY}

--4F1C2400B1.1795255200/mx.alba.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.alba.example
X-Postfix-Queue-ID: 4F1C2400B1
X-Postfix-Sender: rfc822; {to}
Arrival-Date: Sat, 21 Nov 2026 09:59:58 +0000 (UTC)

Final-Recipient: rfc822; alba@alba.example
Original-Recipient: rfc822;alba@alba.example
Action: {action}
Status: {status}
Remote-MTA: dns; mail.alba.example
Diagnostic-Code: smtp; 550 5.1.1 <alba@alba.example>: User unknown
    {CANARY}

--4F1C2400B1.1795255200/mx.alba.example
Content-Description: Undelivered Message
Content-Type: message/rfc822

{OURS}
--4F1C2400B1.1795255200/mx.alba.example--
""")


def exim(to: str, *, with_report: bool = True) -> bytes:
    """A bounce of Exim: its status is general, that of the other side is in the diagnosis. Old ones have no report."""
    report = """\

--1795255200-eximdsn-804289383
Content-type: message/delivery-status

Reporting-MTA: dns; relay.slt.example

Action: failed
Final-Recipient: rfc822;alba@alba.example
Status: 5.0.0
Remote-MTA: dns; mail.alba.example
Diagnostic-Code: smtp; 550-5.2.1 The account
 550 5.2.1 is disabled

--1795255200-eximdsn-804289383
Content-type: message/rfc822
"""
    kind = 'multipart/report; report-type=delivery-status; boundary="1795255200-eximdsn-804289383"'
    return _mail(f"""\
Return-path: <>
Envelope-to: {to}
Delivery-date: Sat, 21 Nov 2026 10:00:00 +0000
X-Failed-Recipients: alba@alba.example
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@relay.slt.example>
To: {to}
{"Content-Type: " + kind if with_report else "Content-Type: text/plain"}
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender

{"--1795255200-eximdsn-804289383" if with_report else ""}
{"Content-type: text/plain; charset=us-ascii" if with_report else ""}

This message was created automatically by mail delivery software. 5.9.9
{report if with_report else ""}
{OURS}
""")


def exchange(to: str) -> bytes:
    """A non-delivery report of Exchange Online, whose first part is HTML."""
    return _mail(f"""\
From: "Microsoft Outlook" <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@alba.example>
To: "{to}"
\t<{to}>
Subject: Undeliverable: Notice
Content-Language: en-US
Auto-Submitted: auto-replied
X-MS-Exchange-Message-Is-Ndr:
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="1c2d0f4e-7a59-4b6e-9a0c-1d2e3f405162"

--1c2d0f4e-7a59-4b6e-9a0c-1d2e3f405162
Content-Type: multipart/alternative; differences=Content-Type;
\tboundary="99aa88bb-0001-0002-0003-112233445566"

--99aa88bb-0001-0002-0003-112233445566
Content-Type: text/plain; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

Your message to alba@alba.example couldn't be delivered. {CANARY}

--99aa88bb-0001-0002-0003-112233445566
Content-Type: text/html; charset="us-ascii"

<p>{CANARY}</p>

--99aa88bb-0001-0002-0003-112233445566--

--1c2d0f4e-7a59-4b6e-9a0c-1d2e3f405162
Content-Type: message/delivery-status

Reporting-MTA: dns;AM0PR01.mail.example
Received-From-MTA: dns;relay.slt.example

Final-Recipient: rfc822;alba@alba.example
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found

--1c2d0f4e-7a59-4b6e-9a0c-1d2e3f405162
Content-Type: message/rfc822

{OURS}
--1c2d0f4e-7a59-4b6e-9a0c-1d2e3f405162--
""")


def plain(to: str, *headers: str) -> bytes:
    """A mail of one part with some headers."""
    lines = "\n".join([f"To: {to}", *headers, "Content-Type: text/plain", "", f"{CANARY} 5.1.1", "", OURS])
    return _mail(lines)


def report(to: str, *blocks: str) -> bytes:
    """A delivery report of these blocks, with the least around them."""
    status = "\n\n".join(["Reporting-MTA: dns; mx.example", *blocks])
    return _mail(f"""\
To: {to}
Content-Type: multipart/report; boundary=x

--x
Content-Type: message/delivery-status

{status}
--x--
""")


def out_of_office(to: str) -> bytes:
    """What a machine answers for somebody who is away (RFC 3834)."""
    return plain(to, "From: Alba <alba@alba.example>", "Subject: Away", "Auto-Submitted: auto-replied")
