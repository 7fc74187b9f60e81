"""What `check --deploy --database default` finds out about the second wall."""

from django.core.checks import Error, Tags, register

from .wall_policies import gaps


@register(Tags.database, deploy=True)
def stands_behind_the_wall(app_configs, databases=None, **kwargs):
    """An error when PostgreSQL would give confidential rows to whoever asks as the portal does."""
    return [
        Error(
            f"The second wall does not stand at {len(missing)} tables, {missing[0]} among them.",
            hint="Sign in as the application's role (SLT_DB_USER); as the owner run `migrate`, which puts up the wall.",
            id="sharing.E001",
        )
        for missing in map(gaps, databases or ())
        if missing
    ]
