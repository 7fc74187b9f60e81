from django.apps import AppConfig


class ImplementationLevelsConfig(AppConfig):
    name = "implementation_levels"
