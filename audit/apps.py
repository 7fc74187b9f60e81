from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "audit"

    def ready(self) -> None:
        """Have Django know the checks."""
        from . import checks  # noqa: F401
