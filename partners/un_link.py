"""What UN entities said about an applicant: whether the first criterion can be met (§2a, footnote 2; P3, P4)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from .models import Application, Confirmation

State = Confirmation.State


@dataclass(frozen=True)
class UnLink:
    """The answers so far, in numbers. `confirmed` are those whose agreement has not ended meanwhile."""

    confirmed: int
    denied: int
    unknown: int
    unanswered: int
    waiting: int
    is_exception: bool

    @property
    def exception_holds(self) -> bool:
        """No agreement with any UN entity, and none said no: the Committee may make an exception (footnote 2)."""
        return self.is_exception and not self.denied and not self.confirmed

    @property
    def trouble(self) -> str:
        """Why the criterion cannot be met as things stand; empty if it can."""
        if self.confirmed or self.exception_holds:
            return ""
        if self.denied:
            return _(
                "A UN entity said that the organisation is not its partner, and none confirmed that it is. "
                "A denial is not an exception: ask another entity, or wait for an answer."
            )
        return _(
            "No UN entity has confirmed the partnership yet. Wait for an answer, or ask somebody else at the entity."
        )


def un_link_of(application: Application, rows: Iterable[Confirmation] | None = None) -> UnLink:
    """The answers about `application`; `rows` are its requests where they have been read already, else one query."""
    if rows is None:
        rows = Confirmation.objects.for_system("the answers in numbers").filter(application=application)
    today = timezone.now().date()
    states = [row.state for row in rows if not has_run_out(row, today)]
    return UnLink(
        confirmed=states.count(State.CONFIRMED),
        denied=states.count(State.DENIED),
        unknown=states.count(State.UNKNOWN),
        unanswered=states.count(State.NO_ANSWER),
        waiting=sum(state in Confirmation.WAITING for state in states),
        is_exception=application.is_exception,
    )


def has_run_out(row: Confirmation, today=None) -> bool:
    """Whether what was confirmed has ended since: it counts no more."""
    return row.ends_on is not None and row.ends_on < (today or timezone.now().date())
