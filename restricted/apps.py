from django.apps import AppConfig


class RestrictedConfig(AppConfig):
    name = "restricted"
