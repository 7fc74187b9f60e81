"""The installation into which canaries are written: its people, its two doors, and what must be there before.

`Installation` is the door to people and the one to the work that is done behind the pages; whoever has a portal, in
this process or elsewhere, says how they open.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from accounts.models import User
from tests.factories.applications import complete
from tests.factories.emergency import of_dss
from tests.factories.partnership import bodies

from .canary_person import Writer

ALBA, ALBA_HQ, BENU, BENU_HQ = "field@alba.example", "hq@alba.example", "field@benu.example", "hq@benu.example"
DSS, HQ, DO, WG = "dss.field@un.example", "dss.hq@un.example", "do@un.example", "wg@icva.example"
GISF, CHAIR, WFP, DUNE = "chair@gisf.example", "dss.chair@un.example", "wfp@un.example", "applicant@dune.example"
OFFICER = "wfp.security@un.example"
SECOND, HANDLER, LAKE = "second.of.dss@un.example", "handler@un.example", "io@lake.example"
REPORT, FEEDBACK, SUSPENSIONS = "/incidents/report/", "/feedback/", "/partnership/suspensions/"


@dataclass
class Installation:
    """`client` gives the browser of somebody of the cast, `work` does what waits behind the pages; `application` is the
    reference of one that is a draft."""

    client: Callable[[str], object]
    work: Callable[[], None]
    application: str
    written: set[str] = field(default_factory=set)
    known: dict[str, Writer] = field(default_factory=dict)

    def visit(self, email: str, path: str = "/") -> Writer:
        """Somebody signed in, on a page."""
        if email not in self.known:
            self.known[email] = Writer(self.client(email), written=self.written)
        return self.known[email].go(path)


def made_ready(cast) -> str:
    """What the walk needs beside the cast: English pages, bodies with seats, a second person of DSS of the area, and an
    application that is a draft; returns its reference."""
    cast.people[SECOND] = of_dss(cast, SECOND)
    User.objects.update(language="en")
    bodies(cast)
    return complete(cast).ref
