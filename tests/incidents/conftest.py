"""Sending the report form as somebody of the cast, and what the answer must be."""

import uuid
from dataclasses import dataclass
from html import escape, unescape

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from incidents.drafts import keep_token
from incidents.models import Draft, IncidentRelease, Report
from notifications.models import Message
from sharing.models import Item
from tests.factories.incidents import typed

from .keeping import AUTHOR, Page

TABLES = (Report, Item, IncidentRelease)


def rows_written() -> list[int]:
    """How much there is of everything that a report writes."""
    return [model.objects.for_system("test").count() for model in TABLES] + [Message.objects.count()]


@dataclass
class Answer:
    """What came back, and whether anything was written."""

    response: HttpResponse
    has_written: bool

    @property
    def page(self) -> str:
        return self.response.content.decode()

    def refused(self, *fields: str, is_kept: bool = True) -> str:
        """It says what is wrong at exactly these fields of the form, and nothing happened but that it is kept
        as a draft, unless there is no word in it.

        Returns the page.
        """
        form, page = self.response.context["form"], self.page
        assert (self.response.status_code, set(form.errors), self.has_written) == (422, set(fields), False)
        draft = self.response.context["draft"]
        assert Draft.objects.for_system("test").filter(pk=draft and draft.pk).exists() == is_kept
        assert 'class="error-summary"' in page
        for name in fields:
            assert form[name].is_hidden or f'id="id_{name}_error"' in page, name
            for sentence in form.errors[name]:
                assert unescape(sentence) in unescape(page)
                assert sentence.endswith((".", "?")), sentence
        return page

    def filed(self) -> Report:
        """It leads to the receipt of a report. Returns the report."""
        assert self.response.status_code == 302, self.response.context and self.response.context["form"].errors
        report = Report.objects.for_system("test").select_related("incident__item").latest("pk")
        assert self.response.url == f"/incidents/{report.incident.item.ref}/receipt/"
        return report

    def shows(self, text: str) -> bool:
        """Whether the page shows what was typed, as text and not as markup."""
        return escape(text) in self.page


class Sender:
    """Somebody who fills in the form."""

    def __init__(self, client: Client):
        self.client = client

    def __call__(self, post: dict, path: str = "/incidents/report/") -> Answer:
        before = rows_written()
        response = self.client.post(path, post)
        return Answer(response, rows_written() != before)


@pytest.fixture
def now():
    """The tests' today: 20 March 2026, noon UTC."""
    with time_machine.travel("2026-03-20T12:00:00Z", tick=True):
        yield


@pytest.fixture
def send(now, cast, sign_in) -> Sender:
    """The field focal point of Alba with the form."""
    return Sender(sign_in(cast["field@alba.example"]))


@pytest.fixture
def send_as(now, cast, sign_in):
    """A function from an address of the cast to that person with the form, in English."""
    User.objects.update(language="en")
    return lambda email: Sender(sign_in(cast[email]))


@pytest.fixture
def page(now, cast) -> Page:
    """The form of Alba's field focal point, open in a browser with its script."""
    post = typed(cast, what="one")
    return Page(post, keep_token(cast[AUTHOR], uuid.UUID(post["submission"])))


def own_release(report: Report) -> IncidentRelease:
    """What the reporter's own release holds."""
    rows = IncidentRelease.objects.for_system("test").with_release()
    return rows.get(release__item=report.incident.item, release__depth=2)
