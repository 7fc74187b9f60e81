"""Work inside an installation, with its own settings, for tests that run it as processes of their own.

`python -m tests.production.people make NUMBER` adds the cast and so many people of INGO Benu in South Sudan;
`... sign_in ADDRESS ORGANISATION AREA` prints the session cookie of somebody and a filled-in report form;
`... truth` prints what the database says of incidents and messages. Everything is printed as one line of JSON.
"""

import json
import sys


def make(number: str) -> dict:
    """The cast, and people who are told of everything in South Sudan."""
    from django.contrib.auth.hashers import make_password

    from accounts.models import User
    from organisations.models import Membership, Standing
    from tests.cast import LONG_AGO, make_cast

    cast = make_cast()
    nobody = make_password(None)
    people = User.objects.bulk_create(
        User(
            email=f"reader{n}@benu.example",
            name=f"Reader {n}",
            language="fr" if n % 3 == 0 else "en",
            password=nobody,
        )
        for n in range(int(number))
    )
    benu, area = cast.organisations["benu"], cast.areas["south-sudan"]
    Membership.objects.bulk_create(
        Membership(user=user, organisation=benu, role="partner_field", area=area) for user in people
    )
    # Long ago, as for most people: a clock that is set back does not make them newcomers of tomorrow.
    Membership.objects.update(starts_at=LONG_AGO)
    Standing.objects.update(starts_at=LONG_AGO)
    return {"people": len(people)}


def sign_in(address: str, organisation: str, area: str) -> dict:
    """A session as after both factors, and a form that reports an incident for that organisation."""
    from django.conf import settings

    from tests.cast import make_cast, signed_in
    from tests.factories.incidents import typed

    cast = make_cast()
    cookies = signed_in(cast[address]).cookies
    form = typed(cast, organisation, area=area)
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": cookies[name].value, "form": form}


def truth() -> dict:
    """The incidents by the submission of their first report, and every message."""
    from audit.chain import faults
    from audit.models import ChainHead, Event
    from incidents.models import Report
    from notifications.models import Message

    reports = Report.objects.for_system("truth of a test").filter(number=1)
    messages = Message.objects.values_list("pk", "kind", "state", "recipient__email", "event_key", "last_error")
    return {
        "submissions": [str(one) for one in reports.values_list("submission", flat=True)],
        "messages": [[str(pk), *rest] for pk, *rest in messages],
        "chain": list(faults(Event.objects.order_by("number").iterator(), ChainHead.objects.first())),
    }


def main(command: str, *arguments: str) -> None:
    """Set Django up for the installation named by the environment; print what the command returns."""
    import django

    django.setup()
    print(json.dumps({"make": make, "sign_in": sign_in, "truth": truth}[command](*arguments)))


if __name__ == "__main__":
    main(*sys.argv[1:])
