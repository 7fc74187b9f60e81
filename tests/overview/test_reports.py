"""Reports: reproducible figures, texts that nobody loses, two bodies, numbered documents, and who reads what (G3)."""

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from audit.actions import record
from audit.models import Event
from documents.issue import make_due
from documents.models import DocumentOrder, FrozenDocument
from governance.actions import confirm_closing, propose_closing, take_position
from governance.models import Decision
from notifications.models import Message
from overview.actions import reports as actions
from overview.models import PeriodicReport, Section
from overview.policies import parties_to_report
from overview.reports.compile import canonical, compiled, digest_of, period_of
from sharing.access import access_of
from slt_portal.states import StaleState, steps_open
from tests.factories.deciding import closed_by_chairs, closed_by_silence
from tests.factories.feedback import a_case, a_lesson
from tests.factories.incidents import file_report
from tests.factories.levels import a_level
from tests.factories.measures import a_measure
from tests.factories.partnership import DSS_CHAIR, HQ, ICVA, a_decision, an_application, bodies
from tests.factories.reports import a_report, now_of, two_of_the_group

from .figures_of_reports import trial_figures

pytestmark = pytest.mark.django_db
OCHA, ALBA_HQ, ALBA, LOCAL = "ocha@un.example", "hq@alba.example", "field@alba.example", "local@nngo.example"
State = PeriodicReport.State
ACTS = {
    "compile": lambda report, by: actions.compile_report(report, by=by),
    "submit": lambda report, by: actions.submit_report(report, by=by),
    "discard": lambda report, by: actions.discard_report(report, by=by),
    "write": lambda report, by: write(report, by, text="CANARY"),
}


@pytest.fixture(autouse=True)
def few_figures(monkeypatch):
    """Three figures of the tests."""
    trial_figures(monkeypatch)


def write(report, by, *, code="foreword", language="en", text="A text", version=None):
    """Save a text over its newest version, or another one."""
    known = Section.objects.get(report=report, code=code, language=language).version
    wish = {"code": code, "language": language, "text": text, "version": known if version is None else version}
    return actions.save_section(report, **wish, by=by)


@pytest.mark.parametrize("state", ["draft", "review", "committee", "approved"])
def test_each_step_is_open_to_its_parties_in_its_states_and_to_nobody_else(cast, state):
    report = a_report(cast, state)
    open_to = {who: steps_open(report, parties_to_report(access_of(cast[who]))) for who in cast.people}
    drafts = state == "draft"
    assert open_to.pop(HQ) == (["write", "submit", "compile", "discard"] if drafts else [])
    assert open_to.pop(OCHA) == (["write"] if drafts else [])
    assert not any(open_to.values())
    before = (report.state, report.digest, texts(report))
    for who in (HQ, OCHA, ICVA, ALBA_HQ):
        for step, act in ACTS.items():
            if drafts and who in {HQ, OCHA} and (who == HQ or step == "write"):
                continue
            with pytest.raises(StaleState):
                act(report, cast[who])
    after = now_of(report)
    assert (after.state, after.digest, texts(after)) == before


def texts(report):
    """Everything that is written in it."""
    rows = Section.objects.filter(report=report).select_related("report__data_key").order_by("pk")
    return [row.texts.get("text", "") for row in rows]


def test_late_data_of_every_sort_do_not_change_a_figure(cast, monkeypatch):
    monkeypatch.undo()  # all figures that the portal has
    bodies(cast)
    a_measure(cast, title_en="Early")
    lesson = a_lesson(a_case(cast), by=cast[ICVA])
    told = {"by": cast[ICVA], "object_type": "lesson", "object_ref": lesson.ref, "facts": {}}
    record("feedback.lesson_published", **told)
    report = a_report(cast, year=2026, writes=False)
    first, digest = canonical(report.figures["data"]), report.digest
    assert [row["ref"] for row in report.figures["data"]["lessons"]] == [lesson.ref]
    record("feedback.lesson_retracted", **told)
    later = a_lesson(a_case(cast), by=cast[ICVA])
    record("feedback.lesson_published", **told | {"object_ref": later.ref})
    file_report(cast)
    a_level(cast, "reinforced")
    a_decision(cast, body=bodies(cast)[0])
    an_application(cast)
    a_measure(cast, title_en="Late")
    again = actions.compile_report(report, by=cast[HQ])
    assert canonical(now_of(again).figures["data"]) == first
    assert again.digest == digest == digest_of(now_of(again).figures["data"])
    data, _words = compiled(period_of(now_of(report)))
    assert canonical(data) == first  # the same question months later, whoever asks
    moved = actions.compile_report(report, cut_off=timezone.now(), by=cast[HQ])
    assert moved.digest != digest
    assert [row["title_en"] for row in now_of(moved).figures["data"]["measures"]] == ["Early", "Late"]
    assert [row["ref"] for row in now_of(moved).figures["data"]["lessons"]] == [later.ref]


def test_what_is_not_known_is_never_zero_and_intervals_stay(cast):
    data = a_report(cast, writes=False).figures["data"]
    visits = next(row for row in data["figures"] if row["code"] == "trial.visits")
    assert dict(visits["rows"])["kenya"] == [None, "no data"]
    assert dict(visits["rows"])["chad"] == [[5, 9], 0]
    assert dict(visits["before"]) == {"south-sudan": [1204, [1, 4]], "gone": [3, None]}
    assert next(row for row in data["figures"] if row["code"] == "trial.present")["before"] is None


def test_a_cut_off_lies_between_the_beginning_and_now(cast):
    for cut_off in (timezone.now() + timedelta(hours=1), timezone.now() - timedelta(days=900)):
        with pytest.raises(ValueError, match="cut-off"):
            a_report(cast, year=2025, cut_off=cut_off)


def test_one_report_of_a_time_until_it_is_discarded(cast):
    report = a_report(cast, writes=False)
    with pytest.raises(StaleState):
        a_report(cast)
    actions.discard_report(report, by=cast[HQ])
    assert a_report(cast, writes=False).ref != report.ref
    assert now_of(report).state == State.DISCARDED


def test_who_saves_over_what_somebody_else_saved_is_told_and_nothing_is_lost(cast):
    report = a_report(cast, writes=False)
    write(report, cast[HQ], text="Mine")
    with pytest.raises(StaleState):
        write(report, cast[OCHA], text="Theirs", version=0)
    assert write(report, cast[OCHA], text="Mine", version=0).version == 1  # the same text: nothing to lose
    assert write(report, cast[OCHA], text="Both", version=1).version == 2
    assert texts(report)[0] == "Both"
    section = Section.objects.get(report=report, code="foreword", language="en")
    assert b"Both" not in bytes(section.sealed)
    facts = Event.objects.filter(verb="overview.report_written").values_list("facts", flat=True)
    assert "Both" not in str(list(facts))


def test_submitting_says_which_texts_are_missing(cast):
    report = a_report(cast)
    write(report, cast[HQ], code="outlook", language="fr", text="")
    with pytest.raises(actions.Incomplete) as missing:
        actions.submit_report(report, by=cast[HQ])
    assert missing.value.texts == [("outlook", "fr")]
    assert now_of(report).state == State.DRAFT
    assert not Decision.objects.for_system("a test looks").exists()


def mailed(kind):
    """To whom a kind of mail is queued, by address."""
    rows = Message.objects.filter(kind=f"overview.{kind}")
    return set(rows.values_list("recipient__email", flat=True))


def test_back_with_reasons_again_and_approved_with_a_number(cast):
    two_of_the_group(cast)
    report = a_report(cast, "review")
    digest = report.digest
    assert mailed("report_submitted") >= {HQ, OCHA}
    assert ICVA not in mailed("report_submitted")  # has the mail of the decision
    returned(cast, report.review)
    report = now_of(report)
    assert (report.state, report.review) == (State.DRAFT, None)
    assert report.texts["returned"][0]["reasons"] == "Say more of training."
    assert mailed("report_returned") >= {HQ, OCHA, ICVA}
    write(report, cast[HQ], text="More of training.")
    closed_by_silence(actions.submit_report(report, by=cast[HQ]))
    report = now_of(report)
    assert (report.state, report.digest) == (State.COMMITTEE, digest)
    closed_by_chairs(cast, report.approval, "return", "Shorter.")
    report = now_of(report)
    assert [one["reasons"] for one in report.texts["returned"]] == ["Say more of training.", "Shorter."]
    closed_by_silence(actions.submit_report(report, by=cast[HQ]))
    closed_by_silence(now_of(report).approval)
    report = now_of(report)
    assert report.state == State.APPROVED
    assert report.number.startswith("RPT-")
    assert mailed("report_approved") >= {HQ, OCHA, ICVA, DSS_CHAIR, ALBA_HQ}
    assert not mailed("report_approved") & {ALBA, LOCAL, "hq@suspended.example", "applicant@dune.example"}
    states = list(report.steps.values_list("state", flat=True))
    assert states == ["draft", "review", "draft", "review", "committee", "draft", "review", "committee", "approved"]
    assert not any("training" in str(facts) for facts in Event.objects.values_list("facts", flat=True))


def returned(cast, decision):
    """The Working Group sends it back: both seats have spoken, one proposes and the other confirms."""
    people = {"icva": cast[ICVA], "dss": cast[DSS_CHAIR]}
    seats = {key: decision.body.seats.get(organisation=cast.organisations[key]) for key in people}
    for key, seat in seats.items():
        take_position(decision, seat=seat, choice="agree", by=people[key])
    wish = {"outcome": "return", "reasons": "Say more of training."}
    closing = propose_closing(decision, seat=seats["icva"], **wish, by=people["icva"])
    confirm_closing(closing, seat=seats["dss"], by=people["dss"])


def test_what_fails_while_it_is_approved_leaves_no_number_and_no_document(cast):
    report = a_report(cast, "committee")
    figures = report.figures
    PeriodicReport.objects.for_system("a test breaks it").filter(pk=report.pk).update(figures={})
    closed_by_silence(report.approval)
    broken = now_of(report)
    assert (broken.state, broken.number, broken.approval.state) == (State.COMMITTEE, "", "open")
    assert broken.approval.trouble == "KeyError"
    assert not DocumentOrder.objects.exists()
    PeriodicReport.objects.for_system("a test mends it").filter(pk=report.pk).update(figures=figures)
    decision = broken.approval
    decision.deadline += timedelta(hours=1)  # the tick tries again later
    closed_by_silence(decision)
    assert now_of(report).number.endswith("-0001")


def test_killed_after_the_approval_the_documents_are_still_made(cast, sign_in):
    report = a_report(cast, "approved")
    orders = DocumentOrder.objects.filter(number=report.number)
    assert set(orders.values_list("language", flat=True)) == {"en", "fr"}
    assert not FrozenDocument.objects.exists()  # nobody has come to make them
    client = sign_in(cast[ALBA])
    page = client.get(f"/reports/{report.ref}/").content.decode()
    assert page.count("still being made") == 2
    assert client.get(f"/reports/{report.ref}/pdf/en/").status_code == 302


@pytest.mark.long
def test_the_documents_are_frozen_with_their_digest(cast, sign_in):
    report = a_report(cast, "approved")
    assert make_due() == 2
    client = sign_in(cast[ALBA])
    page = client.get(f"/reports/{report.ref}/").content.decode()
    for language in ("en", "fr"):
        answer = client.get(f"/reports/{report.ref}/pdf/{language}/")
        assert answer.content.startswith(b"%PDF-")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{report.number}-{language}.pdf"'
    for frozen in FrozenDocument.objects.all():
        assert frozen.digest in page


def test_who_reads_what(cast, sign_in):
    draft, approved = a_report(cast, "draft", year=2026), a_report(cast, "approved", year=2025)
    inside = {HQ, OCHA, ICVA, DSS_CHAIR}
    for who in (*inside, ALBA, LOCAL, "hq@suspended.example", "applicant@dune.example"):
        client = sign_in(cast[who])
        expected = [200 if who in inside else 404, 200 if who in inside | {ALBA} else 404]
        for report, status in zip((draft, approved), expected, strict=True):
            own = f"/reports/{report.ref}/"
            found = [client.get(own + path).status_code for path in ("", "annex.csv")]
            assert found == [status, status], (who, report.state)
        listed = client.get("/reports/").content.decode()
        assert (draft.ref in listed, approved.number in listed) == tuple(one == 200 for one in expected), who
    for who in (HQ, OCHA, ICVA, ALBA):
        client = sign_in(cast[who])
        steps = ("recompile", "submit", "discard", "foreword/fr")
        found = {step: client.get(f"/reports/{draft.ref}/{step}/").status_code for step in steps}
        assert found == {step: 200 if who == HQ or (who == OCHA and "/" in step) else 404 for step in steps}, who
        assert client.get("/reports/new/").status_code == (200 if who == HQ else 404)
        if who != HQ:
            assert client.post(f"/reports/{draft.ref}/discard/").status_code == 404
    for path in ("RPT-00000/", f"{draft.ref}/nothing/en/", f"{draft.ref}/foreword/de/", f"{draft.ref}/pdf/de/"):
        assert sign_in(cast[HQ]).get(f"/reports/{path}").status_code == 404


def test_partners_read_no_deliberation(cast, sign_in):
    two_of_the_group(cast)
    report = a_report(cast, "review")
    returned(cast, report.review)
    closed_by_silence(actions.submit_report(now_of(report), by=cast[HQ]))
    closed_by_silence(now_of(report).approval)
    page = sign_in(cast[ALBA]).get(f"/reports/{report.ref}/").content.decode()
    assert "The programme grew." in page
    for hidden in ("training", "DEC-", cast[HQ].name):
        assert hidden not in page, hidden
    inside = sign_in(cast[DSS_CHAIR]).get(f"/reports/{report.ref}/").content.decode()
    assert now_of(report).approval.ref in inside


def test_no_spreadsheet_takes_the_annex_for_a_program(cast, sign_in):
    a_measure(cast, title_en='=HYPERLINK("x")', owner="+DSS")
    report = a_report(cast, writes=False)
    content = sign_in(cast[HQ]).get(f"/reports/{report.ref}/annex.csv").content
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert not [cell for row in rows for cell in row if cell[:1] in {"=", "+", "@", "-"}]
    found = {(row[0], row[4], row[5], row[7]): row[8] for row in rows[1:]}
    year, before = "2025-01-01/2025-12-31", "2024-01-01/2024-12-31"
    assert found["trial.visits", year, "chad", "all"] == "5–9"
    assert found["trial.visits", year, "kenya", "all"] == "not known"
    assert found["trial.visits", year, "kenya", "long"] == "no data"
    assert found["trial.visits", before, "south-sudan", "all"] == "1204"
    assert ("trial.visits", year, "gone", "all") not in found
    assert found["trial.quarters", before, "2024-Q1", "all"] == "5–9"
