"""A report of the restricted track with a word in each of its lines; and who may read it, written by hand (C10).

Its own sender, and the handlers whom she chose. Nobody else: not another handler, not who was taken off, not DSS
headquarters, not the administrator, not her own headquarters.
"""

from restricted.actions.filing import change_readers
from restricted.handlers import offered_to
from restricted.models import Report
from tests.factories.restricted import IN_CHAD, SECOND, a_handler, a_report
from tests.visibility.oracle import ALBA_FIELD, BENU_FIELD, HANDLER
from tests.visibility.secrets import SecretWorld

# Alba's focal point chose the handler of the cast, and took the second one off; Benu's chose the second one alone.
READERS = {
    "alba-reach": {ALBA_FIELD, HANDLER},
    "alba-when": {ALBA_FIELD, HANDLER},
    "benu-reach": {BENU_FIELD, SECOND},
    "benu-when": {BENU_FIELD, SECOND},
    "unagreed-reach": {BENU_FIELD},  # not to be contacted: no handler is shown how
}
WORDS = {name: f"zr{name.replace('-', '')}rz" for name in READERS}


class World(SecretWorld):
    """Three reports, three handlers."""

    prefixes = ("restricted:",)
    kinds = ("notifications.matter_waits",)
    words, readers = WORDS, READERS

    @property
    def pools(self) -> dict[str, list]:
        """All reports, on the side of the sender and on that of the handlers."""
        refs = [self.rows[name].ref for name in ("alba", "benu", "unagreed")]
        return {"mine": refs, "track": refs}


def make_world(cast) -> World:
    """Three reports through the actions of the portal."""
    a_handler(cast)
    a_handler(cast, IN_CHAD, key="unhcr", area="chad", name="Amina Saleh Mahamat")
    alba = _report(cast, "alba", ALBA_FIELD, (HANDLER, SECOND), ("contact", "count", "add"))
    first = [one.pk for one in offered_to(cast[ALBA_FIELD]) if one.name == str(cast[HANDLER])]
    change_readers(alba, readers=first, by=cast[ALBA_FIELD])
    benu = _report(cast, "benu", BENU_FIELD, (SECOND,), ("contact",))
    unagreed = _report(cast, "unagreed", BENU_FIELD, (SECOND,), ())
    assert Report.objects.for_system("test").count() == 3
    return World(cast, {"alba": alba, "benu": benu, "unagreed": unagreed})


def _report(cast, name, by, readers, consents):
    lines = {"reach": WORDS[f"{name}-reach"], "when": WORDS.get(f"{name}-when", "")}
    return a_report(cast, by, readers=readers, consents=consents, **lines)
