"""Words and filters of the list: each leaves exactly what it says, of what the reader's own release says."""

import pytest
from django.core.management import call_command

from incidents.codes import Outcome
from incidents.models import IncidentRelease
from sharing.models import SearchToken
from tests.factories.incidents import TEXTS, an_account, file_report

from .test_lists import NARROWED, PAGE, refs

WITH_WORDS = 8  # the releases that hold them, and what is open of these, which is all that is counted

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(cast, sign_in):
    """DSS headquarters, who read the full text of what desks get."""
    return sign_in(cast["dss.hq@un.example"])


@pytest.fixture
def reader(cast, sign_in):
    """The field focal point of IO Lake, who reads shared releases."""
    return sign_in(cast["io@lake.example"])


def filed(cast, **how) -> str:
    return file_report(cast, **how).incident.item.ref


def of(ref):
    """The releases of an incident, to set what desks and updates would set."""
    return IncidentRelease.objects.for_system("test").filter(release__item__ref=ref)


@pytest.mark.parametrize(
    ("query", "finds"),
    [("canary-what", True), ("Vehicle STOPPED", True), ("torit road", True), ("CANARY-ACTOR movements", True),
     ("second bend", False), ("joseph", False), ("211 900", False), ("4.41", False), ("torit nowhere", False)],
)  # fmt: skip
def test_words_of_the_shared_texts_find_the_shared_release(cast, reader, desk, query, finds):
    """What only the full release says is found by those who read that one, and by nobody else."""
    ref = filed(cast)
    answer = reader.get(PAGE, {"q": query})
    assert (refs(answer), answer.context["count_label"]) == (([ref], "1") if finds else ([], "0"))
    in_full = query not in {"4.41", "torit nowhere"}
    assert refs(desk.get(PAGE, {"q": query})) == ([ref] if in_full else [])


def test_whoever_sees_nothing_finds_nothing(cast, sign_in):
    ref = filed(cast)
    for email in ("nobody@elsewhere.example", "admin@portal.example", "field@cedar.example", "hq@suspended.example"):
        client = sign_in(cast[email])
        for query in ("torit", ref, "joseph"):
            assert refs(client.get(PAGE, {"q": query})) == [], email


def test_the_box_says_what_it_searches(cast, reader):
    """The names of areas and categories stand on the rows; they are found by their filters."""
    page = reader.get("/incidents/").content.decode()
    assert 'id="id_q_helptext">Words of the report; for area and category use their filters.' in page
    assert 'aria-describedby="id_q_helptext"' in page


def test_a_reference_typed_into_the_box(cast, reader):
    ref, other = filed(cast), filed(cast, choices=["dss_desks"])
    assert refs(reader.get(PAGE, {"q": ref.lower().replace("-", "")})) == [ref]
    assert refs(reader.get(PAGE, {"q": f" {ref} "})) == [ref]
    assert refs(reader.get(PAGE, {"q": other})) == []


@pytest.mark.parametrize("query", ["!?", "...", "\u0640", "—", "%", " ".join(f"word{n}" for n in range(21)), "x" * 201])
def test_a_query_that_is_none_is_said_at_the_field(cast, reader, query):
    filed(cast)
    answer = reader.get(PAGE, {"q": query})
    assert (answer.status_code, refs(answer)) == (200, [])
    assert 'class="field has-error"' in answer.content.decode()


@pytest.mark.parametrize(
    "query", ["%00", "a%00b", "%F0%9F%92%A3", "%27%22%3E%3Cscript%3E", "%FF%FE", "%ED%A0%80", "\u202e"]
)
def test_hostile_queries_find_nothing_and_break_nothing(cast, reader, query):
    filed(cast)
    answer = reader.get(f"{PAGE}?q={query}")
    assert (answer.status_code, refs(answer)) == (200, [])
    assert "<script>" not in answer.content.decode()


@pytest.mark.parametrize("text", ["الطريق إلى الجسر", "武装人员拦下", "мост взорван", "puente caído", "pont détruit"])
def test_a_phrase_in_each_language(cast, reader, text):
    ref = filed(cast, account=an_account(texts={**TEXTS, "what": f"({text})."}))
    filed(cast)
    assert refs(reader.get(PAGE, {"q": text})) == [ref]


def test_each_filter_on_what_is_known(cast, desk):
    """The columns that every release has, each alone and two together."""
    killed = filed(cast)  # one killed, two wounded, by criminals
    near = filed(
        cast, account=an_account(groups=[], coded={"category": "safety", "is_near_miss": True, "actor": "police"})
    )
    of(killed).update(severity=4, consequence=Outcome.KILLED, credibility="2", stage="final")
    of(near).update(severity=0, consequence=Outcome.UNHARMED, credibility="", stage="immediate")
    both = {killed, near}
    for query, left in [
        ("consequence=killed", {killed}),
        ("consequence=wounded", {killed}),
        ("consequence=unharmed", {near}),
        ("consequence=kidnapped", set()),
        ("actor=criminal", {killed}),
        ("actor=police", {near}),
        ("verification=2", {killed}),
        ("verification=none", {near}),
        ("verification=1", set()),
        ("severity=1", {killed}),
        ("severity=4", {killed}),
        ("near_miss=yes", {near}),
        ("near_miss=no", {killed}),
        ("stage=final", {killed}),
        ("stage=immediate", {near}),
        ("stage=update", set()),
        ("q=torit", both),
        ("q=torit&near_miss=yes", {near}),
        ("q=torit&actor=criminal&severity=3&whose=own", set()),
    ]:
        answer = desk.get(f"{PAGE}?{query}")
        assert set(refs(answer)) == left, query
        assert answer.context["count_label"] == str(len(left)), query
        assert answer.context["is_filtered"]


@pytest.mark.parametrize(
    "query",
    ["consequence=shot", "actor=x", "verification=7", "verification=%00", "severity=9", "severity=-1", "severity=1e9",
     "near_miss=perhaps", "stage=late", "severity=%27"],
)  # fmt: skip
def test_a_value_that_is_none_is_said_and_lists_nothing(cast, desk, query):
    filed(cast)
    answer = desk.get(f"{PAGE}?{query}")
    assert (answer.status_code, refs(answer)) == (200, [])
    assert 'class="field has-error"' in answer.content.decode()


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(
    ("query", "queries"),
    [
        ("q=torit", WITH_WORDS),
        ("q=torit+road+stopped", WITH_WORDS),
        ("severity=1&near_miss=no", NARROWED),
        ("consequence=killed", NARROWED),
    ],
)
def test_words_and_filters_ask_as_much_as_any_filter(cast, desk, django_assert_num_queries, number, query, queries):
    for _ in range(number):
        ref = filed(cast)
        of(ref).update(severity=3)
    with django_assert_num_queries(queries):
        assert len(refs(desk.get(f"{PAGE}?{query}"))) == number


def test_rebuilding_gives_the_same_tokens(cast, capsys):
    filed(cast)
    tokens = SearchToken.objects.for_system("test").order_by("token", "release")
    before = list(tokens.values_list("token", "release"))
    tokens.filter(pk=tokens.first().pk).delete()
    call_command("rebuild_search")
    assert list(tokens.all().values_list("token", "release")) == before
    call_command("rebuild_search")
    assert list(tokens.all().values_list("token", "release")) == before
    assert "Indexed 2 releases; 0 could not be opened." in capsys.readouterr().out


def test_rebuilding_goes_on_past_a_text_that_cannot_be_opened(cast, capsys):
    broken, whole = filed(cast), filed(cast)
    of(broken).update(sealed=b"broken")
    call_command("rebuild_search")
    assert "2 could not be opened" in capsys.readouterr().out
    rows = SearchToken.objects.for_system("test")
    assert set(rows.values_list("release__item__ref", flat=True)) == {whole}


def test_a_filter_that_makes_no_sense_is_said_and_nothing_else_is_proposed(cast, reader):
    filed(cast)
    page = reader.get(f"{PAGE}?category=no-such").content.decode()
    assert "No incident matches." in page
    assert "No incidents yet." not in page


@pytest.mark.parametrize(("until", "is_refused"), [("2026-03-13", True), ("2026-03-14", False)])
def test_from_a_day_until_an_earlier_one_is_refused_at_the_field(cast, reader, until, is_refused):
    page = reader.get(f"{PAGE}?since=2026-03-14&until={until}")
    assert ("until" in page.context["filter_form"].errors) is is_refused
    assert ("This day is before the day in “From”." in page.content.decode()) is is_refused
