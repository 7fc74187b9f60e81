"""Where allegations of sexual exploitation or abuse by aid staff go: never here (C10)."""

from django.conf import settings


def mandatory_channels() -> list[tuple[str, str]]:
    """Where allegations against aid staff go, as the organisation that runs the portal has set it: name, address."""
    pairs = (entry.partition("|") for entry in settings.MANDATORY_CHANNELS)
    return [(name.strip(), address.strip()) for name, _line, address in pairs]
