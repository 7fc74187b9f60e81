"""A copy of the database, the logs, Redis and the folders shows nothing of what people wrote (C7); in this process.

The same on a running installation, with its whole disk: tests/production/test_stolen_disk.py.
"""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from documents.tasks import make_documents
from incidents.export_runs import run_due
from notifications.outbox import drain
from tests.cast import signed_in
from tests.incidents.test_encryption import whole_database
from tests.visibility.oracle import ALBA_FIELD

from .canaries import canary, found_below, found_in
from .canary_fields import EMPTY, NOT_PUT, NOT_TYPED, PUT, TYPED, cells, columns_of_words, sealed_columns, typed_fields
from .canary_portal import REPORT, Installation, made_ready
from .canary_traces import Sealed, in_redis, log_lines
from .canary_walk import short_walk, walk

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
DOCUMENT = Path(__file__).resolve().parents[2] / "docs/security.md"


def work() -> None:
    """What workers do: exports, documents, mails."""
    run_due()
    make_documents()
    while drain():
        pass


@pytest.fixture
def portal(cast, tmp_path, monkeypatch, settings):
    """Everybody, with a data folder of the test's own; files that are not kept in memory would be seen there."""
    settings.DATA_DIR = tmp_path / "data"
    for name in ("data", "tmp"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    return Installation(lambda email: signed_in(cast[email]) if email else Client(), work, made_ready(cast))


def goes_wrong(cast, monkeypatch) -> None:
    """An error of ours, a sign-in that fails, an address that is none: with canaries in all they say."""

    def breaks(**_typed):
        raise ValueError(canary("text of an exception"))

    client = signed_in(cast[ALBA_FIELD])
    client.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr("incidents.views.filing.file_incident", breaks)
        tab = Installation(lambda _email: client, work, "").visit(ALBA_FIELD, REPORT)
        tab.send("Send the report", {"occurred_on": "2026-03-14"}, status=500)
    stranger = Client()
    typed = {"login": f"{canary('sign-in')[:11]}@alba.example", "password": canary("password")}
    stranger.post("/accounts/login/", typed)
    stranger.post("/accounts/password/reset/", {"email": typed["login"]})
    stranger.get(f"/no/such/page/{canary('address')}/", {"q": canary("query")})
    stranger.get("/incidents/", {"q": canary("query")}, headers={"user-agent": canary("browser"), "cookie": "x=" + "y"})


def left_behind(tmp_path, lines) -> dict[str, set[str]]:
    """Where a canary is found, and which."""
    mails = b"\n".join(one.message().as_bytes() for one in mail.outbox)
    places = {"database": whole_database(), "log": lines.getvalue().encode(), "Redis": in_redis(), "mails": mails}
    found = {name: found_in(content) for name, content in places.items()}
    return {name: what for name, what in (found | found_below(tmp_path)).items() if what}


@pytest.mark.slow
def test_what_is_written_in_a_day_is_nowhere_to_be_read(portal, cast, tmp_path, monkeypatch):
    with log_lines() as lines:
        short_walk(portal)
        goes_wrong(cast, monkeypatch)
        work()
    assert len(portal.written) > 25
    assert "incidents/report may_stay" in portal.written, "what the finder points at is among what is looked for"
    assert left_behind(tmp_path, lines) == {}
    _check_that_it_would_be_found(cast, tmp_path, lines)


def _check_that_it_would_be_found(cast, tmp_path, lines):
    """Written in the clear on purpose, it is found in each of these places."""
    User.objects.filter(pk=cast[ALBA_FIELD].pk).update(name=canary("name"))
    cache.set("key", canary("cache"))
    lines.write(canary("log"))
    (settings.DATA_DIR / "leaked").write_text(canary("file"))
    mail.EmailMessage("Subject", canary("mail"), to=["a@b.example"]).send()
    assert set(left_behind(tmp_path, lines)) == {"database", "log", "Redis", "mails", "data/leaked"}


@pytest.mark.long
@pytest.mark.timeout(900)
def test_what_is_written_in_a_month_is_nowhere_to_be_read(portal, cast, tmp_path, monkeypatch):
    sealed = Sealed(monkeypatch)
    with log_lines() as lines:
        walk(portal)
        goes_wrong(cast, monkeypatch)
        work()
    assert left_behind(tmp_path, lines) == {}
    held = {name: cells(model, column) for name, (model, column) in sealed_columns().items()}
    assert sorted(name for name, rows in held.items() if sealed.in_any(rows)) == sorted(PUT)
    assert [name for name in EMPTY if any(held[name])] == []
    left = typed_fields() - sealed.fields - NOT_TYPED.keys()
    assert sorted(name for name in left if name.rpartition(".")[0] in TYPED) == []


def test_every_sealed_column_and_every_free_text_has_its_canary():
    """A new one fails here until it is joined to the walk, or stands on the list with the reason why not."""
    assert sorted(sealed_columns()) == sorted(PUT | NOT_PUT.keys())
    assert sorted(name for name in typed_fields() if name.rpartition(".")[0] not in TYPED) == sorted(
        name for name in NOT_TYPED if name.rpartition(".")[0] not in TYPED
    )


def test_what_is_in_the_clear_is_written_down():
    """docs/security.md names every column that can hold words, and no other."""
    rows = re.findall(r"^\| `(\w+\.[A-Z]\w+)` \| ([\w, ]+) \| \S.* \|$", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    named = [f"{model}.{column}" for model, columns in rows for column in columns.split(", ")]
    assert sorted(named) == sorted(columns_of_words()), "seal it, or say in docs/security.md why it is in the clear"
