"""Looking for an area by name: accents, either language, country codes; and the order of the alphabet."""

import pytest
from django.utils import translation

from areas.fields import AreaField
from areas.models import Area
from areas.names import by_name, folded, matching
from areas.reference import load_reference


@pytest.fixture
def areas(db):
    load_reference()
    return list(Area.objects.current().prefetch_related("countries"))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("cote d'ivoire", {"cote-divoire"}),
        ("CÔTE D’IVOIRE", {"cote-divoire"}),
        ("soudan", {"sudan", "south-sudan", "abyei"}),
        ("soudan du sud", {"south-sudan", "abyei"}),
        ("tchad", {"chad"}),
        ("SSD", {"south-sudan", "abyei"}),
        ("cisjordanie", {"west-bank"}),
        ("تشاد", {"chad"}),
        ("南苏丹", {"south-sudan", "abyei"}),
        ("Южный Судан", {"south-sudan", "abyei"}),
        ("líbano", {"lebanon", "unifil", "untso"}),
        ("%", set()),
        ("zzz", set()),
    ],
)
def test_matching(areas, words, found):
    assert {area.code for area in matching(areas, words)} == found


@pytest.mark.parametrize("words", ["", "   "])
def test_no_words_find_everything(areas, words):
    assert matching(areas, words) == areas


def test_the_order_is_that_of_the_reader_s_alphabet(areas):
    with translation.override("fr"):
        names = [area.name for area in by_name(areas)]
    assert names.index("Équateur") < names.index("Érythrée") < names.index("Espagne") < names.index("Fidji")
    with translation.override("en"):
        assert [area.name for area in by_name(areas)][0] == "Abyei"


def test_a_choice_of_areas_stands_in_that_order(areas):
    with translation.override("fr"):
        names = [label for value, label in AreaField(Area.objects.current(), empty_label="Choisir").choices]
    assert names[0] == "Choisir"
    assert names[1:] == sorted((area.name_fr for area in areas), key=folded)
