"""Settings from the environment or from secret files; fails loudly with a sentence that says what to set."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str | None = None) -> str:
    """The value of NAME, or the content of the file named by NAME_FILE, or the default.

    Raises ImproperlyConfigured when none of the three is there.
    """
    if name in os.environ:
        return os.environ[name]
    if file_name := os.environ.get(f"{name}_FILE"):
        try:
            return Path(file_name).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE: {file_name} cannot be read: {error.strerror}.") from error
    if default is None:
        raise ImproperlyConfigured(f"Set {name} (or {name}_FILE with the path of a file that holds it).")
    return default


def flag(name: str, default: bool) -> bool:
    """The value of NAME as yes or no; raises ImproperlyConfigured for anything else."""
    value = text(name, "yes" if default else "no").lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off", ""}:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}: set it to yes or no.")


def number(name: str, default: int) -> int:
    """The value of NAME as a whole number; raises ImproperlyConfigured for anything else."""
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {value!r}: set it to a whole number.") from error


def words(name: str, default: str = "") -> list[str]:
    """The comma-separated values of NAME, blanks dropped."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]
