"""The kinds of message that partners sends, by noun; notifications finds them here."""
