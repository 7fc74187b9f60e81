"""What the report form demands: three answers, a moment that was, an area and an audience that are the reporter's."""

from datetime import datetime

import pytest

from areas.models import Area
from incidents.forms import DEFAULT_AUDIENCE
from incidents.models import Report
from organisations.models import Membership, Standing
from sharing.audiences import chosen_of
from sharing.markings import ALLOWED, AudienceChoice, Marking
from tests.factories.incidents import USUAL, typed
from tests.sampling import some

from .conftest import own_release

pytestmark = pytest.mark.django_db
CODED = ["category", "place_precision", "place_type", "actor", "means", "context"]


def test_three_answers_are_enough(send, cast):
    facts = own_release(send(typed(cast)).filed())
    assert facts.texts == {"what": "Two vehicles were stopped."}
    assert facts.occurred_from.isoformat() == "2026-03-14T06:30:00+00:00"
    assert (facts.time_zone, facts.time_precision) == ("Africa/Juba", "about")
    assert {getattr(facts, name) for name in CODED} == {"unknown"}
    assert (facts.killed, facts.wounded, facts.kidnapped, facts.detained) == (None, None, None, None)


def test_nothing_filled_in(send):
    page = send({}).refused("submission", "area", "time_precision", "what", "marking", "originator", is_kept=False)
    assert "Choose the area in which it happened." in page


def test_opened_and_sent_empty(send, cast):
    answer = send(typed(cast, area="", occurred_on="", occurred_at="", what=""))
    page = answer.refused("area", "occurred_on", "what", is_kept=False)
    assert "Give the date, or choose “not sure”." in page


WRONG = [
    ({"occurred_on": "2026-03-21"}, "occurred_on", "future"),
    ({"occurred_on": "2026-03-20", "occurred_at": "14:06"}, "occurred_on", "future"),
    ({"occurred_on": "2025-02-29"}, "occurred_on", "valid date"),
    ({"occurred_on": "2026-13-01"}, "occurred_on", "valid date"),
    ({"occurred_on": "0000-01-01"}, "occurred_on", "valid date"),
    ({"occurred_on": "0001-01-01"}, "occurred_on", "long ago"),
    ({"occurred_on": "0001-01-01", "occurred_at": "00:00"}, "occurred_at", "cannot be used"),
    ({"occurred_on": "9999-12-31"}, "occurred_on", "future"),
    ({"occurred_on": "10000-01-01"}, "occurred_on", "valid date"),
    ({"occurred_on": "1989-12-31"}, "occurred_on", "long ago"),
    ({"occurred_at": "24:00"}, "occurred_at", "valid time"),
    ({"occurred_at": "", "time_precision": "exact"}, "occurred_at", "Give the time"),
    ({"occurred_on": ""}, "occurred_on", "Give the date"),
    ({"occurred_on": "", "time_precision": "day"}, "occurred_on", "Give the date"),
    ({"area": ""}, "area", "Choose the area"),
    ({"area": "kenya"}, "area", "Select a valid choice"),
    ({"area": "chad"}, "area", "Select a valid choice"),
    ({"area": "atlantis"}, "area", "Select a valid choice"),
    ({"time_precision": "month"}, "time_precision", "Select a valid choice"),
    ({"position": "4.85"}, "position", "latitude, longitude"),
    ({"position": "94, 31"}, "position", "Latitude goes"),
    ({"category": "sexual_violence"}, "category", "Select a valid choice"),
    ({"audience": ["named_organisations"]}, "organisations", "Name at least one organisation"),
    ({"marking": "TLP:RED"}, "audience", "only for persons you name"),
    ({"named_persons": "nobody@nowhere.example"}, "named_persons", "nobody@nowhere.example"),
]


def test_a_sentence_at_the_field(send, cast, subtests):
    for changes, field, words in WRONG:
        with subtests.test(str(changes)):
            answer = send(typed(cast, **{"what": "kept ✓", **changes}))
            assert words in answer.refused(field)
            assert answer.shows("kept ✓")


def test_when(send, cast, subtests):
    for changes, moment, precision in [
        ({"occurred_on": "2024-02-29", "occurred_at": "00:00"}, "2024-02-28T22:00:00+00:00", "about"),
        ({"occurred_on": "2026-03-20", "occurred_at": "14:04"}, "2026-03-20T12:04:00+00:00", "about"),
        ({"occurred_at": "", "time_precision": "day"}, "2026-03-13T22:00:00+00:00", "day"),
        ({"time_precision": "day"}, "2026-03-13T22:00:00+00:00", "day"),
        ({"occurred_at": ""}, "2026-03-13T22:00:00+00:00", "day"),  # "about this time" is how the form opens
        ({"clock": "UTC", "time_precision": "exact"}, "2026-03-14T08:30:00+00:00", "exact"),
        ({"clock": ""}, "2026-03-14T06:30:00+00:00", "about"),
        ({"occurred_at": "", "time_precision": "not_sure"}, "2026-03-13T22:00:00+00:00", "not_sure"),
        ({"occurred_on": "", "occurred_at": "", "time_precision": "not_sure"}, None, "not_sure"),
        ({"occurred_on": "", "time_precision": "not_sure"}, None, "not_sure"),
    ]:
        with subtests.test(str(changes)):
            facts = own_release(send(typed(cast, **changes)).filed())
            assert facts.occurred_from == (datetime.fromisoformat(moment) if moment else None)
            assert facts.time_precision == precision


def test_clocks_are_put_forward_and_back(send, cast):
    Area.objects.filter(code="south-sudan").update(time_zone="Asia/Gaza")
    page = send(typed(cast, occurred_on="2025-04-12", occurred_at="02:30")).refused("occurred_at")
    assert "Did you mean 03:30?" in page
    twice = own_release(send(typed(cast, occurred_on="2025-10-25", occurred_at="01:30")).filed())
    assert twice.occurred_from.isoformat() == "2025-10-24T22:30:00+00:00"
    Area.objects.filter(code="south-sudan").update(time_zone="Africa/Cairo")
    day = own_release(send(typed(cast, occurred_on="2023-04-28", occurred_at="", time_precision="day")).filed())
    assert day.occurred_from.isoformat() == "2023-04-27T22:00:00+00:00"


@pytest.mark.slow
@pytest.mark.parametrize("marking", some(Marking, 2))
def test_markings_and_audiences(send, cast, subtests, marking):
    """What the table of markings and audiences allows is filed, everything else is refused at the audience."""
    naming = {
        "named_organisations": {"organisations": [cast.organisations["benu"].ref]},
        "named_persons": {"named_persons": "hq@benu.example"},
    }
    for choice in AudienceChoice:
        with subtests.test(str(choice)):
            answer = send(typed(cast, marking=marking, audience=[choice], **naming.get(choice, {})))
            if choice in ALLOWED[marking]:
                assert answer.filed().incident.item.marking == marking
            else:
                answer.refused("audience")
                assert str(choice.label) in answer.response.context["form"].errors["audience"][0]
    everything = naming["named_organisations"] | naming["named_persons"]
    send(typed(cast, marking=marking, audience=list(AudienceChoice), **everything)).refused("audience")
    assert Report.objects.for_system("test").count() == len(ALLOWED[marking])


def test_naming_organisations_and_persons(send, cast, subtests):
    for marking, audience, organisations, persons, errors in [
        ("TLP:RED", [], [], "hq@benu.example\n\n HQ@lake.example ", {"named_persons"}),
        ("TLP:RED", [], [], "hq@benu.example\n\n IO@lake.example ", set()),
        ("TLP:RED", ["named_persons"], [], "", {"named_persons"}),
        ("TLP:RED", ["named_persons", "dss_desks"], [], "hq@benu.example", {"audience"}),
        ("TLP:RED", ["named_persons"], [], "hq@suspended.example", {"named_persons"}),
        ("TLP:RED", ["named_persons"], [], "admin@portal.example", {"named_persons"}),
        ("TLP:RED", ["named_persons"], [], "nobody@elsewhere.example", {"named_persons"}),
        ("TLP:RED", ["named_persons"], [], "applicant@dune.example", {"named_persons"}),
        ("TLP:RED", ["named_persons"], ["benu"], "hq@benu.example", {"audience"}),
        ("TLP:AMBER", ["dss_desks"], [], "hq@benu.example", {"audience"}),
        ("TLP:AMBER", [], ["benu", "platform"], "", set()),
        ("TLP:AMBER", [], ["dune"], "", {"organisations"}),
        ("TLP:AMBER", [], ["suspended"], "", {"organisations"}),
    ]:
        with subtests.test(f"{marking} {organisations} {persons}"):
            refs = [cast.organisations[key].ref for key in organisations]
            post = typed(cast, marking=marking, audience=audience, organisations=refs, named_persons=persons)
            answer = send(post)
            if errors:
                answer.refused(*errors)
            else:
                answer.filed()


def test_a_person_who_has_left_cannot_be_named(send, cast):
    type(cast["hq@benu.example"]).objects.filter(email="hq@benu.example").update(is_active=False)
    post = typed(cast, marking="TLP:RED", audience=[], named_persons="hq@benu.example")
    assert "hq@benu.example" in send(post).refused("named_persons")


def test_another_organisation_is_not_reported_for(send, cast):
    send(typed(cast, "benu")).refused("originator")


def test_only_areas_in_which_one_reports(send_as, cast):
    send = send_as("field@benu.example")
    for area in ("south-sudan", "chad"):
        send(typed(cast, "benu", area=area)).filed()
    send(typed(cast, "benu", area="kenya")).refused("area")
    send_as("hq@benu.example")(typed(cast, "benu", area="kenya")).filed()


def test_one_organisation_does_not_lend_its_area_to_another(send_as, cast):
    Membership.objects.create(
        user=cast["field@cedar.example"],
        organisation=cast.organisations["alba"],
        area=cast.areas["south-sudan"],
        role="partner_field",
    )
    send = send_as("field@cedar.example")
    page = send(typed(cast, "cedar", area="south-sudan")).refused("area")
    assert "You do not report for this organisation in this area." in page
    send(typed(cast, "alba", area="south-sudan")).filed()


def test_a_local_arrangement_reports_to_dss_only(send_as, cast):
    send = send_as("local@nngo.example")
    for audience in (USUAL, []):
        assert "Make that the only choice." in send(typed(cast, "nngo", audience=audience)).refused("audience")
    send(typed(cast, "nngo", audience=["dss_desks"])).filed()


@pytest.mark.parametrize(
    ("email", "ticked"), [("local@nngo.example", {"dss_desks"}), ("field@alba.example", set(DEFAULT_AUDIENCE))]
)
def test_the_audience_ticked_at_first_can_be_sent(cast, sign_in, email, ticked):
    form = sign_in(cast[email]).get("/incidents/report/").context["form"]
    assert set(form["audience"].value()) == ticked


def test_a_suspended_organisation_still_reports(send, cast):
    Standing.objects.create(organisation=cast.organisations["alba"], kind="suspended")
    send(typed(cast)).filed()


@pytest.mark.parametrize(
    "email", ["admin@portal.example", "nobody@elsewhere.example", "do@un.example", "wg@icva.example"]
)
def test_who_reports_for_nobody_finds_no_form(cast, send_as, email):
    send = send_as(email)
    assert send.client.get("/incidents/report/").status_code == 404
    for path in ("/incidents/report/", "/incidents/drafts/"):
        answer = send(typed(cast), path)
        assert (answer.response.status_code, answer.has_written) == (404, False)


@pytest.mark.parametrize("between", [",", ", ", ";", " ", "\n", ",\r\n"])
def test_persons_are_named_however_their_addresses_are_parted(send, cast, between):
    two = ["hq@benu.example", "io@lake.example"]
    report = send(
        typed(cast, marking="TLP:RED", audience=["named_persons"], named_persons=between.join(two) + between)
    ).filed()
    assert chosen_of(report.incident.item).person_ids == {cast[email].pk for email in two}


def test_choices_that_a_marking_does_not_allow_are_told_apart(send, cast):
    page = send(typed(cast, marking="TLP:RED", audience=["dss_desks", "un_of_area"])).refused("audience")
    labels = [str(AudienceChoice(code).label) for code in ("dss_desks", "un_of_area")]
    assert " · ".join(labels) in page
