"""Where bounces go and are read: half a setting is refused with a sentence that says what to set."""

import os

import pytest
from django.core.exceptions import ImproperlyConfigured

from notifications.verp import MOST_LOCAL
from slt_portal.bounce_settings import bounce_address, bounce_mailbox

ADDRESS = "bounce@portal.example"
IMAP = {"IMAP_HOST": "imap.example", "IMAP_USER": "u", "IMAP_PASSWORD": "p"}


@pytest.fixture
def given(monkeypatch):
    """Sets SLT_BOUNCE_ names, and no others."""
    for name in [name for name in os.environ if name.startswith("SLT_BOUNCE_")]:
        monkeypatch.delenv(name)

    def give(**values):
        for name, value in values.items():
            monkeypatch.setenv(f"SLT_BOUNCE_{name}", value)

    return give


def test_nothing_is_needed(given):
    given()
    assert (bounce_address(), bounce_mailbox("")) == ("", (None, ""))


def test_one_mailbox_is_named(given, monkeypatch, tmp_path):
    given(ADDRESS="Bounce@Portal.example", **IMAP)
    assert bounce_address() == ADDRESS
    account = {"host": "imap.example", "port": 993, "user": "u", "password": "p", "folder": "INBOX"}
    assert bounce_mailbox(ADDRESS) == (account, "")
    monkeypatch.delenv("SLT_BOUNCE_IMAP_PASSWORD")
    (tmp_path / "password").write_text("from a file\n")
    given(IMAP_PASSWORD_FILE=str(tmp_path / "password"), IMAP_PORT="1993", IMAP_FOLDER="Bounces")
    account |= {"password": "from a file", "port": 1993, "folder": "Bounces"}
    assert bounce_mailbox(ADDRESS) == (account, "")
    given(IMAP_HOST="", MAILDIR="/var/mail/bounce")
    assert bounce_mailbox(ADDRESS) == (None, "/var/mail/bounce")


UNFIT = ["bounce", "bounce+x@portal.example", "x" * (MOST_LOCAL + 1) + "@a.example", "a@b", "é@a.example", "a b@c.d"]


@pytest.mark.parametrize("address", UNFIT)
def test_an_address_that_cannot_carry_a_message_is_refused(address, given):
    given(ADDRESS=address)
    with pytest.raises(ImproperlyConfigured, match="SLT_BOUNCE_ADDRESS"):
        bounce_address()


def test_the_longest_address_fits(given):
    given(ADDRESS="x" * MOST_LOCAL + "@portal.example")
    assert bounce_address()


@pytest.mark.parametrize(
    ("address", "values", "named"),
    [
        (ADDRESS, {**IMAP, "MAILDIR": "/m"}, "not both"),
        ("", {"MAILDIR": "/m"}, "SLT_BOUNCE_ADDRESS"),
        ("", IMAP, "SLT_BOUNCE_ADDRESS"),
        (ADDRESS, {"IMAP_HOST": "h", "IMAP_USER": "u"}, "SLT_BOUNCE_IMAP_PASSWORD"),
    ],
)
def test_half_a_mailbox_is_refused(address, values, named, given):
    given(**values)
    with pytest.raises(ImproperlyConfigured, match=named):
        bounce_mailbox(address)
