"""The marking stands above and below every page about a report; the reference in a heading never breaks."""

import re

import pytest

from accounts.models import User
from sharing.models import Release
from tests.factories.incidents import file_report

pytestmark = pytest.mark.django_db
ALBA, DESK, BENU_HQ = "field@alba.example", "dss.field@un.example", "hq@benu.example"
LINE = '<div class="marking">'


@pytest.fixture
def ref(cast) -> str:
    User.objects.update(language="en")
    return file_report(cast).incident.item.ref


PAGES = [
    (ALBA, "receipt/"),
    (ALBA, "desk/"),
    (DESK, "desk/"),
    (ALBA, "follow-up/"),
    (ALBA, "audience/"),
    (ALBA, "readers/"),
    (ALBA, "withdraw/"),
    (DESK, "desk/text/"),
    (BENU_HQ, "question/"),
    (BENU_HQ, ""),
]


def main_of(answer) -> str:
    assert answer.status_code == 200
    return answer.content.decode().partition("<main")[2].partition("</main>")[0]


@pytest.mark.parametrize(("email", "tail"), PAGES)
def test_above_and_below(cast, ref, sign_in, email, tail):
    page = main_of(sign_in(cast[email]).get(f"/incidents/{ref}/{tail}"))
    assert page.count(LINE) >= 2
    above, below = page.partition("</h1>")[0], page.rpartition("</form>")[2] if "</form>" in page else page
    assert LINE in above or tail == ""
    assert LINE in below
    assert page.rpartition(LINE)[2].count("TLP:AMBER+STRICT") == 1


@pytest.mark.parametrize(
    ("tail", "words"),
    [
        ("follow-up/", "Send an update or final report on"),
        ("audience/", "Who may see"),
        ("readers/", "Who has seen"),
        ("withdraw/", "Withdraw"),
        ("", "Incident"),
    ],
)
def test_headings_name_the_report_on_one_line(cast, ref, sign_in, tail, words):
    page = main_of(sign_in(cast[ALBA]).get(f"/incidents/{ref}/{tail}"))
    assert f'<h1>{words} <bdi class="ref">{ref}</bdi></h1>' in page


@pytest.mark.parametrize(("email", "tail"), [(DESK, "desk/"), (DESK, "desk/text/"), (BENU_HQ, "question/")])
def test_who_is_not_told_the_originator_is_not_told_it_there(cast, ref, sign_in, email, tail):
    Release.objects.for_system("test").filter(item__ref=ref).update(shows_originator=False)
    lines = main_of(sign_in(cast[email]).get(f"/incidents/{ref}/{tail}")).split(LINE)[1:]
    assert len(lines) >= 2
    for line in lines:
        assert "withheld" in line.partition("</dl>")[0]
        assert cast.organisations["alba"].name not in line.partition("</dl>")[0]


def test_what_readers_get_is_marked_above_and_below(cast, ref, sign_in):
    """On the page where the audience is changed."""
    client = sign_in(cast[ALBA])
    form = client.get(f"/incidents/{ref}/audience/").context["form"]
    sent = {"see": "yes", "shows_originator": "on"} | {
        name: form[name].value() for name in ("version", "marking", "audience")
    }
    page = main_of(client.post(f"/incidents/{ref}/audience/", sent))
    for framed in re.findall(r'<article class="framed stack">.*?</details></section>', page, re.S):
        assert framed.count(LINE) == 2
    assert page.count('<article class="framed') >= 1


def test_the_menu_of_the_person_leads_to_what_one_is_told(cast, sign_in):
    menu = sign_in(cast[ALBA]).get("/").content.decode().partition('class="person-menu"')[2].partition("</details>")[0]
    assert 'href="/notifications/"' in menu
