"""The pages with which DSS headquarters looks after the areas: asked first, told what follows, told who was first."""

import re
from datetime import date, timedelta

import pytest
from django.utils import timezone

from areas.actions import change_area, end_area, rename_area, today, version_of
from areas.models import Area, AreaEntry
from areas.reference import load_reference
from tests.factories.areas import of_areas
from tests.factories.levels import a_level

HQ, OTHER = "dss.hq@un.example", "hq@alba.example"
DAY = timedelta(days=1)
# Session, user, factor, memberships for the policy; area, territories, subscription, contacts, its history; its level
# and what is to come; parts, others.
DETAIL_QUERIES = 12
HISTORY_QUERIES = 7


@pytest.fixture
def client(cast, sign_in):
    return sign_in(cast[HQ])


def area(code="south-sudan"):
    return Area.objects.get(code=code)


def typed(page) -> dict:
    """What the form of a page holds: its initial values, or the hidden fields of a page that asks."""
    found = dict(page.context["typed"]) if "typed" in page.context else {}
    form = page.context.get("form")
    return found | {bound.html_name: bound.value() for bound in (form or ()) if bound.value()}


def added(**fields):
    coverages = {f"coverage_{number}": "whole" for number in range(1, 7)}
    names = {"kind": "country", "name_en": "New", "name_fr": "Nouvelle", "country_1": "Tchad", "begins": today()}
    return coverages | names | fields


def test_an_area_is_added_with_names_of_countries_in_any_language(client, cast, sign_in):
    load_reference()
    facts = {"country_1": "تشاد", "country_3": "south sudan", "coverage_3": "part", "country_4": "ken"}
    page = client.post("/areas/add/", added(kind="multi", note_en="A note", **facts), follow=True)
    made = area("new")
    assert dict(made.territories.values_list("country", "coverage")) == {"TD": "whole", "SS": "part", "KE": "whole"}
    assert (made.time_zone, made.valid_from, made.has_dss_office) == ("Africa/Ndjamena", today(), False)
    assert "Its level is normal until" in page.content.decode()
    assert "This place also lies in" in page.content.decode()
    assert {other.code for other, _ in page.context["others"]} == {"chad", "south-sudan", "kenya", "abyei"}
    assert "جنوب السودان" in sign_in(cast[OTHER]).get("/areas/new/").content.decode()
    again = client.post("/areas/add/", added(kind="multi", **facts))
    assert set(again.context["form"].errors) == {"name_en", "name_fr"}
    assert Area.objects.filter(name_en="New").count() == 1


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"country_1": ""}, {"country_1"}),
        ({"country_1": "Atlantis"}, {"country_1"}),
        ({"country_2": "td"}, {"country_2"}),
        ({"kind": "multi"}, {"country_2"}),
        ({"kind": "ad_hoc"}, {"ends"}),
        ({"kind": "x"}, {"kind"}),
        ({"begins": "2020-01-01"}, {"begins"}),
        ({"ends": "2020-01-01"}, {"ends"}),
        ({"name_fr": "Soudan du sud"}, {"name_fr"}),
        ({"name_en": ""}, {"name_en"}),
        ({"name_en": "x" * 101, "note_en": "x" * 301, "country_1": "x" * 101}, {"name_en", "note_en", "country_1"}),
        ({"name_en": "a\x00b"}, {"name_en"}),
        ({"time_zone": "Mars/Olympus"}, {"time_zone"}),
        ({"parent": "south-sudan"}, {"parent"}),
    ],
)
def test_what_cannot_be_is_refused_at_its_field_and_comes_back(client, fields, wrong):
    if "parent" in fields:
        fields = {"parent": area().pk}
    page = client.post("/areas/add/", added(reason="أسباب", **fields))
    assert set(page.context["form"].errors) == wrong
    assert "أسباب" in page.content.decode()
    assert not AreaEntry.objects.exists()


def test_a_change_is_for_today_and_says_what_was(client):
    form = typed(client.get("/areas/south-sudan/change/"))
    assert (form["country_1"], form["coverage_1"]) == ("South Sudan", "whole")
    changed = form | {"country_2": "Chad", "coverage_2": "part", "has_dss_office": "", "reason": "why"}
    page = client.post("/areas/south-sudan/change/", changed, follow=True)
    assert "The history keeps what was before." in page.content.decode()
    history = client.get("/areas/south-sudan/history/").content.decode()
    assert "South Sudan (whole)" in history
    assert "DSS has an office there" in history
    stale = client.post("/areas/south-sudan/change/", form | {"note_en": "mine", "reason": "why"})
    assert "Somebody else changed this area first" in stale.content.decode()
    assert "mine" in stale.content.decode()
    assert (area().note_en, AreaEntry.objects.count()) == ("", 1)
    again = typed(stale)
    client.post("/areas/south-sudan/change/", again)
    assert area().note_en == "mine"


def test_another_name_is_asked_about_and_the_old_one_stays_on_the_page(client, cast, sign_in):
    form = typed(client.get("/areas/chad/rename/"))
    wanted = form | {"name_en": "Tchad", "on": today() - DAY, "reason": "why"}
    asked = client.post("/areas/chad/rename/", wanted)
    assert (area("chad").name_en, AreaEntry.objects.count()) == ("Chad", 0)
    edited = client.post("/areas/chad/rename/", typed(asked) | {"edit": "yes"})
    assert edited.context["form"]["name_en"].value() == "Tchad"
    client.post("/areas/chad/rename/", typed(asked) | {"confirm": "yes"})
    assert area("chad").name_en == "Tchad"
    twice = client.post("/areas/chad/rename/", typed(asked) | {"confirm": "yes"})
    assert set(twice.context["form"].errors) >= {"name_en"}
    assert AreaEntry.objects.count() == 1
    page = sign_in(cast[OTHER]).get("/areas/chad/").content.decode()
    assert "Called “Chad” before" in page


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name_en": "Kenya"}, {"name_en"}),
        ({}, {"name_en"}),
        ({"name_en": "B", "on": "2020-01-01"}, {"on"}),
        ({"name_en": "B", "reason": ""}, {"reason"}),
    ],
)
def test_a_name_that_cannot_be(client, cast, fields, wrong):
    row = area("chad")
    rename_area(row, name_en="A", name_fr="A", on=today() - DAY, seen=0, by=cast[HQ])
    form = typed(client.get("/areas/chad/rename/")) | {"reason": "why", **fields}
    assert set(client.post("/areas/chad/rename/", form).context["form"].errors) == wrong


def split_form(client, **fields):
    names = {"name_en_1": "North", "name_fr_1": "Nord", "name_en_2": "South", "name_fr_2": "Sud"}
    return typed(client.get("/areas/south-sudan/split/")) | names | {"on": today() + DAY, "reason": "why"} | fields


def test_before_a_reinforced_area_is_split_somebody_has_read_what_happens_to_its_level(client, cast):
    a_level(cast)
    asked = client.post("/areas/south-sudan/split/", split_form(client))
    page = asked.content.decode()
    assert "South Sudan is a reinforced area (called Enhanced in the English framework)." in page
    assert "A new area begins at the normal level." in page
    assert re.search(r"\d people have a role there", page)
    unread = client.post("/areas/south-sudan/split/", typed(asked) | {"confirm": "yes"})
    assert set(unread.context["form"].errors) == {"understood"}
    assert not AreaEntry.objects.exists()
    done = client.post("/areas/south-sudan/split/", typed(unread) | {"confirm": "yes", "understood": "on"}, follow=True)
    assert [other.code for other in done.context["past"].became] == ["north", "south"]
    assert area("north").time_zone == "Africa/Juba"
    assert dict(area("south").territories.values_list("country", "coverage")) == {"SS": "part"}
    twice = client.post("/areas/south-sudan/split/", typed(asked) | {"confirm": "yes", "understood": "on"}, follow=True)
    assert "Nothing more was done." in twice.content.decode()
    assert Area.objects.filter(name_en="North").count() == 1
    assert client.get("/areas/south-sudan/split/").status_code == 404
    north = client.get("/areas/north/").content.decode()
    assert "It was made from:" in north
    assert "This area is there from" in north


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"on": "2020-01-01"}, {"on"}),
        ({"name_en_2": ""}, {"name_en_2"}),
        ({"name_en_2": "north"}, {"name_en_2"}),
        ({"name_en_3": "West"}, {"name_fr_3"}),
        ({"name_en_2": "Chad"}, {"name_en_2"}),
        ({"on": today() + 9 * DAY}, {"on"}),
    ],
)
def test_a_split_that_cannot_be(client, fields, wrong):
    Area.objects.filter(code="south-sudan").update(valid_to=today() + 8 * DAY)
    page = client.post("/areas/south-sudan/split/", split_form(client, **fields))
    assert set(page.context["form"].errors) == wrong


def test_who_is_overtaken_while_being_asked_is_told_and_loses_nothing_typed(client, cast):
    asked = client.post("/areas/south-sudan/split/", split_form(client))
    change_area(area(), changes={"note_en": "theirs"}, seen=0, by=cast[HQ])
    told = client.post("/areas/south-sudan/split/", typed(asked) | {"confirm": "yes"})
    assert "Somebody else changed this area first" in told.content.decode()
    assert 'value="North"' in told.content.decode()
    assert not Area.objects.filter(code="north").exists()


def test_a_country_that_only_one_new_area_lies_in_stays_whole(client):
    load_reference()
    fields = {"on": today(), "countries_1": ["FM", "PW", "KI"], "countries_2": ["KI", "MH"]}
    names = {"name_en_1": "West", "name_fr_1": "Ouest", "name_en_2": "East", "name_fr_2": "Est", "reason": "why"}
    form = typed(client.get("/areas/north-pacific/split/")) | names | fields
    asked = client.post("/areas/north-pacific/split/", form)
    pairs = asked.context["typed"] + [("confirm", "yes")]
    data = {name: [value for other, value in pairs if other == name] for name, _ in pairs}
    client.post("/areas/north-pacific/split/", data)
    assert dict(area("west").territories.values_list("country", "coverage")) == {
        "FM": "whole",
        "PW": "whole",
        "KI": "part",
    }
    assert (area("east").kind, area("east").note_en) == ("multi", area("north-pacific").note_en)


def test_areas_are_merged_and_all_of_them_must_be_as_they_were_read(client, cast):
    form = typed(client.get("/areas/chad/merge/"))
    form |= {"with_1": area("kenya").pk, "name_en": "Both", "name_fr": "Les deux", "on": today(), "reason": "why"}
    twice = client.post("/areas/chad/merge/", form | {"with_2": area("kenya").pk})
    assert set(twice.context["form"].errors) == {"with_2"}
    asked = client.post("/areas/chad/merge/", form)
    change_area(area("kenya"), changes={"note_en": "theirs"}, seen=0, by=cast[HQ])
    told = client.post("/areas/chad/merge/", typed(asked) | {"confirm": "yes"})
    assert "Somebody else changed" in told.content.decode()
    asked = client.post("/areas/chad/merge/", typed(told))
    client.post("/areas/chad/merge/", typed(asked) | {"confirm": "yes"})
    both = area("both")
    assert (both.kind, sorted(both.territories.values_list("country", "coverage"))) == (
        "multi",
        [("KE", "whole"), ("TD", "whole")],
    )
    assert [area(code).valid_to for code in ("chad", "kenya")] == [today() - DAY] * 2


def test_an_end_is_asked_about_and_the_page_of_what_has_ended_stays(client, cast, sign_in, monkeypatch):
    form = typed(client.get("/areas/chad/end/")) | {"on": today() + DAY, "reason": "why"}
    asked = client.post("/areas/chad/end/", form)
    assert "is at the normal level: the list of reinforced areas stays as it is." in asked.content.decode()
    client.post("/areas/chad/end/", typed(asked) | {"confirm": "yes"})
    lifted = typed(client.get("/areas/chad/end/")) | {"on": "", "reason": "why"}
    client.post("/areas/chad/end/", typed(client.post("/areas/chad/end/", lifted)) | {"confirm": "yes"})
    assert area("chad").valid_to is None
    end_area(area("chad"), on=today(), seen=version_of(area("chad")), by=cast[HQ])
    moment = timezone.now() + 2 * DAY
    monkeypatch.setattr(timezone, "now", lambda: moment)
    reader = sign_in(cast[OTHER])
    page = reader.get("/areas/chad/").content.decode()
    assert "This area has ended." in page
    assert "Follow this area" not in page
    assert "chad" not in [row[0].code for row in reader.get("/areas/").context["items"]]
    assert [row[0].code for row in reader.get("/areas/?time=ended").context["items"]] == ["chad"]


def test_who_does_not_look_after_areas_finds_no_way_to(client, cast, sign_in):
    change_area(area(), changes={"note_en": "x"}, reason="a reason", seen=0, by=cast[HQ])
    reader = sign_in(cast[OTHER])
    for name in ("rename", "change", "split", "merge", "end"):
        path = f"/areas/south-sudan/{name}/"
        assert path in client.get("/areas/south-sudan/").content.decode()
        assert path not in reader.get("/areas/south-sudan/").content.decode()
        assert [reader.get(path).status_code, reader.post(path, {}).status_code] == [404, 404]
    assert reader.post("/areas/add/", added()).status_code == 404
    history = reader.get("/areas/south-sudan/history/").content.decode()
    assert "a reason" in history  # for everybody who sees areas
    assert cast[HQ].name not in history
    assert cast[HQ].name in client.get("/areas/south-sudan/history/").content.decode().split("<h1>")[1]


@pytest.mark.parametrize("count", [1, 3])
def test_pages_ask_the_same_number_of_questions_however_long_the_history(
    client, cast, django_assert_num_queries, count
):
    for number in range(count):
        row, changes = area(), {"territories": {"SS": "part" if number % 2 else "whole", "KE": "part", "TD": "part"}}
        change_area(row, changes=changes | {"note_en": str(number)}, seen=version_of(row), by=cast[HQ])
    for path, questions in (("/areas/south-sudan/", DETAIL_QUERIES), ("/areas/south-sudan/history/", HISTORY_QUERIES)):
        client.get(path)
        with django_assert_num_queries(questions):
            client.get(path)


def test_pages_are_light(client, cast):
    load_reference()
    of_areas(cast)
    for path in ("add", "eastern-caribbean/change", "eastern-caribbean", "chad/merge", "unficyp/history", "unficyp"):
        assert len(client.get(f"/areas/{path}/").content) < 100_000, path
    assert client.get(f"/areas/undof/?on={date(2020, 1, 1)}").status_code == 200
