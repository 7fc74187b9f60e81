"""What an import leaves in the database, who sees it, and that nothing else is there. All rows are invented."""

import io
import json
import sys

import pytest
import time_machine
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.core.management import CommandError
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from audit.models import Event
from incidents.imports import awsd
from incidents.imports.totals import reference_totals
from incidents.management.commands.import_incidents import Progress
from incidents.models import ImportRun, Incident, IncidentRelease, QuarantinedValue, ReferenceRecord
from sharing.models import Audience, Item, Release

from .awsd_files import COLUMNS, command, incident, make_area, run, write

pytestmark = pytest.mark.django_db

CREDIT = "Humanitarian Outcomes, Aid Worker Security Database, aidworkersecurity.org"
CANARY = "CANARY-7f3a"


def whole_database(*, opened=True, models=None) -> str:
    """Every column of every row as text; sealed texts opened as well."""
    rows = [row for model in models or apps.get_models() for row in system(model).values_list()]
    texts = [facts.texts for facts in system(IncidentRelease)] if opened else []
    return repr([tuple(bytes(cell) if isinstance(cell, memoryview) else cell for cell in row) for row in rows] + texts)


def system(model):
    rows = model._default_manager.all()
    return rows.for_system("test") if hasattr(rows, "for_system") else rows


def counts() -> dict:
    return {model.__name__: system(model).count() for model in apps.get_models()}


def left(*, runs=False) -> tuple:
    """What is in the database, the runs themselves only if asked for: a run that changes nothing is kept, too."""
    every = [model for model in apps.get_models() if runs or model is not ImportRun]
    return {model.__name__: system(model).count() for model in every}, whole_database(models=every)


def records(*names):
    return list(ReferenceRecord.objects.order_by("source_id").values_list(*names))


@pytest.fixture
def area(db):
    return make_area("south-sudan", "SS")


@pytest.mark.sqlite
def test_a_row_becomes_an_item_with_one_release_for_every_member(tmp_path, area):
    run(write(tmp_path / "a.csv", [incident(7)]))
    item = Item.objects.for_system("test").get()
    release = Release.objects.for_system("test").get()
    facts = IncidentRelease.objects.for_system("test").get()
    audience = Audience.objects.for_system("test").get()
    assert (item.kind, item.originator, item.area, item.marking) == ("incident", None, area, "TLP:CLEAR")
    assert (release.item, release.depth, release.area, release.shows_originator) == (item, 1, area, False)
    assert (audience.principal, audience.kind, audience.release) == ("everyone", "incident", release)
    assert audience.sort_at == release.sort_at == facts.occurred_from
    assert Incident.objects.for_system("test").get().item == item
    assert (facts.release, facts.report, facts.credit, facts.wounded) == (release, None, CREDIT, 1)
    assert facts.texts["what"] == "Invented narrative 7."
    assert b"Invented" not in bytes(facts.sealed)
    record = ReferenceRecord.objects.get()
    assert (record.source, record.source_id, record.release, record.area) == ("awsd", "7", release, area)
    assert record.figures["INGO"] == 1
    assert QuarantinedValue.objects.count() == 0


def test_the_area_is_the_one_that_covers_the_whole_territory(tmp_path, area):
    make_area("chad", "TD")
    make_area("chad-again", "TD")
    make_area("gaza", "PS", coverage="part")
    make_area("kenya", "KE", valid_to="2020-01-01")
    rows = [
        incident(1),
        incident(2, Country_Code="TD", Country="Chad"),
        incident(3, Country_Code="PS", Country="Occupied Palestinian Territories"),
        incident(4, Country_Code="KE", Country="Kenya"),
        incident(5, Country_Code="", Country="Chechnya"),
        incident(6, Country_Code="", Country=""),
    ]
    report = run(write(tmp_path / "a.csv", rows))
    assert records("source_id", "country_code", "country_text", "area__code") == [
        ("1", "SS", "South Sudan", "south-sudan"),
        ("2", "TD", "Chad", None),
        ("3", "PS", "Occupied Palestinian Territories", None),
        ("4", "KE", "Kenya", None),
        ("5", "", "Chechnya", None),
        ("6", "", "", None),
    ]
    assert report.without_area == {
        "Chad": 1,
        "Occupied Palestinian Territories": 1,
        "Kenya": 1,
        "Chechnya": 1,
        "(blank)": 1,
    }


def test_who_sees_a_reference_incident(tmp_path, cast):
    run(write(tmp_path / "a.csv", [incident(7), incident(8, Country_Code="", Country="Chechnya")]))
    seen = {email: Release.objects.visible_to(user).count() for email, user in cast.people.items()}
    blind = {"hq@suspended.example", "applicant@dune.example", "admin@portal.example", "nobody@elsewhere.example"}
    assert seen == {email: 0 if email in blind else 2 for email in cast.people}
    assert Release.objects.visible_to(AnonymousUser()).count() == 0


@pytest.mark.sqlite
def test_a_second_run_changes_nothing(tmp_path, area):
    bad = [incident(2, Month="13"), incident(2, Month="12"), incident(2, Month="12"), incident(3) | {"Incident ID": ""}]
    path = write(tmp_path / "a.csv", [incident(1), *bad])
    first = run(path)
    before = left()
    second = run(path)
    assert (len(first.plan.new), len(second.plan.new), second.plan.unchanged) == (2, 0, 2)
    assert first.quarantined == second.quarantined
    assert left() == before
    assert list(ImportRun.objects.order_by("pk").values_list("state", "counts__new", "counts__unchanged")) == [
        ("done", 2, 0),
        ("done", 0, 2),
    ]


def test_the_newer_shape_of_the_export_is_the_same_export(tmp_path, area):
    rows = [incident(1), incident(2)]
    run(write(tmp_path / "old.csv", rows))
    detained = [name for name in awsd.OPTIONAL if "detained" in name]
    columns = ["Colour", *reversed(COLUMNS), *detained]
    new = incident(3, Means_of_attack="Detention/arrest", **dict.fromkeys(["Nationals_wounded", "Total_wounded"], "0"))
    new |= {"Nationals detained": "1", "Total detained": "1"}
    tags = ["", *(next(iter(awsd.TAGS.get(name, [""]))) for name in [*reversed(COLUMNS), *detained])]
    newer = [tags, *({**row, **dict.fromkeys(detained, "0"), "Colour": "red"} for row in rows), tags, new]
    report = run(write(tmp_path / "new.csv", newer, columns=columns, above=[["Title"]], encoding="utf-8-sig"))
    assert (report.plan.unchanged, report.plan.changed, len(report.plan.new)) == (2, [], 1)
    assert (report.extra, report.missing, report.quarantined, report.flagged) == (["Colour"], [], {}, {})
    assert records("source_id", "detained") == [("1", None), ("2", None), ("3", 1)]


def test_what_cannot_be_true_is_kept_apart_with_row_column_and_reason(tmp_path, area):
    rows = [
        incident(1, Month="2", Day="31", Total_killed="-3", City="Inventedtown"),
        incident(2, Latitude="95.1"),
        incident(1, Details="the second of this id"),
        incident(3, Total_affected="4"),
        incident(4) | {"Incident ID": "n/a"},
        [*(incident(5)[name] for name in COLUMNS), "one", "cell", "too many"],
    ]
    report = run(write(tmp_path / "a.csv", rows))
    found = QuarantinedValue.objects.order_by("row", "pk").values_list(
        "row", "source_id", "column", "value", "reason", "is_kept"
    )
    assert list(found) == [
        (2, "1", "Day", "31", "no_such_day", False),
        (2, "1", "Total killed", "-3", "negative", False),
        (3, "2", "Latitude", "95.1", "out_of_range", False),
        (3, "2", "Longitude", "31.25", "half_a_pair", False),
        (4, "1", "Incident ID", "1", "duplicate_id", False),
        (5, "3", "Total affected", "4", "contradiction", True),
        (5, "3", "Gender Male, Gender Female, Gender Unknown", "0, 1, 0", "contradiction", True),
        (5, "3", "UN, INGO, ICRC, NRCS and IFRC, NNGO, Other", "0, 1, 0, 0, 0, 0", "contradiction", True),
        (6, "", "Incident ID", "n/a", "no_id", False),
        (7, "5", "*", "3 too many", "too_many_cells", False),
    ]
    assert records("source_id", "year", "month", "day", "killed", "affected") == [
        ("1", 2024, 2, None, None, 1),
        ("2", 2024, 2, 29, 0, 1),
        ("3", 2024, 2, 29, 0, 4),
    ]
    assert "the second of this id" not in whole_database()
    assert sum(report.quarantined.values()) == 7


@pytest.mark.sqlite
def test_of_sexual_violence_no_word_place_or_person_is_stored(tmp_path, area):
    texts = dict.fromkeys(["Region", "District", "City", "Actor_name", "Details"], CANARY)
    row = incident(7, Means_of_attack="Rape/sexual assault ", Latitude="12.345678", Longitude="23.456789", **texts)
    report = run(write(tmp_path / "a.csv", [row, incident(8)]))
    record = ReferenceRecord.objects.get(source_id="7")
    assert (record.release, record.month, record.day, record.wounded) == (None, None, None, 1)
    assert record.figures == dict.fromkeys(awsd.STAFF, 0) | {"INGO": 1, "Means of attack": "Rape/sexual assault"}
    everything = whole_database()
    assert "Invented narrative 8." in everything
    assert not [word for word in (CANARY, "12.345678", "23.456789") if word in everything]
    assert Item.objects.for_system("test").count() == 1
    assert (report.listed, reference_totals().incidents, reference_totals().wounded) == (1, 1, 1)


def test_narratives_are_not_in_any_plain_column(tmp_path, area):
    texts = dict.fromkeys(["Region", "City", "Actor_name", "Details"], CANARY)
    damaged = dict.fromkeys(["Source", "Motive", "Country"], f"{CANARY} " * 20)  # a narrative in the wrong column
    run(write(tmp_path / "a.csv", [incident(7, **texts, **damaged)]))
    assert CANARY not in whole_database(opened=False)
    assert IncidentRelease.objects.for_system("test").get().texts["what"] == CANARY


def test_a_dry_run_prints_the_same_and_writes_nothing(tmp_path, area):
    path = write(tmp_path / "a.csv", [incident(1, Day="31"), incident(1), incident(2, Gender_Male="3")])
    before = (counts(), whole_database())
    tried = command(path, "--dry-run", "--totals")
    assert (counts(), whole_database()) == before
    assert tried.replace("would be taken over", "taken over") == command(path, "--totals")
    assert counts() != before[0]


def test_what_the_command_prints(tmp_path, area):
    path = write(
        tmp_path / "a.csv",
        [incident(1, Day="31"), incident(2, Country_Code="", Country="Chechnya"), incident(3, Means_of_attack="Rape")],
    )
    assert command(path, "--totals").splitlines() == [
        "Aid Worker Security Database: 3 rows in the file.",
        "  3 taken over, 0 unchanged, 0 left out.",
        "  2 listed; 1 on sexual violence, counted only: no narrative, place or actor.",
        "  1 without an area: Chechnya 1.",
        "  Latest date: 2024-02-29. If the file was exported before that, give --as-of.",
        "  Columns this file does not have: Nationals detained, Internationals detained, Total detained.",
        "  Values in quarantine: 1:",
        "    1 x Day: a day that this month does not have",
        "  Figures that contradict each other, kept as published: 0.",
        f"Source: {CREDIT}.",
        "Year\tIncidents\tKilled",
        "2024\t3\t0",
        "Country\tIncidents\tKilled",
        "(blank)\t1\t0",
        "SS\t2\t0",
        "Outcome\tPeople",
        "killed\t0",
        "wounded\t3",
        "kidnapped\t0",
        "detained\t0",
        "affected\t3",
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("a,b\n1,2\n", "No row near the top of this file names all the columns it needs"),
        ('Incident ID,"Year\n', "quotation mark is not closed"),
        (b"\xff\xfe\x00", "not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence_and_nothing_is_written(tmp_path, area, content, sentence):
    path = tmp_path / "a.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = counts()
    with pytest.raises(CommandError, match=sentence) as refusal:
        command(path)
    assert str(refusal.value).endswith("Nothing was written.")
    assert counts() == before


def test_without_areas_it_says_what_to_do(tmp_path, no_areas):
    path = write(tmp_path / "a.csv", [incident(1)])
    with pytest.raises(CommandError, match="no areas yet: run “manage.py load_areas” first"):
        command(path)


@pytest.mark.parametrize(("day", "sentence"), [("yesterday", "YYYY-MM-DD"), ("2999-01-01", "still to come")])
def test_a_day_of_export_that_cannot_be(tmp_path, day, sentence):
    with pytest.raises(CommandError, match=sentence):
        command(tmp_path / "a.csv", "--as-of", day)


def test_dates_are_measured_by_the_day_of_the_export_or_else_today(tmp_path, area):
    rows = [incident(1, Year="2025", Month="12", Day="19")]
    with time_machine.travel("2025-12-19 06:00+00:00"):
        command(write(tmp_path / "a.csv", rows), "--as-of", "2025-03-31")
        command(write(tmp_path / "b.csv", [rows[0] | {"Incident ID": "2"}]))
    refused = pytest.raises(CommandError, match="A file of 19 Dec 2025 was imported already; this one, of 18 Dec 2025")
    with time_machine.travel("2025-12-18 06:00+00:00"), refused:
        command(write(tmp_path / "c.csv", [rows[0] | {"Incident ID": "3"}]))
    assert records("source_id", "year", "month", "day") == [
        ("1", 2025, None, None),
        ("2", 2025, 12, 19),
    ]


def test_an_import_is_one_event_of_the_audit_chain_and_an_empty_one_is_none(tmp_path, area):
    path = write(tmp_path / "a.csv", [incident(1, Day="31"), incident(1), incident(2, Means_of_attack="Rape")])
    report = run(path)
    run(path)
    event = Event.objects.get()
    assert (event.verb, event.object_type, event.object_ref) == ("incidents.imported", "reference_source", "awsd")
    digest = event.facts.pop("file_sha256")
    assert event.facts == {
        "run": ImportRun.objects.order_by("pk").first().ref,
        "as_of": "2025-03-31",
        "rows": 2,
        "listed": 1,
        "changed": 0,
        "missing": 0,
        "reappeared": 0,
        "quarantined": 2,
    }
    assert len(digest) == 64
    assert len(report.plan.new) == 2


def test_all_rows_or_none(tmp_path, area):
    def fail(done, total):
        raise RuntimeError("the machine stops after the last batch")

    before = counts()
    with pytest.raises(RuntimeError):
        run(write(tmp_path / "a.csv", [incident(1)]), progress=fail)
    assert counts() == before


def test_totals_are_one_query(area, tmp_path, django_assert_num_queries, django_capture_on_commit_callbacks):
    assert (reference_totals().incidents, reference_totals().killed, reference_totals().first_year) == (0, 0, None)
    with django_capture_on_commit_callbacks(execute=True):
        run(write(tmp_path / "a.csv", [incident(1, Total_killed="2"), incident(2, Year="2011", Day="1")]))
    with django_assert_num_queries(1):
        totals = reference_totals()
    with django_assert_num_queries(0):  # kept until the next import
        assert reference_totals() == totals
    assert (totals.incidents, totals.killed, totals.wounded, totals.first_year, totals.last_year) == (
        2,
        2,
        2,
        2011,
        2024,
    )
    assert totals.credit == CREDIT


def test_progress_off_a_terminal_is_a_few_lines(capsys):
    with Progress(sys.stderr, quiet=False) as progress:
        for done in range(500, 2500, 500):
            progress(done, 2000)
    assert capsys.readouterr().err.splitlines() == ["1000 of 2000 rows", "2000 of 2000 rows"]


def test_progress_on_a_terminal_is_a_bar():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    with Progress(Terminal(), quiet=False) as progress:
        progress(500, 2000)
        progress(2000, 2000)
    assert "2000/2000" in progress.stream.getvalue()


def test_any_cells_can_be_stored(tmp_path_factory, area):
    cell = st.text(st.characters(exclude_categories=["Cs"]), max_size=15)

    @given(st.lists(st.dictionaries(st.sampled_from(COLUMNS[1:]), cell), max_size=3))
    def check(rows):
        path = write(tmp_path_factory.mktemp("fuzz") / "a.csv", [incident(n) | row for n, row in enumerate(rows, 1)])
        with transaction.atomic():
            report = run(path)
            assert ReferenceRecord.objects.count() == len(rows) == len(report.plan.new)
            json.dumps(list(ReferenceRecord.objects.values_list("figures", flat=True)))
            transaction.set_rollback(True)

    check()
