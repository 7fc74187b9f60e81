from importlib import import_module

from django.apps import AppConfig


class OverviewConfig(AppConfig):
    name = "overview"

    def ready(self):
        import_module("overview.figures.declared")
