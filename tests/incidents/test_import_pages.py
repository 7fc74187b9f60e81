"""Imports on the page: who may, the file's way from upload to its end, a killed worker, and hostile uploads."""

import contextlib
import csv
import io
import re
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from demo.cast import PEOPLE
from documents.files import folder
from documents.models import StoredFile
from incidents.imports import runs
from incidents.imports.runs import CLAIM, MOST_ATTEMPTS, confirm_import, discard_import, progress_of, run_due
from incidents.models import ImportRun, ReferenceRecord
from slt_portal.states import StaleState
from slt_portal.templatetags.portal import day

from .awsd_files import AS_OF, brought, content, incident

pytestmark = pytest.mark.django_db
HQ = "dss.hq@un.example"
LIST, START = "/incidents/imports/", "/incidents/imports/new/"
QUERIES_OF_LIST, QUERIES_OF_PAGE = 6, 6


@pytest.fixture
def client(cast, sign_in):
    return sign_in(cast[HQ])


@pytest.fixture
def bring(cast):
    return lambda *rows, **options: brought(rows, by=cast[HQ], **options)


@pytest.fixture
def checked(bring):
    """A file with two rows, one of them damaged and one twice, after its check."""
    run = bring(incident(1, Day="31", City="=cmd"), incident(2), incident(2))
    run_due()
    run.refresh_from_db()
    return run


def upload(client, data=None, **replaced):
    data = content([incident(1)]) if data is None else data
    file = SimpleUploadedFile(replaced.pop("name", "export.csv"), data)
    return client.post(START, {"source": "awsd", "as_of": AS_OF.isoformat(), "file": file} | replaced)


def page(run) -> str:
    return reverse("incidents:import", args=[run.ref])


def ended(run) -> tuple:
    run.refresh_from_db()
    return run.state, run.file, StoredFile.objects.count()


@pytest.mark.parametrize("email", [person.email for person in PEOPLE])
def test_it_exists_for_dss_headquarters_only(email, cast, sign_in, checked):
    browser, may = sign_in(cast[email]), email == HQ
    quarantine = f"{page(checked)}quarantine.csv"
    for path in (LIST, START, page(checked), quarantine, f"{page(checked)}rows.csv"):
        assert browser.get(path).status_code == (200 if may else 404)
    assert upload(browser).status_code == (422 if may else 404)  # one of the source is under way
    assert browser.post(f"{page(checked)}confirm/").status_code == (302 if may else 404)
    assert browser.post(f"{page(checked)}discard/").status_code == (302 if may else 404)
    checked.refresh_from_db()
    assert checked.state == ("confirmed" if may else "checked")


def test_from_upload_to_the_end(client, django_capture_on_commit_callbacks):
    answer = upload(client, content([incident(1, Day="31"), incident(2), incident(2)]))
    run = ImportRun.objects.get()
    assert (answer.status_code, answer.url, run.state) == (302, page(run), "waiting")
    assert "Checking the file" in client.get(page(run)).text
    stored = StoredFile.objects.get()
    assert b"Invented narrative" not in b"".join(path.read_bytes() for path in folder().glob(f"??/{stored.pk}"))
    assert run_due() == 1
    shown = client.get(page(run)).text
    assert "Nothing is written yet" in shown
    assert "Import it" in shown
    run.refresh_from_db()
    latest = date.fromisoformat(run.counts["latest"])
    assert f"<dt>Latest date in the file</dt><dd>{day(latest)}</dd>" in shown
    assert ">Import a file<" in re.sub("<svg.*?</svg>", "", client.get(LIST).text).replace("> ", ">").replace("\n", "")
    assert ReferenceRecord.objects.count() == 0
    client.post(f"{page(run)}confirm/")
    assert "Writing the rows" in client.get(page(run)).text
    with django_capture_on_commit_callbacks(execute=True):
        assert run_due() == 1
    assert ended(run) == ("done", None, 0)
    assert not list(folder().glob(f"??/{stored.pk}"))
    assert ReferenceRecord.objects.count() == 2
    assert {name: run.counts[name] for name in ("rows", "new", "duplicates", "quarantined")} == {
        "rows": 3,
        "new": 2,
        "duplicates": 1,
        "quarantined": 2,
    }
    assert "The import is done. The uploaded file was deleted." in client.get(page(run)).text
    assert list(Event.objects.order_by("number").values_list("verb", flat=True))[-3:] == [
        "incidents.import_started",
        "incidents.import_confirmed",
        "incidents.imported",
    ]
    assert Event.objects.last().facts["run"] == run.ref


def test_the_quarantine_is_a_table_without_formulas(client, checked):
    answer = client.get(f"{page(checked)}quarantine.csv")
    assert answer["Content-Disposition"] == f'attachment; filename="quarantine-{checked.ref}.csv"'
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[1:] == [
        ["2", "1", "Day", "31", "a day that this month does not have", "no"],
        ["4", "2", "Incident ID", "2", "an id that an earlier row has", "no"],
    ]
    checked.quarantined = [[2, "=1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", "not_a_number", False]]
    checked.save()
    cells = list(csv.reader(io.StringIO(client.get(f"{page(checked)}quarantine.csv").content.decode("utf-8-sig"))))[1]
    assert cells[1:4] == ["'=1+1", "'@SUM(A1)", "'=cmd|' /C calc'!A0"]


def test_which_rows_are_added_changed_and_missing_is_a_table_without_formulas(client, bring, checked):
    def table(run) -> list[list[str]]:
        answer = client.get(f"{page(run)}rows.csv")
        assert answer["Content-Disposition"] == f'attachment; filename="rows-{run.ref}.csv"'
        return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))[1:]

    assert table(checked) == [["added", "2", "1"], ["added", "3", "2"]]
    assert "Added, changed and missing rows (CSV)" in client.get(page(checked)).text
    confirm_import(checked, by=checked.by)
    run_due()
    newer = bring(incident(3), incident(2, Details="Other words."))
    run_due()
    expected = [["added", "2", "3"], ["changed", "3", "2"], ["not in this file any more", "", "1"]]
    assert table(newer) == expected
    newer.refresh_from_db()
    confirm_import(newer, by=newer.by)
    run_due()
    assert table(newer) == expected
    back = bring(incident(1, Day="31", City="=cmd"), incident(2, Details="Other words."), incident(3))
    run_due()
    assert table(back) == [["in the file again", "2", "1"]]
    ImportRun.objects.filter(pk=back.pk).update(changes=[["missing", None, "=1+1"]])
    assert table(back)[0][2] == "'=1+1"


def test_a_file_that_says_nothing_new_needs_no_decision(client, bring, checked):
    confirm_import(checked, by=checked.by)
    run_due()
    again = bring(incident(1, Day="31", City="=cmd"), incident(2), incident(2))
    run_due()
    assert ended(again) == ("done", None, 0)
    assert "says nothing that is not here already" in client.get(page(again)).text


def test_a_part_of_a_data_set_is_asked_about(client, bring, checked):
    question = "Is it the whole data set?"
    assert question not in client.get(page(checked)).text
    confirm_import(checked, by=checked.by)
    run_due()
    part = bring(incident(3))
    run_due()
    assert question in client.get(page(part)).text


def test_a_file_that_cannot_be_read_fails_with_its_sentence(client, bring):
    run = bring(as_of=AS_OF, source="insecurity_insight")
    run_due()
    assert ended(run) == ("failed", None, 0)
    assert "No row near the top of this file names all the columns" in client.get(page(run)).text
    assert ImportRun.objects.get().error.count("\n") == 0


def test_discarding_removes_the_file_and_takes_over_nothing(client, checked, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{page(checked)}discard/")
    assert ended(checked) == ("discarded", None, 0)
    client.post(f"{page(checked)}confirm/")
    assert run_due() == 0
    assert (ended(checked)[0], ReferenceRecord.objects.count()) == ("discarded", 0)


def test_two_clicks_are_one_decision(client, checked):
    for _ in range(2):
        assert client.post(f"{page(checked)}confirm/").status_code == 302
    assert Event.objects.filter(verb="incidents.import_confirmed").count() == 1
    with pytest.raises(StaleState):
        discard_import(ImportRun.objects.get(), by=checked.by)


def test_one_import_of_a_source_at_a_time(client, checked):
    answer = upload(client)
    assert (answer.status_code, StoredFile.objects.count()) == (422, 1)
    assert checked.ref in answer.text
    assert upload(client, b"[]", source="insecurity_insight").status_code == 302


def test_a_run_on_which_nobody_decides_ends_after_a_day(checked):
    run_due(timezone.now() + timedelta(hours=23))
    assert ended(checked)[0] == "checked"
    run_due(timezone.now() + timedelta(hours=25))
    assert ended(checked) == ("discarded", None, 0)


class Killed(BaseException):
    """Nothing after it runs, as after kill -9."""


class DyingCache:
    """A cache at whose last news of one kind the worker is killed."""

    def __init__(self, when):
        self.when = when

    def set(self, key, news, timeout):
        """Keep nothing."""
        if news and news[0] == self.when and news[1] == news[2]:
            raise Killed


@pytest.mark.sqlite
@pytest.mark.parametrize("when", ["reading", "writing"])
def test_a_killed_worker_leaves_nothing_by_half_and_another_finishes(checked, monkeypatch, when):
    confirm_import(checked, by=checked.by)

    with monkeypatch.context() as patch:
        patch.setattr(runs, "cache", DyingCache(when))
        with pytest.raises(Killed):
            run_due()
    checked.refresh_from_db()
    assert (checked.state, checked.attempts, ReferenceRecord.objects.count()) == ("confirmed", 1, 0)
    assert run_due() == 0  # it may still be at it
    assert run_due(timezone.now() + CLAIM + timedelta(seconds=1)) == 1
    assert ended(checked) == ("done", None, 0)
    assert ReferenceRecord.objects.count() == 2


def test_a_file_at_which_every_worker_dies_is_given_up(bring):
    run = bring(incident(1))
    ImportRun.objects.update(attempts=MOST_ATTEMPTS)
    run_due()
    assert ended(run) == ("failed", None, 0)
    assert "interrupted each time" in run.error


@contextlib.contextmanager
def broken_at(table, error):
    """Every statement on `table` fails."""

    def fail(execute, sql, params, many, context):
        if f'"{table}"' in sql:
            raise error
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        yield


def test_a_busy_database_is_no_fault_of_the_file(bring):
    run = bring(incident(1))
    with broken_at("areas_country", DatabaseError("database is locked")):
        assert run_due() == 1
    assert ended(run)[0] == "waiting"
    assert run_due(timezone.now() + CLAIM + timedelta(seconds=1)) == 1
    assert ended(run)[0] == "checked"


def test_a_fault_of_ours_ends_the_run_with_a_sentence(bring):
    run = bring(incident(1))
    with broken_at("areas_country", ZeroDivisionError()):
        run_due()
    assert ended(run) == ("failed", None, 0)
    assert "error of the portal" in run.error


def test_two_workers_whose_claims_overlap_write_once(checked):
    confirm_import(checked, by=checked.by)
    first = runs._claim(timezone.now())
    second = runs._claim(timezone.now() + CLAIM + timedelta(seconds=1))
    assert first.pk == second.pk
    runs._work(first)
    runs._work(second)
    assert ended(checked)[0] == "done"
    assert Event.objects.filter(verb="incidents.imported").count() == 1


def test_progress_is_told_and_forgotten(bring):
    run, told = bring(incident(1)), []

    def watch(execute, sql, params, many, context):
        told.append(progress_of(run))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        run_due()
    assert ("reading", 1, 1) in told
    assert progress_of(run) is None


@pytest.mark.parametrize(
    ("replaced", "sentence"),
    [
        ({"source": "wizards"}, "Select a valid choice"),
        ({"as_of": "2999-01-01"}, "This day is still to come."),
        ({"as_of": "31/31/31"}, "Enter a valid date"),
        ({"file": ""}, "No file was submitted|This field is required"),
        ({"data": b""}, "The submitted file is empty"),
        ({"name": "x" * 300 + ".csv"}, "at most 200 characters"),
    ],
)
def test_bad_input_is_a_sentence_at_the_field(client, replaced, sentence):
    answer = upload(client, **replaced)
    assert answer.status_code == 422
    assert any(part in answer.text for part in sentence.split("|"))
    assert ImportRun.objects.count() == 0


def test_the_limit_is_told_beforehand_and_held(client, settings):
    assert "at most 10 MB" in client.get(START).text
    settings.UPLOAD_PATHS = settings.UPLOAD_PATHS | {"incidents:import_start": 2 * 1024 * 1024}
    # A request may say less than it brings; the form counts.
    assert upload(client, b"x" * (2 * 1024 * 1024 + 1)).status_code == 422
    assert upload(client, b"x" * (3 * 1024 * 1024)).status_code == 413
    assert upload(client, b"x" * 2 * 1024 * 1024).status_code == 302
    run_due()
    assert ImportRun.objects.get().state == "failed"


@pytest.mark.parametrize("name", ["<script>alert(1)</script>.csv", "../../etc/passwd", "=cmd.csv", "é\u202e.csv"])
def test_names_of_files_are_never_shown(client, name):
    upload(client, name=name)
    run = ImportRun.objects.get()
    assert "<script>alert" not in client.get(page(run)).text
    run_due()
    assert client.get(page(run)).status_code == 200


def test_hostile_columns_and_values_are_escaped(client, bring):
    columns = ["Incident ID", "<b>x</b>", "Year", "Country Code", "Country", "Total killed", "Total wounded"]
    rows = [[1, "y", "<i>1</i>", "SS", "x", 1, 1, 1, 1]]
    text = content(rows, columns=[*columns, "Total kidnapped", "Means of attack"])
    run = brought(text, by=bring(source="insecurity_insight").by)
    run_due()
    shown = client.get(page(run)).text
    assert "&lt;b&gt;x&lt;/b&gt;" in shown
    assert "<b>x</b>" not in shown


@pytest.mark.parametrize("number", [1, 3])
def test_queries_do_not_grow_with_the_rows(client, cast, number, django_assert_num_queries):
    for at in range(number):
        day = timezone.now() - timedelta(days=at)
        ImportRun.objects.create(source="awsd", as_of=AS_OF, by=cast[HQ], state="done", finished_at=day, started_at=day)
    client.get(LIST)
    with django_assert_num_queries(QUERIES_OF_LIST):
        assert client.get(LIST).text.count("IMP-") >= number
    first = page(ImportRun.objects.first())
    with django_assert_num_queries(QUERIES_OF_PAGE):
        client.get(first)


def test_without_a_cache_or_a_broker_the_pages_work(client, dead_broker, settings):
    dead = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:9"}
    settings.CACHES = {"default": dead}
    assert upload(client).status_code == 302
    run = ImportRun.objects.get()
    assert client.get(page(run)).status_code == 200
    run_due()
    assert ended(run)[0] == "checked"
