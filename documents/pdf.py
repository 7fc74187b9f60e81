"""PDFs from templates: one look, tagged for screen readers, nothing fetched from anywhere but our own static files.

WeasyPrint is imported at the first PDF: without Pango the whole portal runs, and only PDFs say what is missing.
"""

import logging
import threading
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import structlog
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

log = structlog.get_logger(__name__)
SITE = "https://static.invalid/"  # what our documents take their addresses to be relative to; nothing is asked there
STYLE = "documents/pdf.css"
TYPES = {".css": "text/css", ".woff": "font/woff", ".svg": "image/svg+xml", ".png": "image/png"}
_RIGHT_TO_LEFT = {"R", "AL"}
# Pango's fonts are not made for two threads at once, and one document at a time keeps memory small.
_one_at_a_time = threading.Lock()


class PdfUnavailable(Exception):
    """No PDF can be made here and now. Its text is for people."""


@dataclass
class Engine:
    """WeasyPrint with our fonts and style sheet, read once per process."""

    weasyprint: object
    fonts: object
    style: object
    fetcher: object
    missing: "MissingLetters"


class MissingLetters(logging.Handler):
    """Hears of characters that no font has. They are counted, never logged: they are somebody's text."""

    def __init__(self):
        super().__init__(level=logging.WARNING)
        self.count = 0

    def emit(self, record):
        """Count a warning about a missing glyph; everything else that WeasyPrint says is dropped."""
        if str(record.msg).startswith(".notdef"):
            self.count += 1


_engine: Engine | None = None


def render_pdf(template: str, context: dict, *, title: str, language: str) -> bytes:
    """The PDF of `template`, which extends documents/pdf_base.html, in `language`.

    `context` has what that template wants: marking, purpose, reader_name, made_at; and what the document itself
    wants. The same input gives the same bytes: no name of a machine, an author or a moment but `made_at` is in them.
    Raises PdfUnavailable, with a sentence. Queries and lazy texts are resolved here, so call it outside of loops.
    """
    with _one_at_a_time:
        engine = _loaded()
        try:
            content, missing = _render(engine, template, context, title, language)
            if missing:  # rather a line that says so than a box that nobody notices
                content, _again = _render(engine, template, {**context, "missing_letters": True}, title, language)
        except PdfUnavailable:
            raise
        except Exception as error:  # whatever a text makes the renderer do must not cost anybody the page
            log.error("pdf_failed", template=template, error=type(error).__name__)
            raise PdfUnavailable(_("This PDF could not be made. What it would show is on the page itself.")) from error
    return content


def _render(engine, template, context, title, language):
    with translation.override(language):
        bidi = "rtl" if translation.get_language_bidi() else "ltr"
        text = render_to_string(template, {**context, "title": title, "language": language, "direction": bidi})
    document = engine.weasyprint.HTML(string=text, base_url=SITE, url_fetcher=engine.fetcher)
    resolve_directions(document.etree_element)
    engine.missing.count = 0
    content = document.write_pdf(
        font_config=engine.fonts, stylesheets=[engine.style], pdf_variant="pdf/ua-1", pdf_identifier=b"slt"
    )
    return content, engine.missing.count


def resolve_directions(root) -> None:
    """Give every element with dir="auto", and every <bdi>, the direction of its first letter that has one.

    Browsers do this themselves; WeasyPrint knows only ltr and rtl.
    """
    for element in root.iter():
        automatic = element.get("dir") == "auto" or (element.tag == "bdi" and not element.get("dir"))
        if not automatic:
            continue
        text = "".join(element.itertext())
        strong = next((kind for kind in map(unicodedata.bidirectional, text) if kind in {"L", "R", "AL"}), "")
        if strong:
            element.set("dir", "rtl" if strong in _RIGHT_TO_LEFT else "ltr")
        else:
            element.attrib.pop("dir", None)


def _loaded() -> Engine:
    global _engine
    if _engine is None:
        try:
            _engine = _load()
        except OSError as error:  # cffi, when a library is missing
            log.error("pango_missing")
            raise PdfUnavailable(
                _(
                    "PDFs cannot be made on this machine: a library is missing. The administrator installs it "
                    "with: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
                )
            ) from error
    return _engine


def _load():
    missing = MissingLetters()
    for name in ("weasyprint", "weasyprint.progress", "fontTools"):
        logging.getLogger(name).propagate = False  # what they say quotes the text of the document
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration

    logging.getLogger("weasyprint").addHandler(missing)
    fonts = FontConfiguration()
    fetcher = _fetcher(weasyprint)
    sheet = (Path(settings.BASE_DIR) / "static" / STYLE).read_text(encoding="utf-8")
    style = weasyprint.CSS(string=sheet, base_url=SITE + STYLE, font_config=fonts, url_fetcher=fetcher)
    return Engine(weasyprint, fonts, style, fetcher, missing)


def static_file(url: str) -> Path:
    """The file of our own that `url` names. Raises ValueError for everything else, wherever it leads."""
    root = (Path(settings.BASE_DIR) / "static").resolve()
    path = (root / url.removeprefix(SITE)).resolve()
    if not url.startswith(SITE) or not path.is_relative_to(root) or path.suffix not in TYPES or not path.is_file():
        raise ValueError("not one of our static files")
    return path


def _fetcher(weasyprint):
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class OwnFiles(URLFetcher):
        """The default would read local files and the network for whoever writes an address into a text."""

        def fetch(self, url, headers=None):
            path = static_file(url)
            return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": TYPES[path.suffix]})

    return OwnFiles(allowed_protocols=["https"])
