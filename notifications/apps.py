from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self):
        # The kinds of the apps below this one: they import it, it never imports them.
        autodiscover_modules("messages")
