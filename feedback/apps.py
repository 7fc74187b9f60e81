from importlib import import_module

from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    name = "feedback"

    def ready(self):
        # No consensus about a suspension opens a case, and the case goes on with the suspension (§3).
        follow = import_module("feedback.actions.suspensions").follow
        import_module("partners.actions.steps").follow_suspensions(follow)
