"""Every new form with what no browser of ours sends: a clean answer, never a fault, and nothing typed is lost."""

import uuid

import pytest
from django.db import transaction
from django.forms import CharField, ChoiceField, ModelChoiceField

from tests.cast import signed_in
from tests.factories.filing import of_filing
from tests.factories.handling import of_handling
from tests.factories.intake import of_intake
from tests.factories.lessons import of_lessons
from tests.factories.measures import of_measures
from tests.factories.reports import of_reports
from tests.factories.suspensions import of_suspensions

pytestmark = [pytest.mark.long, pytest.mark.django_db]
BENU, GROUP, GISF, HQ, DO = (
    "field@benu.example",
    "wg@icva.example",
    "chair@gisf.example",
    "dss.hq@un.example",
    "do@un.example",
)
NUL = "a\x00b"
ODD = [
    NUL, "\x01\x08\x7f", "\u202eabc\u202c", "😀" * 50, "x" * 400, "<script>alert(1)</script>", "ل" * 300, "NaN",
    "9" * 30, "-1", "0001-01-01", "9999-12-31", "{{ 7*7 }}", "x" * 200_000, "' OR 1=1; --", str(uuid.uuid4()), "",
    "٣", "1e309", "\r\n", "A\u0301" * 500, "23:59", "00:00",
]  # fmt: skip
SAMPLE = "Nothing that a person could be known by"


def lessons(cast):
    of_suspensions(cast)
    return of_lessons(cast)


FORMS = {
    of_filing: [
        (BENU, "/feedback/new/"),
        (BENU, "/feedback/new/case/"),
        (BENU, "/feedback/cases/{fbk_mine}/message/"),
        (GROUP, "/feedback/cases/{fbk_mine}/message/"),
        (BENU, "/feedback/cases/{fbk_proposed}/accept/"),
        (BENU, "/feedback/cases/{fbk_proposed}/refuse/"),
        (BENU, "/feedback/cases/{fbk_closed}/reopen/"),
    ],
    of_handling: [
        (GROUP, "/feedback/cases/{fbk_handled}/propose/"),
        (GROUP, "/feedback/cases/{fbk_late}/conclude/"),
        (GROUP, "/feedback/cases/{fbk_handled}/escalate/"),
        (GISF, "/feedback/cases/{fbk_handled}/ask/"),
        (DO, "/feedback/questions/{inq_waits}/"),
    ],
    of_intake: [
        (HQ, "/feedback/cases/{fbk_new}/classify/"),
        (GISF, "/feedback/cases/{fbk_new}/hand-over/"),
        (GISF, "/feedback/cases/{fbk_new}/redirect/"),
        (GROUP, "/feedback/cases/{fbk_intake}/assign/"),
        (GISF, "/feedback/cases/{fbk_intake}/link/"),
        (GISF, "/feedback/cases/{fbk_intake}/unlink/"),
        (GISF, "/feedback/cases/{fbk_intake}/people/add/"),
        (GISF, "/feedback/cases/{fbk_intake}/people/remove/"),
        (HQ, "/feedback/cases/{fbk_intake}/concerned/"),
        (HQ, "/feedback/cases/{fbk_intake}/concerned/{fbk_concerned}/"),
    ],
    lessons: [
        (GISF, "/feedback/cases/{case_closed}/lesson/"),
        (GISF, "/feedback/lessons/{lesson_draft}/edit/"),
        (GROUP, "/feedback/lessons/{lesson_draft}/publish/"),
    ],
    of_measures: [(HQ, "/measures/new/"), (HQ, "/measures/{measure}/change/")],
    of_reports: [
        (HQ, "/reports/new/"),
        (HQ, "/reports/{report_draft}/recompile/"),
        (HQ, "/reports/{report_draft}/foreword/en/"),
        (HQ, "/reports/{report_written}/submit/"),
        (HQ, "/reports/{report_draft}/discard/"),
    ],
}
BARE = {"unlink": ["target"], "remove": ["user"], "message": ["text", "uid", "is_internal", "files"]}


def _filled(form):
    data = {}
    for bound in form:
        field, value = bound.field, bound.value()
        if isinstance(field, ModelChoiceField):
            value = value or next((str(key) for key, _ in field.choices if str(key)), "")
        elif isinstance(field, ChoiceField):
            keys = [str(key) for key, _ in field.choices if str(key)]
            value = value or ([] if "Multiple" in type(field).__name__ else keys[0] if keys else "")
        elif type(field) is CharField:
            value = value or SAMPLE
        data[bound.html_name] = "" if value is None else value
    return data


class _Undone(Exception):
    """Every answer is to the same page."""


def _fault(client, path, data) -> str:
    """What went wrong, or nothing; nothing stays of it."""
    fault = ""
    try:
        with transaction.atomic():
            code = client.post(path, data).status_code
            fault = "" if code in {200, 302, 404, 422} else str(code)
            raise _Undone
    except _Undone:
        return fault
    except Exception as error:
        return repr(error)[:160]


@pytest.mark.parametrize("furnish", FORMS, ids=lambda one: one.__name__)
def test_odd_values_are_never_a_fault(cast, furnish):
    places, wrong = furnish(cast), []
    for who, template in FORMS[furnish]:
        path, client = template.format(**places), signed_in(cast[who])
        page = client.get(path)
        form = page.context.get("form") if page.context else None
        part = next((names for key, names in BARE.items() if template.endswith(f"/{key}/")), None)
        data = dict.fromkeys(part, "") if part else _filled(form)
        for number, name in enumerate(data):
            for odd in (NUL, *ODD[1 + number % 4 :: 4]):
                if fault := _fault(client, path, {**data, name: odd}):
                    wrong.append((template, name, ascii(odd)[:20], fault))
    assert wrong == []
