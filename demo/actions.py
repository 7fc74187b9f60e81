"""Making the cast exist: organisations, standings, people with both factors, memberships."""

import time

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import encrypt
from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.models import RulesAcknowledgement, User
from accounts.rules import RULES_VERSION
from areas.models import Area, Country
from organisations.models import Membership, Organisation, Standing

from .cast import ORGANISATIONS, PEOPLE

PASSWORD = "only for this demonstration"  # noqa: S105 - shown to everybody on the page of the demo
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105


def current_code() -> str:
    """What an authenticator app with the secret of the demo shows now."""
    return format_hotp_value(hotp_value(TOTP_SECRET, int(time.time()) // app_settings.TOTP_PERIOD))


@transaction.atomic
def install_cast(members=ORGANISATIONS, persons=PEOPLE) -> dict[str, User]:
    """Make what is missing of the cast; returns its people by address. The areas must exist. Safe to repeat.

    `members` and `persons` are others where a story needs others (demo.partnership).
    """
    areas = {area.code: area for area in Area.objects.filter(code__in=_area_codes(members, persons))}
    organisations = _install_organisations(areas, members)
    people = _install_people(persons)
    known = set(Membership.objects.filter(user__in=people.values()).values_list("user_id", flat=True))
    Membership.objects.bulk_create(
        Membership(user=people[person.email], organisation=organisations[key], role=role, area=area and areas[area])
        for person in persons
        if people[person.email].pk not in known
        for key, role, area in person.roles
    )
    return people


def _area_codes(members, persons):
    named = {area for member in members for _, area in member.standings}
    return {area for area in named | {area for person in persons for _, _, area in person.roles} if area}


def _install_organisations(areas, members):
    countries = set(Country.objects.values_list("code", flat=True))
    names = {member.key: member.name for member in members}
    known = set(Organisation.objects.filter(name__in=names.values()).values_list("name", flat=True))
    new = [member for member in members if member.name not in known]
    Organisation.objects.bulk_create(
        Organisation(
            kind=member.kind,
            name=member.name,
            acronym=member.acronym,
            headquarters_id=member.country if member.country in countries else None,
        )
        for member in new
    )
    by_name = {row.name: row for row in Organisation.objects.filter(name__in=names.values())}
    Standing.objects.bulk_create(
        Standing(organisation=by_name[member.name], kind=kind, area=area and areas[area])
        for member in new
        for kind, area in member.standings
    )
    return {key: by_name[name] for key, name in names.items()}


def _install_people(persons):
    addresses = [person.email for person in persons]
    known = set(User.objects.filter(email__in=addresses).values_list("email", flat=True))
    password = make_password(PASSWORD) if len(known) < len(addresses) else ""
    User.objects.bulk_create(
        User(
            email=person.email,
            name=person.name,
            language=person.language,
            time_zone=person.time_zone,
            password=password,
        )
        for person in persons
        if person.email not in known
    )
    people = {user.email: user for user in User.objects.filter(email__in=addresses)}
    secured = set(Authenticator.objects.filter(user__in=people.values()).values_list("user_id", flat=True))
    Authenticator.objects.bulk_create(
        factor for user in people.values() if user.pk not in secured for factor in _second_factors(user)
    )
    agreed = set(
        RulesAcknowledgement.objects.filter(user__in=people.values(), version=RULES_VERSION).values_list(
            "user_id", flat=True
        )
    )
    RulesAcknowledgement.objects.bulk_create(
        RulesAcknowledgement(user=user, version=RULES_VERSION) for user in people.values() if user.pk not in agreed
    )
    return people


def _second_factors(user):
    seed = RecoveryCodes.generate_seed()
    return [
        Authenticator(user=user, type=Authenticator.Type.TOTP, data={"secret": encrypt(TOTP_SECRET)}),
        Authenticator(user=user, type=Authenticator.Type.RECOVERY_CODES, data={"seed": encrypt(seed), "used_mask": 0}),
    ]
