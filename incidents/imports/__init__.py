"""Public data sets of incidents, taken over as attributed reference incidents (I9). Nothing is guessed."""
