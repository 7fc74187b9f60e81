"""Everybody of the cast, signed in, in an installation with its own settings; and what else the walk needs there.

`python -m tests.production.canary_people` prints one line of JSON.
"""

import json

import django


def prepared() -> dict:
    """Session cookies by address, their name, and the reference of the application."""
    from django.conf import settings

    from tests.cast import make_cast, signed_in
    from tests.hardening.canary_portal import made_ready

    cast = make_cast()
    application = made_ready(cast)
    name = settings.SESSION_COOKIE_NAME
    cookies = {email: signed_in(user).cookies[name].value for email, user in cast.people.items()}
    return {"name": name, "cookies": cookies, "application": application}


if __name__ == "__main__":
    django.setup()
    print(json.dumps(prepared()))
