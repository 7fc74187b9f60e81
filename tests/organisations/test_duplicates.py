"""Which known organisations a name may mean (P12): the pairs by which the finder was agreed on, without a database."""

import pytest

from organisations.duplicates import EXACT, LIKELY, Finder, likely
from organisations.models import Organisation, OrganisationName

NRC = ("Norwegian Refugee Council", "NRC")
CHILDREN = ("Save the Children", "SC")
# What is asked, the organisation that is known, and whether it is exact, likely, or not meant.
PAIRS = [
    ("norwegian refugee  COUNCIL", NRC, "exact"),
    ("Norwegian Refugee Council (NRC)", NRC, "exact"),
    ("NRC – Norwegian Refugee Councils", NRC, "exact"),
    ("NRC", NRC, "likely"),
    ("N.R.C.", NRC, "likely"),
    ("Norwegian Refugee Council", ("NRC", ""), "likely"),
    ("NRC", ("Norwegian Refugee Council", ""), "likely"),
    ("Refugee Council, Norwegian", NRC, "likely"),
    ("Norvegian Refugee Counsil", NRC, "likely"),
    ("Conseil norvégien pour les réfugiés", NRC, "likely"),
    ("Danish Refugee Council", NRC, "no"),
    ("Refugee Council of Denmark (NRC)", NRC, "no"),
    ("Save the Children Sweden", CHILDREN, "likely"),
    ("Save the Children Norway", ("Save the Children Sweden", ""), "no"),
    ("Save the Children e.V.", CHILDREN, "exact"),
    ("ONG Save the Children", CHILDREN, "exact"),
    ("Action Aid", ("ActionAid", ""), "exact"),
    ("ActionAid International", ("Action Aid", ""), "likely"),
    ("International Organisation for Migration", ("International Organization for Migration", "IOM"), "exact"),
    ("Secours Islamique", ("Islamic Relief", "IR"), "likely"),
    ("Relief International", ("Islamic Relief", "IR"), "no"),
    ("Médecins Sans Frontières", ("Vétérinaires Sans Frontières", "VSF"), "no"),
    ("Swedish Committee for Afghanistan", ("Dutch Committee for Afghanistan", "DCA"), "no"),
    ("Street Child", ("War Child", ""), "no"),
    ("Santé Monde", ("World Health Organization", "WHO"), "no"),
    ("Management Systems International", ("Marie Stopes International", "MSI"), "no"),
    ("الإغاثة الإسلامية", ("الإغاثة الإسلامية عبر العالم", ""), "likely"),
    ("of the", NRC, "no"),
    ("– ( ) –", NRC, "no"),
    ("", NRC, "no"),
    ("A" * 100_000, NRC, "no"),
    ("(" * 5_000, NRC, "no"),
]


@pytest.mark.parametrize(("asked", "known", "verdict"), PAIRS, ids=[f"{a[:40]}|{k[0]}" for a, k, _ in PAIRS])
def test_what_is_meant(asked, known, verdict):
    finder = Finder([Organisation(pk=1, name=known[0], acronym=known[1])])
    found = finder.likely(asked)
    score = found[0].score if found else 0
    assert (score == EXACT, score >= LIKELY) == (verdict == "exact", verdict != "no"), found
    assert bool(finder.exact(asked)) == (verdict == "exact")


def test_another_acronym_beside_the_same_name_is_asked_about():
    """Where the acronyms differ, one of them may be a section's."""
    finder = Finder([Organisation(pk=1, name="Caritas", acronym="CI")], [(1, "Caritas Int", "acronym")])
    assert [match.is_exact for match in finder.likely("Caritas", acronym="C-G")] == [False]
    assert [match.is_exact for match in finder.likely("Caritas", acronym="c.i.")] == [True]


def test_two_that_are_spelt_the_same_are_no_exact_answer():
    rows = [Organisation(pk=1, name="Dune Aid"), Organisation(pk=2, name="DuneAid")]
    assert len(Finder(rows).likely("Dune-Aid")) == 2
    assert Finder(rows).exact("Dune-Aid") is None


@pytest.mark.django_db
def test_other_and_former_names_and_acronyms_count_in_two_queries(django_assert_num_queries):
    dune = Organisation.objects.create(kind="ingo", name="Dune Relief")
    for name, kind in (("Sandhilfe", "former"), ("Secours des dunes", "variant"), ("DUNRE", "acronym")):
        OrganisationName.objects.create(organisation=dune, name=name, kind=kind)
    for number in range(8):
        Organisation.objects.create(kind="ingo", name=f"Sandhilfe {number} Elsewhere", acronym="DUNRE")
    with django_assert_num_queries(2):
        former = likely("SANDHILFE e.V.")
    assert (former[0].organisation, former[0].is_exact) == (dune, True)
    assert former[0].because == "Formerly “Sandhilfe”"
    assert len(former) == 5
    assert likely("Secours des dunes", limit=1)[0].because == "Also known as “Secours des dunes”"
    assert dune in [match.organisation for match in likely("Dunre", limit=20)]
