"""One of everything that feedback, measures and reports hold, each secret text with a word that occurs nowhere else;
and, written by hand, who may read each of these words. Imports no rule of the portal but who gets the grants.
"""

from datetime import date

from django.utils import timezone

from documents import files
from documents.models import DataKey
from feedback.models import CaseFile, CaseLink, Concerned, Escalation
from governance.models import Exclusion, Position, Seat
from notifications.models import Subject
from overview.figures.registry import Period
from overview.models import Measure, MeasureEntry, PeriodicReport, ReportStep, Section
from overview.reports.compile import compiled
from tests.factories.feedback import a_case, a_lesson, an_entry, an_inquiry
from tests.factories.partnership import a_decision, a_suspension, bodies
from tests.visibility.oracle import (
    ALBA_FIELD,
    BENU_FIELD,
    BENU_HQ,
    COMMUNITY,
    DO,
    DSS_CHAIR,
    DSS_HQ,
    GISF_CHAIR,
    ICVA,
    LAKE,
    OCHA,
    PLATFORM,
    WFP,
)
from tests.visibility.secrets import SecretWorld, sealed

BODIES = {DSS_HQ, OCHA, ICVA, DSS_CHAIR, GISF_CHAIR, WFP}
# Of the first case: about DSS of South Sudan, sent to DSS headquarters and the GISF desk, with the Working Group.
HANDLE_OFFICE = {DSS_HQ, GISF_CHAIR, ICVA}
READ_OFFICE = HANDLE_OFFICE | {BENU_FIELD, BENU_HQ}
# The second is about DSS headquarters; its sender keeps it from her own headquarters. It is before the Committee.
HANDLE_DSS = {GISF_CHAIR, ICVA, WFP}
READ_DSS = HANDLE_DSS | {ALBA_FIELD}
# The third is about the chair of GISF, who has the desk and a seat. It is before the Committee.
HANDLE_CHAIR = {DSS_HQ, ICVA, WFP, DSS_CHAIR}
READ_CHAIR = HANDLE_CHAIR | {LAKE}
READS_LESSONS = COMMUNITY | {DSS_CHAIR, GISF_CHAIR, WFP, ICVA, PLATFORM}
# Who may read each word.
READERS = {
    "office-title": READ_OFFICE,
    "office-text": READ_OFFICE,
    "office-message": READ_OFFICE,
    "office-note": HANDLE_OFFICE,
    "office-file": READ_OFFICE,
    "note-file": HANDLE_OFFICE,
    "question": HANDLE_OFFICE | {DO},
    "answer": HANDLE_OFFICE | {DO},
    "dss-text": READ_DSS,
    "dss-proposal": HANDLE_DSS,
    "dss-position": {GISF_CHAIR, WFP, OCHA},
    "chair-text": READ_CHAIR,
    "chair-note": HANDLE_CHAIR,
    "chair-position": {DSS_HQ, OCHA, WFP, DSS_CHAIR},
    "suspension-note": {DSS_HQ, ICVA},
    "gone-text": set(),  # it went to the mandatory channels: its key is destroyed
    "lesson": READS_LESSONS,
    "lesson-draft": HANDLE_OFFICE,
    "measure": READS_LESSONS - {PLATFORM},
    "report-draft": BODIES,
    "report-approved": READS_LESSONS - {PLATFORM},
}
WORDS = {name: f"zf{name.replace('-', '')}fz" for name in READERS}


class World(SecretWorld):
    """Everything there is of feedback, measures and reports."""

    prefixes = ("feedback:", "overview:", "governance:", "partners:suspension")
    kinds = ("feedback.", "overview.", "governance.")
    words, readers = WORDS, READERS

    @property
    def pools(self) -> dict[str, list]:
        """All cases, their files, what was asked, lessons, measures and reports."""
        rows = self.rows
        return {
            "cases": [rows[name].ref for name in ("office", "dss", "chair", "suspension_case", "gone", "closed")],
            "questions": [rows["inquiry"].ref],
            "files": [rows[name].file_id for name in ("file", "note_file")],
            "lessons": [rows["lesson"].ref, rows["lesson_draft"].ref],
            "measures": [rows["measure"].ref],
            "reports": [rows["report"].ref, rows["approved"].ref],
            "decisions": [rows["dss_decision"].ref, rows["chair_decision"].ref],
            "suspensions": [rows["suspension"].ref],
        }


def make_world(cast) -> World:
    """The rows of all of it, without the way there."""
    committee, _group = bodies(cast)
    rows = {**_office(cast), **_dss(cast, committee), **_chair(cast, committee), **_others(cast)}
    return World(cast, {**rows, **_reports(cast)})


def _case(cast, state, title, text, **fields):
    row = a_case(cast, state, **fields)
    row.write({"title": title, "text": text})
    row.save(update_fields=["sealed"])
    return row


def _office(cast):
    case = _case(cast, "handling", WORDS["office-title"], WORDS["office-text"])
    an_entry(case, by=cast[BENU_FIELD], text=WORDS["office-message"])
    note = {"by": cast[ICVA], "kind": "note", "side": "handler", "is_internal": True}
    note = an_entry(case, text=WORDS["office-note"], **note)
    inquiry = an_inquiry(
        case, by=cast[ICVA], state="answered", answered_by=cast[DO], settled_at=timezone.now(), names_sender=False
    )
    inquiry.write({"question": WORDS["question"], "answer": WORDS["answer"]})
    inquiry.save(update_fields=["sealed"])
    found = {
        "file": _file(case, None, WORDS["office-file"], cast[BENU_FIELD]),
        "note_file": _file(case, note, WORDS["note-file"], cast[ICVA]),
    }
    CaseLink.objects.create(case=case, kind="decision", target="DEC-00000", by=cast[ICVA])
    closed = _case(cast, "closed", "An earlier case", "It was about meetings.")
    texts = {f"text_{code}": WORDS["lesson"] for code in ("en", "fr")}
    lesson = a_lesson(closed, by=cast[ICVA], **texts)
    texts = {f"text_{code}": WORDS["lesson-draft"] for code in ("en", "fr")}
    draft = a_lesson(closed, by=cast[ICVA], state="draft", **texts)
    return {**found, "office": case, "inquiry": inquiry, "closed": closed, "lesson": lesson, "lesson_draft": draft}


def _file(case, entry, word, by):
    stored = files.store(f"%PDF-1.4 {word}".encode(), name="paper.pdf", media_type="application/pdf")
    return CaseFile.objects.create(case=case, entry=entry, file=stored, by=by)


def _decided(cast, committee, case, seat, by, word, exclusions):
    decision = a_decision(
        cast, body=committee, question="feedback.case", proposal="uphold", area=case.area, has_exclusions=True
    )
    for terms in exclusions:
        Exclusion.objects.create(decision=decision, **terms)
    seat = Seat.objects.get(body=committee, organisation=cast.organisations[seat])
    sealed(Position, {"reasons": word}, decision=decision, seat=seat, by=cast[by], choice="object")
    return decision


def _put(case, decision, proposal, by):
    said = an_entry(case, by=by, kind="escalated", side="handler", text=" ")
    row = {"uid": said.uid, "case": case, "decision": decision, "by": by}
    sealed(Escalation, {"proposal": proposal, "why": "So that it is decided."}, **row)


def _dss(cast, committee):
    terms = {"by": ALBA_FIELD, "key": "alba", "headquarters_read": False, "is_dss_concerned": True, "to_dss": False}
    case = _case(cast, "committee", "About you", WORDS["dss-text"], **terms, office="dss_headquarters")
    concerned = [{"principal": "dss_world"}, {"organisation": cast.organisations["dss"]}]
    for row in concerned:
        Concerned.objects.create(case=case, **row)
    decision = _decided(cast, committee, case, "wfp", WFP, WORDS["dss-position"], concerned)
    _put(case, decision, WORDS["dss-proposal"], cast[ICVA])
    return {"dss": case, "dss_decision": decision}


def _chair(cast, committee):
    terms = {"by": LAKE, "key": "lake", "concerned": [GISF_CHAIR], "desk": None, "office": "", "about": "framework"}
    case = _case(cast, "committee", "About a chair", WORDS["chair-text"], **terms)
    note = {"by": cast[ICVA], "kind": "note", "side": "handler", "is_internal": True}
    an_entry(case, text=WORDS["chair-note"], **note)
    kept_out = [{"user": cast[GISF_CHAIR]}]
    decision = _decided(cast, committee, case, "wfp", WFP, WORDS["chair-position"], kept_out)
    _put(case, decision, "To be decided.", cast[ICVA])
    return {"chair": case, "chair_decision": decision}


def _others(cast):
    suspension = a_suspension(cast, "escalated", key="cedar", area="chad")
    terms = {"kind": "suspension", "about": "organisation", "about_organisation": cast.organisations["cedar"]}
    terms |= {"suspension": suspension, "sender": None, "organisation": None, "to_dss": False, "desk": None}
    terms |= {"area": suspension.area, "office": ""}
    case = _case(cast, "handling", "", "", **terms)
    Concerned.objects.create(case=case, organisation=cast.organisations["cedar"])
    note = {"by": cast[ICVA], "kind": "note", "side": "handler", "is_internal": True}
    an_entry(case, text=WORDS["suspension-note"], **note)
    gone = _case(cast, "closed", "Gone", WORDS["gone-text"], outcome="diverted")
    DataKey.objects.destroy([gone.data_key_id])
    return {"suspension_case": case, "suspension": suspension, "gone": gone}


def _reports(cast):
    measure = Measure.objects.create()
    MeasureEntry.objects.create(
        measure=measure,
        number=1,
        title_en=WORDS["measure"],
        title_fr=WORDS["measure"],
        owner="DSS",
        state="ongoing",
        by=cast[DSS_HQ],
    )
    found = {"measure": measure}
    data, words = compiled(Period(date(2025, 1, 1), date(2025, 12, 31), timezone.now()))
    for name, state, year in (("report", "draft", 2025), ("approved", "approved", 2024)):
        row = PeriodicReport(
            is_annual=True,
            starts_on=date(year, 1, 1),
            ends_on=date(year, 12, 31),
            cut_off=timezone.now(),
            state=state,
            number="RPT-2025-0001" if state == "approved" else "",
            figures={"data": data, "words": words},
            made_by=cast[DSS_HQ],
            data_key=DataKey.objects.make(),
            subject=Subject.objects.create(),
        )
        row.save(force_insert=True)
        ReportStep.objects.create(report=row, state=state, by=cast[DSS_HQ])
        word = WORDS["report-draft" if state == "draft" else "report-approved"]
        for language in ("en", "fr"):
            sealed(Section, {"text": word}, report=row, code="foreword", language=language, version=1)
        found[name] = row
    return found
