"""What in a text would tell who sent a case, while the sender is not to be named to the area (F3)."""

import re

from areas.names import folded
from organisations.models import OrganisationName

from .models import Case

_WORD = re.compile(r"[^\W\d_]+")
SHORTEST = 3  # letters of a part of a name that is looked for by itself


def tells_sender(text: str, case: Case) -> list[str]:
    """The words of `text` that say who sent `case`: a person or an organisation by whichever name, or an address.

    Whole names are found whatever their case and accents; acronyms and parts of the person's name as they are written:
    "care" is a word, "CARE" an organisation. One query.
    """
    if case.sender is None:
        return []
    other = OrganisationName.objects.filter(organisation=case.organisation_id).values_list("name", "kind")
    acronyms = [case.organisation.acronym, *(name for name, kind in other if kind == OrganisationName.Kind.ACRONYM)]
    whole = [case.sender.email, case.sender.email.partition("@")[2], case.sender.name, case.organisation.name]
    whole += [name for name, kind in other if kind != OrganisationName.Kind.ACRONYM]
    parts = [part for part in _WORD.findall(case.sender.name) if len(part) >= SHORTEST]
    found = [name for name in whole if _has(_plain(name), _plain(text))]
    found += [name for name in (*acronyms, *parts) if _has(name, text)]
    return list(dict.fromkeys(found))


def tells_case(text: str, case: Case) -> bool:
    """Whether `text` names the case: who is asked never learns which it is."""
    return _has(_plain(case.ref), _plain(text))


def _plain(text):
    return " ".join(folded(text).split())


def _has(name, text):
    return bool(name) and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None
