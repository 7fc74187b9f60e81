"""The cast as fixtures: everybody of the demo with both factors, in two areas, and a client that is signed in."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.test import Client
from django.utils.crypto import get_random_string

from accounts.models import User
from accounts.sessions import SessionStore
from areas.models import Area, AreaTerritory, Country
from demo.actions import install_cast
from demo.cast import CHAD, ORGANISATIONS, PEOPLE, SOUTH_SUDAN
from organisations.models import Membership, Organisation, Standing

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)

COUNTRIES = [
    ("SS", "SSD", "South Sudan", "Soudan du Sud"),
    ("TD", "TCD", "Chad", "Tchad"),
    ("KE", "KEN", "Kenya", "Kenya"),
]


@dataclass
class Cast:
    """People by address, organisations by the key of the cast, areas by code."""

    people: dict[str, User]
    organisations: dict[str, Organisation]
    areas: dict[str, Area] = field(default_factory=dict)

    def __getitem__(self, email: str) -> User:
        return self.people[email]


def make_areas() -> dict[str, Area]:
    """South Sudan, Chad without a DSS office, and Kenya, where nobody of the cast works."""
    wanted = [(SOUTH_SUDAN, "SS", "Africa/Juba"), (CHAD, "TD", "Africa/Ndjamena"), ("kenya", "KE", "Africa/Nairobi")]
    areas = {area.code: area for area in Area.objects.filter(code__in=[code for code, _, _ in wanted])}
    if len(areas) == len(wanted):
        return areas
    for code, iso3, english, french in COUNTRIES:
        Country.objects.get_or_create(code=code, defaults={"iso3": iso3, "name_en": english, "name_fr": french})
    names = {code: (english, french) for code, _, english, french in COUNTRIES}
    for code, country, zone in wanted:
        english, french = names[country]
        values = {"name_en": english, "name_fr": french, "kind": "country", "time_zone": zone}
        areas[code], _ = Area.objects.update_or_create(
            code=code, defaults={**values, "has_dss_office": code == SOUTH_SUDAN}
        )
        AreaTerritory.objects.get_or_create(area=areas[code], country_id=country)
    return areas


def make_cast() -> Cast:
    """The cast in a database that may be empty."""
    areas = make_areas()
    people = {user.email: user for user in User.objects.filter(email__in=[person.email for person in PEOPLE])}
    if len(people) < len(PEOPLE):  # else they are all there, with everything of theirs
        people = install_cast()
        # Many tests stop the clock in the spring of 2026: everybody has been there since before.
        User.objects.update(created_at=LONG_AGO)
        for model in (Membership, Standing):
            model.objects.update(starts_at=LONG_AGO)
    organisations = {row.name: row for row in Organisation.objects.all()}
    return Cast(people, {member.key: organisations[member.name] for member in ORGANISATIONS}, areas)


def signed_in(user: User) -> Client:
    """A client whose session is as after password and authenticator code, without the cost of typing them."""
    records = [{"method": "password", "at": time.time(), "email": user.email}]
    if factor := Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first():
        records.append({"method": "mfa", "at": time.time(), "id": factor.pk, "type": "totp"})
    held = {
        SESSION_KEY: str(user.pk),
        BACKEND_SESSION_KEY: "accounts.backends.SignIn",
        HASH_SESSION_KEY: user.get_session_auth_hash(),
        "account_authentication_methods": records,
        "account_authentication_methods_user": str(user.pk),
    }
    session = SessionStore(get_random_string(32))
    session.as_row(held).save(force_insert=True)  # one question, where the session store asks four
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The cast is there before the first test, so that no test pays for it but those after which everything is gone."""
    with django_db_blocker.unblock():
        make_cast()


@pytest.fixture
def own_databases(django_db_setup, django_db_blocker):
    """For a module's own `db`, whose tests work in databases of their own (tests/databases.py)."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def cast(db) -> Cast:
    """Everybody of the demo cast."""
    return make_cast()


@pytest.fixture
def no_areas(db) -> None:
    """As right after the first `migrate`: no areas, and nobody who works in one."""
    for model in (Membership, Standing, AreaTerritory, Area):
        model.objects.all().delete()


@pytest.fixture
def sign_in():
    """A function from a user to a client that is signed in with both factors."""
    return signed_in
