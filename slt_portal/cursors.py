"""Places in a list, as they travel in a URL: sealed, so that they tell nothing and cannot be made up."""

import base64
import binascii
import json

from .crypto import SealBroken, seal, unseal

CONTEXT = "list cursor"


def pack(*values) -> str:
    """`values` (text and numbers) as one opaque word for a query string."""
    return base64.urlsafe_b64encode(seal(json.dumps(values).encode(), context=CONTEXT)).decode().rstrip("=")


def unpack(word: str) -> list | None:
    """The values of a cursor, or None for a word that is not one: a list then simply begins at its beginning."""
    try:
        return json.loads(unseal(base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)), context=CONTEXT))
    except (SealBroken, binascii.Error, ValueError):
        return None
