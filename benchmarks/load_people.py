"""Work of the load test inside the installation, with its own settings; each prints one line of JSON.

`python -m benchmarks.load_people grow NUMBER` (as the owner of the tables) makes the federation and its incidents;
`... users NUMBER` gives that many people a password and an authenticator app, prints how they sign in and what form
they file; `... truth` says what the database holds of reports and messages.
"""

import json
import sys

READERS_EVERY = 4  # one person in so many works in South Sudan, is told of every report there, and files reports


def grow(number: str) -> dict:
    """The people and incidents of benchmarks.population; new rows go on after their numbers."""
    from django.apps import apps
    from django.core.management.color import no_style
    from django.db import connection

    from benchmarks import population

    population.make_people()
    population.grow(1, int(number), with_words=True)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), apps.get_models()):
            cursor.execute(statement)
    return {"incidents": int(number)}


def users(number: str) -> list[dict]:
    """People of many organisations, and of one that reports; each can sign in. The newest 50 reports have texts."""
    from accounts.models import User
    from organisations.models import Membership
    from tests.cast import make_cast
    from tests.factories.incidents import USUAL, file_report

    cast = make_cast()
    benu, area = cast.organisations["benu"], cast.areas["south-sudan"]
    readers = [
        User(email=f"reader{n}@benu.example", name=f"Reader {n}", language="fr" if n % 3 == 0 else "en")
        for n in range(int(number) // READERS_EVERY)
    ]
    readers = User.objects.bulk_create(readers)
    Membership.objects.bulk_create(
        Membership(user=user, organisation=benu, role="partner_field", area=area) for user in readers
    )
    for _ in range(50):
        file_report(cast, marking="TLP:GREEN", choices=[*USUAL, "community"])
    others = [User.objects.get(email=f"p{n + 2}@benchmark.example") for n in range(int(number) - len(readers))]
    return [_able_to_sign_in(user, cast, files=user in readers) for user in (*readers, *others)]


def _able_to_sign_in(user, cast, *, files) -> dict:
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import generate_totp_secret
    from allauth.mfa.utils import encrypt
    from django.utils import timezone

    from accounts.models import RulesAcknowledgement
    from accounts.rules import RULES_VERSION
    from tests.factories.incidents import typed

    password, secret = f"a long sentence for {user.pk}", generate_totp_secret()
    user.set_password(password)
    user.save(update_fields=["password"])
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": encrypt(secret)})
    RulesAcknowledgement.objects.create(user=user, version=RULES_VERSION, at=timezone.now())
    form = typed(cast, "benu") if files else None
    return {"email": user.email, "password": password, "secret": secret, "form": form}


def truth() -> dict:
    """The submissions of the reports that were filed, and how many messages are in which state."""
    from django.db.models import Count

    from incidents.models import Report
    from notifications.models import Message

    reports = Report.objects.for_system("load test").order_by("-pk")[:20_000]
    states = Message.objects.values_list("state").annotate(n=Count("pk"))
    return {"submissions": [str(one) for one in reports.values_list("submission", flat=True)], "messages": dict(states)}


def main(command: str, *arguments: str) -> None:
    """Set Django up for the installation named by the environment; print what the command returns."""
    import django

    django.setup()
    sys.stdout.write(json.dumps({"grow": grow, "users": users, "truth": truth}[command](*arguments)) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
