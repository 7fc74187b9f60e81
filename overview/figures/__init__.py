"""Figures: the only code that may count what its reader may not open, each with its rule of suppression (G1, G3)."""
