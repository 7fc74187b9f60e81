"""How django-allauth keeps the secrets of second factors: sealed under the installation's master keys."""

import base64
from collections.abc import Callable

from allauth.mfa.adapter import DefaultMFAAdapter

from slt_portal.crypto import UnderMasterKey, seal, unseal

CONTEXT = "second factor"


def _parts(data: dict, do: Callable[[bytes], bytes]) -> dict:
    """`data` of a second factor with `do` applied to each secret in it: of the app, of recovery codes, of old codes."""

    def done(text):
        return base64.b64encode(do(base64.b64decode(text))).decode()

    changed = {name: done(data[name]) for name in ("secret", "seed") if name in data}
    if "migrated_codes" in data:
        changed["migrated_codes"] = [done(code) for code in data["migrated_codes"]]
    return {**data, **changed}


# What allauth's model Authenticator keeps under the master key: it is not ours to declare it there.
UNDER_MASTER_KEY = UnderMasterKey("data", context=lambda row: CONTEXT, parts=_parts)


class SecondFactorAdapter(DefaultMFAAdapter):
    """A copy of the database alone lets nobody compute codes."""

    def encrypt(self, text: str) -> str:
        """`text` sealed, as text."""
        return base64.b64encode(seal(text.encode(), context=CONTEXT)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret again. Raises SealBroken if it was changed."""
        return unseal(base64.b64decode(encrypted_text), context=CONTEXT).decode()
