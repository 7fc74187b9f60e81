"""Emergency access for tests: a second person of DSS of an area, and one that is open (C8)."""

import uuid
from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.utils import timezone

from accounts.models import RulesAcknowledgement, User
from incidents.kept_back import warned_items
from organisations.models import Membership
from sharing import emergency
from tests.factories.incidents import file_report

DESK = "dss.field@un.example"


def of_dss(cast, email, area="south-sudan"):
    user = User.objects.create(email=email, name="Second of DSS", language="en")
    of = {"organisation": cast.organisations["dss"], "area": cast.areas[area], "role": "dss_field"}
    Membership.objects.create(user=user, starts_at=timezone.now() - timedelta(days=1), **of)
    for model in (Authenticator, RulesAcknowledgement):  # as secured and as bound as their colleague
        for row in model.objects.filter(user=cast[DESK]):
            row.pk, row.user, row._state.adding = None, user, True
            row.save()
    return user


def of_emergency(cast) -> dict[str, object]:
    """One that is open to the desk of South Sudan, and one that waits for it."""
    closed = {"choices": ["named_organisations"], "organisations": ["lake"]}
    file_report(cast, **closed)
    second = of_dss(cast, "second.of.dss@un.example")
    asked = {"area": cast.areas["south-sudan"], "days": 7, "hours": 4, "reason": "Two staff are missing since noon."}
    opened = emergency.ask(by=second, submission=uuid.uuid4(), **asked)
    emergency.agree(opened, by=cast[DESK], sparing=warned_items())
    waiting = emergency.ask(by=second, submission=uuid.uuid4(), **asked)
    return {"emergency": opened.ref, "emergency_waiting": waiting.ref}
