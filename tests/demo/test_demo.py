"""The demonstration: cast, seed, one-click sign-in, mailbox."""

import os
import re
from datetime import timedelta

import pytest
from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.management import CommandError, call_command
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from areas.models import Area
from audit.models import Event
from demo.actions import PASSWORD, TOTP_SECRET, current_code, install_cast
from demo.cast import GROUPS, ORGANISATIONS, PEOPLE
from demo.incidents import KEPT_BACK, STORIES
from demo.mailbox import mails
from documents.models import FrozenDocument
from governance.models import Decision
from incidents.models import Report
from notifications.models import Message
from organisations.models import Membership, Organisation, Standing
from organisations.policies import KINDS_OF_ROLE
from partners.models import Application, ListedMember
from partners.queues import has_part, queue_of
from sharing.access import access_of
from sharing.models import Item, Release

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
ADDRESSES = [person.email for person in PEOPLE]


def click(client, email):
    return client.post(reverse("demo:sign_in"), {"email": email})


@pytest.mark.parametrize("email", ADDRESSES)
def test_one_click_signs_in_with_both_factors(cast, email):
    client = Client()
    assert click(client, email).url == reverse("home")
    response = client.get(reverse("home"))
    assert response.status_code == 200
    assert response.wsgi_request.user == cast[email]
    request = RequestFactory().get("/")
    request.session = client.session
    methods = [record["method"] for record in get_authentication_records(request, cast[email])]
    assert methods == ["password", "mfa"]


def test_one_click_from_one_person_to_the_next(cast):
    client = Client()
    click(client, "hq@alba.example")
    key = client.session.session_key
    click(client, "field@benu.example")
    assert client.get(reverse("home")).wsgi_request.user == cast["field@benu.example"]
    assert client.session.session_key != key
    request = RequestFactory().get("/")
    request.session = client.session
    assert get_authentication_records(request, cast["hq@alba.example"]) == []


def test_only_the_cast_can_be_clicked(cast):
    User.objects.create_user("real@person.example", "a real password", name="Real")
    client = Client()
    for email in ("real@person.example", "", "HQ@ALBA.EXAMPLE", "x" * 9999):
        assert click(client, email).status_code == 404
    assert client.get(reverse("demo:sign_in")).url == reverse("demo:index")
    assert "_auth_user_id" not in client.session


def test_whoever_has_lost_the_second_factor_must_set_it_up(cast):
    Authenticator.objects.filter(user=cast["hq@alba.example"]).delete()
    client = Client()
    click(client, "hq@alba.example")
    assert client.get(reverse("home")).url.startswith(reverse("mfa_activate_totp"))


def test_the_ordinary_sign_in_works_with_what_the_page_says(cast):
    client = Client()
    page = client.get(reverse("demo:index")).content.decode()
    assert PASSWORD in page
    assert TOTP_SECRET in page
    response = client.post(reverse("account_login"), {"login": "hq@alba.example", "password": PASSWORD})
    assert response.url.startswith(reverse("mfa_authenticate"))
    client.post(response.url, {"code": current_code()})
    assert client.get(reverse("home")).wsgi_request.user == cast["hq@alba.example"]


def test_the_page_shows_everybody_once(cast):
    page = Client().get(reverse("demo:index")).content.decode()
    for person in PEOPLE:
        assert page.count(f'value="{person.email}"') == 1
        assert person.name in page
    assert {person.group for person in PEOPLE} == set(GROUPS)
    assert "style=" not in page


def test_the_cast_is_twenty_three_and_sound(cast):
    assert len(set(ADDRESSES)) == len(PEOPLE) == 23
    kinds = {member.key: member.kind for member in ORGANISATIONS}
    for person in PEOPLE:
        for key, role, _ in person.roles:
            assert kinds[key] in KINDS_OF_ROLE[role], person
    for kind in (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES):
        assert Authenticator.objects.filter(user__in=cast.people.values(), type=kind).count() == 23


def test_installing_the_cast_again_changes_nothing(cast):
    def everything():
        models = (User, Authenticator, Organisation, Standing, Membership)
        return [list(model.objects.order_by("pk").values()) for model in models]

    before = everything()
    install_cast()
    assert everything() == before


@pytest.mark.slow
def test_seeding_twice_is_seeding_once(capsys):
    def numbers():
        rows = (User, Membership, Message, Event, FrozenDocument)
        return [model.objects.count() for model in rows]

    call_command("seed_demo", past=34)
    before = numbers()
    call_command("seed_demo", past=34)
    assert numbers() == before
    verify_partnership()
    assert Report.objects.for_system("test").filter(number=1).count() == len([*STORIES, *KEPT_BACK]) + 1
    assert Report.objects.for_system("test").filter(number=2).count() == 3
    # What the stories have gone past since is told to nobody; changes are told in batches, later, and so is of whom
    # nobody got the list.
    passed = "^(partners|governance|implementation_levels|feedback|overview|sharing.consent_asked)"
    waiting = Message.objects.exclude(state="sent").exclude(state="dropped", kind__regex=passed)
    later = {"incidents.changed", "implementation_levels.nobody_reached"}
    assert set(waiting.values_list("state", "kind")) == {("queued", kind) for kind in later}
    assert not Area.objects.get(code="chad").has_dss_office
    markings = Item.objects.for_system("test").values_list("marking", flat=True)
    assert len(set(markings)) == 5
    assert Release.objects.visible_to(User.objects.get(email="hq@alba.example")).count() >= 5
    assert "(0 new)" in capsys.readouterr().out


def verify_partnership():
    """There is life in every queue, and nobody was suspended on the way."""
    people = {user.email: user for user in User.objects.all()}
    turns = {
        email: {line.row.turn for line in queue_of(access_of(people[email])).mine}
        for email in ADDRESSES
        if has_part(access_of(people[email]))
    }
    assert turns["dss.hq@un.example"] >= {"interest.received", "memorandum.dss", "basis.ending"}
    group = {"application.submitted", "case.open", "level_request.open", "feedback.handling"}
    assert turns["wg@icva.example"] == group
    benu = queue_of(access_of(people["field@benu.example"])).mine
    assert "feedback.proposed" in {line.row.turn for line in benu}
    assert turns["wfp@un.example"] == {"confirmation.late", "decision.position"}
    assert turns["dss.chair@un.example"] == {"decision.position"}
    assert turns["ocha@un.example"] == {"decision.position", "level_task.ocha"}
    assert turns["chair@gisf.example"] == {"decision.position", "decision.close"}
    assert turns["dss.field@un.example"] == {"basis.lapsed_there", "list.record", "level_task.dss"}
    assert turns["platform@southsudan.example"] >= {"list.choose", "decision.position"}
    assert turns["do@un.example"] >= {"suspension.ask"}
    silence = Decision.objects.for_system("test").get(concerns__name="INGO Ember")
    assert timezone.now() < silence.deadline < timezone.now() + timedelta(days=1, minutes=1)
    stopped = Decision.objects.for_system("test").get(concerns__name="INGO Fjord")
    assert (stopped.state, set(stopped.positions.values_list("choice", flat=True))) == ("open", {"agree", "object"})
    states = Application.objects.for_system("test").values_list("organisation__name", "state")
    assert dict(states)["INGO Grove"] == "concluding"
    assert dict(states)["INGO Heath"] == "refused"
    assert set(FrozenDocument.objects.values_list("order__number", "order__language")) == {
        *((f"MOU-{timezone.now().year}-0001", language) for language in ("en", "fr")),
        (f"LET-{timezone.now().year}-0001", "fr"),
        *((f"SLT-LIST-000{number}", language) for number in (1, 2, 3) for language in ("en", "fr")),
    }
    assert set(ListedMember.objects.values_list("state", flat=True)) >= {"matched", "likely", "unclear", "national"}
    client = Client()
    assert 'value="applicant@grove.example"' in client.get(reverse("demo:index")).text
    assert click(client, "applicant@grove.example").url == reverse("home")
    assert f"MOU-{timezone.now().year}-0001" in client.get(reverse("home")).text
    suspended = Standing.objects.filter(kind="suspended").values_list("organisation__name", flat=True)
    assert list(suspended) == ["INGO Suspended"]


def test_a_data_set_that_is_not_there_is_said(cast):
    with pytest.raises(CommandError, match="no file"):
        call_command("seed_demo", awsd="/nowhere/at/all.csv")


def test_every_story_says_that_it_is_invented():
    assert all(re.match(r"\[Invent(ed|é)\] ", story.texts["what"]) for story in STORIES)


@pytest.fixture
def sent(settings, tmp_path):
    """25 mails in two files, as the embedded portal writes them."""
    settings.EMAIL_FILE_PATH = str(tmp_path)
    backend = "django.core.mail.backends.filebased.EmailBackend"
    for part in (range(20), range(20, 25)):
        connection = get_connection(backend, file_path=str(tmp_path))
        connection.open()
        for number in part:
            text = f"Bonjour\n\nhttp://testserver/incidents/INC-{number:05}/ <script>"
            to = [f"p{number % 2}@un.example"]
            message = EmailMultiAlternatives(f"Numéro {number} <b>", text, to=to, connection=connection)
            message.attach_alternative("<p>html</p>", "text/html")
            message.send()
        connection.close()
    files = sorted(tmp_path.glob("*.log"), key=lambda path: path.read_bytes().count(b"Message-ID"), reverse=True)
    for age, path in enumerate(files):  # the file of twenty is the older one
        os.utime(path, (1_700_000_000 + age, 1_700_000_000 + age))


def test_the_mailbox_shows_the_newest_first(sent):
    assert [mail.subject for mail in mails()] == [f"Numéro {number} <b>" for number in range(24, -1, -1)]
    assert {mail.to for mail in mails("P1@un.example")} == {"p1@un.example"}


def test_the_pages_of_the_mailbox(sent):
    client = Client()
    first = client.get(reverse("demo:mail")).content.decode()
    assert first.count("<summary dir") == 20
    assert "Numéro 24 &lt;b&gt;" in first
    assert '<a href="http://testserver/incidents/INC-00024/"' in first
    assert "<script>" not in first.split("</head>")[1]
    second = client.get(reverse("demo:mail"), {"page": 2}).content.decode()
    assert second.count("<summary dir") == 5
    only = client.get(reverse("demo:mail"), {"to": "p1@un.example"}).content.decode()
    assert only.count("<summary dir") == 12


@pytest.mark.parametrize("page", ["0", "-1", "x", "²", "9" * 40, "1\x00"])
def test_the_mailbox_takes_any_question(settings, tmp_path, page):
    settings.EMAIL_FILE_PATH = str(tmp_path / "none")
    assert Client().get(reverse("demo:mail"), {"page": page, "to": "\x00"}).status_code == 200
