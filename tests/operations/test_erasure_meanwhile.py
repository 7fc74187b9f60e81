"""Erasing while others work on the same incident: each over a connection of its own, in every order."""

import threading
import uuid
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import close_old_connections, connection, transaction

from incidents.actions import file_follow_up
from incidents.changes import Erased
from incidents.drafts import save_draft
from incidents.imports import renewal
from incidents.imports.runs import confirm_import
from incidents.imports.runs import run_due as check_imports
from incidents.management.commands import rebuild_search
from incidents.models import Draft, Report
from operations import erasure
from sharing.models import Item, SearchToken
from tests.factories.incidents import an_account, file_report
from tests.incidents.awsd_files import brought, incident
from tests.operations.erasing import ALBA, HQ

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@contextmanager
def meanwhile(do):
    """`do` runs in a thread, from the middle of the block to some time after it; what it raises is in the list."""
    raised = []

    def run():
        try:
            do()
        except Exception as error:
            raised.append(type(error))
        finally:
            connection.close()

    thread = threading.Thread(target=run)

    def start():
        thread.start()
        thread.join(0.3)  # as far as it gets

    yield start, raised
    thread.join(30)
    close_old_connections()


def test_a_draft_that_is_being_saved_does_not_outlive_it(cast):
    """The form of a further report saves what the last one said, every few seconds."""
    item = file_report(cast).incident.item
    submission = uuid.uuid4()
    kept = {"by": cast[ALBA], "submission": submission, "item": item}
    save_draft(**kept, typed={"what": ["As reported"]})
    more = meanwhile(lambda: save_draft(**kept, typed={"what": ["As reported, and more"]}))
    with more as (start, raised), transaction.atomic():
        erasure.erase(item, by=cast[HQ], reason="person")
        start()
    assert raised == [Erased]
    assert not Draft.objects.for_system("test").exists()


def test_a_further_report_comes_whole_before_it_or_not_at_all(cast):
    item = file_report(cast).incident.item
    again = {"kind": "update", "account": an_account(), "submission": uuid.uuid4(), "after": 1}
    more = meanwhile(lambda: file_follow_up(by=cast[ALBA], item=item, **again))
    with more as (start, raised), transaction.atomic():
        erasure.erase(item, by=cast[HQ], reason="person")
        start()
    assert raised == [Erased]
    assert Report.objects.for_system("test").count() == 1
    assert not SearchToken.objects.for_system("test").exists()


def test_search_words_that_are_being_made_anew_do_not_come_back(cast, monkeypatch):
    item = file_report(cast).incident.item
    read = rebuild_search._texts
    erases = meanwhile(lambda: erasure.erase(item, by=cast[HQ], reason="person"))

    with erases as (start, raised):

        def slowly(facts):
            texts = read(facts)
            if not started:
                started.append(start())
            return texts

        started: list = []
        monkeypatch.setattr(rebuild_search, "_texts", slowly)
        call_command("rebuild_search", stdout=StringIO())
    assert raised == []
    assert not SearchToken.objects.for_system("test").exists()


def test_a_newer_public_file_that_is_being_read_does_not_bring_it_back(cast, monkeypatch):
    def bring(text):
        run = brought([incident(1, Details=text)], by=cast[HQ])
        check_imports()
        run.refresh_from_db()
        confirm_import(run, by=cast[HQ])
        check_imports()

    bring("Sandstorms at first.")
    item = Item.objects.for_system("test").select_related("data_key", "area").get()
    passed = renewal._pass_over
    with meanwhile(lambda: erasure.erase(item, by=cast[HQ], reason="person")) as (start, raised):

        def slowly(pairs):
            start()
            passed(pairs)

        monkeypatch.setattr(renewal, "_pass_over", slowly)
        bring("Sandstorms and more.")
    assert raised == []
    assert Item.objects.for_system("test").get().is_erased
    assert not SearchToken.objects.for_system("test").exists()
