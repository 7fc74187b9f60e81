"""How a decision comes to its end, for tests of what follows from it: positions, two chairs, silence."""

import io

import time_machine
from django.core.management import call_command

from governance.actions import close_due, comment, confirm_closing, propose_closing, take_position
from governance.models import Decision, Position, Seat
from governance.seats import committee
from tests.factories.partnership import DSS_CHAIR, GISF, WFP
from tests.governance.trial import a_trial

# Who speaks for which seat of tests.factories.partnership.bodies; the seat of OCHA is vacant.
SPEAKS = {"dss": DSS_CHAIR, "gisf": GISF, "wfp": WFP}


def seat_of(decision, key: str, cast) -> Seat:
    """The seat of the Committee that an organisation of the cast has."""
    return decision.body.seats.get(organisation=cast.organisations[key])


def say(cast, decision, key: str, choice: str = "agree", reasons: str = "") -> Position:
    """The seat of `key` takes a position."""
    seat = seat_of(decision, key, cast)
    reasons = reasons or ("Why it objects." if choice == "object" else "")
    return take_position(decision, seat=seat, choice=choice, reasons=reasons, by=cast[SPEAKS[key]])


def say_all(cast, decision, **choices: str) -> None:
    """Seat by seat: `say_all(cast, decision, dss="agree", gisf="object")`."""
    for key, choice in choices.items():
        say(cast, decision, key, choice)


def propose(cast, decision, outcome: str, reasons: str = "Reasons for everybody.", key: str = "dss"):
    """The seat of `key` proposes to close."""
    seat = seat_of(decision, key, cast)
    return propose_closing(decision, seat=seat, outcome=outcome, reasons=reasons, by=cast[SPEAKS[key]])


def confirm(cast, closing, key: str = "gisf") -> None:
    """The seat of `key` confirms."""
    confirm_closing(closing, seat=seat_of(closing.decision, key, cast), by=cast[SPEAKS[key]])


def closed_by_chairs(cast, decision, outcome: str, reasons: str = "Reasons for everybody.") -> Decision:
    """Both chairs close with that, after DSS and GISF have agreed with the proposal; returns it as it is then."""
    say_all(cast, decision, dss="agree", gisf="agree")
    confirm(cast, propose(cast, decision, outcome, reasons))
    return now_of(decision)


def closed_by_silence(decision) -> Decision:
    """Nobody objects until the deadline, and the tick comes; returns it as it is then."""
    with time_machine.travel(decision.deadline, tick=False):
        close_due()
    return now_of(decision)


def now_of(decision) -> Decision:
    """The row as it is now, for tests that look at everything."""
    return Decision.objects.for_system("a test looks").get(pk=decision.pk)


def of_decisions(cast) -> dict[str, str]:
    """Decisions of the Committee on every page: near its end, stopped with a closing proposed, closed, recused."""
    call_command("load_bodies", stdout=io.StringIO())
    body = committee()
    quiet, stopped, closed, recused = (a_trial(cast, body=body, days=days) for days in (1, 9, 14, 14))
    say(cast, quiet, "wfp", "agree", "WFP works with it in two areas.")
    say(cast, stopped, "wfp", "agree", "A partner since 2019, and a careful one.")
    say(cast, stopped, "wfp", "object", "The plan for medical emergencies is from 2017. It has to be a current one.")
    say(cast, stopped, "dss", "abstain")
    say(cast, stopped, "gisf", "agree", "The organisation sent the new plan to the Working Group yesterday.")
    seat = seat_of(stopped, "gisf", cast)
    comment(stopped, seat=seat, text="Could WFP look at the new plan?", by=cast[GISF])
    for text in ("لم نر الخطة بعد.", "We have it now, thank you."):
        comment(stopped, seat=seat_of(stopped, "wfp", cast), text=text, by=cast[WFP])
    propose(cast, stopped, "refuse", "The plan for medical emergencies is not current.")
    closed_by_chairs(cast, closed, "approve", "All three criteria are met.")
    say(cast, recused, "wfp", "recuse")
    rows = {"dec_quiet": quiet, "dec_stopped": stopped, "dec_closed": closed, "dec_recused": recused}
    return {name: row.ref for name, row in rows.items()}
