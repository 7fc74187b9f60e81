"""The pages about levels: who reads them, what they say of today and of any day, what they cost (L1, L2, L6, P8)."""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from areas.models import Area, AreaEntry
from areas.reference import load_reference
from audit.models import Event
from implementation_levels.models import LevelDecision
from implementation_levels.policies import reads_levels
from notifications.models import Subject
from organisations.models import Standing
from sharing.access import access_of
from tests.factories.levels import a_level, a_list
from tests.factories.partnership import CANARY, a_decision, bodies

pytestmark = pytest.mark.django_db
WORLD, FILE, CHAD = "/levels/", "/levels/table.csv", "/levels/areas/chad/"
HQ, ALBA, BENU_HQ = "dss.hq@un.example", "field@alba.example", "hq@benu.example"
LOCAL = "local@nngo.example"
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
SHUT_OUT = {
    *(LOCAL, "applicant@dune.example", "admin@portal.example", "hq@suspended.example"),
    *("nobody@elsewhere.example", "handler@un.example"),
}


@pytest.fixture(autouse=True)
def clock(cast):
    with time_machine.travel(NOW, tick=False):
        User.objects.update(language="en")
        yield


def at(cast, day: str, level: str, code: str, begins: str = "", reasons: str = f"{CANARY} why") -> LevelDecision:
    """A decision as it was made on a day that is gone."""
    with time_machine.travel(datetime.fromisoformat(f"{day}T12:00+00:00"), tick=False):
        return a_level(cast, level, code=code, begins=date.fromisoformat(begins or day), reasons=reasons)


def words(answer) -> str:
    """What stands on a page, without the tags."""
    text = " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())
    return re.sub(r"(?<=\() | (?=[.,:)])", "", text)


def codes(answer, state: str) -> list[str]:
    return [row.area.code for row in answer.context[state]]


# --- Who reads them --------------------------------------------------------------------------------------------


def test_the_whole_cast_before_the_levels(cast, sign_in):
    """Whoever does not read levels finds none: on no page about them, in no list of areas, in no menu."""
    at(cast, "2026-10-01", "reinforced", "chad")
    assert {email for email, user in cast.people.items() if not reads_levels(access_of(user))} == SHUT_OUT
    for email in (HQ, ALBA, *SHUT_OUT):
        client, reads = sign_in(cast[email]), email not in SHUT_OUT
        for page in (WORLD, FILE, CHAD, f"{CHAD}?on=2026-10-01"):
            answer = client.get(page)
            assert answer.status_code == (200 if reads else 404), (email, page)
            assert (CANARY.encode() in answer.content) == reads, (email, page)
        if email not in {HQ, LOCAL}:  # a local arrangement reads the areas, without their levels
            continue
        for page in ("/", "/areas/", "/areas/chad/"):
            answer = client.get(page)
            assert answer.status_code == 200
            assert (b'href="/levels/' in answer.content) == reads, (email, page)
            assert reads or b"einforced" not in answer.content, (email, page)
    assert sign_in(cast[HQ]).get("/levels/areas/none/").status_code == 404


def test_a_suspension_closes_the_levels_the_same_minute(cast, sign_in):
    at(cast, "2026-10-01", "reinforced", "chad")
    client = sign_in(cast[ALBA])
    assert client.get(WORLD).status_code == 200
    Standing.objects.create(organisation=cast.organisations["alba"], kind="suspended", starts_at=NOW)
    assert [client.get(page).status_code for page in (WORLD, FILE, CHAD)] == [404] * 3
    assert b"/levels/" not in client.get("/").content


# --- The world -------------------------------------------------------------------------------------------------


def of_some(cast):
    """Chad reinforced since 2024 and overdue, South Sudan decided as normal and to be reinforced, Kenya by default."""
    at(cast, "2024-02-29", "reinforced", "chad", reasons="Conflict in the east. " * 20)
    at(cast, "2025-06-01", "normal", "south-sudan")
    at(cast, "2026-11-20", "reinforced", "south-sudan", "2026-12-24")


# Address, then the areas that are reinforced, normal as decided, normal by default; and what the page says.
DAYS = [
    ("", ["chad"], ["south-sudan"], ["kenya"], "1 of 3 areas is at the reinforced level."),
    ("?on=2024-02-28", [], [], ["chad", "kenya", "south-sudan"], "Nobody had decided a level by that day"),
    ("?on=2024-02-29", ["chad"], [], ["kenya", "south-sudan"], "This is how it stood on 29 Feb 2024 (UTC)."),
    ("?on=2026-12-24", ["chad", "south-sudan"], [], ["kenya"], "This is what is decided today for 24 Dec 2026."),
    ("?on=0001-01-01", [], [], ["chad", "kenya", "south-sudan"], "0 of 3 areas are at the reinforced level."),
    ("?level=normal", [], ["south-sudan"], ["kenya"], "The filters show 2 areas."),
    ("?level=default", [], [], ["kenya"], "1 of 3 areas is at the reinforced level. The filters show 1 area."),
    ("?level=reinforced&q=CHÁD", ["chad"], [], [], "The filters show 1 area."),
    ("?kind=mission", [], [], [], "Check the spelling and the day, or clear the filters."),
]


@pytest.mark.parametrize(("query", "reinforced", "normal", "default", "says"), DAYS)
def test_the_world_on_a_day(cast, sign_in, query, reinforced, normal, default, says):
    of_some(cast)
    answer = sign_in(cast[ALBA]).get(WORLD + query)
    found = {state: codes(answer, state) for state in ("reinforced", "normal", "default")}
    assert found == {"reinforced": reinforced, "normal": normal, "default": default}
    assert says in words(answer)


def test_what_the_world_page_says(cast, sign_in):
    of_some(cast)
    page = words(answer := sign_in(cast[ALBA]).get(WORLD))
    assert "reinforced (called Enhanced in the English framework)" in page
    assert page.count("Security Level System") == 1
    assert "24 Dec 2026 · South Sudan becomes reinforced" in page
    assert "29 Aug 2024 overdue" in page  # of what is reinforced; what is normal is no measure
    assert page.count("overdue") == 1
    assert "The levels on this page are invented." in page
    assert "Conflict in the east. " * 6 not in page  # in short
    assert "Reinforced (1)" in page  # the map in words; the names stand above
    assert answer.content.count(b'<path d="M') >= 1
    assert b"style=" not in answer.content
    future = words(sign_in(cast[ALBA]).get(f"{WORLD}?on=2030-01-01"))
    assert "overdue" in future  # it is today
    assert future.count("overdue") == 1  # of the other one nobody knows yet


def test_the_world_leads_to_the_newest_list(cast, sign_in):
    client = sign_in(cast[ALBA])
    assert "Newest list" not in words(client.get(WORLD))
    a_list(cast, pdfs=False)
    a_list(cast, code="chad", pdfs=False)
    answer = client.get(WORLD)
    assert "Newest list: 2, of 21 Nov 2026" in words(answer)
    assert b'href="/levels/lists/2/"' in answer.content


@pytest.mark.parametrize("on", ["yesterday", "2026-02-30", "2026", "x" * 10_000, "%00"])
@pytest.mark.parametrize("path", [WORLD, CHAD])
def test_a_day_that_makes_no_sense(cast, sign_in, path, on):
    """Said at the field; nothing is shown that could be taken for an answer, and what else was typed stays."""
    at(cast, "2026-10-01", "reinforced", "chad")
    client = sign_in(cast[ALBA])
    answer = client.get(f"{path}?on={on}&q=chad")
    assert answer.status_code == 200
    assert "Write a day as year, month and day, such as 2026-03-01." in words(answer)
    assert "Level today" not in words(answer)
    assert "areas is at" not in words(answer)
    assert path == CHAD or b'value="chad"' in answer.content
    assert client.get(f"{FILE}?on={on}").status_code == 404


def test_an_area_on_the_territory_of_another_is_a_row_of_its_own(cast, sign_in):
    load_reference()
    at(cast, "2026-10-01", "reinforced", "gaza")
    page = words(sign_in(cast[ALBA]).get(f"{WORLD}?q=palestin"))
    assert "Gaza (part of a country) overlaps with: Occupied Palestinian Territory 1 Oct 2026" in page
    assert "Occupied Palestinian Territory overlaps with: Gaza (reinforced), West Bank" in page
    there = words(sign_in(cast[ALBA]).get("/levels/areas/occupied-palestinian-territory/"))
    assert "Level today normal default: nobody has decided" in there
    assert "Gaza (part of a country) reinforced" in there
    assert "West Bank (part of a country) normal default" in there


def test_an_area_is_called_as_it_was_called_on_that_day(cast, sign_in):
    at(cast, "2024-02-29", "reinforced", "chad")
    names = {"name_en": "Republic of Chad", "name_fr": "République du Tchad"}
    AreaEntry.objects.create(
        area=cast.areas["chad"],
        what="renamed",
        on=date(2026, 1, 1),
        was={"name_en": "Chad", "name_fr": "Tchad"},
        **names,
    )
    Area.objects.filter(code="chad").update(**names)
    client = sign_in(cast[ALBA])
    for page, name in ((f"{WORLD}?on=2025-12-31", "Chad"), (f"{WORLD}?on=2026-01-01", "Republic of Chad")):
        answer = client.get(page)
        assert [row.area.name for row in answer.context["reinforced"]] == [name]
        assert [row["Area"] for row in table(client, page.partition("?")[2]) if row["Code"] == "chad"] == [name]
    answer = client.get(f"{CHAD}?on=2025-12-31")
    assert "called Republic of Chad today" in words(answer)
    assert Area.objects.get(code="chad").name_en == "Republic of Chad"


# --- The table that leaves the portal --------------------------------------------------------------------------


def table(client, query: str = "") -> list[dict]:
    answer = client.get(f"{FILE}?{query}")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_table(cast, sign_in):
    at(cast, "2024-02-29", "reinforced", "chad", reasons='=HYPERLINK("http://x.example")')
    at(cast, "2026-11-20", "normal", "chad", "2026-12-24")
    client = sign_in(cast[ALBA])
    rows = {row["Code"]: row for row in table(client)}
    assert set(rows) == {"chad", "kenya", "south-sudan"}
    chad = rows["chad"]
    assert (chad["Level"], chad["Since"], chad["Next review"], chad["Review overdue"]) == (
        "reinforced", "2024-02-29", "2027-05-20", "no",
    )  # fmt: skip
    assert (chad["To come"], chad["From"], chad["Day"]) == ("normal", "2026-12-24", "2026-11-21")
    assert chad["Why"].startswith("'=HYPERLINK")
    assert chad["Made for"] == cast[ALBA].name
    assert "For its readers only; not public." in chad["Purpose"]
    assert chad["Purpose"].startswith("The levels in this file are invented")
    assert rows["kenya"]["Level"] == "normal (default: nobody has decided)"
    assert [row["Level"] for row in table(client, "on=2026-12-24&q=chad")] == ["normal"]
    events = Event.objects.filter(verb="implementation_levels.table_exported").order_by("number")
    assert [event.facts for event in events] == [
        {"on": "2026-11-21", "format": "csv", "rows": 3},
        {"on": "2026-12-24", "format": "csv", "rows": 1},
    ]
    assert "levels-2026-12-24.csv" in client.get(f"{FILE}?on=2026-12-24")["Content-Disposition"]


# --- One area --------------------------------------------------------------------------------------------------


def test_the_page_of_an_area(cast, sign_in):
    at(cast, "2024-02-29", "reinforced", "chad", reasons="<b>Conflict</b>")
    at(cast, "2024-08-20", "reinforced", "chad", reasons="No better")
    at(cast, "2026-11-01", "normal", "chad", "2027-01-01")
    at(cast, "2026-11-20", "normal", "chad", "2026-12-24", reasons="Sooner")
    client = sign_in(cast[ALBA])
    page = words(answer := client.get(CHAD))
    assert "Level today reinforced called Enhanced in the English framework" in page
    assert "Since 29 Feb 2024 (2 years, 8 months)" in page
    assert "Why No better" in page
    assert "20 Aug 2024, by the Oversight Committee" in page
    assert "Next review 20 Feb 2025 overdue" in page
    assert "To come normal from 24 Dec 2026" in page
    assert "taken back on 20 Nov 2026, before it came into effect" in page
    assert page.index("Sooner") < page.index("No better", page.index("History"))  # newest first
    assert b"<b>Conflict" not in answer.content
    assert "Reinforced from 29 Feb 2024 to 23 Dec 2026. Normal since 24 Dec 2026." in page  # the picture in words
    assert "Level on 1 Mar 2024 reinforced" in words(client.get(f"{CHAD}?on=2024-03-01"))
    before = words(client.get(f"{CHAD}?on=2024-02-28"))
    assert "Level on 28 Feb 2024 normal default: nobody has decided" in before
    assert "Nobody has decided. An area about which nobody has decided is at the normal level." in before


def test_an_area_has_no_level_when_it_does_not_exist(cast, sign_in):
    area = Area.objects.create(code="summit", name_en="Summit", name_fr="Sommet", kind="ad_hoc",
                               valid_from=date(2026, 3, 1), valid_to=date(2026, 9, 30))  # fmt: skip
    at(cast, "2026-04-01", "reinforced", "summit")
    client = sign_in(cast[ALBA])
    assert "This area existed until 30 Sep 2026." in words(client.get("/levels/areas/summit/"))
    assert "This area exists only since 1 Mar 2026." in words(client.get("/levels/areas/summit/?on=2026-02-28"))
    assert "Level on 30 Sep 2026 reinforced" in words(client.get("/levels/areas/summit/?on=2026-09-30"))
    assert codes(client.get(WORLD), "reinforced") == []
    assert codes(client.get(f"{WORLD}?on=2026-09-30"), "reinforced") == [area.code]


@pytest.mark.parametrize(("email", "asks"), [("do@un.example", False), ("csfp@un.example", True), (ALBA, False)])
def test_who_may_ask_for_a_review_sees_the_button(cast, sign_in, email, asks):
    assert ("Ask for a review of this level" in words(sign_in(cast[email]).get(CHAD))) == asks


def test_who_opens_reviews_need_not_ask_for_one(cast, sign_in):
    client = sign_in(cast[HQ])
    assert "Ask for a review of this level" not in words(client.get(CHAD))
    assert "/levels/reviews/open/?area=chad" in client.get(CHAD).content.decode()


def test_the_areas_say_their_level(cast, sign_in):
    of_some(cast)
    client = sign_in(cast[ALBA])
    page = words(client.get("/areas/"))
    assert "Chad country reinforced" in page
    assert "Kenya country normal default: nobody has decided" in page
    assert "The levels on this page are invented." in page
    page = words(client.get("/areas/south-sudan/"))
    assert "normal since 1 Jun 2025 reinforced from 24 Dec 2026" in page


# --- What it costs ---------------------------------------------------------------------------------------------


def test_what_the_pages_cost_with_one_row_and_with_three(cast, sign_in):
    costs = {WORLD: 10, f"{WORLD}?q=a": 11, CHAD: 10, "/areas/": 8, "/areas/chad/": 12}
    clients = [sign_in(cast[email]) for email in (HQ, BENU_HQ)]
    for rows in (("chad",), ("kenya", "south-sudan")):
        for code in rows:
            a_level(cast, "reinforced", code=code)
            a_level(cast, "normal", code=code, begins=NOW.date() + timedelta(days=9))
        for client in clients:
            found = {}
            for path in costs:
                with CaptureQueriesContext(connection) as asked:
                    assert client.get(path).status_code == 200
                found[path] = len(asked)
            assert found == costs


@pytest.mark.long
def test_every_area_and_forty_years(cast, sign_in):
    """250 areas, a decision on each every six months for forty years, a third of them reinforced at a time."""
    load_reference()
    committee, _group = bodies(cast)
    decision = a_decision(cast, body=committee, question="implementation_levels.area", proposal="reinforced")
    rows = []
    for place, area in enumerate(Area.objects.order_by("code")):
        for number in range(1, 81):
            on = NOW.date() - timedelta(days=183 * (81 - number) + place % 180)
            is_reinforced = (place + number // 7) % 3 == 0
            rows.append(
                LevelDecision(
                    ref=f"LEV-{len(rows):06}",
                    area=area,
                    number=number,
                    level="reinforced" if is_reinforced else "normal",
                    is_change=number % 7 == 0,
                    effective_from=on,
                    since=on,
                    decided_on=on,
                    review_due=on + timedelta(days=183),
                    reasons="Armed conflict between several groups; roads are closed for weeks. Assessed as high risk.",
                    decision=decision,
                )
            )
    for row, subject in zip(rows, Subject.objects.bulk_create(Subject() for _row in rows), strict=True):
        row.subject = subject
    LevelDecision.objects.bulk_create(rows, batch_size=1000)
    client = sign_in(cast[HQ])
    for path in (WORLD, f"{WORLD}?on=2024-02-29", f"{WORLD}?on=1970-01-01", f"{WORLD}?on=2031-01-01", CHAD):
        client.get(path)
        with CaptureQueriesContext(connection) as asked:
            content = client.get(path).content
        assert len(asked) <= 12, path
        assert len(content) <= 100_000, path
