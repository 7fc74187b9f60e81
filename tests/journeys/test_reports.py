"""Journey 15 through the pages: a year becomes a report, and where it fails; the dashboard of each of the cast.

What comes by mail is followed from the mail. Only the ticks are called, and the clock is moved.
"""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from governance.tasks import close_due
from overview.models import PeriodicReport
from overview.reports.compile import LANGUAGES
from overview.tasks import refresh_figures
from tests.factories.feedback import a_case
from tests.factories.incidents import file_report
from tests.factories.levels import a_pdf
from tests.factories.partnership import DSS_CHAIR, HQ, WFP, an_application
from tests.factories.partnership import ICVA as WG
from tests.factories.reports import two_of_the_group, written

from .visitor import Post, link_in, visit

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
OCHA, ALBA_HQ, ALBA, BENU = "ocha@un.example", "hq@alba.example", "field@alba.example", "field@benu.example"
OURS, THEIRS = "Two initiatives.", "canarytext: three initiatives."


def is_compiled(people):
    """A year is picked; what one organisation reported is a step, and where nothing is known stands no zero."""
    hq = visit(HQ, "/reports/").follow("Start a report").send("Start and compile", {"year": "2026"})
    assert hq.has("Started.", "Annual report 2026", "Q1 2026 1–4", "Q4 2025 no data", "Foreword (English) missing")
    assert "Q1 2026 1 " not in hq.words
    hq.go("/reports/new/").send("Start and compile", {"year": "2026"})
    assert hq.has("There is a report on this period already")
    return f"/reports/{PeriodicReport.objects.for_system('a test').get().ref}/"


def is_written(path, people):
    """Two write the same text at once: the second is shown both and loses nothing; submitting waits for every text."""
    hq = visit(HQ, path).follow("Write it: Developments and initiatives (English)")
    ocha = visit(OCHA, path).follow("Write it: Developments and initiatives (English)")
    hq.send("Save draft", {"text": OURS}).again()
    ocha.send("Save draft", {"text": THEIRS})
    assert ocha.has("Somebody else saved this text meanwhile", OURS, THEIRS)
    ocha.send("Save draft", {"text": f"{OURS}\n{THEIRS}"})
    assert visit(HQ, path).has(THEIRS)
    hq.go(path).follow("Submit to the Working Group")
    assert hq.has("these texts have to be written", "Outlook (Français)")
    assert not hq.buttons
    written(people, PeriodicReport.objects.for_system("a test").get())


def is_the_same_again(path, people, clock):
    """Late data change no figure as of the same cut-off: the digest is the same."""
    digest = visit(HQ, path).page.findtext(".//code")
    clock.shift(timedelta(days=1))
    for _ in range(5):
        file_report(people, by=ALBA, organisation="alba", area="south-sudan")
    hq = visit(HQ, path).follow("Compile the figures anew").send("Compile", {"which": "The same cut-off"})
    assert hq.page.findtext(".//code") == digest
    assert hq.has("Q1 2026 1–4")


def is_approved(path, post, clock):
    """The Working Group passes it on, the Committee approves; both by silence, and each is told."""
    hq = visit(HQ, path).follow("Submit to the Working Group").send("Submit it to the Working Group").again()
    assert hq.has("The Working Group reads it until")
    assert "Write it" not in hq.words
    letters = post.come()
    group = visit(WG, link_in(letters[WG][0], "DEC-"))
    assert group.has("Review of a report")
    assert group.follow("See what it is about").path == path
    visit(ALBA_HQ).go(path, 404)
    for state in ("The Oversight Committee decides by", "The Oversight Committee approved it on"):
        clock.shift(timedelta(days=30))
        close_due()
        assert visit(HQ, path).has(state)


def is_handed_out(path, post):
    """Frozen in both languages; a partner reads it from its mail, and takes its tables away. The bytes are a stand-in:
    tests/overview makes the real ones."""
    report = PeriodicReport.objects.for_system("a test").get()
    for language in LANGUAGES:
        a_pdf(SimpleNamespace(document_number=report.number), language)
    partner = visit(ALBA_HQ, link_in(post.last(ALBA_HQ), "RPT-"))
    assert partner.has("Annual report 2026", "PDF, English", "PDF, Français", "1–4")
    assert "History" not in partner.words
    for name in ("pdf/en/", "pdf/fr/"):
        assert partner.client.get(path + name).content.startswith(b"%PDF-1.7")
    annex = partner.client.get(f"{path}annex.csv")
    assert annex["Content-Type"].startswith("text/csv")
    assert "1–4" in annex.content.decode()
    assert visit(HQ, f"{path}outlook/en/").path == path, "its texts are closed"


def test_from_a_year_to_the_report(people, clock):
    """Journey 15."""
    two_of_the_group(people)
    file_report(people, by=ALBA, organisation="alba", area="south-sudan")
    clock.move_to(datetime(2027, 2, 1, 9, tzinfo=UTC))
    post = Post()
    post.forget()
    path = is_compiled(people)
    is_written(path, people)
    is_the_same_again(path, people, clock)
    is_approved(path, post, clock)
    is_handed_out(path, post)


FOUND = {
    WFP: (
        "Oversight Committee What waits",
        "UN entities asked to confirm",
        "Open feedback cases",
        "Incidents by quarter",
    ),
    DSS_CHAIR: ("Oversight Committee What waits", "Applications under way", "Areas with gaps", "Reviews of reinforced"),
    WG: ("Working Group What waits for a recommendation", "Applications under way", "Open decisions"),
    HQ: ("DSS headquarters What waits for your step", "Every message was sent", "Lists of reinforced areas"),
    "dss.field@un.example": ("Your areas: South Sudan", "What waits for you"),
    ALBA: ("Your reports", "no desk has received it yet", "Reported by your organisation 1", "A balance, not a score"),
    ALBA_HQ: ("Your organisation", "Your reports", "What you gave and what you received"),
    BENU: ("Your feedback", "FBK-", "next step by", "Shared with you in the last two weeks"),
}
NOTHING = ("local@nngo.example", "applicant@dune.example", "handler@un.example", "nobody@elsewhere.example")


def test_what_each_of_the_cast_finds_on_the_dashboard(people, clock):
    """G1, G2: what waits and what they answer for; nothing of it for who answers for nothing here."""
    an_application(people)
    a_case(people)
    file_report(people, by=ALBA, organisation="alba", area="south-sudan")
    Post.forget()
    clock.shift(timedelta(days=1))
    refresh_figures()
    for who, words in FOUND.items():
        page = visit(who, "/dashboard/")
        assert page.has(*words), (who, [one for one in words if not page.has(one)], page.words[:3000])
        assert "Benu" not in page.words or who == BENU
    for who in NOTHING:
        visit(who).go("/dashboard/", 404)
