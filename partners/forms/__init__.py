"""The forms of partnership, by noun."""
