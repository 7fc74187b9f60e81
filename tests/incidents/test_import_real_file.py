"""The real export of the Aid Worker Security Database against known answers; skipped where the file is not."""

import csv
import json
import re
from collections import Counter

import openpyxl
import pytest
from django.apps import apps
from django.core.management import call_command

from incidents.imports.awsd import STAFF
from incidents.imports.totals import reference_totals
from incidents.models import IncidentRelease, QuarantinedValue, ReferenceRecord
from slt_portal.tables import paragraphs, read_csv
from tests.sampling import THOROUGH

from .awsd_files import command

pytestmark = [pytest.mark.django_db, pytest.mark.long]


@pytest.fixture
def files(shared_data):
    folder = shared_data / "incidents"
    return folder / "awsd_security_incidents_1997-2025.csv", folder / "awsd_expected_totals.json"


def test_the_whole_file(files, subtests, tmp_path):
    path, answers = files
    call_command("load_areas", stdout=None, verbosity=0)
    printed = command(path, "--as-of", "2025-03-31")
    with subtests.test("totals"):
        check_totals(json.loads(answers.read_text())["A_awsd_security_incidents_1997-2025"])
    with subtests.test("quarantine"):
        check_quarantine(printed)
    with subtests.test("sexual violence"):
        check_restricted(path)
    with subtests.test("second run"):
        assert "  0 taken over, 4337 unchanged, 0 left out." in command(path, "--as-of", "2025-03-31").splitlines()
        assert ReferenceRecord.objects.count() == 4337
    if THOROUGH:  # writing and reading the large workbook takes as long as all the rest
        with subtests.test("the same as a workbook"):
            again = command(as_workbook(path, tmp_path), "--as-of", "2025-03-31")
            assert "  0 taken over, 4337 unchanged, 0 left out." in again.splitlines()


def as_workbook(path, folder):
    """The file as a spreadsheet program keeps it: numbers as numbers."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    with path.open(encoding="utf-8-sig", newline="") as file:
        for record in csv.reader(file):
            sheet.append([float(cell) if re.fullmatch(r"-?\d+(\.\d+)?", cell) else cell for cell in record])
    book.save(folder / "a.xlsx")
    return folder / "a.xlsx"


def check_totals(expected):
    rows = list(ReferenceRecord.objects.all())
    by_year, killed, by_code, by_means, staff = Counter(), Counter(), Counter(), Counter(), Counter()
    for row in rows:
        by_year[str(row.year)] += 1
        killed[str(row.year)] += row.killed
        by_code[row.country_code or "(blank)"] += 1
        by_means[row.figures["Means of attack"]] += 1
        staff.update({name: row.figures.get(name, 0) for name in STAFF})
    totals = {
        f"Total {name}": sum(getattr(row, name) or 0 for row in rows)
        for name in ("killed", "wounded", "kidnapped", "detained", "affected")
    }
    assert len(rows) == expected["rows"]
    assert by_year == expected["incidents_by_year"]
    assert killed == expected["killed_by_year"]
    assert by_code == expected["incidents_by_country_code"]
    assert by_means == expected["incidents_by_means"]
    assert totals | staff == expected["totals"]
    ingo = Counter(row.country_code for row in rows if row.year == 2024 and row.figures.get("INGO", 0))
    assert {code: ingo[code] for code in expected["ingo_affected_incidents_2024_by_cc"]} == expected[
        "ingo_affected_incidents_2024_by_cc"
    ]
    shown = reference_totals()
    assert (shown.incidents, shown.first_year, shown.last_year, shown.killed) == (4284, 1997, 2025, 3042)  # the listed
    assert (shown.wounded, shown.kidnapped, shown.detained) == (2926, 2135, 0)


def check_quarantine(printed):
    found = Counter(QuarantinedValue.objects.values_list("source_id", "column", "reason", "is_kept"))
    gender, staff = "Gender Male, Gender Female, Gender Unknown", ", ".join(STAFF)
    assert {key: count for key, count in found.items() if not key[3]} == {
        ("4386", "Month", "future", False): 1,
        ("4386", "Day", "future", False): 1,
        (QuarantinedValue.objects.get(column="Verified").source_id, "Verified", "unknown_code", False): 1,
    }
    assert sorted(key[:2] for key in found if key[3]) == [
        ("4169", staff),
        ("4260", gender),
        ("4468", gender),
        ("4468", staff),
    ]
    assert ReferenceRecord.objects.filter(area=None).count() == 32
    assert "  32 without an area: Chechnya 26, (blank) 5, Kashmir 1." in printed.splitlines()


def check_restricted(path):
    rows = read_csv(path, required=["Incident ID", "Means of attack", "Details"]).rows
    is_told = re.compile(r"\brap(e|ing)|sexual|gbv", re.IGNORECASE)
    narratives = [
        paragraphs(row.cells["Details"])
        for row in rows
        if "Rape" in row.cells["Means of attack"] or is_told.search(row.cells["Details"])
    ]
    opened = {
        facts.texts["what"]
        for facts in IncidentRelease.objects.for_system("test").select_related("release__item__data_key")
    }
    stored = repr([list(_rows(model)) for model in apps.get_models()])
    # The longest part of each that looks the same inside any kind of quotation.
    canaries = [max(re.split(r"[\n'\"\\]", text), key=len) for text in narratives]
    assert min(map(len, canaries)) > 20
    assert len(narratives) == 53  # 46 by their code, 7 by their story alone
    assert not [part for part in canaries if part in stored or any(part in text for text in opened)]
    assert ReferenceRecord.objects.filter(release=None).count() == 53
    assert not ReferenceRecord.objects.filter(release=None).exclude(month=None, day=None).exists()
    assert IncidentRelease.objects.for_system("test").count() == 4284
    assert len(opened) > 4000


def _rows(model):
    rows = model._default_manager.all()
    return (rows.for_system("test") if hasattr(rows, "for_system") else rows).values_list()
