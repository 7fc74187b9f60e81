"""The PDF of a list: what it says in both languages, of many areas and of none; light, and tagged for readers (L4)."""

import io

import pikepdf
import pytest
from django.core.management import call_command
from django.template.loader import render_to_string
from django.utils import translation

from areas.models import Area
from documents.issue import document_of, make_due
from documents.models import DocumentOrder
from implementation_levels.actions.lists import publish_due
from tests.factories.levels import CHAD, SOUTH_SUDAN, a_level

from .test_lists import START, decided, made_on


def paper(number: str, language: str) -> str:
    """What the worker makes the PDF from, with the template, as text."""
    order = DocumentOrder.objects.get(number=number, language=language)
    context = {**order.texts, "number": number, "title": order.title, "language": language, "direction": "ltr"}
    with translation.override(language):
        return render_to_string(order.template, context)


def test_what_it_says(cast):
    Area.objects.filter(code=CHAD).update(note_en="A note.", note_fr="Une remarque.")
    decided(cast, START, reasons="Why South Sudan.")
    first = made_on(START)
    decided(cast, START, "normal")
    decided(cast, START, code=CHAD, reasons="سبب <b>")
    second = made_on(START)
    english, french = (paper("SLT-LIST-0002", language) for language in ("en", "fr"))
    for words in ("SLT-LIST-0002", "What changed since list 1", "South Sudan</bdi>: no longer reinforced", "A note.",
                  "سبب &lt;b&gt;", "2 Sep 2026", second.digest, "/levels/lists/check/", "not public",
                  "levels in this document are invented"):  # fmt: skip
        assert words in english, words
    assert second.digest in french
    for words in ("Soudan du Sud", "Tchad", "Une remarque."):
        assert words in french, words
    assert "What changed" not in paper("SLT-LIST-0001", "en")
    assert first.digest in paper("SLT-LIST-0001", "en")


def test_a_list_of_no_area_says_so_and_one_of_the_real_portal_is_not_invented(cast, settings):
    settings.DEMO = False
    decided(cast, START, "normal")
    made_on(START)
    text = paper("SLT-LIST-0001", "en")
    assert "No area is at the reinforced level." in text
    assert "<table" not in text
    assert "invented" not in text


@pytest.mark.long
def test_forty_areas_and_none_are_light_and_tagged(cast):
    call_command("load_areas", verbosity=0)
    a_level(cast, "normal", code=SOUTH_SUDAN)
    publish_due()
    for area in Area.objects.current()[:40]:
        a_level(cast, code=area.code, reasons="Convoys are stopped and robbed on the only road to the north. " * 3)
    publish_due()
    assert make_due() == 4
    for number in ("SLT-LIST-0001", "SLT-LIST-0002"):
        for language in ("en", "fr"):
            content = document_of(number, language).file.read()
            assert len(content) <= 60_000
            with pikepdf.open(io.BytesIO(content)) as document:
                assert document.Root.MarkInfo.Marked
                assert str(document.Root.Lang) == language
                assert b"pdfuaid" in document.Root.Metadata.read_bytes()
