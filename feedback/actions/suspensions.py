"""A suspension without consensus is a feedback case: opened, moved and closed with it (§3, §12; P9)."""


def follow(suspension, *, by) -> None:
    """Keep the case of `suspension` in step; called in the transaction of each of its steps."""
