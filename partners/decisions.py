"""The questions that partnership puts to the bodies: admission (§3.3), suspension, revocation and lifting (§3)."""
