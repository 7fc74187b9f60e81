"""Pages of reports: forms that keep what was typed, what comes next, what they cost; and what stands on paper (G3)."""

import io
from dataclasses import replace
from datetime import date

import pikepdf
import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from overview.actions.reports import save_section
from overview.models import PeriodicReport
from overview.reports.compile import period_before, period_of
from overview.reports.paper import TEMPLATE, context_of, defined, preview
from overview.reports.sections import blocks, texts_of
from overview.reports.summary import in_words, sentences
from overview.reports.tables import Line, Table
from tests.factories.measures import a_measure
from tests.factories.partnership import HQ, ICVA
from tests.factories.reports import a_report, now_of

from .figures_of_reports import trial_figures

pytestmark = pytest.mark.django_db
OCHA, NEW = "ocha@un.example", "/reports/new/"


@pytest.fixture(autouse=True)
def few_figures(monkeypatch):
    """Three figures of the tests."""
    trial_figures(monkeypatch)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"kind": "annual", "year": ""}, "year"),
        ({"kind": "annual", "year": "1066"}, "year"),
        ({"kind": "periodic", "first": "2026-01-01"}, "last"),
        ({"kind": "periodic", "first": "2026-03-01", "last": "2026-02-01"}, "last"),
        ({"kind": "periodic", "first": "2024-01-01", "last": "2025-12-31"}, "last"),
        ({"kind": "periodic", "first": "2999-01-01", "last": "2999-02-01"}, "cut_off_on"),
        ({"kind": "annual", "year": "2025", "cut_off_on": "2999-01-01"}, "cut_off_on"),
        ({"kind": "annual", "year": "2025", "cut_off_on": "2024-06-01"}, "cut_off_on"),
        ({"kind": "annual", "year": "2025", "cut_off_at": "10:00"}, "cut_off_on"),
        ({"kind": "annual", "year": "2025", "cut_off_on": "x" * 200_000}, "cut_off_on"),
        ({"kind": "annual", "year": "2025", "cut_off_on": "9999-12-31"}, "cut_off_on"),
        ({"kind": "periodic", "first": "0001-01-01", "last": "0001-03-31"}, "first"),
    ],
)
def test_an_error_stands_at_its_field_and_what_was_typed_comes_back(cast, sign_in, typed, field):
    answer = sign_in(cast[HQ]).post(NEW, typed)
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field]
    assert not PeriodicReport.objects.for_system("a test looks").exists()


def test_starting_one_and_the_same_time_again(cast, sign_in):
    client = sign_in(cast[HQ])
    typed = {"kind": "periodic", "first": "2026-01-01", "last": "2026-06-30", "cut_off_on": "2026-07-15"}
    answer = client.post(NEW, typed, follow=True)
    report = PeriodicReport.objects.for_system("a test looks").get()
    assert answer.redirect_chain == [(f"/reports/{report.ref}/", 302)]
    assert report.cut_off.isoformat() == "2026-07-16T00:00:00+00:00"  # the end of that day
    assert period_before(period_of(report)).first == date(2025, 7, 1)
    again = client.post(NEW, typed)
    assert report.ref in str(again.context["form"].errors["first"])


def test_two_who_write_one_text(cast, sign_in):
    report = a_report(cast, writes=False)
    path = f"/reports/{report.ref}/foreword/en/"
    client = sign_in(cast[HQ])
    assert client.post(path, {"text": "Mine", "version": 0}).status_code == 302
    answer = sign_in(cast[OCHA]).post(path, {"text": "<b>Theirs", "version": 0})
    page = answer.content.decode()
    assert "Mine" in page
    assert "&lt;b&gt;Theirs" in page
    assert 'name="version" value="1"' in page
    assert sign_in(cast[OCHA]).post(path, {"text": "Both", "version": 1}).status_code == 302
    texts = {row.texts.get("text") for row in texts_of(report)}
    assert texts == {"Both", None}
    long = client.post(path, {"text": "x" * 20_001, "version": 2})
    assert "text" in long.context["form"].errors


def test_a_text_typed_into_a_report_that_was_submitted_meanwhile_comes_back(cast, sign_in):
    report = a_report(cast, "review")
    client = sign_in(cast[HQ])
    path = f"/reports/{report.ref}/outlook/fr/"
    assert client.get(path).status_code == 302
    answer = client.post(path, {"text": "A late thought", "version": 1})
    assert "A late thought" in answer.content.decode()
    assert "no draft any more" in answer.content.decode()
    for step in ("submit", "recompile", "discard"):
        answer = client.post(f"/reports/{report.ref}/{step}/", {"which": "same"}, follow=True)
        assert "Somebody else changed this first" in answer.content.decode()
    assert now_of(report).state == "review"


def test_submitting_from_the_page(cast, sign_in):
    report = a_report(cast)
    client = sign_in(cast[HQ])
    path = f"/reports/{report.ref}/submit/"
    save_section(report, code="outlook", language="fr", text="", version=1, by=cast[HQ])
    assert "Outlook (Français)" in client.get(path).content.decode()
    assert "Outlook (Français)" in client.post(path).content.decode()
    save_section(report, code="outlook", language="fr", text="Fin", version=2, by=cast[HQ])
    for _press in range(2):
        assert client.post(path).status_code == 302
    page = client.get(f"/reports/{report.ref}/").content.decode()
    assert "The Working Group reads it until" in page
    assert now_of(report).review.ref in page


@pytest.mark.parametrize("who", [HQ, ICVA])
def test_pages_cost_the_same_for_one_and_three(cast, sign_in, who):
    client, found = sign_in(cast[who]), []
    for year in (2026, 2025, 2024):
        report = a_report(cast, "review", year=year)
        a_measure(cast)
        client.get("/reports/")  # what is read once per process
        counts = []
        for path in ("/reports/", f"/reports/{report.ref}/"):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200
            counts.append(len(queries))
        found.append(counts)
    assert found[0] == found[1] == found[2]
    assert max(found[0]) <= 12


def test_paragraphs_and_lists():
    text = "One\nline.\n\n- first\n  goes on\n- second\n\n<b>Last\n• third"
    assert blocks(text) == [
        {"text": "One line."},
        {"list": ["first goes on", "second"]},
        {"text": "<b>Last"},
        {"list": ["third"]},
    ]
    assert blocks(" \n \n") == []


def paper(report, language):
    """What the PDF is made from, as text."""
    with translation.override(language):
        context = context_of(report, language, texts_of(report))
        frame = {"title": "A title", "language": language, "direction": "ltr", "number": report.number}
        return render_to_string(TEMPLATE, context | frame)


def test_what_stands_on_paper(cast):
    a_measure(cast, title_en="Train", title_fr="Former")
    report = a_report(cast)
    english, french = paper(report, "en"), paper(report, "fr")
    for words in ("Draft. Not approved", "Everything in this document is invented", report.digest,
                  "Fewer than five are 1–4.",
                  "<li dir=\"auto\">A first practice</li>", "Train", "not known", "no data", "5–9", "1,204",
                  "Figure 1. Visits. South Sudan: 12; Chad: 5–9", "=HYPERLINK(&quot;x&quot;)"):  # fmt: skip
        assert words in english, words
    for words in ("Une pratique", "Former", report.digest):
        assert words in french, words
    approved = a_report(cast, "approved", year=2023)
    text = paper(approved, "en")
    assert "report-watermark" not in text
    assert "Approved by the Oversight Committee on" in text
    assert approved.number in text


def a_table(code, lines, times=("2026", "2025")):
    words = dict.fromkeys(("title", "definition", "suppression", "key_name", "unit"), "")
    return Table(code, "x", **words, columns=["a", "b"], lines=lines, times=times, first="2026-01-01")


def test_figures_that_are_made_alike_are_explained_once():
    tables = [
        replace(a_table("x", []), title=title, definition=said) for title, said in (("A", "1"), ("B", "2"), ("C", "1"))
    ]
    assert [(row["title"], row["definition"]) for row in defined(tables)] == [("A; C", "1"), ("B", "2")]


def test_sentences_say_what_is_not_known():
    assert in_words([5, 9]) == "between 5 and 9"
    assert in_words(1204) == "1,204"
    found = sentences(
        [
            a_table("partnership.decided", [Line("approved", "", [1, 2], [[5, 9], 2])]),
            a_table(
                "incidents.by_quarter",
                [Line("2025-10-01", "", [99]), Line("2026-01-01", "", [[5, 9]]), Line("2026-04-01", "", [[1, 4]])],
                (),
            ),
            a_table("feedback.times", [Line("all", "", [None], [3])]),
            a_table("levels.lists", [Line("1", "", ["no data"])], ()),
            a_table("governance.closed", [Line("working_group", "", [7])], ()),
            a_table("incidents.directions", [Line("un", "", [0, [1, 4]])], ()),
        ]
    )
    assert found == [
        "The Oversight Committee admitted 1 organisation (2025: 5–9).",
        "Organisations shared between 6 and 13 incidents in the whole quarters of the period.",
        "The United Nations reported 0 of them (in as many quarters before: 1–4).",
        "Days from sending a feedback case to closing it: not known.",
        "Mails with lists of reinforced areas: no data.",
    ]


@pytest.mark.long
def test_the_draft_is_a_tagged_document_in_both_languages(cast, sign_in):
    report = a_report(cast)
    answer = sign_in(cast[HQ]).get(f"/reports/{report.ref}/pdf/fr/")
    with translation.override("fr"):
        again = preview(now_of(report), "fr")
    assert again == answer.content  # the same bytes each time
    with pikepdf.open(io.BytesIO(again)) as pdf:
        assert str(pdf.Root.Lang) == "fr"
        assert bool(pdf.Root.MarkInfo.Marked)
        with pdf.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
        kinds = kinds_of(pdf.Root.StructTreeRoot.K)
        assert {"/Table", "/TH", "/TD", "/Figure", "/H2", "/H3", "/L", "/Link", "/Caption"} <= kinds.keys()
        assert all("Alt" in figure for figure in kinds["/Figure"])
        assert len(pdf.pages) >= 5
    assert len(again) < 200_000


def kinds_of(children):
    """The elements of the structure by their kind."""
    found, waiting = {}, list(children)
    while waiting:
        one = waiting.pop()
        if isinstance(one, pikepdf.Dictionary) and "/S" in one:
            found.setdefault(str(one.S), []).append({str(key).lstrip("/") for key in one})
            below = one.get("/K", [])
            waiting += list(below) if isinstance(below, pikepdf.Array) else [below]
    return found
