"""The reference list of countries and areas: complete, in United Nations usage, loaded twice without a change."""

import csv
import unicodedata
from datetime import date
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.utils import translation

from areas.models import Area, AreaTerritory, Country
from areas.names import LANGUAGES, names_of
from areas.points import point_of
from areas.reference import FOLDER, load_reference

pytestmark = pytest.mark.django_db
CARIBBEAN = ("AG", "AI", "BB", "DM", "GD", "KN", "LC", "MS", "VC", "VG")
SCRIPTS = {"ar": {"ARABIC"}, "es": {"LATIN"}, "ru": {"CYRILLIC"}, "zh": {"CJK"}}


def load():
    out = StringIO()
    call_command("load_areas", stdout=out)
    return out.getvalue()


def everything():
    return [list(model.objects.order_by("pk").values()) for model in (Country, Area, AreaTerritory)]


def test_loading_twice_changes_nothing(no_areas, django_assert_max_num_queries):
    known = Country.objects.count()
    first = load()
    added = 250 - known + Area.objects.count() + AreaTerritory.objects.count()
    assert first == f"Areas: {added} rows added, {known} changed.\n"  # these had no names in other languages
    before = everything()
    with django_assert_max_num_queries(12):
        assert load() == "Areas: 0 rows added, 0 changed.\n"
    assert everything() == before


def test_what_the_installation_maintains_is_kept_and_names_are_corrected():
    load_reference()
    own = {"has_dss_office": False, "designated_official_post": "Resident Coordinator", "valid_to": date(2030, 1, 1)}
    Area.objects.filter(code="chad").update(**own, name_en="Tchad")
    Area.objects.create(code="own-area", name_en="Own area", name_fr="Zone propre", kind="multi")
    assert load_reference().changed == 1
    chad = Area.objects.get(code="chad")
    assert {name: getattr(chad, name) for name in own} == own
    assert chad.name_en == "Chad"
    assert Area.objects.filter(code="own-area").exists()


def test_names_are_those_of_the_united_nations_in_both_languages():
    load_reference()
    names = {row.code: (row.name_en, row.name_fr) for row in Country.objects.all()}
    assert {code: names[code] for code in ("SS", "SY", "PS", "CI", "TR", "CD", "XK", "BO", "SV", "TL")} == {
        "SS": ("South Sudan", "Soudan du Sud"),
        "SY": ("Syrian Arab Republic", "République arabe syrienne"),
        "PS": ("State of Palestine", "État de Palestine"),
        "CI": ("Côte d'Ivoire", "Côte d'Ivoire"),
        "TR": ("Türkiye", "Türkiye"),
        "CD": ("Democratic Republic of the Congo", "République démocratique du Congo"),
        "XK": ("Kosovo", "Kosovo"),
        "BO": ("Bolivia (Plurinational State of)", "Bolivie (État plurinational de)"),
        "SV": ("El Salvador", "El Salvador"),
        "TL": ("Timor-Leste", "Timor-Leste"),
    }
    assert len(names) == 250


def test_every_country_has_its_name_in_the_six_languages_each_in_its_script_and_none_twice():
    load_reference()
    countries = list(Country.objects.all())
    for language, scripts in SCRIPTS.items():
        names = [getattr(country, f"name_{language}") for country in countries]
        assert len(set(names)) == len(names) == 250
        wrong = [name for name in names if {_script(letter) for letter in name if letter.isalpha()} != scripts]
        assert wrong == [], language
        assert [name for name in names if name != " ".join(name.split()) or set(name) & set('_;/"')] == []
    assert [language for language, _name in names_of(Country.objects.get(code="XK"))] == list(LANGUAGES)


def _script(letter):
    return unicodedata.name(letter).split()[0]


def test_every_area_has_a_point_on_the_map():
    load_reference()
    assert [area.code for area in Area.objects.prefetch_related("territories") if point_of(area) is None] == []


def test_a_country_under_one_official_for_several_keeps_an_area_of_its_own():
    load_reference()
    assert [area.code for area in Area.objects.covering("BB")] == ["barbados"]
    overlapping = Area.objects.filter(territories__country="BB").values_list("code", flat=True)
    assert sorted(overlapping) == ["barbados", "eastern-caribbean"]


def test_countries_are_those_of_the_public_list(shared_data):
    path = shared_data / "areas" / "ocha_countries_territories_taxonomy.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    theirs = {(r["ISO 3166-1 Alpha 2-Codes"], r["ISO 3166-1 Alpha 3-Codes"]) for r in rows if r["Deprecated"] != "Y"}
    load_reference()
    ours = set(Country.objects.values_list("code", "iso3"))
    assert {pair for pair in theirs if all(pair)} <= ours


def test_the_areas_that_are_not_simply_a_country():
    load_reference()
    special = Area.objects.exclude(kind="country")
    assert {
        area.code: (
            area.kind,
            area.parent and area.parent.code,
            sorted(area.territories.values_list("country", "coverage")),
        )
        for area in special
    } == {
        "gaza": ("part", "occupied-palestinian-territory", [("PS", "part")]),
        "west-bank": ("part", "occupied-palestinian-territory", [("PS", "part")]),
        "kosovo": ("mission", None, [("XK", "whole")]),
        "abyei": ("mission", None, [("SD", "part"), ("SS", "part")]),
        "western-sahara": ("mission", None, [("EH", "whole")]),
        "northwest-syria-cross-border": ("ad_hoc", None, [("SY", "part")]),
        "undof": ("mission", None, [("SY", "part")]),
        "unifil": ("mission", None, [("LB", "part")]),
        "unficyp": ("mission", None, [("CY", "part")]),
        "untso": ("mission", None, [(code, "part") for code in ("EG", "IL", "JO", "LB", "SY")]),
        "unmogip": ("mission", None, [("IN", "part"), ("PK", "part")]),
        "eastern-libya": ("part", "libya", [("LY", "part")]),
        "north-pacific": ("multi", None, [(code, "whole") for code in ("FM", "KI", "MH", "NR", "PW")]),
        "eastern-caribbean": ("multi", None, [(code, "whole") for code in CARIBBEAN]),
    }
    assert {area.code for area in special if not area.note} == {"gaza", "west-bank"}  # the area around them has it
    kosovo = Area.objects.get(code="kosovo")
    assert kosovo.note == (
        "References to Kosovo shall be understood to be in the context of Security Council resolution 1244 (1999)."
    )
    with translation.override("fr"):
        assert kosovo.note.endswith("la résolution 1244 (1999) du Conseil de sécurité.")
    assert Area.objects.get(code="northwest-syria-cross-border").valid_from == date(2023, 1, 9)


def test_each_country_is_covered_as_a_whole_by_exactly_one_area():
    load_reference()
    covered = {
        code: list(Area.objects.covering(code).values_list("code", flat=True))
        for code in Country.objects.values_list("code", flat=True)
    }
    assert covered["SS"] == ["south-sudan"]
    assert covered["PS"] == ["occupied-palestinian-territory"]
    assert covered["XK"] == ["kosovo"]
    # Without a civil population of their own, so nobody is responsible for security there.
    assert {code for code, areas in covered.items() if not areas} == {"AQ", "BV", "GS", "HM", "IO", "TF", "UM"}
    assert {len(areas) for areas in covered.values()} == {0, 1}


def test_every_time_zone_is_one():
    load_reference()
    zones = dict(Area.objects.values_list("code", "time_zone"))
    assert [ZoneInfo(zone).key for zone in zones.values()] == list(zones.values())
    assert [code for code, zone in zones.items() if zone == "UTC"] == []
    assert (zones["south-sudan"], zones["chad"], zones["dr-congo"], zones["gaza"]) == (
        "Africa/Juba",
        "Africa/Ndjamena",
        "Africa/Kinshasa",
        "Asia/Gaza",
    )


def test_the_files_say_nothing_twice():
    for name, key in (("countries.csv", "code"), ("countries.csv", "iso3"), ("areas.csv", "code")):
        with (FOLDER / name).open(encoding="utf-8", newline="") as file:
            keys = [row[key] for row in csv.DictReader(file)]
        assert len(keys) == len(set(keys))
