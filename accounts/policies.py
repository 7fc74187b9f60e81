"""Who may do what with accounts."""


def has_account(user) -> bool:
    """Everybody who is signed in has an account of their own to look after."""
    return user.is_authenticated
