"""The fields of the list's filters are kept by what they depend on, and are what they would be without."""

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils import translation

from areas.models import Area
from incidents.filters import IncidentFilter
from incidents.models import IncidentRelease
from slt_portal.templatetags import portal


@pytest.fixture(autouse=True)
def nothing_kept():
    portal._kept_fields.clear()
    yield
    portal._kept_fields.clear()


def _form(query=""):
    return IncidentFilter(QueryDict(query), queryset=IncidentRelease.objects.none(), access=None).form


def _plain(form):
    return render_to_string("components/filter_fields.html", {"form": form})


@pytest.mark.parametrize("query", ["", "category=robbery", "area=chad&order=oldest", "q=road", "category=nonsense"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_it_is_the_same_html_the_first_time_and_again(cast, query, language):
    with translation.override(language):
        expected = _plain(_form(query))
        assert portal.filter_fields(_form(query)) == expected
        assert portal.filter_fields(_form(query)) == expected


def test_what_differs_is_not_mixed_up(cast):
    seen = set()
    for language in ("en", "fr"):
        with translation.override(language):
            seen |= {portal.filter_fields(_form(query)) for query in ("", "category=robbery", "category=threat")}
    assert len(seen) == 6


def test_a_new_name_of_an_area_is_there_at_once(cast):
    before = portal.filter_fields(_form())
    Area.objects.filter(code="chad").update(name_en="Chad, renamed")
    assert "Chad, renamed" not in before
    assert "Chad, renamed" in portal.filter_fields(_form())


def test_nothing_that_somebody_typed_is_kept(cast):
    for query in ("q=canary", "since=2026-01-01", "until=2026-01-01", "category=canary"):
        portal.filter_fields(_form(query))
    assert portal._kept_fields == {}
