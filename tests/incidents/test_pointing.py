"""What the finder points at is asked about once, at the text, before it goes out; nothing typed is lost (C4)."""

import re
import time

import pytest

from audit.models import Event
from incidents.models import Report
from incidents.pointing import pointed_out
from tests.factories.incidents import file_report, typed

from .controlling import ALBA, form, fresh
from .keeping import FORM, SAVE, follow_up
from .test_drafts import values_of

pytestmark = pytest.mark.django_db
TELLING = "Two vehicles were stopped, ring Deng Achol, +211 912 345 678."
ONLY_DSS = ["dss_desks"]
TICK = re.compile(r'name="may_stay" value="(\w{32})"')


@pytest.fixture
def author(now, cast, sign_in):
    return sign_in(cast[ALBA])


def reports() -> int:
    return Report.objects.for_system("test").count()


def ticked(answer) -> dict:
    [value] = TICK.findall(answer.content.decode())
    return {"may_stay": value}


def test_a_report_comes_back_once_with_what_was_found(author, cast):
    post = typed(cast, what=TELLING)
    answer = author.post(FORM, post)
    page = answer.content.decode()
    assert (answer.status_code, reports()) == (422, 0)
    assert "Taken as telephone number: \u2068+211 912 345 678\u2069." in page
    assert TELLING in page
    assert answer.context["draft"] is not None
    assert "In our test this search missed" in page
    assert author.post(FORM, post | ticked(answer)).status_code == 302
    event = Event.objects.get(verb="incidents.filed")
    assert (event.facts["pointed_out"], event.facts["confirmed"]) == (answer.context["found"].count, True)
    assert event.facts["pointed_out"] > 0
    assert "912" not in str(event.facts)


def test_another_text_is_asked_about_again(author, cast):
    post = typed(cast, what=TELLING)
    tick = ticked(author.post(FORM, post))
    assert author.post(FORM, post | tick | {"what": TELLING + " And +211 912 000 111."}).status_code == 422
    assert author.post(FORM, post | tick | {"actions_taken": "Call +211 912 000 111"}).status_code == 422
    assert author.post(FORM, post | {"may_stay": "x" * 32}).status_code == 422
    assert reports() == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"what": "Two vehicles were stopped."},
        {"what": "Two vehicles were stopped.", "persons": TELLING},  # kept apart: readers do not get it
        {"what": TELLING, "audience": ONLY_DSS},  # who reads everything
        {"place": "ring +211 912 345 678", "place_limit": "country"},  # kept back
    ],
)
def test_who_releases_nothing_of_that_kind_is_not_asked(author, cast, changes):
    assert author.post(FORM, typed(cast, **changes)).status_code == 302


def test_the_place_that_is_written_for_readers(author, cast):
    answer = author.post(FORM, typed(cast, place_shown="+211 912 345 678", place_limit="district"))
    assert list(answer.context["form"].errors) == ["__all__", "place_shown"]


def test_in_the_preview_it_is_marked_and_sent_from_there(author, cast):
    answer = author.post(SAVE, typed(cast, what=TELLING) | {"see": "yes"}, follow=True)
    page = answer.content.decode()
    assert "<mark>+211 912 345 678 <small>(telephone number)</small></mark>" in page
    sent = values_of(re.search(r'<form method="post" action="/incidents/report/">(.*?)</form>', page, re.S)[1])
    assert author.post(FORM, sent).status_code == 422
    assert author.post(FORM, sent | ticked(answer)).status_code == 302


def test_a_further_report(author, cast):
    item = file_report(cast).incident.item
    post = follow_up(item, news=TELLING)
    answer = author.post(f"/incidents/{item.ref}/follow-up/", post)
    assert (answer.status_code, reports(), list(answer.context["form"].errors)) == (422, 1, ["__all__", "news"])
    page = author.post(SAVE, post | {"see": "yes"}, follow=True)
    assert "<mark>+211 912 345 678" in page.content.decode()
    assert author.post(f"/incidents/{item.ref}/follow-up/", post | ticked(answer)).status_code == 302
    assert Event.objects.get(verb="incidents.followed_up").facts["pointed_out"] > 0


class TestAudience:
    def test_wider_with_a_number_in_it(self, author, cast):
        author.post(FORM, typed(cast, audience=ONLY_DSS, what=TELLING))
        item = fresh(Report.objects.for_system("test").select_related("incident__item").get().incident.item)
        url, post = f"/incidents/{item.ref}/audience/", form(item, ["dss_desks", "partners_of_area"])
        first = author.post(url, post)
        assert (first.status_code, "<mark>+211" in first.content.decode()) == (200, True)
        post["shown"] = first.context["shown"]
        assert author.post(url, post).status_code == 422
        assert fresh(item).version == 1
        assert author.post(url, post | ticked(first)).status_code == 302
        assert Event.objects.get(verb="incidents.limits_set").facts["pointed_out"] > 0
        item = fresh(item)
        narrower = form(item, ONLY_DSS)
        narrower["shown"] = author.post(url, narrower).context["shown"]
        assert author.post(url, narrower).status_code == 302, "who takes it back is not asked"


def test_what_reads_the_longest_report_is_fast(cast):
    """All texts at their limits, of names and numbers only."""
    texts = {name: (TELLING * 200)[:size] for name, size in (("what", 5000), ("news", 3000), ("consequences", 3000))}
    started = time.perf_counter()
    assert pointed_out(texts, cast.organisations["alba"]).count > 100
    assert time.perf_counter() - started < 2
