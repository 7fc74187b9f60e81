"""What `check --deploy --database default` finds out about the database."""

from django.core.checks import Error, Tags, register
from django.db import connections

from .roles import is_owner, may_make


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


@register(Tags.database, deploy=True)
def makes_nothing_of_its_own(app_configs, databases=None, **kwargs):
    """An error when the portal could make tables or functions that are taken for those of the owner."""
    able = [name for name in databases or () if connections[name].vendor == "postgresql" and may_make(name)]
    return [
        Error(
            "The portal may make tables, also temporary ones, in PostgreSQL.",
            hint="Run `migrate` as the owner with SLT_DB_APP_ROLE set: it takes away what the portal does not need.",
            id="audit.E002",
        )
        for _ in able
    ]
