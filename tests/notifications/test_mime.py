"""What is written can be read again by any mail program, whatever the text is."""

import email
import email.policy
import hashlib

import pytest
from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import BadHeaderError
from hypothesis import given
from hypothesis import strategies as st

from notifications.mime import PortalMail, _encoded_file
from notifications.rendering import Attachment

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


def _with_file(content, *, html="<p>x</p>", **changes):
    values = {"name": "SLT-LIST-0001.en.pdf", "media_type": "application/pdf", "content_id": "x"} | changes
    mail = PortalMail("Subject", "text\n", "portal@slt.example", ["a@alba.example"])
    if html:
        mail.attach_alternative(html, "text/html")
    mail.attachment = Attachment(**values, content=content)
    return mail


@given(content=st.binary(max_size=5000), html=st.sampled_from(["", "<p>x</p>"]))
def test_a_file_comes_back_as_it_was(content, html):
    mail = _with_file(content, html=html, content_id=hashlib.sha256(content).hexdigest())
    data = mail.message().as_bytes(linesep="\r\n")
    assert max(map(len, data.split(b"\r\n"))) <= 78
    assert b"\n" not in data.replace(b"\r\n", b"")
    read = _read(mail)
    [file] = read.iter_attachments()
    assert (read.get_content_type(), file.get_content(), file.defects) == ("multipart/mixed", content, [])
    assert (file.get_filename(), file.get_content_type()) == ("SLT-LIST-0001.en.pdf", "application/pdf")
    assert _content(read.get_body(("plain",))) == "text"
    assert bool(read.get_body(("html",))) == bool(html)


def test_a_file_is_encoded_once_for_all_mails():
    before = _encoded_file.cache_info()
    for _ in range(3):
        _with_file(b"once", content_id="once").message()
    after = _encoded_file.cache_info()
    assert (after.misses - before.misses, after.hits - before.hits, after.maxsize) == (1, 2, 4)


def test_a_mail_without_a_file_is_written_as_ever():
    mail = PortalMail("Subject", "text\n", "portal@slt.example", ["a@alba.example"], headers={"Date": "today"})
    mail.attach_alternative("<p>x</p>", "text/html")
    assert mail.message().as_bytes() == (
        b"From: portal@slt.example\nTo: a@alba.example\nSubject: Subject\nDate: today\nMIME-Version: 1.0\n"
        b'Content-Type: multipart/alternative; boundary="=_alternative"\n\n--=_alternative\n'
        b'Content-Type: text/plain; charset="utf-8"\nContent-Transfer-Encoding: quoted-printable\n\ntext\n'
        b'--=_alternative\nContent-Type: text/html; charset="utf-8"\n'
        b"Content-Transfer-Encoding: quoted-printable\n\n<p>x</p>\n--=_alternative--\n"
    )


@pytest.mark.parametrize("name", ["", ".pdf", 'a".pdf', "a b.pdf", "a\r\nBcc: x@y", "../a", "é.pdf", "a" * 101])
def test_a_file_by_a_hostile_name_cannot_be_made(name):
    with pytest.raises(ValueError, match="cannot go by this name"):
        _with_file(b"x", name=name)
    with pytest.raises(ValueError, match="cannot go by this name"):
        _with_file(b"x", media_type=f"text/plain{name or ' '}\n")
