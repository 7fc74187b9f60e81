"""Who may do what with notifications."""


def can_follow_areas(user) -> bool:
    """Everybody who is signed in: following opens nothing, it only chooses among what one may see."""
    return user.is_authenticated
