"""Exports: how they are made, fetched and removed, whatever happens meanwhile (C9)."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from audit.models import Event
from documents.files import path_of
from documents.models import DataKey, StoredFile
from incidents import export_runs
from incidents.export_runs import claim, remove_expired, run_due
from incidents.models import Export
from organisations.models import Membership, Standing
from sharing.models import Audience, Item, Reading, Release
from tests.factories.incidents import file_report

from .exporting import LAKE, PURPOSE, address, ask, download, made, table
from .test_lists import make_reference

pytestmark = pytest.mark.django_db


class TestFetching:
    def test_a_download_is_no_page(self, cast, sign_in):
        file_report(cast)
        response = download(cast, sign_in, made(cast))
        name = response["Content-Disposition"]
        assert name.startswith('attachment; filename="incidents-')
        assert response["Content-Type"] == "text/csv"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in response["Cache-Control"]
        assert "sandbox" in response["Content-Security-Policy"]

    def test_it_belongs_to_one_person(self, cast, sign_in):
        file_report(cast)
        export = made(cast)
        for email in cast.people:
            if email != LAKE:
                client = sign_in(cast[email])
                assert {client.get(address(export, file=file)).status_code for file in (True, False)} == {404}, email

    def test_the_file_on_the_disk_is_sealed(self, cast):
        file_report(cast)
        export = made(cast)
        sealed = path_of(export.file).read_bytes()
        assert b"CANARY" not in sealed
        assert PURPOSE.encode() not in bytes(export.sealed)

    @pytest.mark.parametrize("change", ["audience", "version", "marking", "suspended", "membership"])
    def test_what_is_closed_or_changed_takes_the_file_away(
        self, cast, sign_in, change, django_capture_on_commit_callbacks
    ):
        report = file_report(cast)
        export = made(cast)
        release = Release.objects.for_system("test").get(pk=export.releases[0][0])
        if change == "audience":
            Audience.objects.for_system("test").filter(release=release).delete()
        elif change == "version":
            Release.objects.for_system("test").filter(pk=release.pk).update(version=2)
        elif change == "marking":
            Item.objects.for_system("test").filter(pk=report.incident.item_id).update(marking="TLP:RED")
        elif change == "suspended":
            Standing.objects.create(organisation=cast.organisations["lake"], kind="suspended")
        else:
            Membership.objects.filter(user=cast[LAKE]).update(ends_at=timezone.now())
        file, key = export.file, export.file.data_key_id
        with django_capture_on_commit_callbacks(execute=True):
            response = download(cast, sign_in, export)
        if change == "membership":  # who has no role any more has no such page
            assert response.status_code == 404
            return
        assert response.url == address(export, file=False)
        page = sign_in(cast[LAKE]).get(response.url).content.decode()
        assert "Something in it was changed or is no longer open to you." in page
        assert not path_of(file).exists()
        assert not DataKey.objects.filter(pk=key).exists()
        export = Export.objects.of(cast[LAKE]).get()
        assert (export.state, export.file) == ("expired", None)

    def test_more_readers_change_nothing(self, cast, sign_in):
        file_report(cast)
        export = made(cast)
        Audience.objects.bulk_create(
            Audience(principal="community", kind="incident", sort_at=timezone.now(), release_id=release)
            for release, *_rest in export.releases
        )
        assert len(table(download(cast, sign_in, export))) == 1

    def test_after_a_day_it_is_gone(self, cast, sign_in):
        file_report(cast)
        export = made(cast)
        with time_machine.travel(export.made_at + timedelta(hours=23, minutes=59)):
            assert remove_expired() == 0
            assert download(cast, sign_in, export).status_code == 200
        with time_machine.travel(export.made_at + timedelta(hours=24, seconds=1)):
            page = sign_in(cast[LAKE]).get(address(export, file=False)).content.decode()
            assert "Exports are removed after a day." in page
            assert "Download" not in page
            assert run_due() == 0
        export.refresh_from_db()
        assert (export.state, export.problem, export.file) == ("expired", "over", None)
        assert not StoredFile.objects.exists()

    def test_a_file_that_was_touched_is_said(self, cast, sign_in):
        file_report(cast)
        export = made(cast)
        path_of(export.file).write_bytes(b"something else")
        response = download(cast, sign_in, export)
        assert response.status_code == 410
        assert "cannot be opened" in response.content.decode()


class TestRuns:
    def test_the_readers_log(self, cast):
        refs = {file_report(cast).incident.item.ref for _ in range(2)}
        make_reference(1)
        export = made(cast)
        rows = Reading.objects.filter(how="exported", reader=cast[LAKE].pk)
        assert len(rows) == 3
        assert refs <= {row.item_ref for row in rows}
        assert {(row.organisation, row.role, row.version) for row in rows} == {("IO Lake", "partner_field", 1)}
        assert {row.release for row in rows} == {release for release, *_rest in export.releases}

    def test_the_audit_event_holds_no_purpose(self, cast):
        file_report(cast)
        make_reference(1)
        export = made(cast)
        event = Event.objects.get(verb="incidents.exported")
        assert (event.object_ref, event.actor) == (str(export.pk), str(cast[LAKE].pk))
        assert {name: event.facts[name] for name in ("format", "items", "confidential")} == {
            "format": "csv", "items": 2, "confidential": 1}  # fmt: skip
        assert len(event.facts["purpose"]) == 64

    def test_the_rule_is_asked_when_it_is_made(self, cast):
        """Not when it was asked for."""
        report = file_report(cast)
        export = ask(cast)
        Audience.objects.for_system("test").filter(release__item=report.incident.item).delete()
        run_due()
        export.refresh_from_db()
        assert (export.state, export.problem) == ("failed", "nothing")
        assert not Reading.objects.exists()

    def test_who_may_not_export_any_more_gets_none(self, cast):
        file_report(cast)
        export = ask(cast)
        Membership.objects.filter(user=cast[LAKE]).update(ends_at=timezone.now())
        run_due()
        export.refresh_from_db()
        assert (export.state, export.problem) == ("failed", "not_allowed")

    def test_what_a_killed_worker_left_is_taken_over(self, cast, settings):
        file_report(cast)
        ask(cast)
        left = claim()
        assert (left.state, claim()) == ("running", None)
        assert run_due() == 0
        with time_machine.travel(timezone.now() + timedelta(seconds=settings.EXPORT_LEASE_SECONDS + 1)):
            assert run_due() == 1
        left.refresh_from_db()
        assert (left.state, left.attempts) == ("done", 2)

    def test_the_slow_one_of_two_workers_writes_nothing(self, cast, settings):
        file_report(cast)
        ask(cast)
        slow = claim()
        with time_machine.travel(timezone.now() + timedelta(seconds=settings.EXPORT_LEASE_SECONDS + 1)):
            assert run_due() == 1
            assert not export_runs._run(slow)
        assert (StoredFile.objects.count(), Reading.objects.count()) == (1, 1)

    def test_after_three_killed_workers_it_is_given_up(self, cast, settings):
        file_report(cast)
        export = ask(cast)
        for attempt in range(4):
            with time_machine.travel(timezone.now() + timedelta(seconds=attempt * (settings.EXPORT_LEASE_SECONDS + 1))):
                last = claim()
        assert not export_runs._run(last)
        export.refresh_from_db()
        assert (export.state, export.problem) == ("failed", "broken")

    def test_a_disk_that_takes_nothing(self, cast, settings, tmp_path):
        file_report(cast)
        blocked = tmp_path / "file"
        blocked.write_text("in the way")
        settings.DATA_DIR = blocked
        export = made(cast)
        assert (export.state, export.problem) == ("failed", "not_stored")
        assert not Reading.objects.exists()

    def test_an_error_while_finishing_ends_it_at_once(self, cast, sign_in):
        """The object says "done", the database never did: not left running until the lease ends."""
        file_report(cast)
        ask(cast)
        export = claim()
        export.attempts = 2
        with connection.cursor() as cursor:  # the reader log, written after "done", refuses
            cursor.execute(f"ALTER TABLE {Reading._meta.db_table} ADD CONSTRAINT refuses CHECK (how <> 'exported')")
        assert not export_runs._run(export)
        left = Export.objects.of(cast[LAKE]).get(pk=export.pk)
        assert (left.state, left.problem, left.lease, left.file) == ("failed", "broken", None, None)
        assert (StoredFile.objects.count(), Reading.objects.count()) == (0, 0)
        page = sign_in(cast[LAKE]).get(address(export, file=False)).content.decode()
        assert "Something went wrong while this was made." in page
        assert PURPOSE in page
        assert ask(cast).state == "queued"

    def test_an_error_of_the_slow_one_does_not_end_it_for_the_other(self, cast, settings):
        file_report(cast)
        ask(cast)
        slow = claim()
        with time_machine.travel(timezone.now() + timedelta(seconds=settings.EXPORT_LEASE_SECONDS + 1)):
            quick = claim()
        export_runs._fail(slow, slow.lease, "broken")
        quick.refresh_from_db()
        assert (quick.state, quick.problem) == ("running", "")

    def test_filters_that_lost_their_sense(self, cast):
        file_report(cast)
        assert made(cast, query="area=atlantis").problem == "filters"

    def test_without_a_broker_it_waits(self, cast, dead_broker, django_capture_on_commit_callbacks):
        file_report(cast)
        with django_capture_on_commit_callbacks(execute=True):
            export = ask(cast)
        assert export.state == "queued"
        assert run_due() == 1
