"""The kinds of message that feedback sends, by noun; notifications finds them here."""

from . import filing, handling, intake, lessons, reminders  # noqa: F401
