from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class DemoConfig(AppConfig):
    name = "demo"

    def ready(self):
        """Whoever installs the demo in settings that do not say so has made a mistake: refuse to start."""
        if not getattr(settings, "DEMO", False):
            raise ImproperlyConfigured("The demo lets anybody sign in as anybody: take 'demo' out of INSTALLED_APPS.")
