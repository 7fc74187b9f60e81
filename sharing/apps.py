from django.apps import AppConfig
from django.db.backends.signals import connection_created


class SharingConfig(AppConfig):
    name = "sharing"

    def ready(self) -> None:
        """Have every connection, job and request say on whose behalf it asks (the second wall)."""
        from slt_portal.celery import Job

        from . import checks  # noqa: F401
        from .wall import as_system, stand_beside

        connection_created.connect(stand_beside, dispatch_uid="sharing.wall")
        Job.surroundings = staticmethod(as_system)

    def after_migrate(self, using: str) -> None:
        """Put up the second wall again: columns and tables may be new."""
        from .wall_policies import install

        install(using)
