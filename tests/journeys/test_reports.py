"""Journey 15 through the pages: a year becomes a report, and where it fails; the dashboard of each of the cast.

What comes by mail is followed from the mail. Only the ticks are called, and the clock is moved.
"""

from datetime import UTC, datetime, timedelta

import pytest

from documents.tasks import make_documents
from governance.tasks import close_due
from overview.models import PeriodicReport
from overview.tasks import refresh_figures
from tests.cast import signed_in
from tests.factories.feedback import a_case
from tests.factories.incidents import file_report
from tests.factories.partnership import DSS_CHAIR, GISF, HQ, WFP
from tests.factories.partnership import ICVA as WG
from tests.factories.reports import two_of_the_group, written

from .visitor import Post, link_in, visit

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
OCHA, ALBA_HQ, ALBA, BENU = "ocha@un.example", "hq@alba.example", "field@alba.example", "field@benu.example"
OURS, THEIRS = "Two initiatives.", "canarytext: three initiatives."


def is_compiled(people):
    """A year is picked; what one organisation reported is a step, and where nothing is known stands no zero."""
    hq = visit(HQ, "/reports/").follow("Start a report").send("Start and compile", {"year": "2026"})
    assert hq.has("Started.", "Annual report 2026", "Q2 2026 1–4", "Q1 2026 no data", "Foreword (English) missing")
    assert "Q2 2026 1 " not in hq.words
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
    assert hq.has("these texts have to be written", "Outlook (Français)") and not hq.buttons
    written(people, PeriodicReport.objects.for_system("a test").get())


def is_the_same_again(path, people, clock):
    """Late data change no figure as of the same cut-off: the digest is the same."""
    digest = visit(HQ, path).page.findtext(".//code")
    clock.shift(timedelta(days=1))
    late = {"happened_on": datetime(2026, 5, 3, tzinfo=UTC).date()}
    for _ in range(5):
        file_report(people, by=ALBA, organisation="alba", area="south-sudan", **late)
    hq = visit(HQ, path).follow("Compile the figures anew").send("Compile", {"which": "The same cut-off"})
    assert hq.page.findtext(".//code") == digest and hq.has("Q2 2026 1–4")


def is_approved(path, post, clock):
    """The Working Group passes it on, the Committee approves; both by silence, and each is told."""
    hq = visit(HQ, path).follow("Submit to the Working Group").send("Submit it to the Working Group").again()
    assert hq.has("The Working Group reads it until") and "Write it" not in hq.words
    letters = post.come()
    group = visit(WG, link_in(letters[WG][0], "DEC-"))
    assert group.has("Review of a report").__bool__() and group.follow("See what it is about").path == path
    signed_in_partner = visit(ALBA_HQ, "/reports/")
    signed_in_partner.go(path, 404)
    for body in (WG, DSS_CHAIR):
        clock.shift(timedelta(days=30))
        close_due()
        assert body
    assert visit(WFP, path).has("The Oversight Committee approved it on")


def is_handed_out(path, post):
    """Frozen in both languages; a partner reads it from its mail, and takes its tables away."""
    make_documents()
    partner = visit(ALBA_HQ, link_in(post.last(ALBA_HQ), "RPT-"))
    assert partner.has("Annual report 2026", "PDF, English", "PDF, Français", "1–4")
    assert "History" not in partner.words
    for name in ("pdf/en/", "pdf/fr/"):
        first, again = (partner.client.get(path + name).content for _ in range(2))
        assert first[:5] == b"%PDF-" and first == again
    annex = partner.client.get(f"{path}annex.csv")
    assert annex["Content-Type"].startswith("text/csv") and "1–4" in annex.content.decode()
    visit(HQ, path).go(f"{path}outlook/en/")
    visit(BENU, "/").go(path, 404)


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
