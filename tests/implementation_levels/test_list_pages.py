"""The pages and files of the lists: who reads them, what they say, and what they cost (§5e; L4, P8)."""

import hashlib
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from areas.models import Area
from audit.models import Event
from documents.files import path_of
from implementation_levels.actions.lists import publish_due
from implementation_levels.lists import current_list, lists
from implementation_levels.models import Opening
from tests.factories.levels import CHAD, SOUTH_SUDAN, a_level, a_pdf
from tests.visibility.oracle import (
    ALBA_FIELD,
    APPLICANT,
    COMMUNITY,
    DSS_CHAIR,
    DSS_HQ,
    GISF_CHAIR,
    ICVA,
    LOCAL,
    PLATFORM,
    SUSPENDED,
    WFP,
)

from .test_lists import START, decided, made_on

READERS = COMMUNITY | {DSS_CHAIR, GISF_CHAIR, ICVA, PLATFORM, WFP}
SOME = {ALBA_FIELD, APPLICANT, LOCAL, SUSPENDED}  # on every page; everybody on that of a list
ALL, ONE, CHECK = "/levels/lists/", "/levels/lists/1/", "/levels/lists/check/"
FILES = (f"{ONE}list-1.json", f"{ONE}list-1.en.csv", f"{ONE}list-1.fr.csv", f"{ONE}pdf/en/", f"{ONE}pdf/fr/")


@pytest.fixture
def two(cast):
    """List 1 with South Sudan, of 2 March; list 2 with Chad instead, of 12 March, four days late."""
    decided(cast, START, reasons="Why South Sudan.")
    first = made_on(START)
    decided(cast, START + timedelta(days=6), code=CHAD, reasons="Why Chad.")
    decided(cast, START + timedelta(days=6), "normal", reasons="Calm again.")
    return first, made_on(START + timedelta(days=10))


def text_of(client, path, **data) -> str:
    """The page as text."""
    answer = client.get(path, data)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_the_whole_cast_before_every_page_and_file(cast, sign_in, two):
    others = (ALL, f"{CHECK}?digest={two[0].digest}", FILES[0], FILES[3])
    for email, person in cast.people.items():
        client = sign_in(person)
        for path in (ONE, *others) if email in SOME else (ONE,):
            answer = client.get(path)
            expected = 302 if path == FILES[3] else 200  # the PDF is not made yet
            assert answer.status_code == (expected if email in READERS else 404), (email, path)
            assert email in READERS or b"Why South Sudan" not in answer.content
    assert Opening.objects.count() == len(READERS)


def test_one_list_says_what_changed_first_then_the_areas_and_whether_it_is_in_force(cast, sign_in, two):
    client = sign_in(cast[ALBA_FIELD])
    page = text_of(client, "/levels/lists/2/")
    assert page.index("What changed since") < page.index("Calm again.") < page.index("Why Chad.")
    for words in ("List 2 of", "In force since", "Made late", "Area", two[1].digest, "are invented", "Next review"):
        assert words in page, words
    assert "do not work from this list" not in page
    old = text_of(client, ONE)
    for words in ("Superseded: do not work from this list.", "Why South Sudan.", "/levels/lists/2/"):
        assert words in old, words
    assert "In force since" not in old


def test_all_lists_and_which_was_in_force_on_a_day(cast, sign_in, two):
    client = sign_in(cast[ALBA_FIELD])
    page = text_of(client, ALL)
    assert page.index("List 2") < page.index("List 1")
    assert "late: due on" in page

    def on(days):
        return client.get(ALL, {"on": (START + timedelta(days=days)).isoformat()}).context

    assert [on(days)["found"] and on(days)["found"].number for days in (-1, 0, 9, 10)] == [None, 1, 1, 2]
    assert [on(days)["late"] and on(days)["late"].number for days in (-1, 0, 5, 6, 9, 10)] == [
        *(None, None, None),
        *(2, 2, None),
    ]
    assert "no list had been made yet" in text_of(client, ALL, on="2026-01-01")
    for absurd in ("2999-01-01", "0000", "\x00", "x" * 5000):
        answer = client.get(ALL, {"on": absurd})
        assert answer.status_code == 200
        assert answer.context["filter_form"].errors, absurd


def test_nothing_to_see_yet_is_said(cast, sign_in):
    page = text_of(sign_in(cast[ALBA_FIELD]), ALL)
    assert "No list was made yet." in page
    assert sign_in(cast[ALBA_FIELD]).get(ONE).status_code == 404


def test_an_empty_list_says_so(cast, sign_in):
    decided(cast, START, "normal")
    made_on(START)
    assert "No area was at the reinforced level." in text_of(sign_in(cast[ALBA_FIELD]), ONE)


def test_files_leave_as_they_were_frozen_and_each_is_noted(cast, sign_in, two):
    """Also in French; the name of a file says nothing but the number."""
    client = sign_in(cast[ALBA_FIELD])
    assert "still being made" in text_of(client, ONE)
    assert client.get(f"{ONE}pdf/en/").url == ONE
    first = two[0]
    papers = [a_pdf(first, language) for language in ("en", "fr")]
    digests = [first.digest, first.csv_en_digest, first.csv_fr_digest]
    digests += [paper.digest for paper in papers]
    names = ["list-1.json", "list-1.en.csv", "list-1.fr.csv", "SLT-LIST-0001-en.pdf", "SLT-LIST-0001-fr.pdf"]
    for path, digest, name in zip(FILES, digests, names, strict=True):
        answer = client.get(path)
        assert hashlib.sha256(answer.content).hexdigest() == digest
        assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    events = Event.objects.filter(verb="implementation_levels.list_downloaded").order_by("number")
    assert [(event.facts["format"], event.facts["language"]) for event in events] == [
        ("json", ""),
        *(("csv", "en"), ("csv", "fr")),
        *(("pdf", "en"), ("pdf", "fr")),
    ]
    wrong = ("list-2.json", "list-1.de.csv", "list-1.csv", "pdf/de/", "..%2Flist-1.json")
    assert {client.get(f"{ONE}{name}").status_code for name in wrong} == {404}
    path_of(papers[0].file).unlink()
    assert client.get(f"{ONE}pdf/en/").url == ONE


def test_a_fingerprint_says_whose_it_is_and_whether_that_is_in_force(cast, sign_in, two):
    first, second = two
    paper = a_pdf(second, "en")
    client = sign_in(cast[ALBA_FIELD])

    def found(digest):
        context = client.get(CHECK, {"digest": digest}).context
        one = context["found"]
        return one and (one.level_list.number, one.kind, one.language, context["after"] is None)

    assert found(first.digest) == (1, "json", "", False)
    assert found(second.digest.upper()) == (2, "json", "", True)
    assert found(f"{first.csv_fr_digest}  list-1.fr.csv") == (1, "csv", "fr", False)
    assert found(paper.digest) == (2, "pdf", "en", True)
    pairs = " ".join(first.digest[start : start + 2] for start in range(0, 64, 2))
    assert found(f"SHA256 hash of list-1.json:\r\n{pairs}\r\nCertUtil: done") == (1, "json", "", False)
    assert found("0" * 64) is None
    assert "This is no file of ours." in text_of(client, CHECK, digest="0" * 64)
    assert "its list is superseded" in text_of(client, CHECK, digest=first.digest)
    for absurd in ("", "0" * 63, "0" * 65, "0" * 10_000, "\x00"):
        assert client.get(CHECK, {"digest": absurd}).context["form"].errors, absurd


def test_that_somebody_opened_a_list_is_noted_once(cast, sign_in, two):
    client = sign_in(cast[ALBA_FIELD])
    for path in (f"{ONE}?from=mail", ONE, "/levels/lists/2/"):
        client.get(path)
    rows = Opening.objects.order_by("list__number").values_list("list__number", "user__email", "by_link")
    assert list(rows) == [(1, ALBA_FIELD, True), (2, ALBA_FIELD, False)]


@pytest.mark.parametrize(("path", "queries"), [(ALL, 7), ("/levels/lists/{newest}/", 9), (CHECK, 4)])
def test_each_page_costs_the_same_for_one_row_and_three(cast, sign_in, django_assert_num_queries, path, queries):
    client = sign_in(cast[DSS_HQ])
    for number, code in enumerate((SOUTH_SUDAN, CHAD, "kenya")):
        decided(cast, START + timedelta(days=number), code=code)
        made_on(START + timedelta(days=number))
        if number != 1:
            page = path.format(newest=current_list().number)
            client.get(page)
            with django_assert_num_queries(queries):
                client.get(page)
    assert (current_list().area_count, lists().count()) == (3, 3)


@pytest.mark.long
def test_the_longest_list_is_no_heavier_than_a_page_may_be(cast, sign_in, django_assert_max_num_queries):
    call_command("load_areas", verbosity=0)
    for area in Area.objects.exclude(valid_to__lt=timezone.now().date())[:60]:
        a_level(cast, code=area.code, reasons="نزاع " + "x" * 2000)
    publish_due()
    client = sign_in(cast[DSS_HQ])
    client.get(ONE)
    with django_assert_max_num_queries(12):
        page = client.get(ONE)
    assert len(page.content) < 100_000
    assert len(page.context["items"]) == 50
    assert len(client.get(f"{ONE}?page=2").context["items"]) == 10
