"""One's own account: language, profile, sessions, password; and the pages that must not exist."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.models import User
from demo.actions import PASSWORD
from notifications.account_mail import answer_password_resets
from notifications.outbox import drain


@pytest.mark.parametrize(
    "name", ["account_signup", "account_email", "account_confirm_email", "account_email_verification_sent"]
)
def test_there_is_no_sign_up_and_no_page_for_addresses(name):
    with pytest.raises(NoReverseMatch):
        reverse(name)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/accounts/signup/", "/accounts/email/", "/accounts/confirm-email/x/", "/admin/"])
def test_their_usual_addresses_lead_nowhere(path):
    assert Client().get(path).status_code == 404
    assert Client().post(path).status_code == 404


@pytest.mark.django_db
def test_before_signing_in_the_browser_or_the_cookie_says_the_language():
    client = Client()
    assert 'lang="en"' in client.get("/accounts/login/").content.decode()
    french = client.get("/accounts/login/", headers={"accept-language": "fr"})
    assert 'lang="fr"' in french.content.decode()
    assert french.headers["Content-Language"] == "fr"
    client.post("/language/", {"language": "fr", "next": "/accounts/login/"})
    assert 'lang="fr"' in client.get("/accounts/login/").content.decode()


def test_the_language_of_the_account_wins_and_is_kept(cast, sign_in):
    client = sign_in(cast["hq@alba.example"])
    assert 'lang="en"' in client.get("/accounts/profile/", headers={"accept-language": "fr"}).content.decode()
    response = client.post("/language/", {"language": "fr", "next": "/accounts/profile/"})
    assert response.url == "/accounts/profile/"
    assert response.cookies["django_language"].value == "fr"
    assert User.objects.get(email="hq@alba.example").language == "fr"
    assert 'lang="fr"' in client.get("/accounts/profile/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "page", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "", "\\\\evil.example"]
)
def test_the_switch_returns_to_this_portal_only(page):
    assert Client().post("/language/", {"language": "fr", "next": page}).url == "/"


@pytest.mark.parametrize("language", ["de", "", "fr\x00", "x" * 5000])
def test_a_language_we_do_not_have_changes_nothing(cast, sign_in, language):
    client = sign_in(cast["hq@alba.example"])
    response = client.post("/language/", {"language": language, "next": "/"})
    assert (response.status_code, User.objects.get(email="hq@alba.example").language) == (302, "en")
    assert "django_language" not in response.cookies


def test_the_switch_is_a_post(cast, sign_in):
    answer = sign_in(cast["hq@alba.example"]).get("/language/?language=fr")
    assert (answer.status_code, answer.url) == (302, "/")
    assert User.objects.get(email="hq@alba.example").language == "en"


def test_the_profile_is_one_s_own_and_changes_name_language_and_clock_only(cast, sign_in):
    client = sign_in(cast["hq@alba.example"])
    typed = {
        "name": "Aoife",
        "language": "fr",
        "time_zone": "Africa/Juba",
        "email": "x@y.example",
        "is_superuser": "on",
    }
    assert client.post("/accounts/profile/", typed).url == "/accounts/profile/"
    person = User.objects.get(email="hq@alba.example")
    assert (person.name, person.language, person.time_zone, person.is_superuser) == (
        "Aoife",
        "fr",
        "Africa/Juba",
        False,
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 151),
        ("name", "a\x00b"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("language", "de"),
    ],
)
def test_a_refused_profile_says_so_at_the_field_and_keeps_what_was_typed(cast, sign_in, field, value):
    typed = {"name": "Somebody Else", "language": "en", "time_zone": "UTC", field: value}
    response = sign_in(cast["hq@alba.example"]).post("/accounts/profile/", typed)
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    assert User.objects.get(email="hq@alba.example").name == "Aoife Ní Bhriain"
    if field != "name":
        assert "Somebody Else" in response.content.decode()


def by_typing(person):
    """A client that came in through the pages, with password and a recovery code."""
    client = Client()
    client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    factor = Authenticator.objects.get(user=person, type=Authenticator.Type.RECOVERY_CODES)
    client.post("/accounts/2fa/authenticate/", {"code": factor.wrap().get_unused_codes()[0]})
    assert client.get("/accounts/profile/").status_code == 200
    return client


def test_sessions_are_listed_and_can_be_ended(cast):
    here, elsewhere = by_typing(cast["hq@alba.example"]), by_typing(cast["hq@alba.example"])
    other = by_typing(cast["hq@benu.example"])
    assert len(here.get("/accounts/sessions/").context["sessions"]) == 2
    asked = here.post("/accounts/sessions/")  # who ends sessions says once more who they are
    assert here.post(asked.url, {"password": PASSWORD, "next": "/accounts/sessions/"}).url == "/accounts/sessions/"
    assert elsewhere.get("/accounts/profile/").status_code == 302
    assert here.get("/accounts/profile/").status_code == 200
    assert other.get("/accounts/profile/").status_code == 200
    assert len(here.get("/accounts/sessions/").context["sessions"]) == 1


def test_a_forgotten_password_is_set_anew_through_the_outbox(cast):
    client = Client()
    assert client.post("/accounts/password/reset/", {"email": "HQ@alba.example"}).status_code == 302
    answer_password_resets()
    assert drain() == 1
    [message] = mail.outbox
    assert message.to == ["hq@alba.example"]
    [path] = re.findall(r"http://testserver(/\S+)", message.body)[:1]
    form = client.get(path, follow=True)
    assert form.status_code == 200
    new = {"password1": "another long sentence", "password2": "another long sentence"}
    assert client.post(form.redirect_chain[-1][0], new).status_code == 302
    assert User.objects.get(email="hq@alba.example").check_password("another long sentence")
    # The new password alone opens nothing.
    assert client.get("/accounts/profile/").status_code == 302
    stale = Client().get(path, follow=True)
    assert "password1" not in stale.content.decode()


def test_an_unknown_address_gets_the_same_answer_and_no_mail(cast):
    known = Client().post("/accounts/password/reset/", {"email": "hq@alba.example"})
    unknown = Client().post("/accounts/password/reset/", {"email": "nobody@nowhere.example"})
    assert (unknown.status_code, unknown.url) == (known.status_code, known.url)
    assert (answer_password_resets(), drain()) == (2, 1)


def test_times_are_on_the_person_s_clock(cast, sign_in):
    person = cast["hq@alba.example"]
    User.objects.filter(pk=person.pk).update(time_zone="No/Such_Zone")
    assert sign_in(person).get("/accounts/profile/").status_code == 200
