"""Reports that their originator keeps back, with or without a warning."""

import uuid

from incidents.account import Account, Sharing
from incidents.actions import file_incident
from incidents.kept_back import Warned, Withheld
from incidents.models import Report

from .incidents import USUAL, an_account

WORDS = "PLOVER-WARNING avoid the river crossing until Friday"


def withheld_report(cast, *, text="", account: Account | None = None, ground="risk", marking="TLP:AMBER+STRICT", **how):
    """A report of Alba's that is kept back; with a `text` others get that as a warning. Returns the report."""
    choices = list(how.pop("choices", USUAL)) if text else []
    people = [cast[email] for email in how.pop("persons", ())]
    named = [cast.organisations[key] for key in how.pop("organisations", ())]
    sharing = Sharing(marking, choices, organisations=named, persons=people)
    return _filed(
        cast,
        sharing,
        Withheld(ground, was_asked_again=True, warning=Warned(text, sharing) if text else None),
        account or an_account(),
        **how,
    )


def _filed(cast, sharing, withheld, account, by="field@alba.example", organisation="alba", submission=None) -> Report:
    return file_incident(
        by=cast[by],
        originator=cast.organisations[organisation],
        area=cast.areas["south-sudan"],
        account=account,
        sharing=sharing,
        submission=submission or uuid.uuid4(),
        withheld=withheld,
    )


def of_withholding(cast) -> dict[str, object]:
    """As places in the paths of looks."""
    return {
        "withheld": withheld_report(cast).incident.item.ref,
        "warned": withheld_report(cast, text=WORDS).incident.item.ref,
    }
