"""Pages of organisations: their people, their addresses, and one's own roles."""
