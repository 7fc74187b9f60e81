"""Which e-mail addresses can be an organisation's (I7): those at its domains; if it named none, not those of free
mail providers, which belong to persons; or one with an approved exception that has not run out.
"""

from django.core.exceptions import ValidationError
from django.core.validators import DomainNameValidator
from django.utils.translation import gettext_lazy as _

from .models import AddressException, Organisation
from .querysets import is_still_meant, live_exception
from .roles import MAILBOXES

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
    domain = domain_of(email)
    if _is_free(domain):
        raise ValidationError(
            _("%(domain)s is a personal mail provider. Use the address that the organisation gave this person."),
            code="personal_address",
            params={"domain": domain},
        )


def domain_of(email: str) -> str:
    """The domain of an address in small letters, as mail servers write it (punycode for other alphabets)."""
    domain = email.rpartition("@")[2].strip().lower().rstrip(".")
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain


def _is_free(domain):
    return domain in _PROVIDERS or domain.partition(".")[0] in _FAMILIES


def clean_domain(text: str) -> str:
    """A domain as it is stored. Raises ValidationError for none, for one without a dot, and for free providers."""
    text = text.strip().removeprefix("@")
    domain = "" if "@" in text else domain_of(text)  # an address is none
    DomainNameValidator(message=_("Write a domain, such as organisation.example."), accept_idna=False)(domain)
    if _is_free(domain):
        raise ValidationError(
            _("%(domain)s is a personal mail provider: everybody can have an address there."),
            code="personal_address",
            params={"domain": domain},
        )
    return domain


def is_at(email: str, domains: list[str]) -> bool:
    """Whether an address is at one of the domains or at a sub-domain of one."""
    own = domain_of(email)
    return any(own == domain or own.endswith(f".{domain}") for domain in domains)


def check_address(email: str, organisation: Organisation) -> AddressException | None:
    """The exception under which the organisation may use this address; None if it needs none (I7).

    Raises ValidationError, code `other_domain` or `personal_address`, for an address that is not the organisation's.
    """
    if is_own(email, organisation):
        return None
    if (exception := live_exception(organisation, email)) is not None:
        return exception
    domains = [row.domain for row in organisation.domains.all()]
    if domains:
        raise ValidationError(
            _("%(organisation)s has its addresses at %(domains)s. Use an address there."),
            code="other_domain",
            params={"organisation": organisation.name, "domains": ", ".join(domains)},
        )
    return validate_organisational(email)


def check_mailbox(email: str, organisation: Organisation) -> None:
    """Raises ValidationError, code `other_domain`, for a mailbox that is not at a domain of the organisation."""
    if not organisation.domains.exists() or check_address(email, organisation) is not None:
        raise ValidationError("a functional mailbox is at a domain of the organisation", code="other_domain")


def exception_for(invitation) -> AddressException | None:
    """The exception under which an invitation can be accepted now; None if it needs none (I7).

    Raises ValidationError if its address is not the organisation's any more: domains come and go, exceptions run out.
    """
    if invitation.role in MAILBOXES:
        return check_mailbox(invitation.user.email, invitation.organisation)
    return check_address(invitation.user.email, invitation.organisation)


def address_fits(invitation) -> bool:
    """Whether the address of an invitation is one that the organisation may use now."""
    try:
        exception_for(invitation)
    except ValidationError:
        return False
    return True


def can_be_accepted(invitation) -> bool:
    """Whether what an invitation rests on still holds: its sender's right, and its address."""
    return is_still_meant(invitation) and address_fits(invitation)


def is_own(email: str, organisation: Organisation) -> bool:
    """Whether the address needs no exception."""
    domains = [row.domain for row in organisation.domains.all()]
    return is_at(email, domains) if domains else not _is_free(domain_of(email))
