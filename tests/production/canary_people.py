"""Everybody of the cast, signed in, in an installation with its own settings; and a draft application.

`python -m tests.production.canary_people` prints one line of JSON.
"""

import json

import django


def prepared() -> dict:
    """Session cookies by address, their name, and the reference of the application."""
    from django.conf import settings

    from accounts.models import User
    from tests.cast import make_cast, signed_in
    from tests.factories.applications import complete
    from tests.factories.partnership import bodies

    cast = make_cast()
    User.objects.update(language="en")
    bodies(cast)
    name = settings.SESSION_COOKIE_NAME
    cookies = {email: signed_in(user).cookies[name].value for email, user in cast.people.items()}
    return {"name": name, "cookies": cookies, "application": complete(cast).ref}


if __name__ == "__main__":
    django.setup()
    print(json.dumps(prepared()))
