"""The cast as fixtures: everybody of the demo with both factors, in two areas, and a client that is signed in."""

import time
from dataclasses import dataclass, field

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts.models import User
from areas.models import Area, AreaTerritory, Country
from demo.actions import install_cast
from demo.cast import CHAD, ORGANISATIONS, SOUTH_SUDAN
from organisations.models import Organisation

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
    for code, iso3, english, french in COUNTRIES:
        Country.objects.get_or_create(code=code, defaults={"iso3": iso3, "name_en": english, "name_fr": french})
    wanted = [(SOUTH_SUDAN, "SS", "Africa/Juba"), (CHAD, "TD", "Africa/Ndjamena"), ("kenya", "KE", "Africa/Nairobi")]
    names = {code: (english, french) for code, _, english, french in COUNTRIES}
    areas = {}
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
    people = install_cast()
    organisations = {row.name: row for row in Organisation.objects.all()}
    return Cast(people, {member.key: organisations[member.name] for member in ORGANISATIONS}, areas)


def signed_in(user: User) -> Client:
    """A client whose session is as after password and authenticator code, without the cost of typing them."""
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    factor = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    records = [{"method": "password", "at": time.time(), "email": user.email}]
    if factor:
        records.append({"method": "mfa", "at": time.time(), "id": factor.pk, "type": "totp"})
    session = client.session
    session["account_authentication_methods"] = records
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


@pytest.fixture
def cast(db) -> Cast:
    """Everybody of the demo cast."""
    return make_cast()


@pytest.fixture
def sign_in():
    """A function from a user to a client that is signed in with both factors."""
    return signed_in
