"""The pages of partnership, by noun."""
