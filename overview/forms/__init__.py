"""Forms of what is written across apps: measures under way, reports (G3, G5)."""
