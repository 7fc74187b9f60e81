"""What a mail that came back says: as real systems write it, as strangers invent it, and as nobody should."""

import time
import tracemalloc
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.bounces import READ_BYTES, Verdict, read_mail
from notifications.verp import MOST_LOCAL, came_to, envelope_sender, is_proven

from . import returned

ROW = uuid.UUID("0123456789abcdef0123456789abcdef")
ADDRESS = "alba@alba.example"


@pytest.fixture(autouse=True)
def bounce_address(settings):
    settings.BOUNCE_ADDRESS = "bounce@portal.example"


@pytest.fixture
def ours():
    return envelope_sender(ROW, ADDRESS)


def said(data: bytes) -> tuple:
    verdict = read_mail(data)
    return verdict.kind and verdict.kind.value, verdict.status


def test_an_envelope_sender_names_its_message_and_proves_it(ours, settings):
    ((row, proof),) = came_to(f"<{ours.upper()}>")
    assert (row, is_proven(row, ADDRESS.upper(), proof)) == (ROW, True)
    assert not is_proven(row, "another@alba.example", proof)  # it changed meanwhile: this says nothing about it
    assert not is_proven(uuid.uuid4(), ADDRESS, proof)
    settings.BOUNCE_ADDRESS = f"{'x' * MOST_LOCAL}@portal.example"
    assert len(envelope_sender(ROW, ADDRESS).partition("@")[0]) == 64


def test_without_a_bounce_address_the_sender_is_the_plain_one_and_nothing_is_ours(ours, settings):
    settings.BOUNCE_ADDRESS = ""
    assert envelope_sender(ROW, ADDRESS) == settings.DEFAULT_FROM_EMAIL
    assert read_mail(returned.postfix(ours)) is None


def test_real_systems(ours):
    assert said(returned.postfix(ours)) == ("permanent", "5.1.1")
    assert said(returned.postfix(ours, status="4.4.1")) == ("permanent", "4.4.1")  # given up after days of trying
    assert said(returned.postfix(ours, action="delayed", status="4.2.2")) == ("temporary", "4.2.2")
    assert said(returned.postfix(ours, to_header=False)) == ("permanent", "5.1.1")
    assert said(returned.exim(ours)) == ("permanent", "5.2.1")
    assert said(returned.exim(ours, with_report=False)) == ("permanent", "")
    assert said(returned.exchange(ours)) == ("permanent", "5.1.10")
    assert said(returned.out_of_office(ours)) == ("auto_reply", "")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (["From: MAILER-DAEMON@old.example", "Subject: failure notice"], ("temporary", "")),
        (["From: Postmaster <x@old.example>", "Auto-Submitted: auto-generated"], ("temporary", "")),
        (["From: x@old.example", "Return-Path: <>"], ("temporary", "")),
        (["From: x@old.example", "Return-Path: <>", "Precedence: auto_reply"], ("auto_reply", "")),
        (["From: x@old.example", "X-Autoreply: yes"], ("auto_reply", "")),
        (["From: x@old.example", "Auto-Submitted: no"], (None, "")),
        (["From: x@old.example"], (None, "")),
    ],
)
def test_other_systems_and_people(headers, expected, ours):
    assert said(returned.plain(ours, *headers)) == expected


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        (["Action: delivered\nStatus: 2.0.0"], (None, "")),
        (["Status: 5.2.2"], ("permanent", "5.2.2")),
        (["Status: 4.2.2"], ("temporary", "4.2.2")),
        (["Action: FAILED (word)\nStatus: 5.7.1 (not allowed)"], ("permanent", "5.7.1")),
        (["Action: lost\nStatus: 5.1.1"], ("temporary", "")),  # there is no such action
        (["Action: failed\nStatus: 5.99999.1"], ("permanent", "")),
        (["Action: failed\nDiagnostic-Code: smtp; 550 5.4.1 no"], ("permanent", "5.4.1")),
        (["Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 450 4.2.0 no"], ("permanent", "5.0.0")),
        # Passed on to three, one of whom got it.
        (["Action: failed\nStatus: 5.1.1", "Action: delivered\nStatus: 2.0.0"], ("temporary", "")),
        (["Action: delayed\nStatus: 4.4.1", "Action: failed\nStatus: 5.1.1"], ("permanent", "5.1.1")),
        ([], ("temporary", "")),
    ],
)
def test_reports(blocks, expected, ours):
    assert said(returned.report(ours, *blocks)) == expected


def test_a_report_that_a_mail_was_read_is_nothing(ours):
    read = returned.plain(ours, "Content-Type: multipart/report; report-type=disposition-notification; boundary=x")
    assert said(read) == (None, "")


@pytest.mark.parametrize(
    "to",
    [
        "alba@alba.example",
        "bounce@portal.example",
        "bounce+nothing@portal.example",
        f"bounce+{ROW.hex}@portal.example",
        f"bounce+{ROW.hex}.0123456789ab@elsewhere.example",
        f"bounce+{ROW.hex}.0123456789ab@portal.example.evil.example",
        f"x.bounce+{ROW.hex}.0123456789ab@portal.example",
        "",
    ],
)
def test_somebody_elses_mail(to):
    assert read_mail(returned.postfix(to)) is None


def test_an_address_in_the_quoted_mail_is_not_looked_at(ours):
    assert read_mail(returned.plain("x@portal.example") + ours.encode()) is None


def test_a_forged_proof_is_passed_on_to_be_checked():
    forged = f"bounce+{ROW.hex}.{'0' * 12}@portal.example"
    assert read_mail(returned.postfix(forged)).senders == ((ROW, "0" * 12),)


@given(data=st.binary(max_size=2000))
def test_no_bytes_raise(data):
    assert read_mail(data) is None


@given(head=st.binary(max_size=300), body=st.binary(max_size=1000), boundary=st.binary(max_size=5))
def test_no_bytes_raise_after_our_address(head, body, boundary):
    to = b"Cc: bounce+" + ROW.hex.encode() + b"." + b"0" * 12 + b"@portal.example\n"
    kind = b"Content-Type: multipart/report; boundary=" + boundary + b"\n"
    assert isinstance(read_mail(to + kind + head + b"\n\n--" + boundary + b"\n" + body), Verdict | None)


def _hostile():
    to = f"To: bounce+{ROW.hex}.{'0' * 12}@portal.example\n".encode()
    nested, level = b"", b""
    for depth in range(3000):
        edge = f"e{depth}".encode()
        nested += level + b"Content-Type: multipart/mixed; boundary=" + edge + b"\n\n"
        level = b"--" + edge + b"\n"
    status = b"Content-Type: multipart/report; boundary=x\n\n--x\nContent-Type: message/delivery-status\n\n"
    return {
        "ten megabytes": to + b"\n" + b"x" * 10_000_000,
        "one header": to + b"X: " + b"y" * 10_000_000,
        "folded for ever": to + b"X: y\n" + b" y\n" * 1_000_000,
        "many headers": to + b"To: bounce+x@portal.example\n" * 300_000,
        "many of our addresses": to * 100_000,
        "nested": to + nested,
        "many parts": to + b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\n" * 1_000_000,
        "empty boundary": to + b'Content-Type: multipart/mixed; boundary=""\n\n' + b"\n--" * 1_000_000,
        "many recipients": to + status + b"Action: failed\n\n" * 300_000,
        "long code": to + status + b"Action: failed\nStatus: " + b"5." * 5_000_000,
        "broken charset": to.replace(b"To:", b"To: =?no-such?Q?=FF?= ") + b"Subject: \xff\xfe\x00\n\n\x00",
        "nothing but breaks": b"\r\n" * 3_000_000,
    }


def test_hostile_mails_cost_little_time_and_memory():
    for name, data in _hostile().items():
        tracemalloc.start()
        began = time.perf_counter()
        verdict = read_mail(data)
        taken, (_, peak) = time.perf_counter() - began, tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert taken < 2, name
        assert peak < 40 * READ_BYTES, name
        assert verdict is None or len(verdict.senders) <= 3, name
        assert verdict is None or len(verdict.status) <= 9, name
