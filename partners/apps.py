from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class PartnersConfig(AppConfig):
    name = "partners"

    def ready(self):
        # What waits in the apps below this one: they import it, it never imports them.
        autodiscover_modules("queue")
