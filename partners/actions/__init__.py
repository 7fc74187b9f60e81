"""Everything that changes a partnership, by noun."""
