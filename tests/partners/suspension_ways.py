"""The ways through a suspension procedure, as its people would go them."""

from governance.actions import confirm_closing, propose_closing, take_position
from governance.seats import holders_of, seats_in
from partners.actions.suspensions import ask_agreement, hear, open_suspension, put, recommend_on_suspension
from partners.models import Suspension
from tests.factories.partnership import CANARY, bodies

DO, HQ, ICVA = "do@un.example", "dss.hq@un.example", "wg@icva.example"
PLATFORM, DSS_FIELD, OCHA = "platform@southsudan.example", "dss.field@un.example", "ocha@un.example"


def again(row: Suspension) -> Suspension:
    """The row as it is now."""
    return Suspension.objects.for_system("test").get(pk=row.pk)


def opened(cast, key="benu", area="south-sudan", by=None) -> Suspension:
    """Opened by whose business it is; nobody has answered."""
    return open_suspension(
        organisation=cast.organisations[key],
        area=cast.areas[area] if area else None,
        cause="confidentiality",
        reasons=f"{CANARY} reasons",
        internal=f"{CANARY} internal",
        by=cast[by or (DO if area else HQ)],
    )


def heard(cast, key="benu", area="south-sudan") -> Suspension:
    """Opened, and the organisation has answered."""
    row = opened(cast, key, area)
    hear(row, text=f"{CANARY} answer", by=cast[f"hq@{key}.example"])
    return row


def speak(row: Suspension, **choices) -> Suspension:
    """The seats of the area say what `choices` says by capacity; agree where it says nothing."""
    for seat in seats_in(row.agreement.body):
        if again(row).state == "agreeing":
            holder = holders_of(seat, concerns=row.organisation)[0]
            choice = choices.get(seat.capacity, "agree")
            reasons = f"{CANARY} objection" if choice == "object" else ""
            take_position(row.agreement, seat=seat, choice=choice, reasons=reasons, by=holder)
    return again(row)


def agreed(cast, key="benu", area="south-sudan") -> Suspension:
    """Suspended in the area by the agreement of all."""
    row = heard(cast, key, area)
    ask_agreement(row, by=cast[DO])
    return speak(row)


def escalated(cast, key="benu") -> Suspension:
    """The NGO representative objected."""
    row = heard(cast, key)
    ask_agreement(row, by=cast[DO])
    return speak(row, mechanism="object")


def before_the_committee(cast, key="benu", area="south-sudan", verdict="suspend") -> Suspension:
    """Recommended by the Working Group, or put there by DSS headquarters."""
    bodies(cast)
    if area:
        row = escalated(cast, key)
        recommend_on_suspension(row, verdict=verdict, reasons=f"{CANARY} recommendation", by=cast[ICVA])
    else:
        row = heard(cast, key, None)
        put(row, verdict=verdict, reasons=f"{CANARY} recommendation", by=cast[HQ])
    return again(row)


def closed_by_committee(cast, decision, outcome: str) -> None:
    """Everybody agrees; both chairs close with `outcome`."""
    people = {"DSS": cast["dss.chair@un.example"], "GISF": cast["chair@gisf.example"], "WFP": cast["wfp@un.example"]}
    seats = {seat.organisation.acronym: seat for seat in seats_in(decision.body)}
    for name, person in people.items():
        take_position(decision, seat=seats[name], choice="agree", by=person)
    closing = propose_closing(
        decision, seat=seats["DSS"], outcome=outcome, reasons=f"Because {outcome}.", by=people["DSS"]
    )
    confirm_closing(closing, seat=seats["GISF"], by=people["GISF"])
