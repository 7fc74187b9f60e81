"""What the finder points at before a text is released, what it leaves alone, and what it says of its misses (C4)."""

import time

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from incidents.finder import Hit, HitKind, Known, find, known_for, marked, misses_sentence
from incidents.finding.figures import MISSED
from organisations.models import OrganisationName

NOBODY = Known()
RIVER = Known(organisations=("Save the River International",), acronyms=("STRI",), people=("Ingrid Halvorsen",))

FOUND = [
    ("our driver Gatluak Riek came", "person", "Gatluak Riek"),
    ("M. Traoré est parti", "person", "Traoré"),
    ("قال محمد علي ذلك", "person", "محمد علي"),
    ("司机王建国在", "person", "王建国"),
    ("Н. И. Сидоренко видел", "person", "Сидоренко"),
    ("the moto d’Oumar", "person", "Oumar"),
    ("call +211 912 345 678 now", "phone", "+211 912 345 678"),
    ("tel. ٠٩١٢٣٤٥٦٧٨", "phone", "٠٩١٢٣٤٥٦٧٨"),
    ("０７９９１２３４５６", "phone", "０７９９１２３４５６"),
    ("\u200b+93\u200b70\u200b123\u200b4567", "phone", "+93\u200b70\u200b123\u200b4567"),
    ("zero seven nine one two three", "phone", "zero seven nine one two three"),
    ("write to a.b@ngo.example, please", "email", "a.b@ngo.example"),
    ("on Telegram @desert_fox", "email", "@desert_fox"),
    ("at 12 Airport Road", "address", "12 Airport Road"),
    ("ул. Шевченко, д. 12, кв. 45", "address", "ул. Шевченко, д. 12, кв. 45"),
    ("at 4.85166, 31.58247", "position", "4.85166, 31.58247"),
    ("plate SSP 482 AC", "plate", "SSP 482 AC"),
    ("his passport P00482913", "identity_number", "P00482913"),
    ("IMEI 356938035643809", "identity_number", "356938035643809"),
]
NOT_FOUND = [
    "See INC-7KQ2MC, INC-7KQ2M and S/2024/312; resolution 2730 (2024).",
    "At 14:30 on 2025-11-03, 03/11/2025 and 3 November 2025.",
    "USD 5,000,000 and 12 000 000 naira for 1 200 000 people, 12.5 per cent, 35 km.",
    "Two AK-47, one RPG-7, M23 and an MI-8 on RN2.",
    "The Rapid Support Forces left North Darfur on Tuesday; the World Food Programme stays.",
    "قتل ١٢ شخصا على الطريق",
    "世界粮食计划署暂停了活动。",
    "Le Comité de sécurité est à Port-au-Prince.",
    "",
    "\x00",
]


@pytest.mark.parametrize(("text", "kind", "part"), FOUND)
def test_points_at(text, kind, part):
    assert (HitKind(kind), part) in [(hit.kind, hit.text) for hit in find(text, known=NOBODY)]


@pytest.mark.parametrize("text", NOT_FOUND)
def test_leaves_alone(text):
    assert find(text, known=NOBODY) == []


def test_names_that_the_portal_knows():
    texts = {
        "our Save-the-River driver": [("organisation", "Save-the-River")],
        "SAVE THE RIVER INTERNATIONAL left": [("organisation", "SAVE THE RIVER INTERNATIONAL")],
        "Halvorsen of STRI": [("person", "Halvorsen"), ("organisation", "STRI")],
        "STRI的仓库": [("organisation", "STRI")],
        "a string of stri": [],
        "They save the day.": [],
    }
    for text, found in texts.items():
        assert [(hit.kind, hit.text) for hit in find(text, known=RIVER)] == found, text


@pytest.mark.django_db
def test_the_originators_names_in_one_query(cast, django_assert_num_queries):
    benu = cast.organisations["benu"]
    OrganisationName.objects.create(organisation=benu, name="Bénu Secours")
    OrganisationName.objects.create(organisation=benu, name="BSX", kind="acronym")
    with django_assert_num_queries(1):
        known = known_for(benu)
    assert {benu.name, "Bénu Secours"} == set(known.organisations)
    assert {name for name in (benu.acronym, "BSX") if name} == set(known.acronyms)
    people = {row.user.name for row in benu.memberships.select_related("user") if not row.user.is_mailbox}
    assert people == set(known.people) != set()
    assert known_for(cast.organisations["lake"]).people != known.people


def test_marks_are_escaped():
    text = '<script>alert("Ahmed Saleh")</script> & +211 912 345 678'
    html = marked(text, find(text, known=NOBODY))
    assert "<script" not in html
    assert "<mark>Ahmed Saleh <small>(name of a person)</small></mark>" in html
    assert html.startswith("&lt;script&gt;alert(&quot;<mark>")
    hostile = "<b onclick=x>"
    assert marked(hostile, [Hit(0, len(hostile), HitKind.PERSON, hostile)]).startswith(
        "<mark>&lt;b onclick=x&gt; <small>"
    )
    assert marked("a & b", []) == "a &amp; b"


def test_says_what_it_missed(monkeypatch):
    monkeypatch.setitem(MISSED, "person", (21, 100))
    monkeypatch.setitem(MISSED, "phone", (5, 100))
    with translation.override("en"):
        sentence = "In our test this search missed 1 name in 4 and 1 telephone number in 20: read the text yourself."
        assert misses_sentence() == sentence
        monkeypatch.setitem(MISSED, "phone", (0, 30))
        assert "none of 30 telephone numbers" in misses_sentence()


_SIGNS = st.text(
    alphabet=st.one_of(st.characters(), st.sampled_from("AaЯ王م1٣+@.,-/ ()'\u200b\u202e\x00😀°\n")), max_size=200
)


@given(st.lists(st.one_of(_SIGNS, st.sampled_from([text for text, _kind, _part in FOUND])), max_size=4).map(" ".join))
def test_never_raises_and_stays_in_the_text(text):
    hits = find(text, known=RIVER)
    assert hits == sorted(hits)
    last = 0
    for hit in hits:
        assert last <= hit.start < hit.end <= len(text)
        assert hit.text == text[hit.start : hit.end] != ""
        last = hit.end
    assert marked(text, hits).count("<mark>") == len(hits)


REPEATED = ["A", "1", "1 ", "a@", "Ab ", "1\u200b", "محمد ", "王", "阿·", "a.", "one ", "rue a ", "A1-", "(1", "a/",
            "Mr ", "passport ", "12 Airport ", "plate no ", "12°", "House 12, ", "شارع ", "AA 0000 ", "AA00 ",
            "lat 1.1 ", " "]  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("part", REPEATED)
def test_time_is_proportional_to_the_text(part):
    def seconds(length):
        text = part * (length // len(part))
        began = time.process_time()
        find(text, known=RIVER)
        return time.process_time() - began

    assert seconds(160_000) < 12 * seconds(20_000) + 0.1, "eight times the text"
