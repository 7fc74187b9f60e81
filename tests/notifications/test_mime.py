"""What is written can be read again by any mail program, whatever the text is."""

import email
import email.policy

import pytest
from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import BadHeaderError
from hypothesis import given
from hypothesis import strategies as st

from notifications.mime import PortalMail

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=300)
TEXTS = st.lists(st.one_of(WORDS, st.sampled_from([".", "..", "From here", "a=b", "--=_alternative", " end "])))


def _read(mail, linesep="\r\n"):
    return email.message_from_bytes(mail.message().as_bytes(linesep=linesep), policy=email.policy.default)


def _content(part):
    return part.get_content().replace("\r\n", "\n").rstrip("\r\n")


@given(lines=TEXTS, html=WORDS)
def test_texts_come_back_as_they_were(lines, html):
    text = "\n".join(lines) + "\n"
    mail = PortalMail("Subject", text, "portal@slt.example", ["a@alba.example"])
    mail.attach_alternative(html, "text/html")
    data = mail.message().as_bytes(linesep="\r\n")
    assert max(map(len, data.split(b"\r\n"))) <= 78
    assert data.isascii()
    assert b"\n" not in data.replace(b"\r\n", b"")
    plain, rich = _read(mail).iter_parts()
    assert (plain.get_content_type(), _content(plain)) == ("text/plain", text.rstrip("\n"))
    assert (rich.get_content_type(), _content(rich)) == ("text/html", html)


@given(subject=WORDS)
def test_subjects_come_back_as_they_were(subject):
    subject = " ".join(subject.split())
    mail = PortalMail(subject, "text", "portal@slt.example", ["a@alba.example"])
    assert " ".join(str(_read(mail)["Subject"]).split()) == subject


def test_headers_are_those_that_django_writes():
    arguments = ("Sûreté", "text\n", "SLT portal <portal@slt.example>", ["a@alba.example"])
    headers = {"Message-ID": "<x@y>", "Auto-Submitted": "auto-generated"}
    ours, theirs = PortalMail(*arguments, headers=headers), EmailMultiAlternatives(*arguments, headers=headers)
    ignored = {"Content-Transfer-Encoding"}
    written = {name: value for name, value in _read(ours).items() if name not in ignored}
    expected = email.message_from_bytes(theirs.message().as_bytes(), policy=email.policy.default)
    assert written == {name: value for name, value in expected.items() if name not in ignored}


@pytest.mark.parametrize("subject", ["a\nBcc: x@elsewhere.example", "a\r\nBcc: x@elsewhere.example", "a\rb"])
def test_a_line_break_in_a_header_is_refused(subject):
    with pytest.raises(BadHeaderError):
        PortalMail(subject, "text", "portal@slt.example", ["a@alba.example"]).message()


@pytest.mark.parametrize("name", ["List-Unsubscribe", "List-Unsubscribe-Post", "Message-ID"])
@pytest.mark.parametrize("break_", ["\n", "\r\n", "\r"])
def test_a_line_break_in_any_further_header_is_refused(name, break_):
    headers = {name: f"<https://portal.example/stop/x>{break_}Bcc: x@elsewhere.example"}
    with pytest.raises(BadHeaderError):
        PortalMail("x", "text", "portal@slt.example", ["a@alba.example"], headers=headers).message()


def test_the_headers_for_the_unsubscribe_button_come_back_as_they_were():
    link = "<https://portal.example/notifications/stop/" + "W2Ey" * 40 + ":1abc:x-y_z/>"
    headers = {"List-Unsubscribe": link, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    mail = PortalMail("x", "text", "portal@slt.example", ["a@alba.example"], headers=headers)
    lines = mail.message().as_bytes(linesep="\r\n").split(b"\r\n")
    assert f"List-Unsubscribe: {link}".encode() in lines  # on one line: some mail programs do not unfold a link
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines


@pytest.mark.parametrize("address", ["a@alba.example\nBcc: x@elsewhere.example", "", "two words@"])
def test_an_address_that_is_none_is_refused(address):
    mail = PortalMail("x", "text", "portal@slt.example", [address])
    with pytest.raises(ValueError):  # noqa: PT011 - Django's own, or BadHeaderError, which is one
        mail.message()
