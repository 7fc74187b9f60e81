"""Public references such as INC-7KQ2MC: random, fit for the telephone, telling nothing of how many there are."""

import secrets

# Without 0/O, 1/I/L, 5/S, 8/B, 2/Z, U/V: what is misheard or misread.
ALPHABET = "34679ACDEFGHJKMNPQRTWXY"


def new_reference(prefix: str, length: int = 6) -> str:
    """A fresh reference, `prefix` and `length` signs; uniqueness is the database's constraint."""
    return f"{prefix}-" + "".join(secrets.choice(ALPHABET) for _ in range(length))
