"""What `check --deploy --database default` finds out about the database."""

from django.core.checks import Error, Tags, register
from django.db import connections

from .roles import is_owner


@register(Tags.database, deploy=True)
def signs_in_as_application(app_configs, databases=None, **kwargs):
    """An error when the portal signs in as whoever could take the triggers of append-only tables away."""
    owned = [name for name in databases or () if connections[name].vendor == "postgresql" and is_owner(name)]
    return [
        Error(
            "The portal signs in to PostgreSQL as the owner of its tables or as a superuser.",
            hint="Set SLT_DB_USER to the application's role; only `migrate` and `restore` need the owner's.",
            id="audit.E001",
        )
        for _ in owned
    ]
