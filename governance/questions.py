"""The kinds of question that are put to a body. Apps below this one declare theirs in their `decisions.py`."""

from abc import ABC, abstractmethod

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy


class UnknownQuestion(LookupError):
    """No installed app declares this question: a decision of a version or an app that is gone."""


class Question(ABC):
    """One kind of question: its code `<app>.<name>`, its outcomes, and what follows from each.

    `outcomes` are code -> label, the proposed one among them; `explained` are those that need written reasons;
    `by_silence` those that nobody's objection brings about: what somebody must be told the reasons of is none of them,
    unless the reasons are written down already. `reasons_read_by` says to the chairs who reads theirs.
    """

    code: str
    outcomes: dict[str, str]
    explained: frozenset[str] = frozenset()
    by_silence: frozenset[str] = frozenset()
    reasons_read_by = gettext_lazy("They may be shown to the organisation concerned. Name no seat and no person.")

    @abstractmethod
    def title(self, decision) -> str:
        """What is to be decided, in a few words of the reader's language, whatever the decision's state.

        From the decision, its `concerns` and its `area`, without a question to the database: lists ask for many. A seat
        that recused itself reads it too, so it says nothing of what was proposed.
        """

    @abstractmethod
    def facts(self, decision) -> list[dict]:
        """What the seats need to know at a glance: [{"label", "value"}]."""

    @abstractmethod
    def href(self, decision) -> str:
        """The page of what it is about, which every seat may open."""

    def may_open(self, access, decision) -> bool:
        """Whether the page of what it is about opens for this reader of the decision."""
        return True

    def needs_reasons(self, decision, outcome: str) -> bool:
        """Whether the chairs must write why it closes with that."""
        return outcome in self.explained

    @abstractmethod
    def carry_out(self, decision, *, by) -> None:
        """Do what the outcome says, in the transaction that closes the decision; `by` is None when the tick did.

        May raise whatever it likes: the decision then stays open, and stands on a watched page.
        """


_questions: dict[str, Question] = {}


def register(question: type[Question]) -> type[Question]:
    """Class decorator that makes a question known. A doubled or malformed code is ImproperlyConfigured."""
    app, _, name = question.code.partition(".")
    if question.code in _questions or not name or not apps.is_installed(app):
        raise ImproperlyConfigured(f"Question {question.code!r}: write <app>.<name> of an installed app, once.")
    _questions[question.code] = question()
    return question


def question_of(decision) -> Question:
    """The question of this decision. Raises UnknownQuestion."""
    try:
        return _questions[decision.question]
    except KeyError:
        raise UnknownQuestion(decision.question) from None
