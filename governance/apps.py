from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class GovernanceConfig(AppConfig):
    name = "governance"

    def ready(self):
        # The questions of the apps below this one: they import it, it never imports them.
        autodiscover_modules("decisions")
