"""A question that only tests put: what follows can be counted, and told to fail."""

from datetime import timedelta

from django.utils import timezone

from governance.actions import open_decision
from governance.questions import Question, register
from notifications.models import Subject
from tests.factories.partnership import bodies


@register
class Trial(Question):
    """Approve or refuse; refusing needs reasons. What follows is a row."""

    code = "governance.trial"
    outcomes = {"approve": "approve it", "refuse": "refuse it", "agreed": "agreed", "no_consensus": "no consensus"}
    explained = frozenset({"refuse"})
    by_silence = frozenset({"approve"})
    carried_out: list = []
    fails: set = set()

    def title(self, decision):
        return f"Trial of {decision.concerns}"

    def facts(self, decision):
        return [{"label": "Fact", "value": "known"}]

    def href(self, decision):
        return "/"

    def carry_out(self, decision, *, by):
        Subject.objects.create()  # an effect that must go when it fails
        if decision.pk in self.fails:
            raise RuntimeError("secret canary of the trial")
        self.carried_out.append((decision.ref, decision.outcome, decision.texts["reasons"], by and by.email))


def a_trial(cast, *, body=None, rule="silence", proposal="approve", days=14, **fields):
    """A decision put to the Committee for two weeks, about Dune; those who hold a seat were told."""
    return open_decision(
        question=Trial.code,
        body=body or bodies(cast)[0],
        proposal=proposal,
        rule=rule,
        deadline=timezone.now() + timedelta(days=days),
        by=cast["dss.hq@un.example"],
        **{"concerns": cast.organisations["dune"], **fields},
    )


def effects(decision) -> list:
    """What followed from it, as (outcome, reasons, by whom)."""
    return [rest for ref, *rest in Trial.carried_out if ref == decision.ref]
