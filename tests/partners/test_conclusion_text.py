"""The text of the instrument: what may stand in it, its versions, and the PDFs as they come out (P7)."""

import hashlib

import pytest
from django.core.exceptions import ValidationError

from documents.issue import document_of, make_due
from documents.models import DocumentOrder
from partners.actions.conclusion import sign_typed
from partners.instrument import LANGUAGES, blocks_of, check_text, ensure_template, newest_template
from partners.models import MemorandumTemplate
from tests.documents.test_pdf import text_of
from tests.factories.memoranda import DSS_SIGNS, PARTNER_SIGNS, a_memorandum, an_approved
from tests.factories.partnership import DUNE, HQ, ICVA

ADDRESS = "/partnership/template/"
WHOLE = "{number} {date} {organisation}"


def test_headings_paragraphs_and_lists():
    text = "# One {number}\r\ntwo\r\nthree {a b}\r\n\r\n- four\r\n- {organisation}\r\nfive\r\n\r\n- six\r\n#seven"
    blocks = blocks_of(text, {"number": "MOU", "organisation": "# <b> {number}\n- x"})
    assert blocks == [
        {"kind": "heading", "parts": [["One ", False], ["MOU", True]]},
        {"kind": "paragraph", "parts": [["two", False], [" ", False], ["three ", False], ["{a b}", False]]},
        {"kind": "list", "items": [[["four", False]], [["# <b> {number}\n- x", True]]]},
        {"kind": "paragraph", "parts": [["five", False]]},
        {"kind": "list", "items": [[["six", False]]]},
        {"kind": "paragraph", "parts": [["#seven", False]]},
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (WHOLE, None),
        (f"{WHOLE} {{logo}}", "unknown"),
        (f"{WHOLE} {{}}", "unknown"),
        (f"{WHOLE} {{{{date}}}}", "brace"),
        (f"{WHOLE} }}", "brace"),
        ("{number} {date}", "missing"),
    ],
)
def test_what_cannot_be_filled_in_is_said(text, code):
    if code is None:
        check_text(text)
        return
    with pytest.raises(ValidationError) as refused:
        check_text(text)
    assert refused.value.code == code


def test_the_first_version_comes_with_the_portal_in_both_languages(db):
    assert newest_template() is None
    first = ensure_template(is_specimen=True)
    assert ensure_template() == first
    assert first.is_specimen
    for text in (first.text_en, first.text_fr):
        check_text(text)
    counts = [[block["kind"] for block in blocks_of(getattr(first, f"text_{code}"), {})] for code in LANGUAGES]
    assert counts[0] == counts[1], "part by part the same"
    assert counts[0].count("heading") == 7
    assert [len(block["items"]) for block in blocks_of(first.text_fr, {}) if block["kind"] == "list"] == [6, 4]


def test_dss_writes_the_next_version_and_memoranda_keep_theirs(cast, sign_in):
    memorandum = a_memorandum(cast)
    assert sign_in(cast[ICVA]).get(ADDRESS).status_code == 404
    assert sign_in(cast[DUNE]).post(ADDRESS, {}).status_code == 404
    client = sign_in(cast[HQ])
    typed = {"text_en": f"# New\r\n{WHOLE}", "text_fr": f"# Neuf\r\n{WHOLE} {{logo}}", "version": 1}
    answer = client.post(ADDRESS, typed)
    assert answer.status_code == 422
    assert "{logo}" in str(answer.context["form"].errors["text_fr"])
    typed["text_fr"] = f"# Neuf\r\n{WHOLE}"
    assert [client.post(ADDRESS, typed).status_code for _ in range(2)] == [302, 302], "two clicks, one version"
    assert MemorandumTemplate.objects.count() == 2
    late = client.post(ADDRESS, {**typed, "text_en": f"Other {WHOLE}"})
    assert (late.status_code, late.context["form"]["version"].value()) == (409, "2")
    assert "Other {number}" in late.content.decode()
    assert client.post(ADDRESS, {**typed, "text_en": "x" * 20_001}).status_code == 422
    memorandum.refresh_from_db()
    assert (memorandum.template.version, newest_template().text_en) == (1, f"# New\n{WHOLE}")
    for version, status in ((1, 200), (2, 200), (3, 404), ("x", 404), ("9" * 30, 404)):
        assert client.get(f"{ADDRESS}?version={version}").status_code == status


@pytest.mark.slow
def test_the_pdf_is_numbered_dated_and_signed_in_print(cast):
    """Made for real: in the applicant's language what is signed, then the version with the signatures."""
    ensure_template(is_specimen=True)
    memorandum = a_memorandum(cast, an_approved(cast), is_made=False)
    DocumentOrder.objects.exclude(language="en").delete()
    assert make_due() == 1
    document = document_of(memorandum.number, "en")
    pages = text_of(document.file.read())
    for number, page in enumerate(pages, 1):
        assert page.count("SPECIMEN") == 2
        assert f"{number} / {len(pages)}" in page
    assert f"Memorandum of understanding {memorandum.number}" in pages[0]
    for words in ("Dune Relief Association", "Version of the text", "Chad, South Sudan"):
        assert words.replace(" ", "") in "".join(pages).replace(" ", "")
    sign_typed(memorandum, side="partner", by=cast[DUNE], **PARTNER_SIGNS)
    sign_typed(memorandum, side="dss", by=cast[HQ], **DSS_SIGNS)
    assert make_due() == 1
    signed = text_of(document_of(f"{memorandum.number}-S", "en").file.read())
    certificate = signed[-1].replace(" ", "")
    assert certificate.count(hashlib.sha256(document.file.read()).hexdigest()) == 2
    for words in (PARTNER_SIGNS["name"], PARTNER_SIGNS["title"], DSS_SIGNS["name"], "secondfactor"):
        assert words.replace(" ", "") in certificate
