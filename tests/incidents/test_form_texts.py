"""Everything that can be typed into the report form: an enemy's text, a broken browser's bytes, far too much of it."""

import re
import uuid
from html import escape

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents.forms import AffectedFormSet, IncidentForm
from incidents.policies import filing_memberships
from tests.factories.incidents import typed
from tests.sampling import some

from .conftest import Sender, own_release, rows_written

pytestmark = pytest.mark.django_db
PAGE = "/incidents/report/"
LIMITS = {
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
DROPPED = dict.fromkeys([*(code for code in range(32) if chr(code) not in "\t\r\n"), 0x7F])


def confirmed(send, post):
    """The form sent, and once more with the tick where the finder takes one of the texts for an address."""
    answer = send(post)
    print_of_texts = re.search(r'name="may_stay" value="(\w{32})"', answer.page)
    return send(post | {"may_stay": print_of_texts[1]}) if print_of_texts else answer


@pytest.mark.slow
@pytest.mark.parametrize("first", range(len(HOSTILE) - 1))
def test_free_text(send, cast, first):
    """In every field another hostile text at once; then each field has the next: all in all of them."""
    fitting = [text for text in HOSTILE.values() if len(text) <= min(LIMITS.values())]
    typed_in = {name: fitting[(first + place) % len(fitting)] for place, name in enumerate(LIMITS)}
    report = confirmed(send, typed(cast, **typed_in)).filed()
    texts = own_release(report).texts
    page = send.client.get(f"/incidents/{report.incident.item.ref}/").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    for name, text in typed_in.items():
        kept = text.translate(DROPPED)
        assert texts[name] == kept
        assert escape(kept.split("\r\n")[0]) in page


@pytest.mark.slow
def test_free_text_that_is_far_too_long(send, cast):
    typed_in = {name: HOSTILE["very long"] + name for name in LIMITS}
    answer = send(typed(cast, **typed_in))
    answer.refused(*LIMITS)
    assert all(map(answer.shows, typed_in.values()))


@pytest.mark.slow
def test_free_text_at_its_limit(send, cast, subtests):
    for name, limit in LIMITS.items():
        with subtests.test(name):
            text = "ж" * limit
            answer = send(typed(cast, **{name: text + "!"}))
            answer.refused(name)
            assert answer.shows(text + "!")
            assert own_release(send(typed(cast, **{name: text})).filed()).texts[name] == text


@pytest.mark.slow
@pytest.mark.parametrize("kind", [*HOSTILE, "unknown code"])
def test_choices(send, cast, kind):
    text = HOSTILE.get(kind, "no-such-code")
    names = [*CODED, "time_precision", "clock", "marking", "area", "originator"]
    answer = send(typed(cast, **dict.fromkeys(names, text), what="«typed & kept»", persons="P" * 50))
    page = answer.refused(*names)
    assert answer.shows("«typed & kept»")
    assert answer.shows("P" * 50)
    assert "<img src=x" not in page


@pytest.mark.slow
@pytest.mark.parametrize("kind", some(HOSTILE, 4))
@pytest.mark.parametrize(
    "names", [["occurred_on", "position", "organisations", "named_persons"], ["occurred_at"], ["audience"]]
)
def test_values_with_a_form(send, cast, names, kind):
    answer = send(typed(cast, **dict.fromkeys(names, HOSTILE[kind])))
    page = answer.refused(*names)
    # A choice that is not offered cannot be shown.
    assert answer.shows(HOSTILE[kind]) or not {"occurred_on", "occurred_at", "position"} & set(names)
    assert "<img src=x" not in page


def test_a_form_without_a_proper_id_can_be_sent_again(send, cast, subtests):
    for word in ["", "x", "a\x00b", "1" * 500, "{00000000-0000-4000-8000-00000000000g}"]:
        with subtests.test(word[:9]):
            page = send(typed(cast, submission=word)).refused("submission")
            fresh = page.split('name="submission" value="')[1].split('"')[0]
            send(typed(cast, submission=str(uuid.UUID(fresh)))).filed()


SENSELESS = [
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
]


def test_groups_of_people_that_make_no_sense(send, cast, subtests):
    for row, name in SENSELESS:
        with subtests.test(str(row)[:40]):
            answer = send(typed(cast, what="kept ✓") | {f"affected-1-{key}": value for key, value in row.items()})
            assert (answer.response.status_code, answer.has_written) == (422, False)
            assert set(answer.response.context["affected"].errors[1]) == {name}
            assert f'id="id_affected-1-{name}_error"' in answer.page
            assert answer.shows("kept ✓")
            assert name != "count" or answer.shows(row["count"])


def test_groups_of_people_are_counted(send, cast):
    rows = [
        {"count": "2", "outcome": "wounded", "sex": "male"},
        {"count": "", "outcome": "killed"},
        {"count": "0", "outcome": "wounded"},
    ]
    post = typed(cast) | {f"affected-{n}-{key}": value for n, row in enumerate(rows) for key, value in row.items()}
    facts = own_release(send(post).filed())
    assert (facts.killed, facts.wounded, facts.kidnapped, facts.detained) == (None, 2, None, None)


def test_more_groups_than_the_form_has(send, cast):
    rows = {f"affected-{n}-count": "1" for n in range(13)} | {"affected-TOTAL_FORMS": "13"}
    answer = send(typed(cast) | rows)
    assert (answer.response.status_code, answer.has_written) == (422, False)
    [sentence] = answer.response.context["affected"].non_form_errors()
    assert "12" in sentence
    assert answer.shows(sentence)


@pytest.mark.parametrize("total", [None, "", "x", "-1", "999999999", "\x00"])
def test_a_broken_management_form(send, cast, total):
    """The groups it counts cannot be read: that is said, or there are none. The rest of the text stays."""
    answer = send(typed(cast, what="kept ✓", **{"affected-TOTAL_FORMS": total}))
    if total == "-1":
        answer.filed()
        return
    assert (answer.response.status_code, answer.has_written) == (422, False)
    assert answer.shows("kept ✓")
    assert answer.response.context["affected"].non_form_errors()


def test_too_large_a_request_is_refused_with_a_sentence(send, cast):
    answer = send(typed(cast, what="x" * 10_000_000))
    assert (answer.response.status_code, answer.has_written) == (413, False)
    assert answer.shows("This is too large to send")


def test_too_many_fields_are_refused_with_a_sentence(send, cast):
    answer = send(typed(cast) | {f"field{n}": "x" for n in range(5000)})
    assert (answer.response.status_code, answer.has_written) == (400, False)
    assert answer.shows("This request cannot be read")


@pytest.mark.parametrize("body", [b"\xff\xfe\x00", b"what=%ff%fe&area=%00", b"&&&===", b"", b"what[]=1&what=%ED%A0%80"])
def test_bytes_that_are_no_text(send, body):
    before = rows_written()
    response = send.client.post(PAGE, body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 422
    response = send.client.post(PAGE, body, content_type="multipart/form-data; boundary=x")
    assert response.status_code in {400, 422}
    assert rows_written() == before


def test_a_stranger_is_sent_to_sign_in(cast):
    answer = Sender(Client())(typed(cast))
    assert (answer.response.url, answer.has_written) == (f"/accounts/login/?next={PAGE}", False)


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
