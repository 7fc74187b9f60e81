"""How django-allauth keeps the secrets of second factors: sealed under the installation's master keys."""

import base64

from allauth.mfa.adapter import DefaultMFAAdapter

from slt_portal.crypto import seal, unseal

CONTEXT = "second factor"


class SecondFactorAdapter(DefaultMFAAdapter):
    """A copy of the database alone lets nobody compute codes."""

    def encrypt(self, text: str) -> str:
        """`text` sealed, as text."""
        return base64.b64encode(seal(text.encode(), context=CONTEXT)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret again. Raises SealBroken if it was changed."""
        return unseal(base64.b64decode(encrypted_text), context=CONTEXT).decode()
