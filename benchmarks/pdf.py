"""What a PDF costs in the portal, against a bare write_pdf of the same HTML; and how large PDFs are.

.venv/bin/python -m benchmarks.pdf
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.list_page import in_turn
from benchmarks.rows import Row, show, throw_away_database

LIMIT, LETTER_BYTES, LIST_BYTES, LIST_ROWS = 1.2, 25_000, 60_000, 60
REPORT_BYTES = 200_000
ROUNDS = 9
# As the lists of the portal that go to paper: a table on the frame of every PDF.
LIST = """{% extends "documents/pdf_base.html" %}{% block content %}<table><caption>List</caption><thead><tr>
<th scope="col">Organisation</th><th scope="col">Kind</th><th scope="col">Area</th><th scope="col">n</th>
</tr></thead><tbody>{% for row in rows %}<tr><th scope="row"><bdi>Organisation {{ row }}</bdi></th><td>INGO</td>
<td>South Sudan</td><td class="numeric">{{ row }}</td></tr>{% endfor %}</tbody></table>{% endblock %}"""


def measure() -> list[Row]:
    """A dossier of one incident, a memorandum and an annual report, each from its request to the stored file; and a
    list of 60 rows."""
    from django.utils import timezone

    from documents.pdf import render_pdf
    from tests.cast import make_cast
    from tests.factories.incidents import file_report
    from tests.incidents.exporting import LAKE

    cast = make_cast()
    ref = file_report(cast).incident.item.ref
    frame = {"marking": "TLP:AMBER+STRICT", "purpose": "Benchmark", "reader_name": "Somebody"}
    frame["made_at"] = timezone.now()

    def list_of_rows():
        return render_pdf("benchmark_list.html", {**frame, "rows": range(LIST_ROWS)}, title="A list", language="en")

    return [
        *compared("letter", "1 incident", lambda: _exported(cast[LAKE], ref), LETTER_BYTES),
        *compared("memorandum", "3 pages", _memoranda(cast), LETTER_BYTES),
        *compared("list", f"{LIST_ROWS} rows", list_of_rows, LIST_BYTES),
        *compared("annual report", "about 16 pages", _reports(cast), REPORT_BYTES),
    ]


def _exported(reader, ref) -> bytes:
    """As the worker does it: claim, ask the rule, render, encrypt, store, write the reader log."""
    from documents import files
    from incidents.export_runs import run_due
    from incidents.exports import ask_export
    from incidents.models import Export

    export = ask_export(by=reader, format="pdf", purpose="Benchmark", ref=ref)
    run_due()
    return files.read(Export.objects.of(reader).select_related("file__data_key").get(pk=export.pk).file)


def _memoranda(cast):
    """A function that has the worker make one more memorandum."""
    from tests.factories.memoranda import a_memorandum

    return _once_more(a_memorandum(cast, is_made=False).number)


def _reports(cast):
    """A function that has the worker make one more annual report."""
    from tests.factories.reports import a_report

    return _once_more(a_report(cast, "approved").number)


def _once_more(number):
    """A function that has the worker make this document again: claim, render, encrypt, store, freeze."""
    from documents.issue import document_of, make_due, next_number, order_document
    from documents.models import DocumentOrder

    make_due()
    order = DocumentOrder.objects.get(number=number, language="en")
    wish = {"language": "en", "template": order.template, "title": order.title, "context": order.texts}

    def made() -> bytes:
        another = order_document(number=next_number("BENCH"), **wish)
        make_due()
        return document_of(another.number, "en").file.read()

    return made


def compared(name: str, size: str, ours: Callable[[], bytes], most_bytes: int) -> list[Row]:
    """`ours`, which makes one PDF from order to file, against a bare write_pdf of the same HTML; and its bytes."""
    import documents.pdf as portal

    written, render = [], portal.render_to_string
    portal.render_to_string = lambda *args: written.append(render(*args)) or written[-1]
    try:
        content = ours()
    finally:
        portal.render_to_string = render
    engine, html = portal._loaded(), written[-1]

    def bare():
        document = engine.weasyprint.HTML(string=html, base_url=portal.SITE, url_fetcher=engine.fetcher)
        document.write_pdf(
            font_config=engine.fonts, stylesheets=[engine.style], pdf_variant="pdf/ua-1", pdf_identifier=b"slt"
        )

    whole, least = in_turn(ours, bare, rounds=ROUNDS)
    return [
        Row(f"PDF in the worker, {name} ({whole * 1000:.0f} ms)", size, whole / least, LIMIT, base="bare write_pdf"),
        Row(f"PDF, {name}", size, len(content), most_bytes, "bytes"),
    ]


def main() -> None:
    """Build, measure, print."""
    import django

    django.setup()
    from django.conf import settings
    from django.test.utils import override_settings

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "benchmark_list.html").write_text(LIST)
        engine = {**settings.TEMPLATES[0], "DIRS": [*settings.TEMPLATES[0]["DIRS"], folder]}
        with throw_away_database(), override_settings(TEMPLATES=[engine]):
            show(measure())


if __name__ == "__main__":
    main()
