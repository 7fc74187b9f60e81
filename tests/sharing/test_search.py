"""Words: how they are compared, how they are indexed, and that a search only ever narrows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharing import search
from sharing.models import Release, SearchToken
from sharing.search import (
    MOST_WORDS_OF_TEXT,
    index_release,
    index_releases,
    is_searchable,
    matching,
    words_of,
)
from tests.factories.sharing import make_item, make_release

TEXTS = {
    "English": "Two vehicles were stopped by armed men near the Torit bridge, 14 km east.",
    "French": "Deux véhicules ont été arrêtés par des hommes armés près du pont : l’équipe est sauve.",
    "Spanish": "Unos hombres armados detuvieron a un cooperante peruano en el kilómetro 14; señalan niños heridos.",
    "Russian": "Двое вооружённых людей остановили машину у моста, водитель ранен.",
    "Arabic": "أَوْقَفَ مُسَلَّحُونَ سَيَّارَتَيْنِ قُرْبَ الجِسْرِ وأُصيبَ السائق إصابةً خفيفة",
    "Chinese": "两辆汽车在桥附近被武装人员拦下，司机受伤。",
}


def found(query) -> set[int]:
    rows = Release.objects.for_system("test").filter(matching(query, release="pk"))
    return set(rows.values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("written", "sought"),
    [
        ("véhicules", "VEHICULE"), ("Zürich", "zurich"), ("naïve", "naive"), ("œuvre", "oeuvre"), ("Straße", "strasse"),
        ("ﬁle", "file"), ("ＴＯＲＩＴ", "torit"), ("boxes", "boxe"), ("l’équipe", "equipe"),
        ("qu’il", "il"), ("driver's", "drivers"),
        ("вооружённый", "вооруженный"), ("ЁЖ", "еж"), ("й", "й"), ("Łódź", "lodz"), ("İstanbul", "istanbul"),
        ("مُسَلَّحُون", "مسلحون"), ("الجسر", "جسر"), ("أحمد", "احمد"), ("إصابة", "اصابه"), ("مستشفى", "مستشفي"),
        ("سـيـارة", "سياره"), ("مسؤول", "مسوول"), ("٢٠٢٦", "2026"), ("14", "14"), ("A14-B", "a14 b"), ("ﻻجئ", "لاجئ"),
    ],
)  # fmt: skip
def test_ways_of_writing_that_are_one(written, sought):
    assert words_of(written) == words_of(sought) != []


@pytest.mark.parametrize(
    ("one", "other"),
    [("gas", "ga"), ("bus", "bu"), ("14", "15"), ("moto", "motel"), ("مدرسة", "مدرس"), ("дом", "том"), ("桥", "河")],
)
def test_words_that_stay_apart(one, other):
    assert words_of(one) != words_of(other)


def test_chinese_gives_characters_and_pairs():
    assert words_of("汽车在") == ["汽", "车", "在", "汽车", "车在"]
    assert words_of("汽车abc车") == ["汽", "车", "汽车", "abc"]


@given(st.text(max_size=300))
def test_any_text_has_words_of_one_form(text):
    words = words_of(text)
    assert len(words) == len(set(words))
    assert all(0 < len(word) <= 64 for word in words)
    assert is_searchable(text) == (0 < len(words) <= 20) or len(words) > 20


def test_a_text_is_bounded():
    assert len(words_of(" ".join(f"w{number}" for number in range(10_000)))) == MOST_WORDS_OF_TEXT
    assert words_of("x" * 100_000) == ["x" * 64]
    assert words_of("") == words_of(" \u200b\u0640 -_.,;!? \u0301") == []


@pytest.mark.django_db
class TestIndex:
    @pytest.fixture
    def releases(self):
        made = {language: make_release(make_item(), "everyone") for language in TEXTS}
        index_releases((made[language], [text]) for language, text in TEXTS.items())
        return made

    @pytest.mark.parametrize(
        ("language", "query"),
        [
            ("English", "armed men near the bridge"), ("English", "vehicle TORIT"), ("English", "14 km"),
            ("French", "hommes armes pres du pont"), ("French", "equipe véhicule"),
            ("Spanish", "cooperante peruano"), ("Spanish", "ninos kilometro"),
            ("Russian", "вооруженных людей"), ("Russian", "водитель РАНЕН"),
            ("Arabic", "سيارتين قرب الجسر"), ("Arabic", "جسر السائق اصابه"),
            ("Chinese", "武装人员"), ("Chinese", "司机 桥"), ("Chinese", "汽车在桥附近被武装人员拦下，司机受伤"),
        ],
    )  # fmt: skip
    def test_a_phrase_finds_its_text_only(self, releases, language, query):
        assert found(query) == {releases[language].pk}

    @pytest.mark.parametrize("query", ["armed women", "vehicle pont", "武装汽", "人武", "torit 15", "نسيارة"])
    def test_every_word_must_be_there(self, releases, query):
        assert found(query) == set()

    @pytest.mark.parametrize("query", ["", " ", "!?", "%", "_", "\u0640", "'; DROP TABLE --"])
    def test_without_a_word_that_occurs_nothing_is_found(self, releases, query):
        assert found(query) == set()

    def test_a_release_is_found_by_what_it_says_now(self, releases):
        release = releases["English"]
        index_release(release, ["Something else", None, [4.4, 32.1]])
        assert found("torit") == set()
        assert found("something ELSE") == {release.pk}
        index_release(release, [])
        assert not SearchToken.objects.for_system("test").filter(release=release).exists()

    @pytest.mark.parametrize("typed", ["{}", " {} ", "{lower}", "{joined}", "{spaced}", "inc–{rest}"])
    def test_a_reference_finds_its_item(self, releases, typed):
        release = releases["French"]
        ref = release.item.ref
        forms = {"lower": ref.lower(), "joined": ref.replace("-", ""), "spaced": ref.replace("-", " "), "rest": ref[4:]}
        assert found(typed.format(ref, **forms)) == {release.pk}
        assert found(ref[:-1]) == set()

    def test_a_reference_that_a_text_names_finds_both(self, releases):
        ref = releases["French"].item.ref
        index_release(releases["Arabic"], [f"see {ref.lower()}"])
        assert found(ref) == {releases["French"].pk, releases["Arabic"].pk}

    @pytest.mark.parametrize("few", [0, 1, 1000])
    def test_few_and_many_are_found_alike(self, releases, monkeypatch, few):
        """Named one by one, or left to the database."""
        monkeypatch.setattr(search, "_FEW", few)
        for release in releases.values():
            index_release(release, ["everywhere here"])
        ref = releases["French"].item.ref
        assert found("everywhere here") == {release.pk for release in releases.values()}
        assert found("everywhere nowhere") == set()
        assert found(ref) == {releases["French"].pk}

    def test_no_word_is_stored(self, releases):
        tokens = SearchToken.objects.for_system("test").values_list("token", flat=True)
        assert all(len(token) == 16 and set(token) <= set("0123456789abcdef") for token in tokens)

    def test_a_word_has_another_token_under_another_key(self, releases, settings):
        settings.DIGEST_KEY = "another key " * 4
        assert found("torit") == set()

    def test_it_only_narrows(self, cast, releases):
        """Asked beside the rule; of what is not open it says nothing."""
        hidden = make_release(make_item(), "organisation:1")
        index_release(hidden, ["torit"])
        rows = Release.objects.visible_to(cast["io@lake.example"]).filter(matching("torit", release="pk"))
        assert {row.pk for row in rows} == {releases["English"].pk}

    def test_tokens_go_with_their_release(self, releases):
        rows = Release.objects.for_system("test").filter(pk=releases["Chinese"].pk)
        rows.delete()
        assert found("桥") == set()
