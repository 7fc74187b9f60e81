"""What a level asks, line by line: from data, from what somebody said and still holds, else unknown (L7)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from areas.models import Area
from implementation_levels.actions.tasks import state_line
from implementation_levels.checklist import NORMAL, checklist_of, checklists, lines_of
from implementation_levels.levels import today
from implementation_levels.models import Line, Statement
from implementation_levels.shared_incidents import first_month, shared_systematically
from organisations.models import Standing
from sharing.models import Audience, Item
from tests.factories.coordination import a_mechanism, an_assignment, days_ago
from tests.factories.levels import a_level, area
from tests.factories.statistics import make_incidents

pytestmark = pytest.mark.django_db
HQ, FIELD, DO, OCHA, GISF, WG = (
    "dss.hq@un.example",
    "dss.field@un.example",
    "do@un.example",
    "ocha@un.example",
    "chair@gisf.example",
    "wg@icva.example",
)
PLATFORM, ALBA = "platform@southsudan.example", "field@alba.example"
PAGE, CONSISTENCY = "/levels/areas/south-sudan/checklist/", "/levels/consistency/"
BODIES = {HQ, OCHA, "dss.chair@un.example", GISF, "wfp@un.example", WG}
OTHERS = {FIELD, DO, PLATFORM, ALBA, "admin@portal.example", "applicant@dune.example"}
READERS = {HQ, FIELD, GISF, PLATFORM, ALBA}  # of each sort one; everybody in the walk of the visibility
STRANGERS = {"admin@portal.example", "applicant@dune.example", "hq@suspended.example", "local@nngo.example"}


def states(code="south-sudan", level="reinforced"):
    return {row.line: row.state for row in checklist_of(area(code), level)}


def of_line(line, code="south-sudan"):
    return next(row for row in checklist_of(area(code), "reinforced") if row.line == line)


def said(cast, line, says="met", *, until=10, text="every second Tuesday"):
    """Josephine says something about a line of South Sudan that holds for so many days, or held until then."""
    row = Statement(
        area=area(), line=line, says=says, text=text, by=cast[FIELD], holds_until=today() + timedelta(days=until)
    )
    row.save(force_insert=True)
    return row


def shared_by(cast, *keys, each=1, months=1):
    """Incidents that each of these organisations shared in South Sudan so many months ago."""
    for key in keys:
        items = make_incidents([{"area": area()}] * each, originator=cast.organisations[key])
        moment = timezone.now().replace(day=1) - timedelta(days=30 * months - 15)
        Item.objects.for_system("test").filter(pk__in=[item.pk for item in items]).update(created_at=moment)


def test_the_normal_level_asks_for_three_lines_and_the_reinforced_one_for_all():
    assert lines_of("normal") == NORMAL == (Line.REPRESENTATIVES, Line.DIALOGUE, Line.LOGISTICS)
    assert lines_of("reinforced") == tuple(Line)


def test_where_nothing_is_known_nothing_is_met(cast):
    found = states("kenya")
    assert {line for line, state in found.items() if state == "gap"} == {"representatives", "focal_point", "platform"}
    assert found["sioc"] == "not_needed"
    assert "met" not in found.values()


def test_what_the_portal_has_data_of_comes_from_them(cast):
    assert states()["focal_point"] == "gap"
    mechanism = a_mechanism(cast, organisation=cast.organisations["platform"])
    assert of_line("platform").state == "unknown"
    an_assignment(cast, "slt_focal_point")
    an_assignment(cast, "sioc", who=None)
    mechanism.is_operational = True
    mechanism.save()
    found = states()
    assert {line: found[line] for line in ("representatives", "focal_point", "platform", "sioc")} == dict.fromkeys(
        ("representatives", "focal_point", "platform", "sioc"), "met"
    )
    mechanism.is_operational = False
    mechanism.save()
    said(cast, Line.PLATFORM)  # the data stay right, whatever is said
    assert of_line("platform").state == "gap"


def test_a_name_that_nobody_confirms_is_unknown_and_a_second_hat_is_said(cast):
    an_assignment(cast, "slt_focal_point", confirmed_on=days_ago(400))
    assert of_line("focal_point").state == "unknown"
    an_assignment(cast, "dss_office")
    an_assignment(cast, "slt_focal_point")
    assert "other functions" in of_line("focal_point").because


def test_what_was_said_counts_as_long_as_it_holds_and_the_newest_counts(cast):
    assert of_line("meetings").state == "unknown"
    said(cast, Line.MEETINGS, "gap")
    said(cast, Line.MEETINGS, "met")
    row = of_line("meetings")
    assert (row.state, row.because) == ("met", "every second Tuesday")
    assert "Josephine Achol Deng" in row.source
    said(cast, Line.MEETINGS, "met", until=-1)
    row = of_line("meetings")
    assert (row.state, row.source) == ("unknown", "")
    assert "nobody has said it again" in row.because


def test_somebody_may_say_that_a_centre_is_needed_where_none_is(cast):
    said(cast, Line.SIOC, "gap")
    assert of_line("sioc").state == "gap"


def test_incidents_are_shared_systematically_or_nobody_knows(cast):
    shared_by(cast, "alba", "benu", each=5)
    assert of_line("incidents").state == "unknown"  # ten, of two: whoever is one of them would know the other's
    shared_by(cast, "lake")
    row = of_line("incidents")
    assert row.state == "met"
    for word in ("Alba", "Benu", "Lake", "11", "10"):
        assert word not in row.because + row.source


def test_few_old_withheld_or_foreign_incidents_say_nothing(cast):
    shared_by(cast, "alba", "benu", "lake", "cedar")  # four
    shared_by(cast, "alba", "benu", "lake", each=3, months=8)
    assert shared_systematically([area()], today()) == set()
    shared_by(cast, "alba", each=2)
    assert shared_systematically([area(), area("chad")], today()) == {area().pk}
    Audience.objects.for_system("test").update(principal="originator:1")  # withheld from everybody
    assert shared_systematically([area()], today()) == set()


def test_the_months_are_whole_ones_so_that_no_single_report_shows(cast):
    assert first_month(today()).day == 1
    shared_by(cast, "alba", "benu", "lake", each=3)
    Item.objects.for_system("test").update(created_at=timezone.now())  # of this month: not counted before the next
    assert shared_systematically([area()], today()) == set()
    assert shared_systematically([area()], (today().replace(day=28) + timedelta(days=5))) == {area().pk}


def test_a_part_counts_for_the_whole(cast):
    part = Area.objects.create(code="part", name_en="P", name_fr="P", kind="part", parent=area())
    shared_by(cast, "alba", "benu", "lake", each=2)
    Item.objects.for_system("test").update(area=part)
    assert shared_systematically([area(), part], today()) == {area().pk, part.pk}


@pytest.mark.parametrize(("text", "until"), [(" ", None), ("words", -1), ("words", 400)])
def test_a_statement_says_something_and_not_for_ever(cast, text, until):
    until = until and today() + timedelta(days=until)
    with pytest.raises(ValueError, match="a statement says something"):
        state_line(area=area(), line="meetings", says="met", text=text, holds_until=until, by=cast[FIELD])


# --- Pages -----------------------------------------------------------------------------------------------------


def test_readers_of_levels_read_it_and_nobody_else(cast, sign_in):
    clients = {who: sign_in(cast[who]) for who in READERS | STRANGERS}
    for page in (PAGE, f"{PAGE}dialogue/"):
        found = {who: client.get(page).status_code for who, client in clients.items()}
        assert found == dict.fromkeys(READERS, 200) | dict.fromkeys(STRANGERS, 404)


def test_who_is_suspended_there_reads_nothing_of_it(cast, sign_in):
    alba = cast.organisations["alba"]
    Standing.objects.create(organisation=alba, area=area(), kind="suspended", starts_at=timezone.now())
    client = sign_in(cast["hq@alba.example"])
    assert [client.get(path).status_code for path in (PAGE, f"{PAGE}dialogue/")] == [404, 404]
    assert client.get(PAGE.replace("south-sudan", "chad")).status_code == 200


@pytest.mark.long
@pytest.mark.parametrize("line", ["", "meetings/", "focal_point/", "incidents/"])
def test_no_page_asks_more_than_it_may(cast, sign_in, line):
    a_level(cast)
    an_assignment(cast)
    client = sign_in(cast[HQ])
    with CaptureQueriesContext(connection) as asked:
        assert client.get(f"{PAGE}{line}").status_code == 200
    assert len(asked) <= 12


def test_gaps_come_first_and_the_page_says_what_is_asked(cast, sign_in):
    a_level(cast)
    said(cast, Line.DIALOGUE, text="<b>CANARY")
    response = sign_in(cast[ALBA]).get(PAGE)
    order = [row.state for row, _may_open in response.context["items"]]
    assert order == sorted(order, key=["gap", "unknown", "met", "not_needed"].index)
    assert "&lt;b&gt;CANARY" in response.content.decode()
    assert sign_in(cast[ALBA]).get(f"{PAGE}nothing/").status_code == 404


def test_a_normal_area_has_no_line_of_the_reinforced_level(cast, sign_in):
    client = sign_in(cast[FIELD])
    assert client.get(f"{PAGE}dialogue/").status_code == 200
    assert client.get(f"{PAGE}meetings/").status_code == 404
    a_level(cast, begins=today() + timedelta(days=5))  # decided: to be prepared
    assert client.get(f"{PAGE}meetings/").status_code == 200


@pytest.mark.long
def test_who_answers_for_the_area_says_how_a_line_stands(cast, sign_in):
    a_level(cast)
    typed = {"says": "met", "text": "Every Tuesday", "holds_until": ""}
    for who in (FIELD, DO, PLATFORM, HQ):
        assert sign_in(cast[who]).post(f"{PAGE}meetings/", typed).status_code == 302
    for who in (ALBA, GISF, "csfp@un.example", "wfp.security@un.example"):
        assert sign_in(cast[who]).post(f"{PAGE}meetings/", typed).status_code == 404
        assert "Say it" not in sign_in(cast[who]).get(f"{PAGE}meetings/").content.decode()
    assert Statement.objects.count() == 4


def test_what_was_typed_comes_back(cast, sign_in):
    a_level(cast)
    late = (today() + timedelta(days=900)).isoformat()
    response = sign_in(cast[FIELD]).post(f"{PAGE}meetings/", {"says": "", "text": "typed once", "holds_until": late})
    assert set(response.context["form"].errors) == {"says", "holds_until"}
    assert "typed once" in response.content.decode()
    response = sign_in(cast[FIELD]).post(f"{PAGE}meetings/", {"says": "met", "text": "x" * 600})
    assert set(response.context["form"].errors) == {"text"}


# --- Many areas ------------------------------------------------------------------------------------------------


def test_many_areas_take_as_many_questions_as_one(cast, django_assert_num_queries):
    a_level(cast)
    for code in ("south-sudan", "chad"):
        an_assignment(cast, code=code)
    one, many = {area(): "reinforced"}, {area("chad"): "reinforced", area("kenya"): "normal"}
    with CaptureQueriesContext(connection) as asked:
        checklists(one)
    with django_assert_num_queries(len(asked)):
        found = checklists(one | many)
    assert [len(lines) for lines in found.values()] == [13, 13, 3]


def test_the_bodies_see_whether_levels_are_applied_consistently(cast, sign_in, django_assert_num_queries):
    asked = {who: sign_in(cast[who]).get(CONSISTENCY).status_code for who in BODIES | OTHERS}
    assert asked == dict.fromkeys(BODIES, 200) | dict.fromkeys(OTHERS, 404)
    a_level(cast)
    client = sign_in(cast[WG])
    with CaptureQueriesContext(connection) as one:
        response = client.get(CONSISTENCY)
    assert [found.code for found, _lines, _missing in response.context["items"]] == ["south-sudan"]
    for code in ("chad", "kenya"):
        a_level(cast, code=code)
    with django_assert_num_queries(len(one)):
        response = client.get(CONSISTENCY)
    assert len(one) <= 12
    assert [found.code for found, _lines, _missing in response.context["items"]] == ["chad", "kenya", "south-sudan"]
    assert [sum(numbers) for _label, numbers in response.context["totals"]] == [3] * 13


def test_normal_areas_that_lack_something_stand_apart(cast, sign_in):
    found = sign_in(cast[GISF]).get(f"{CONSISTENCY}?level=normal")
    lines = {place.code: [row.state for row in rows] for place, rows, _missing in found.context["items"]}
    assert lines["kenya"] == ["gap", "unknown", "unknown"]
    assert "south-sudan" not in lines  # Grace speaks for the NGOs, DSS has an office
