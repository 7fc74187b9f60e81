"""The kinds of message that implementation levels send, by noun; notifications finds them here."""

from . import deciding, lists, reviews, tasks  # noqa: F401
