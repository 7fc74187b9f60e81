"""Dashboards: who sees which part, what stands in it, that nothing leaks, and how little it asks (G1, G2)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from audit.actions import record
from coordination.models import Mechanism
from governance.models import Decision
from notifications.models import Message
from overview.dashboard_queue import divided
from overview.dashboard_tiles import Tile, codes_on_dashboards
from overview.figures.registry import figure_of
from overview.figures.stored import Row, Shown, refresh
from overview.models import StoredFigure
from overview.policies import has_dashboard
from partners.models import Application
from partners.queues import queue_of
from sharing.access import access_of
from tests.factories.coordination import a_mechanism, an_assignment, days_ago
from tests.factories.feedback import CANARY, a_case
from tests.factories.incidents import file_report
from tests.factories.queues import what_waits

pytestmark = pytest.mark.django_db
PAGE = "/dashboard/"
HQ, OCHA, DSS, CSFP, DO = (
    "dss.hq@un.example",
    "ocha@un.example",
    "dss.field@un.example",
    "csfp@un.example",
    "do@un.example",
)
GISF, CHAIR, WFP, ICVA = "chair@gisf.example", "dss.chair@un.example", "wfp@un.example", "wg@icva.example"
ALBA, ALBA_HQ, BENU, BENU_HQ = "field@alba.example", "hq@alba.example", "field@benu.example", "hq@benu.example"
SUSPENDED = "hq@suspended.example"
PARTS = {
    **dict.fromkeys([CHAIR, GISF], ["committee"]),
    ICVA: ["group"],
    HQ: ["headquarters"],
    OCHA: ["secretariat"],
    **dict.fromkeys([DSS, CSFP, DO], ["field"]),
    **dict.fromkeys([ALBA, ALBA_HQ, BENU, BENU_HQ, "field@cedar.example", "io@lake.example", SUSPENDED], ["own"]),
    "wfp.security@un.example": ["own"],
}
MOST_QUERIES = 12
QUERIES = {GISF: 8, ICVA: 8, HQ: 8, OCHA: 8, DSS: 7, DO: 6, BENU: 11, ALBA_HQ: 11, SUSPENDED: 7}


def page_of(client):
    answer = client.get(PAGE)
    assert answer.status_code == 200
    return answer, answer.content.decode()


def sections(answer):
    return {section.part.code: section for section in answer.context["sections"]}


@pytest.fixture
def counted(cast):
    """All figures are counted."""
    refresh()


def test_who_sees_which_parts(cast, sign_in):
    """Neither local focal points nor applicants, representatives, administrators have one."""
    assert PAGE not in sign_in(cast["local@nngo.example"]).get("/").content.decode()
    for email, user in cast.people.items():
        client = sign_in(user)
        if not has_dashboard(access_of(user)):
            assert email not in PARTS | {WFP: 0}
            assert client.get(PAGE).status_code == 404, email
            continue
        answer, text = page_of(client)
        assert list(sections(answer)) == PARTS.get(email, ["committee"]), email
        assert len(text.encode()) < 100_000
    assert {email for email, user in cast.people.items() if has_dashboard(access_of(user))} == {*PARTS, WFP}


def test_each_line_stands_once_overdue_first_with_its_deadline(cast, sign_in):
    rows = what_waits(cast)
    cast[GISF].memberships.create(organisation=cast.organisations["gisf"], role="working_group_member")
    answer, text = page_of(sign_in(cast[GISF]))
    found = sections(answer)
    assert list(found) == ["committee", "group"]
    refs = {code: [line.row.ref for line in section.waiting.lines] for code, section in found.items()}
    assert rows["question"].ref in refs["committee"]
    assert rows["checked"].ref in refs["group"]
    assert not set(refs["committee"]) & set(refs["group"])
    for section in found.values():
        late = [bool(line.late) for line in section.waiting.lines]
        assert late == sorted(late, reverse=True)
    assert text.count(f'>Say where your seat stands<span class="visually-hidden"> {rows["question"].ref}<') == 1
    answer, text = page_of(sign_in(cast[HQ]))
    kinds = sections(answer)["headquarters"].waiting.kinds
    assert [group.late for group in kinds] == sorted((group.late for group in kinds), reverse=True)
    assert {rows[name].ref for name in ("interest", "approved", "lapsed")} <= {
        line.row.ref for group in kinds for line in group.lines
    }
    assert rows["agreement"].ref not in text  # it is no turn of theirs


def test_tiles_show_their_time_and_rows_or_that_they_are_counted_anew(cast, counted, sign_in):
    client = sign_in(cast[GISF])
    answer, text = page_of(client)
    tiles = {tile.figure.code: tile for tile in sections(answer)["committee"].tiles}
    assert list(tiles) == codes_on_dashboards()
    for code, tile in tiles.items():
        assert tile.is_counted, code
        assert f'href="/figures/{code}/"' in text
        assert str(tile.figure.title) in text
    assert text.count("As of ") == len(tiles) + 1
    code = next(code for code in tiles if figure_of(code).watches and tiles[code].shown.rows)
    row = StoredFigure.objects.get(code=code)
    row.data["rows"][0][1][0] = 98765
    row.save()
    assert "98,765" in page_of(client)[1]
    record(sorted(figure_of(code).watches)[0], by=None, object_type="test", object_ref="x")
    answer, text = page_of(client)
    assert "98,765" not in text
    assert "Being counted anew." in text
    # Nobody else is given a figure: they are made of what they may not open.
    for email in (DSS, ALBA_HQ, SUSPENDED):
        answer, text = page_of(sign_in(cast[email]))
        assert not any(section.tiles for section in answer.context["sections"])
        assert "/figures/" not in text


def test_no_picture_is_drawn_where_every_number_may_be_zero():
    def draws(*numbers):
        return Tile(Shown(figure_of("feedback.states"), "", [Row("x", [number, 0], "") for number in numbers])).draws

    assert draws([0, 4], [0, 4]) == ""
    assert draws([0, 4], [5, 9]) == "bars"


def test_the_desk_and_headquarters_operate(cast, sign_in):
    item = file_report(cast).incident.item
    Message.objects.update(state="failed")
    answer, text = page_of(sign_in(cast[DSS]))
    assert [row.release.item for row in sections(answer)["field"].desk] == [item]
    assert f"/incidents/{item.ref}/" in text
    answer, text = page_of(sign_in(cast[HQ]))
    assert sections(answer)["headquarters"].failed_mails == Message.objects.count() > 0
    assert item.ref not in page_of(sign_in(cast[DO]))[1]


def test_own_reports_and_the_balance_are_what_one_may_open(cast, sign_in):
    """Each number of the balance is the number of the list behind it."""
    kept = file_report(cast, choices=["dss_desks"]).incident.item
    told = [file_report(cast, marking="TLP:GREEN", choices=["dss_desks", "community"]).incident.item for _ in range(2)]
    secret = file_report(cast, by=BENU_HQ, organisation="benu", choices=["dss_desks"]).incident.item
    theirs = file_report(
        cast, by=BENU_HQ, organisation="benu", marking="TLP:GREEN", choices=["dss_desks", "community"]
    ).incident.item
    client = sign_in(cast[ALBA])
    answer, text = page_of(client)
    section = sections(answer)["own"]
    assert {row.release.item for row in section.reports} == {kept, *told}
    assert [row.release.item for row in section.shared] == [theirs]
    assert secret.ref not in text
    balance = section.balance
    assert (balance.given, balance.beyond_dss, balance.received) == (3, 2, 1)
    for href, number in ((balance.given_href, 3), (balance.received_href, 1)):
        assert f"Found: {number}" in client.get(href).content.decode()
    assert "A balance, not a score" in text
    answer, text = page_of(sign_in(cast[SUSPENDED]))  # nothing but their own
    section = sections(answer)["own"]
    assert (section.reports, section.shared, section.balance, section.contacts) == ([], None, None, None)
    assert theirs.ref not in text


def test_own_feedback_and_never_a_case_about_oneself(cast, sign_in):
    User.objects.update(language="en")
    mine, late = a_case(cast), a_case(cast, due_at=timezone.now() - timedelta(days=3))
    about = a_case(cast, by=ALBA, key="alba", concerned=[BENU_HQ, ICVA, HQ])
    answer, text = page_of(sign_in(cast[BENU]))
    assert [row.ref for row in sections(answer)["own"].cases] == [late.ref, mine.ref]
    assert "overdue since" in text
    assert about.ref in page_of(sign_in(cast[GISF]))[1]  # whose desk takes it in
    for email in (BENU_HQ, ICVA, HQ, DSS):
        text = page_of(sign_in(cast[email]))[1]
        assert (about.ref in text, CANARY in text) == (False, False), email


def test_contacts_to_confirm_are_of_who_may_confirm_them(cast, sign_in):
    own, other = a_mechanism(cast, name="OLDFORUM"), a_mechanism(cast, name="OTHERFORUM")
    an_assignment(cast, who=ALBA, mechanism=own)
    Mechanism.objects.update(confirmed_on=days_ago(300))
    for email, seen in ((DSS, [True, True]), (ALBA, [True, False]), (BENU, [False, False]), (CSFP, [False, False])):
        text = page_of(sign_in(cast[email]))[1]
        assert [name in text for name in (own.name, other.name)] == seen, email


def asked_by(client):
    with CaptureQueriesContext(connection) as queries:
        page_of(client)
    return len(queries)


def test_it_asks_little_however_much_there_is_and_whatever_one_holds(cast, counted, sign_in):
    def more():
        file_report(cast)
        file_report(cast, by=BENU_HQ, organisation="benu", marking="TLP:GREEN", choices=["dss_desks", "community"])
        a_case(cast)
        a_mechanism(cast, name=f"Forum {Mechanism.objects.count()}")
        Mechanism.objects.update(confirmed_on=days_ago(300))

    what_waits(cast)
    more()
    clients = {email: sign_in(cast[email]) for email in QUERIES}
    refresh()
    assert {email: asked_by(client) for email, client in clients.items()} == QUERIES
    more(), more()
    refresh()
    assert {email: asked_by(client) for email, client in clients.items()} == QUERIES
    # Somebody who holds everything: the first part goes first, what finds no room is a link away.
    for role, key, area in (
        ("working_group_member", "dss", None),
        ("dss_headquarters", "dss", None),
        ("dss_field", "dss", cast.areas["south-sudan"]),
        ("partner_headquarters", "alba", None),
    ):
        cast[CHAIR].memberships.create(organisation=cast.organisations[key], role=role, area=area)
    client = sign_in(cast[CHAIR])
    assert list(sections(page_of(client)[0])) == ["committee", "group", "headquarters", "field", "own"]
    assert asked_by(client) <= MOST_QUERIES


def test_what_nobody_set_a_day_for_takes_its_place_by_its_age(cast, sign_in):
    rows = what_waits(cast)
    now = timezone.now()
    Decision.objects.for_system("test").filter(pk=rows["question"].pk).update(deadline=now + timedelta(days=20))
    for days, first in ((40, "before"), (1, "after")):
        Application.objects.for_system("test").filter(pk=rows["checked"].pk).update(
            state_since=now - timedelta(days=days)
        )
        cast[ICVA].memberships.get_or_create(organisation=cast.organisations["gisf"], role="oversight_committee_member")
        lines = divided(queue_of(access_of(cast[ICVA])).mine, [lambda line: True])[0].lines
        refs = [line.row.ref for line in lines]
        is_before = refs.index(rows["checked"].ref) < refs.index(rows["question"].ref)
        assert is_before is (first == "before"), days
