"""One of each way in which an incident goes further than its originator's first choice, or less far; and, written by
hand, who may read each word: passed on with consent, refused, taken back; withheld, with a warning and without; opened
in an emergency; put together with another report on the same event.
"""

import uuid

from incidents import consents
from incidents.kept_back import warned_items
from incidents.models import Report
from notifications.models import Subject
from sharing import emergency
from sharing.models import Recall
from tests.factories.consents import asked, given, loaded
from tests.factories.emergency import of_dss
from tests.factories.incidents import TEXTS, USUAL, an_account, file_report
from tests.factories.same_event import together
from tests.factories.withholding import withheld_report
from tests.visibility.oracle import (
    ALBA_FIELD,
    ALBA_HQ,
    AUDIENCES,
    BENU_FIELD,
    BENU_HQ,
    DSS_FIELD,
    DSS_HQ,
    LAKE,
    OCHA,
    SS,
)
from tests.visibility.secrets import SecretWorld

ONE, OTHER = "one.of.dss@un.example", "other.of.dss@un.example"
ALBA, BENU, DESKS = {ALBA_HQ, ALBA_FIELD}, {BENU_HQ, BENU_FIELD}, {DSS_HQ, DSS_FIELD}
USUALLY = AUDIENCES["un_of_area"][SS] | AUDIENCES["partners_of_area"][SS] | DESKS
READERS = {
    # Alba shares it with DSS and Benu; Benu asks whether Lake may have some of it, and Alba says yes in other words.
    "passed-what": ALBA | BENU | DESKS,
    "passed-consequences": ALBA | BENU | DESKS,
    "passed-persons": ALBA | DESKS,
    "passed-edited": ALBA | {LAKE},
    "passed-purpose": ALBA | BENU | {LAKE},
    # The same for a donor, who has no account: Benu makes a document of it, by a button and on no page.
    "donor-edited": ALBA,
    "donor-name": ALBA | BENU,
    "waiting-purpose": ALBA | BENU,
    "refused-reason": ALBA | BENU,
    "refused-purpose": ALBA | BENU,
    # Taken back: what was given stays on Alba's record, and Lake has nothing of it.
    "taken-edited": ALBA,
    "withheld-what": ALBA,
    "withheld-persons": ALBA,
    "warned-what": ALBA,
    "warned-warning": ALBA | USUALLY,
    # Chad, where two people of DSS opened it for some hours; Alba chose OCHA.
    "opened-what": {ALBA_HQ, OCHA, ONE, OTHER},
    "opened-persons": {ALBA_HQ, ONE, OTHER},
    "opened-reason": {ALBA_HQ, ONE, OTHER},
    "asked-reason": {ONE, OTHER},  # nobody agreed yet: no originator is concerned
    # Two reports on one event.
    "part-wide": ALBA | USUALLY,
    "part-narrow": BENU | DESKS,
}
_REASONS = ("opened-reason", "asked-reason")
WORDS = {name: f"zd{name.replace('-', '')}dz" for name in READERS}


class World(SecretWorld):
    """Everything there is of incidents, kept back or gone further."""

    prefixes = ("incidents:",)
    kinds = ("incidents.", "sharing.")
    words, readers = WORDS, READERS

    @property
    def pools(self) -> dict[str, list]:
        """Reports, requests to pass them on, emergencies."""
        items = [row.ref for name, row in self.rows.items() if name.startswith("item ")]
        requests = [row.ref for name, row in self.rows.items() if name.startswith("request ")]
        return {
            "incidents": items,
            "consents": requests,
            "emergency": [self.rows[name].ref for name in ("emergency", "emergency asked")],
        }

    @property
    def subjects(self) -> list[Subject]:
        """Of every request its three, of the emergency its two, of every report its own."""
        names = ("subject", "answer_subject", "end_subject", "told_subject")
        rows = [*self.rows.values(), *(row for model in (Report, Recall) for row in model.objects.for_system("test"))]
        return [getattr(row, name) for row in rows for name in names if hasattr(row, name)]


def _account(name, **others):
    """An account of a robbery whose texts hold the words of `name` that there are."""
    texts = TEXTS | others
    for text in ("what", "consequences", "persons"):
        if word := WORDS.get(f"{name}-{text}"):
            texts[text] = f"{word} happened"
    return an_account(texts=texts)


def make_world(cast) -> World:
    """Everything through the actions of the portal."""
    rows = {**_passed_on(cast), **_kept_back(cast), **_in_emergency(cast), **_on_one_event(cast)}
    return World(cast, rows)


def _to_benu(cast, name):
    choices = {"choices": ["dss_desks", "named_organisations"], "organisations": ["benu"], "marking": "TLP:AMBER"}
    return loaded(file_report(cast, account=_account(name), **choices).incident.item)


def _passed_on(cast):
    items = {name: _to_benu(cast, name) for name in ("passed", "donor", "waiting", "refused", "taken")}
    purpose = {name: f"{WORDS.get(f'{name}-purpose', '')} movements" for name in items}
    parts = {"fields": ["what", "category", "when"]}
    edited = {name: {"what": f"{WORDS[f'{name}-edited']} in other words"} for name in ("passed", "donor", "taken")}
    passed = given(cast, asked(cast, items["passed"], purpose=purpose["passed"], **parts), edited=edited["passed"])
    donor = asked(cast, items["donor"], recipients="donor", donor=f"{WORDS['donor-name']} fund", **parts)
    donor = given(cast, donor, edited=edited["donor"])
    waiting = asked(cast, items["waiting"], purpose=purpose["waiting"])
    refused = asked(cast, items["refused"], purpose=purpose["refused"])
    consents.refuse(refused, by=cast[ALBA_FIELD], reason=f"{WORDS['refused-reason']} too early", ground="risk")
    taken = given(cast, asked(cast, items["taken"], purpose=purpose["taken"], **parts), edited=edited["taken"])
    consents.withdraw(taken, by=cast[ALBA_FIELD])
    requests = {"passed": passed, "donor": donor, "waiting": waiting, "refused": refused, "taken": taken}
    return {f"item {name}": item for name, item in items.items()} | {
        f"request {name}": request for name, request in requests.items()
    }


def _kept_back(cast):
    withheld = withheld_report(cast, account=_account("withheld"))
    warned = withheld_report(cast, text=f"{WORDS['warned-warning']}: avoid the bridge", account=_account("warned"))
    return {"item withheld": withheld.incident.item, "item warned": warned.incident.item}


def _in_emergency(cast):
    for email in (ONE, OTHER):
        cast.people[email] = of_dss(cast, email, "chad")
    report = file_report(cast, by=ALBA_HQ, area="chad", choices=["ocha"], account=_account("opened"))
    opened, asked_for = (_emergency(cast, f"{WORDS[word]}: two staff are missing") for word in _REASONS)
    emergency.agree(opened, by=cast[OTHER], sparing=warned_items())
    return {"item opened": report.incident.item, "emergency": opened, "emergency asked": asked_for}


def _emergency(cast, reason):
    days = {"area": cast.areas["chad"], "days": 7, "hours": 4}
    return emergency.ask(by=cast[ONE], reason=reason, submission=uuid.uuid4(), **days)


def _on_one_event(cast):
    wide = file_report(cast, choices=USUAL, account=_account("x", what=f"{WORDS['part-wide']} seen from the road"))
    narrow = file_report(
        cast,
        by=BENU_FIELD,
        organisation="benu",
        choices=["dss_desks"],
        account=_account("x", what=f"{WORDS['part-narrow']} seen from the bridge"),
    )
    together(cast, loaded(wide.incident.item), loaded(narrow.incident.item))
    return {"item wide": wide.incident.item, "item narrow": narrow.incident.item}
