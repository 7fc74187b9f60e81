"""Kinds with templates."""

import pytest
from django.template.loader import get_template

from accounts.models import User
from notifications.kinds import Kind, all_kinds, site_link
from notifications.models import Message


class Example(Kind):
    code = "incidents.example"

    def still_due(self, message):
        return True

    def context(self, message):
        return {"area": "Terre d'<Essai>"}


@pytest.fixture
def written(settings, tmp_path):
    """The example's templates."""
    place = tmp_path / "incidents" / "email"
    place.mkdir(parents=True)
    for ending, text in {
        "subject.txt": "\n{{ area }}\n  of {{ recipient_name }}\n",
        "txt": "\n{{ area }}, {{ portal_url }}\n\n",
        "html": "<p>{{ area }}</p>",
    }.items():
        (place / f"example.{ending}").write_text(text)
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path, *settings.TEMPLATES[0]["DIRS"]]}]


def test_only_html_is_escaped_and_the_subject_is_one_line(written):
    mail = Example().mail(Message(recipient=User(email="a@alba.example", name="Ayélé O'Neil")))
    assert (mail.address, mail.subject) == ("a@alba.example", "Terre d'<Essai> of Ayélé O'Neil")
    assert mail.text == "Terre d'<Essai>, http://testserver\n"
    assert mail.html == "<p>Terre d&#x27;&lt;Essai&gt;</p>"


def test_links_come_from_the_setting(settings):
    settings.SITE_URL = "https://portal.example/"
    assert site_link("/incidents/") == "https://portal.example/incidents/"


def test_every_kind_has_its_three_templates():
    names = [name for kind in all_kinds() if isinstance(kind, Kind) for name in kind.templates()]
    assert [get_template(name).template.name for name in names] == names
