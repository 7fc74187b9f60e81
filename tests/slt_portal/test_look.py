"""What templates rely on: markings, dates, links that keep filters, fields that say their errors."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django import forms
from django.conf import settings
from django.template import RequestContext, engines
from django.test import RequestFactory
from django.utils import timezone

from slt_portal.forms import DateInput, NarrativeInput, PortalRenderer
from slt_portal.templatetags import portal

EVENING = datetime(2026, 3, 14, 18, 40, tzinfo=UTC)


def shown(html: str) -> str:
    """The words of a date without its markup."""
    return html.split("<bdi>")[1].split("</bdi>")[0]


@pytest.mark.parametrize(
    ("marking", "colour"),
    [("RED", "red"), ("TLP:AMBER+STRICT", "amber"), ("amber_strict", "amber"), ("GREEN", "green"), ("CLEAR", "clear")],
)
def test_marking_pill_has_the_class_of_its_colour(marking, colour):
    assert f'class="tlp tlp-{colour}"' in portal.marking_pill(marking)


def test_marking_pill_refuses_what_is_no_label():
    with pytest.raises(KeyError):
        portal.marking_pill("WHITE")


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("UTC", "14 Mar 2026, 18:40 UTC"),
        ("Africa/Nairobi", "14 Mar 2026, 21:40 (18:40 UTC)"),
        ("Asia/Tokyo", "15 Mar 2026, 03:40 (14 Mar, 18:40 UTC)"),
    ],
)
def test_moment_shows_the_clock_of_the_place_and_utc(zone, text):
    assert shown(portal.moment(EVENING, zone)) == text


def test_day_of_a_date():
    assert shown(portal.day(date(2026, 3, 14))) == "14 Mar 2026"


@pytest.mark.parametrize("show", [portal.moment, portal.day, portal.age])
def test_no_date_shows_nothing(show):
    assert show(None) == ""


@pytest.mark.parametrize(
    ("since", "text"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=12), "12 min ago"),
        (timedelta(hours=30), "30 h ago"),
        (timedelta(days=3), "3 days ago"),
        (timedelta(days=400), "13 months ago"),
        (timedelta(hours=-5, minutes=-1), "in 5 h"),
    ],
)
def test_age(since, text):
    assert portal.age(timezone.now() - since) == f'<span class="age">{text}</span>'


def test_query_with_keeps_filters_and_takes_out_none():
    context = RequestContext(RequestFactory().get("/", {"area": ["1", "2"], "after": "x"}))
    assert portal.query_with(context, before="a&b", after=None) == "?area=1&area=2&before=a%26b"


class Report(forms.Form):
    """A form with one of each kind of field that is drawn differently."""

    default_renderer = PortalRenderer
    day = forms.DateField(widget=DateInput, help_text="<b>The nearest</b> day.")
    sure = forms.ChoiceField(widget=forms.RadioSelect, choices=[("yes", "Yes"), ("unknown", "Not sure")])
    text = forms.CharField(widget=NarrativeInput(attrs={"placeholder": "Say it"}))
    near_miss = forms.BooleanField(required=False)


def test_errors_stand_at_the_field_and_what_was_typed_stays():
    html = str(Report({"day": "31.02.2026 <x>", "text": ""}))
    assert 'value="31.02.2026 &lt;x&gt;"' in html
    assert 'aria-describedby="id_day_helptext id_day_error"' in html
    assert 'id="id_day_error"' in html
    assert "&lt;b&gt;The nearest" in html
    assert "placeholder" not in html


def test_error_links_lead_to_something_that_can_be_focused():
    form = Report({})
    html = str(form)
    targets = [link["target"] for link in portal.error_links(form, None)]
    assert targets == ["id_day", "id_sure_0", "id_text"]
    assert all(f'id="{target}"' in html for target in targets)


class Refused(forms.Form):
    """What a browser does not give back, and a question."""

    default_renderer = PortalRenderer
    why = forms.CharField(label="Why?", error_messages={"required": "Say why."})
    day = forms.DateField(label="Day")


def summary_of(form) -> str:
    html = engines["django"].get_template("components/errors.html").render({"form": form})
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, ""),
        ({"file": forms.FileField()}, "Choose the file again."),
        ({"one": forms.CharField(widget=forms.PasswordInput)}, "Type the password again."),
        ({name: forms.CharField(widget=forms.PasswordInput) for name in "ab"}, "Type the passwords again."),
    ],
)
def test_the_summary_says_what_has_to_be_given_again(fields, sentence):
    words = summary_of(type("Form", (Refused,), fields)({}))
    assert f"Correct what is listed and send again. {sentence}".strip() in words
    assert words.count(" again.") == 1 + bool(sentence)


def test_a_label_that_asks_is_not_put_before_its_error():
    words = summary_of(Refused({}))
    assert "Say why. Day: This field is required." in words
    assert "Why?" not in words


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (1, "1 KB"),
        (320_000, "312 KB"),
        (1024 * 1024 - 1, "1 MB"),
        (1_500_000, "1.4 MB"),
        (10 * 1024 * 1024, "10 MB"),
    ],
)
def test_file_size(size, text):
    assert portal.file_size(size) == text.replace(" ", "\xa0")


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (Linux; Android 10) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0", "Edge, Windows"),
        ("curl/8", "curl/8"),
        ("", "unknown"),
    ],
)
def test_browser(user_agent, name):
    assert portal.browser(user_agent) == name


def test_the_page_of_a_failure_needs_nothing():
    html = (settings.BASE_DIR / "templates" / "500.html").read_text(encoding="utf-8")
    assert "{%" not in html
    assert "{{" not in html


def test_every_icon_is_drawn():
    for name in portal.ICONS:
        assert engines["django"].from_string(f'{{% icon "{name}" %}}').render().startswith("<svg")
