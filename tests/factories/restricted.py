"""Reports of the restricted track, made through its actions; a second handler, and one for an area only."""

import uuid

from accounts.models import User
from demo.actions import install_cast
from demo.cast import OUTSIDE, Person
from organisations.models import Membership
from restricted.actions.filing import send_report, withdraw_report
from restricted.actions.handling import note_done, note_opening, take_on
from restricted.actions.helping import keep_service
from restricted.codes import HANDLER_ROLE
from restricted.handlers import offered_to
from tests.cast import LONG_AGO

ALBA, BENU, HANDLER, HQ = "field@alba.example", "field@benu.example", "handler@un.example", "dss.hq@un.example"
SECOND, IN_CHAD = "second.handler@un.example", "chad.handler@un.example"
CANARY = "zqcanaryqz"


def a_handler(cast, email=SECOND, *, key="wfp", area=None, name="ليلى <b>Second</b>") -> User:
    """Somebody else who is a handler, with both factors and the rules acknowledged, as everybody of the cast."""
    person = Person(email, name, OUTSIDE, ((key, HANDLER_ROLE, area),))
    user = install_cast(persons=[person])[email]
    Membership.objects.filter(user=user).update(starts_at=LONG_AGO)
    cast.people[email] = user
    return user


def said(**changes) -> dict[str, str]:
    """What is sealed, as the form gives it."""
    return {
        "form": "report",
        "harm": "assault",
        "affected": "self",
        "month": "2026-01",
        "area": "south-sudan",
        "staff": "national",
        "sex": "female",
        "medical": "wanted",
        "wish": "call",
        "reach": f"+211 900 {CANARY}",
        "when": f"after six {CANARY}",
        "language": "en",
        "leave_word": "",
        **changes,
    }


def a_report(cast, by=ALBA, *, readers=(HANDLER,), consents=("contact",), submission=None, **changes):
    """Sent by somebody of the cast to these handlers."""
    names = {one.name: one.pk for one in offered_to(cast[by])}
    chosen = [names[str(cast[email])] for email in readers]
    terms = {"submission": submission or uuid.uuid4(), "consents": consents, "readers": chosen}
    return send_report(**terms, said=said(**changes), by=cast[by])


def taken(cast, report, by=HANDLER):
    """Opened and taken on."""
    note_opening(report, by=cast[by])
    take_on(report, by=cast[by])
    report.refresh_from_db(from_queryset=type(report).objects.for_system("test"))
    return report


def a_service(cast, name="Clinic of the lake", **fields):
    """In the list, everywhere."""
    values = {"kind": "medical", "area": None, "telephone": "+41 00", "what": "", "languages": "", "hours": ""}
    return keep_service(None, by=cast[HQ], name=name, **{**values, **fields})


def of_restricted(cast) -> dict[str, object]:
    """What stands on the pages that are looked at: new, in hand, withdrawn; two handlers more; services."""
    a_handler(cast)
    a_handler(cast, IN_CHAD, key="unhcr", area="chad", name="Amina Saleh Mahamat")
    agreed = ("contact", "count", "add", "pass_on")
    new = a_report(cast, readers=(HANDLER, SECOND), consents=agreed)
    held = taken(cast, a_report(cast, readers=(HANDLER,), consents=agreed))
    note_done(held, what="called", uid=uuid.uuid4(), by=cast[HANDLER])
    gone = a_report(cast, BENU)
    withdraw_report(gone, by=cast[BENU])
    kept = a_service(cast, hours="day and night", languages="English, Français", what="Free of charge.")
    a_service(cast, "Hospital of the south", area=cast.areas["south-sudan"])
    a_service(cast, "Maison d’écoute", area=cast.areas["chad"], kind="counselling")
    return {"sup_new": new.ref, "sup_held": held.ref, "sup_gone": gone.ref, "svc": kept.ref}
