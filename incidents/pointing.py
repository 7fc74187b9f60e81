"""Before a text goes out: what the finder points at in it, and a person's word that it may stay (C4)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from organisations.models import Organisation
from sharing.markings import AudienceChoice
from slt_portal.crypto import keyed_digest

from .finder import Hit, Known, find, known_for, marked

TICK = "may_stay"  # the field by which somebody says that they have read it
MOST_LISTED = 5  # of one text; the marks in the preview show all
_READ_IN_FULL = {AudienceChoice.DSS_DESKS, AudienceChoice.DSS_HEADQUARTERS}


@dataclass(frozen=True)
class Pointed:
    """One text, by the name of its field, and what in it may tell who somebody is."""

    name: str
    text: str
    hits: list[Hit]

    @property
    def marked(self) -> str:
        """The text as HTML, with its hits marked."""
        return marked(self.text, self.hits)

    @property
    def sentences(self) -> list[str]:
        """What is said beside its field: each hit and what it was taken as. A text of any direction stands apart."""
        listed = [
            _("Taken as %(kind)s: %(text)s.") % {"kind": hit.kind.label, "text": f"\u2068{hit.text}\u2069"}
            for hit in self.hits[:MOST_LISTED]
        ]
        more = len(self.hits) - MOST_LISTED
        return [*listed, _("And %(count)s more.") % {"count": more}] if more > 0 else listed


@dataclass(frozen=True)
class PointedOut:
    """The texts of a release in which the finder found anything."""

    parts: list[Pointed]

    @property
    def count(self) -> int:
        """How many places it points at."""
        return sum(len(part.hits) for part in self.parts)

    @cached_property
    def print(self) -> str:
        """A keyed print of these texts: whoever said of one that it may stay is asked again about another."""
        return keyed_digest("pointed out", json.dumps([[part.name, part.text] for part in self.parts]))[:32]

    def is_confirmed(self, post: QueryDict) -> bool:
        """Whether there is nothing to confirm, or the form that was sent says so of these very texts."""
        return not self.parts or self.print in post.getlist(TICK)


def pointed_out(
    texts: Mapping[str, object], organisation: Organisation | None, *, names_originator: bool = False
) -> PointedOut:
    """What the finder points at in these texts by name, which `organisation` is about to release: names of people,
    numbers, addresses, and its own name where readers are not told it. Asks the database only if there is a text."""
    written = {name: text for name, text in texts.items() if isinstance(text, str) and text}
    known = _known(organisation, names_originator) if written else Known()
    found = {name: find(text, known=known) for name, text in written.items()}
    return PointedOut([Pointed(name, written[name], hits) for name, hits in found.items() if hits])


def _known(organisation, names_originator):
    known = known_for(organisation) if organisation else Known()
    return replace(known, organisations=(), acronyms=()) if names_originator else known


def reaches_others(choices) -> bool:
    """Whether an audience holds anybody who reads the shared report: DSS, if chosen, reads everything."""
    return bool({str(choice) for choice in choices} - {str(choice) for choice in _READ_IN_FULL})


def ask_about(form, found: PointedOut, fields: Mapping[str, str] | None = None) -> None:
    """Say at the fields of `form` what was found in their texts, and on top what to do about it. `fields` are those in
    which a text stands that has another name."""
    form.add_error(None, _("Readers may learn from this who somebody is. Change it, or tick below that it may stay."))
    for part in found.parts:
        name = (fields or {}).get(part.name, part.name)
        for sentence in part.sentences:
            form.add_error(name if name in form.fields else None, sentence)
