"""What desks did, for tests: through the actions as their pages would."""

import uuid

from incidents import desk as actions
from incidents.desk import Desk
from incidents.models import Question
from incidents.proposals import propose
from sharing.models import Item, Release

FIELD, HQ, ASKER = "dss.field@un.example", "dss.hq@un.example", "hq@benu.example"


def desk_of_area(cast, key="dss", area="south-sudan") -> Desk:
    """The desk of an area, by default the DSS office of South Sudan; of headquarters for None."""
    return Desk(cast.organisations[key].name, area and cast.areas[area])


def asked(cast, item, *, by=ASKER, organisation="benu", text="CANARY-QUESTION is it true", submission=None) -> Question:
    """A focal point at headquarters asks DSS."""
    return actions.ask(
        item,
        by=cast[by],
        organisation=cast.organisations[organisation],
        text=text,
        submission=submission or uuid.uuid4(),
    )


def proposed(cast, item, **texts):
    """The desk of South Sudan proposes another text for readers."""
    shared = Release.objects.for_system("test").get(item=item, depth=1)
    texts = {"what": "CANARY-PROPOSED a vehicle was stopped", **texts}
    return propose(item, by=cast[FIELD], desk=desk_of_area(cast), texts=texts, version=shared.version)


def worked_on(cast, item) -> Item:
    """A report on which its desk did everything it can: received, graded, noted; a question and a proposal wait."""
    here = {"by": cast[FIELD], "desk": desk_of_area(cast)}
    actions.acknowledge(item, **here)
    actions.grade(item, **here, reliability="B", credibility="2", text="CANARY-REASONS known for years")
    actions.note(item, **here, text="CANARY-NOTE police called")
    asked(cast, item)
    proposed(cast, item)
    return item
