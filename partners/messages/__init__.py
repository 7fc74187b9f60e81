"""The kinds of message that partners sends, by noun; notifications finds them here."""

from . import applications, bases, conclusion, confirmations, interests, member_lists, review, suspensions  # noqa: F401
