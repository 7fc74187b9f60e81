"""The report form as an enemy, a tired person or a broken browser fills it in: through the page, never a 500."""

import uuid
from html import escape

import pytest
import time_machine
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents.forms import AffectedFormSet, IncidentForm
from incidents.models import Draft, IncidentRelease, Report
from incidents.policies import filing_memberships
from notifications.models import Message
from organisations.models import Standing
from sharing.markings import ALLOWED, AudienceChoice, Marking
from sharing.models import Item
from tests.factories.incidents import typed

pytestmark = pytest.mark.django_db
PAGE = "/incidents/report/"
TEXTS = {
    "what": 5000,
    "place": 200,
    "exact_place": 300,
    "actor_name": 200,
    "consequences": 3000,
    "actions_taken": 3000,
    "persons": 3000,
}
CODED = ["category", "place_precision", "place_type", "actor", "means", "context"]
HOSTILE = {
    "NUL": "a\x00b",
    "control characters": "a\x01\x08\x1b\x7fb",
    "right-to-left": "‮سيارة‬ \u2066x",
    "emoji": "👩🏿‍🚒🔥",
    "formula": '=CMD("calc")|-1',
    "script": '<script>alert(1)</script>"><img src=x onerror=alert(1)>',
    "quote": "'; DROP TABLE incidents_report; --",
    "template": "{{ form }}{% debug %}%s",
    "very long": "x" * 6000,
    "line breaks": "a\r\nBcc: b@example.org",
}


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel("2026-03-20T12:00:00Z", tick=True):
        yield


@pytest.fixture
def client(cast, sign_in):
    return sign_in(cast["field@alba.example"])


def nothing_was_written():
    return not any(
        rows.objects.for_system("test").exists() for rows in (Report, Item, IncidentRelease, Draft)
    ) and not (Message.objects.exists())


def refused(response, *fields):
    """The answer says what is wrong at exactly these fields, and nothing happened."""
    assert response.status_code == 422
    assert set(response.context["form"].errors) == set(fields)
    page = response.content.decode()
    for name in fields:
        if not response.context["form"][name].is_hidden:
            assert f'id="id_{name}_error"' in page, name
        for sentence in response.context["form"].errors[name]:
            assert escape(sentence, quote=False) in page.replace("&quot;", '"').replace("&#x27;", "'")
            assert str(sentence).endswith((".", "?")), sentence
    assert 'class="error-summary"' in page
    assert nothing_was_written()
    return page


def filed(response):
    assert response.status_code == 302, response.context["form"].errors if response.context else response
    report = Report.objects.for_system("test").select_related("incident__item").latest("pk")
    assert response.url == f"/incidents/{report.incident.item.ref}/receipt/"
    return report


def opened(report):
    """What the reporter's own release holds."""
    item = report.incident.item
    rows = IncidentRelease.objects.for_system("test").with_release()
    return rows.get(release__item=item, release__depth=2)


def test_three_answers_are_enough(cast, client):
    report = filed(client.post(PAGE, typed(cast)))
    facts = opened(report)
    assert facts.texts == {"what": "Two vehicles were stopped."}
    assert facts.occurred_from.isoformat() == "2026-03-14T06:30:00+00:00"
    assert (facts.time_zone, facts.time_precision) == ("Africa/Juba", "about")
    assert {getattr(facts, name) for name in CODED} == {"unknown"}
    assert (facts.killed, facts.wounded, facts.kidnapped, facts.detained) == (None, None, None, None)


def test_nothing_filled_in(client):
    page = refused(client.post(PAGE, {}), "submission", "area", "time_precision", "what", "marking", "originator")
    assert "Choose the area in which it happened." in page


def test_opened_and_sent_empty(cast, client):
    post = typed(cast, area="", occurred_on="", occurred_at="", what="")
    page = refused(client.post(PAGE, post), "area", "occurred_on", "what")
    assert "Give the date, or choose “not sure”." in page


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("name", TEXTS)
def test_free_text(cast, client, name, hostile):
    text = HOSTILE[hostile]
    response = client.post(PAGE, typed(cast, **{name: text}))
    if len(text) > TEXTS[name]:
        assert escape(text) in refused(response, name)
        return
    report = filed(response)
    kept = text.translate({code: None for code in range(32) if chr(code) not in "\t\r\n"} | {0x7F: None})
    assert opened(report).texts[name] == kept
    page = client.get(f"/incidents/{report.incident.item.ref}/").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert escape(kept.split("\r\n")[0]) in page


@pytest.mark.parametrize("name", TEXTS)
def test_free_text_at_its_limit(cast, client, name):
    text = "ж" * TEXTS[name]
    assert escape(text + "!") in refused(client.post(PAGE, typed(cast, **{name: text + "!"})), name)
    assert opened(filed(client.post(PAGE, typed(cast, **{name: text})))).texts[name] == text


@pytest.mark.parametrize("hostile", [*HOSTILE, "no such code"])
@pytest.mark.parametrize("name", [*CODED, "time_precision", "clock", "marking", "audience", "area", "originator"])
def test_choices(cast, client, name, hostile):
    post = typed(cast, **{name: HOSTILE.get(hostile, "no-such-code")}, what="«typed & kept»", persons="P" * 50)
    page = refused(client.post(PAGE, post), name)
    assert escape("«typed & kept»") in page
    assert "P" * 50 in page
    assert "<img src=x" not in page


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("name", ["occurred_on", "occurred_at", "position", "named_persons", "organisations"])
def test_values_with_a_form(cast, client, name, hostile):
    page = refused(client.post(PAGE, typed(cast, **{name: HOSTILE[hostile]})), *expected_at(name))
    if name != "organisations":  # a choice that is not offered cannot be shown
        assert escape(HOSTILE[hostile]) in page
    assert "<img src=x" not in page


def expected_at(name):
    """Naming somebody is itself a choice of audience, which AMBER+STRICT may refuse."""
    return [name]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
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
        ({"occurred_at": ""}, "occurred_at", "Give the time"),
        ({"occurred_on": ""}, "occurred_on", "Give the date"),
        ({"occurred_on": "", "time_precision": "day"}, "occurred_on", "Give the date"),
        ({"area": ""}, "area", "Choose the area"),
        ({"area": "kenya"}, "area", "Select a valid choice"),
        ({"area": "chad"}, "area", "Select a valid choice"),
        ({"area": "atlantis"}, "area", "Select a valid choice"),
        ({"time_precision": "month"}, "time_precision", "Select a valid choice"),
        ({"position": "4.85"}, "position", "latitude, longitude"),
        ({"position": "94, 31"}, "position", "Latitude goes"),
        ({"named_persons": "nobody@nowhere.example"}, "named_persons", "nobody@nowhere.example"),
        ({"audience": ["named_organisations"]}, "organisations", "Name at least one organisation"),
        ({"category": "sexual_violence"}, "category", "Select a valid choice"),
    ],
)
def test_a_sentence_at_the_field(cast, client, changes, field, words):
    page = refused(client.post(PAGE, typed(cast, **{"what": "kept ✓", **changes})), field)
    assert words in page
    assert "kept ✓" in page


@pytest.mark.parametrize(
    ("changes", "moment", "precision"),
    [
        ({"occurred_on": "2024-02-29", "occurred_at": "00:00"}, "2024-02-28T22:00:00+00:00", "about"),
        ({"occurred_on": "2026-03-20", "occurred_at": "14:04"}, "2026-03-20T12:04:00+00:00", "about"),
        ({"occurred_at": "", "time_precision": "day"}, "2026-03-13T22:00:00+00:00", "day"),
        ({"time_precision": "day"}, "2026-03-13T22:00:00+00:00", "day"),
        ({"clock": "UTC", "time_precision": "exact"}, "2026-03-14T08:30:00+00:00", "exact"),
        ({"clock": ""}, "2026-03-14T06:30:00+00:00", "about"),
        ({"occurred_at": "", "time_precision": "not_sure"}, "2026-03-13T22:00:00+00:00", "not_sure"),
        ({"occurred_on": "", "occurred_at": "", "time_precision": "not_sure"}, None, "not_sure"),
        ({"occurred_on": "", "time_precision": "not_sure"}, None, "not_sure"),
    ],
)
def test_when(cast, client, changes, moment, precision):
    facts = opened(filed(client.post(PAGE, typed(cast, **changes))))
    assert facts.occurred_from == (moment and facts.occurred_from.fromisoformat(moment))
    assert facts.time_precision == precision


@pytest.mark.parametrize(
    ("day", "clock", "answer"),
    [("2025-04-12", "02:30", "Did you mean 03:30?"), ("2025-10-25", "01:30", "2025-10-24T22:30:00+00:00")],
)
def test_clock_changes(cast, client, day, clock, answer):
    type(cast.areas["south-sudan"]).objects.filter(code="south-sudan").update(time_zone="Asia/Gaza")
    response = client.post(PAGE, typed(cast, occurred_on=day, occurred_at=clock))
    if answer.startswith("Did"):
        assert answer in refused(response, "occurred_at")
    else:
        assert opened(filed(response)).occurred_from.isoformat() == answer


CHOICES = [choice for choice in AudienceChoice]


@pytest.mark.slow
@pytest.mark.parametrize("marking", Marking)
def test_markings_and_audiences(cast, client, marking):
    """All markings and all choices, one and all at a time: what the table allows is filed, the rest is refused."""
    naming = {
        "named_organisations": {"organisations": [cast.organisations["benu"].ref]},
        "named_persons": {"named_persons": "hq@benu.example"},
    }
    for choice in CHOICES:
        post = typed(cast, marking=marking, audience=[choice], **naming.get(choice, {}))
        response = client.post(PAGE, post)
        if choice in ALLOWED[marking]:
            assert filed(response).incident.item.marking == marking
        else:
            assert set(response.context["form"].errors) == {"audience"}, choice
            assert str(AudienceChoice(choice).label) in response.context["form"].errors["audience"][0]
    response = client.post(PAGE, typed(cast, marking=marking, audience=CHOICES, **naming["named_persons"]))
    assert "audience" in response.context["form"].errors
    assert Report.objects.for_system("test").count() == len(ALLOWED[marking])


@pytest.mark.parametrize(
    ("marking", "audience", "organisations", "persons", "errors"),
    [
        ("TLP:RED", [], [], "hq@benu.example\n\n HQ@alba.example ", set()),
        ("TLP:RED", ["named_persons"], [], "", {"named_persons"}),
        ("TLP:RED", ["named_persons", "dss_desks"], [], "hq@benu.example", {"audience"}),
        ("TLP:RED", ["named_persons"], [], "hq@suspended.example", {"named_persons"}),
        ("TLP:RED", ["named_persons"], [], "admin@portal.example", {"named_persons"}),
        ("TLP:RED", ["named_persons"], [], "nobody@elsewhere.example", {"named_persons"}),
        ("TLP:RED", ["named_persons"], [], "applicant@dune.example", {"named_persons"}),
        ("TLP:AMBER", ["dss_desks"], [], "hq@benu.example", {"audience"}),
        ("TLP:AMBER", [], ["benu", "platform"], "", set()),
        ("TLP:AMBER", [], ["dune"], "", {"organisations"}),
        ("TLP:AMBER", [], ["suspended"], "", {"organisations"}),
        ("TLP:RED", ["named_persons"], ["benu"], "hq@benu.example", {"audience"}),
    ],
)
def test_naming(cast, client, marking, audience, organisations, persons, errors):
    refs = [cast.organisations[key].ref for key in organisations]
    post = typed(cast, marking=marking, audience=audience, organisations=refs, named_persons=persons)
    response = client.post(PAGE, post)
    if errors:
        refused(response, *errors)
    else:
        filed(response)


def test_a_person_who_has_left_cannot_be_named(cast, client):
    type(cast["hq@benu.example"]).objects.filter(email="hq@benu.example").update(is_active=False)
    post = typed(cast, marking="TLP:RED", audience=[], named_persons="hq@benu.example")
    assert "hq@benu.example" in refused(client.post(PAGE, post), "named_persons")


def test_another_organisation_is_not_reported_for(cast, client):
    refused(client.post(PAGE, typed(cast, organisation="benu")), "originator")


def test_an_area_in_which_one_does_not_report(cast, sign_in):
    """Field Benu reports in two areas; a membership of one organisation does not lend its area to another."""
    client = sign_in(cast["field@benu.example"])
    for area in ("south-sudan", "chad"):
        filed(client.post(PAGE, typed(cast, "benu", area=area)))
    assert client.post(PAGE, typed(cast, "benu", area="kenya")).status_code == 422


def test_two_organisations_and_their_areas(cast, sign_in):
    from organisations.models import Membership

    person = cast["field@cedar.example"]
    Membership.objects.create(
        user=person, organisation=cast.organisations["alba"], area=cast.areas["south-sudan"], role="partner_field"
    )
    client = sign_in(person)
    page = refused(client.post(PAGE, typed(cast, "cedar", area="south-sudan")), "area")
    assert "You do not report for this organisation in this area." in page
    filed(client.post(PAGE, typed(cast, "alba", area="south-sudan")))


def test_a_local_arrangement_reports_to_dss_only(cast, sign_in):
    client = sign_in(cast["local@nngo.example"])
    page = refused(client.post(PAGE, typed(cast, "nngo")), "audience")
    assert "Leave only that choice." in page
    filed(client.post(PAGE, typed(cast, "nngo", audience=["dss_desks"])))


def test_a_suspended_organisation_still_reports(cast, sign_in):
    Standing.objects.create(organisation=cast.organisations["alba"], kind="suspended")
    filed(sign_in(cast["field@alba.example"]).post(PAGE, typed(cast)))


@pytest.mark.parametrize("email", ["admin@portal.example", "nobody@elsewhere.example", "do@un.example", "wg@icva.example"])
def test_who_reports_for_nobody_finds_no_form(cast, sign_in, email):
    client = sign_in(cast[email])
    assert client.get(PAGE).status_code == 404
    assert client.post(PAGE, typed(cast)).status_code == 404
    assert client.post("/incidents/drafts/", typed(cast)).status_code == 404
    assert nothing_was_written()


@pytest.mark.parametrize("word", ["", "x", "a\x00b", "1" * 500, "{00000000-0000-4000-8000-00000000000g}"])
def test_a_form_without_a_proper_id_can_be_sent_again(cast, client, word):
    page = refused(client.post(PAGE, typed(cast, submission=word)), "submission")
    fresh = page.split('name="submission" value="')[1].split('"')[0]
    filed(client.post(PAGE, typed(cast, submission=str(uuid.UUID(fresh)))))


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"count": "-1"}, "count"),
        ({"count": "1000000000"}, "count"),
        ({"count": "9" * 5000}, "count"),
        ({"count": "two"}, "count"),
        ({"count": "1.5"}, "count"),
        ({"count": "a\x00"}, "count"),
        ({"count": "NaN"}, "count"),
        ({"outcome": "eaten"}, "outcome"),
        ({"sex": "<script>"}, "sex"),
        ({"staff_of": "x", "count": "1"}, "staff_of"),
        ({"nationality": "\x00"}, "nationality"),
    ],
)
def test_groups_of_people_that_make_no_sense(cast, client, row, name):
    post = typed(cast, what="kept ✓") | {f"affected-1-{key}": value for key, value in row.items()}
    response = client.post(PAGE, post)
    assert response.status_code == 422
    page = response.content.decode()
    assert set(response.context["affected"].errors[1]) == {name}
    assert f'id="id_affected-1-{name}_error"' in page
    assert "kept ✓" in page
    if name == "count":
        assert escape(row["count"]) in page
    assert nothing_was_written()


def test_groups_of_people_are_counted(cast, client):
    rows = [
        {"count": "2", "outcome": "wounded", "sex": "male"},
        {"count": "", "outcome": "killed"},
        {"count": "0", "outcome": "wounded"},
    ]
    post = typed(cast) | {f"affected-{n}-{key}": value for n, row in enumerate(rows) for key, value in row.items()}
    facts = opened(filed(client.post(PAGE, post)))
    assert (facts.killed, facts.wounded, facts.kidnapped) == (None, 2, None)


def test_more_groups_than_the_form_has(cast, client):
    rows = {f"affected-{n}-count": "1" for n in range(13)} | {"affected-TOTAL_FORMS": "13"}
    response = client.post(PAGE, typed(cast) | rows)
    assert response.status_code == 422
    assert "12" in response.context["affected"].non_form_errors()[0]
    assert escape(response.context["affected"].non_form_errors()[0]) in response.content.decode()
    assert nothing_was_written()


@pytest.mark.parametrize("total", [None, "", "x", "-1", "999999999", "\x00"])
def test_a_broken_management_form(cast, client, total):
    response = client.post(PAGE, typed(cast, what="kept ✓", **{"affected-TOTAL_FORMS": total}))
    assert response.status_code in ({302} if total == "-1" else {302, 422})
    if response.status_code == 422:
        assert "kept ✓" in response.content.decode()
        assert nothing_was_written()


def test_too_large_a_request_is_refused_with_a_sentence(cast, client):
    response = client.post(PAGE, typed(cast, what="x" * 10_000_000))
    assert response.status_code == 413
    assert "too large to send" in response.content.decode()
    assert nothing_was_written()


def test_too_many_fields_are_refused_with_a_sentence(cast, client):
    response = client.post(PAGE, typed(cast) | {f"field{n}": "x" for n in range(5000)})
    assert response.status_code == 400
    assert "This request cannot be read" in response.content.decode()
    assert nothing_was_written()


@pytest.mark.parametrize("body", [b"\xff\xfe\x00", b"what=%ff%fe&area=%00", b"&&&===", b"", b"what[]=1&what=%ED%A0%80"])
def test_bytes_that_are_no_text(client, body):
    response = client.post(PAGE, body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 422
    response = client.post(PAGE, body, content_type="multipart/form-data; boundary=x")
    assert response.status_code in {400, 422}
    assert nothing_was_written()


def test_a_stranger_is_sent_to_sign_in(cast):
    response = Client().post(PAGE, typed(cast))
    assert response.url == f"/accounts/login/?next={PAGE}"
    assert nothing_was_written()


ANY = st.text(max_size=40) | st.sampled_from(list(HOSTILE.values()))


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_is_typed_is_taken_or_refused_at_a_field(cast, data):
    user = cast["field@benu.example"]
    names = list(IncidentForm(filing=[], user=user).fields)
    post = {name: data.draw(st.lists(ANY, max_size=2), label=name) for name in names}
    post = {name: values if name in {"audience", "organisations"} else "".join(values) for name, values in post.items()}
    form = IncidentForm(post, filing=filing_memberships(user), user=user)
    assert form.is_valid() == (not form.errors)
    assert str(form)
    rows = AffectedFormSet({f"affected-{n}-count": data.draw(ANY) for n in range(2)}, prefix="affected")
    assert not rows.is_valid()
