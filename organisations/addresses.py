"""Which e-mail addresses can be an organisation's (I7): those of free mail providers belong to persons."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# The well-known ones; whoever invites knows the person, so this catches the slip, not the lie.
_PROVIDERS = frozenset(
    {
        "126.com",
        "163.com",
        "aol.com",
        "fastmail.com",
        "free.fr",
        "gmail.com",
        "googlemail.com",
        "hey.com",
        "icloud.com",
        "inbox.com",
        "laposte.net",
        "live.com",
        "live.fr",
        "mac.com",
        "mail.com",
        "mail.ru",
        "me.com",
        "msn.com",
        "orange.fr",
        "outlook.com",
        "outlook.fr",
        "pm.me",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "rediffmail.com",
        "rocketmail.com",
        "sfr.fr",
        "tuta.io",
        "tutanota.com",
        "wanadoo.fr",
        "web.de",
        "ymail.com",
    }
)
# Providers with a domain in most countries: yahoo.fr, hotmail.co.uk.
_FAMILIES = frozenset({"gmx", "hotmail", "yahoo", "yandex"})


def validate_organisational(email: str) -> None:
    """Raises ValidationError for an address at a free mail provider."""
    domain = email.rpartition("@")[2].lower().rstrip(".")
    if domain in _PROVIDERS or domain.partition(".")[0] in _FAMILIES:
        raise ValidationError(
            _("%(domain)s is a personal mail provider. Use the address that the organisation gave this person."),
            code="personal_address",
            params={"domain": domain},
        )
