"""The restricted track in the demonstration: a second handler, services with numbers that do not exist, two reports."""

from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from areas.models import Area
from organisations.models import Membership
from restricted.actions.filing import send_report
from restricted.actions.handling import note_done, note_opening, take_on
from restricted.actions.helping import keep_service
from restricted.codes import HANDLER_ROLE, Consent
from restricted.handlers import offered_to
from restricted.models import SupportService

from .actions import install_cast
from .cast import CHAD, OUTSIDE, SOUTH_SUDAN, Person
from .partnership import EARLIER, days_ago

SECOND = Person(
    "second.handler@un.example",
    "Aïcha Mahamat Saleh",
    OUTSIDE,
    (("unhcr", HANDLER_ROLE, None),),
    "fr",
    "Africa/Ndjamena",
)
# kind, area, name, telephone, languages, hours, what
SERVICES = (
    ("helpline", None, "[Invented] Listening line for staff", "+00 000 000 01", "English, Français, العربية",
     "24/7", "Free of charge. No name is asked."),
    ("counselling", None, "[Invented] Staff counsellors", "+00 000 000 02", "English, Français", "08:00–18:00 UTC", ""),
    ("medical", SOUTH_SUDAN, "[Invented] Clinic of the river", "+211 000 000 03", "English, العربية", "24/7",
     "PEP and emergency contraception in stock."),
    ("medical", CHAD, "[Inventé] Hôpital du quartier", "+235 000 000 04", "Français, العربية", "24/7", ""),
)  # fmt: skip


def tell_restricted(cast: dict[str, User]) -> bool:
    """Tell it, all of it or nothing; whether it is new."""
    if SupportService.objects.exists():
        return False
    with transaction.atomic():
        people = {**cast, **install_cast(persons=[SECOND])}
        Membership.objects.filter(user=people[SECOND.email]).update(starts_at=timezone.now() - EARLIER)
        areas = {area.code: area for area in Area.objects.filter(code__in=[SOUTH_SUDAN, CHAD])}
        for kind, area, name, telephone, languages, hours, what in SERVICES:
            facts = {"kind": kind, "area": area and areas[area], "telephone": telephone, "languages": languages}
            keep_service(None, name=name, hours=hours, what=what, by=people["handler@un.example"], **facts)
        _reports(people)
    return True


def _reports(people):
    codes = {"form": "report", "harm": "harassment", "affected": "self", "month": "unsaid", "area": SOUTH_SUDAN}
    codes |= {"staff": "national", "sex": "unsaid", "medical": "unsaid", "wish": "call", "leave_word": ""}
    reach = {"reach": "+00 000 000 05 (invented)", "when": "18:00–20:00", "language": "en"}
    with days_ago(9):
        agreed = [Consent.CONTACT, Consent.COUNT, Consent.PASS_ON]
        told = _send(people, "field@alba.example", {**codes, **reach}, agreed)
    handler = people["handler@un.example"]
    with days_ago(8):
        note_opening(told, by=handler)
        take_on(told, by=handler)
        note_done(told, what="called", uid=uuid4(), by=handler)
    with days_ago(0.4):
        _send(people, "io@lake.example", {"form": "call", **reach, "leave_word": "yes"}, [Consent.CONTACT])


def _send(people, email, said, consents):
    sender = people[email]
    readers = [one.pk for one in offered_to(sender) if one.is_ticked]
    return send_report(submission=uuid4(), said=said, consents=consents, readers=readers, by=sender)
