"""One case as a PDF: the sender's as the sender reads it, the others' with notes and names (F3, C9)."""

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from audit.models import Event
from documents import pdf
from feedback.case_page import RELATED, page_of
from feedback.models import Case, CaseReading
from feedback.views.paper import fitting
from sharing.access import access_of
from tests.cast import signed_in
from tests.factories.feedback import ALBA_HQ, BENU_FIELD, CANARY, DSS_HQ, GISF, ICVA, a_case, an_entry, an_inquiry

pytestmark = pytest.mark.django_db


def a_talked_about_case(cast):
    case = a_case(cast, "handling", owner=cast[ICVA])
    an_entry(case, by=cast[BENU_FIELD], text=f"{CANARY} from the sender")
    an_entry(case, by=cast[ICVA], side="handler", text=f"{CANARY} to the sender")
    an_entry(case, by=cast[ICVA], side="handler", kind="note", is_internal=True, text=f"{CANARY} inside")
    an_inquiry(case, by=cast[ICVA])
    return case


def printed(cast, email, case):
    """What the template says, without the cost of laying it out."""
    row = Case.objects.visible_to(cast[email]).select_related(*RELATED).get(pk=case.pk)
    page = fitting(page_of(access_of(cast[email]), row)).page
    context = {"case": row, "page": page, "reader_name": "reader", "made_at": timezone.now(), "title": page.title}
    return render_to_string("feedback/case_pdf.html", context)


def test_the_sender_gets_neither_notes_nor_names_of_those_who_handle_it(cast):
    case = a_talked_about_case(cast)
    own, inside = printed(cast, BENU_FIELD, case), printed(cast, GISF, case)
    for words in ("title", "text", "from the sender", "to the sender"):
        assert f"{CANARY} {words}" in own
        assert f"{CANARY} {words}" in inside
    for secret in (f"{CANARY} inside", f"{CANARY} question", cast[ICVA].name):
        assert secret not in own
        assert secret in inside


def test_it_is_an_attachment_named_by_the_reference_and_logged(cast):
    case = a_talked_about_case(cast)
    response = signed_in(cast[BENU_FIELD]).get(f"/feedback/cases/{case.ref}/case.pdf")
    assert response.status_code == 200
    assert response.content.startswith(b"%PDF-")
    assert response["Content-Disposition"] == f'attachment; filename="{case.ref}.pdf"'
    assert "sandbox" in response["Content-Security-Policy"]
    (reading,) = CaseReading.objects.filter(how="exported")
    assert (reading.case_ref, reading.reader, reading.party) == (case.ref, cast[BENU_FIELD].pk, "sender")
    event = Event.objects.get(verb="feedback.case_exported")
    assert (event.object_ref, event.facts, event.actor) == (case.ref, {"side": "sender"}, str(cast[BENU_FIELD].pk))


def test_only_for_who_reads_the_case(cast):
    case = a_case(cast, "handling", concerned=[GISF])
    gone = a_case(cast, "closed", outcome="diverted")
    for email, row in ((ALBA_HQ, case), (GISF, case), (DSS_HQ, gone)):
        assert signed_in(cast[email]).get(f"/feedback/cases/{row.ref}/case.pdf").status_code == 404
    assert not CaseReading.objects.filter(how="exported").exists()


def test_without_a_pdf_it_says_why_and_logs_nothing(cast, monkeypatch):
    def missing():
        raise OSError("no Pango")

    monkeypatch.setattr(pdf, "_engine", None)
    monkeypatch.setattr(pdf, "_load", missing)
    case = a_case(cast)
    response = signed_in(cast[BENU_FIELD]).get(f"/feedback/cases/{case.ref}/case.pdf")
    assert response.status_code == 503
    assert f"/feedback/cases/{case.ref}/" in response.content.decode()
    assert not CaseReading.objects.filter(how="exported").exists()


def test_what_is_too_long_keeps_the_newest(cast):
    case = a_case(cast, "handling")
    for number in range(4):
        an_entry(case, by=cast[BENU_FIELD], text=f"{number}" * 1000)
    row = Case.objects.visible_to(cast[GISF]).select_related(*RELATED).get(pk=case.pk)
    page = page_of(access_of(cast[GISF]), row)
    paper = fitting(page, longest=2700)
    assert ([one.text[0] for one in paper.page.said], paper.left_out) == (["2", "3"], 2)
    assert fitting(page).left_out == 0
