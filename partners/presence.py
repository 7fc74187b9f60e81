"""What an application declares that its memorandum needs: the name of the organisation, where it is, its contacts."""

from areas.models import Area

from .models import Application


def legal_name(application: Application) -> str:
    """The name under which the organisation signs: the legal one, or that by which it is known here."""
    return application.texts.get("identity", {}).get("legal_name") or application.organisation.name


def codes_declared(application: Application) -> list[str]:
    """The codes of the areas in which the organisation says it is present, as it listed them."""
    return [row["area"] for row in application.texts.get("presence", []) if row.get("area")]


def areas_of_codes(codes) -> list[Area]:
    """The areas with these codes, by name; one query."""
    return sorted(Area.objects.filter(code__in=codes), key=str)


def contacts_declared(application: Application) -> list[dict]:
    """The security contacts with an address: name, email, phone, role, language."""
    return [row for row in application.texts.get("contacts", []) if row.get("email")]


def signatory_declared(application: Application) -> dict:
    """Who the organisation says will sign: name, title, email."""
    return application.texts.get("signatory", {})
