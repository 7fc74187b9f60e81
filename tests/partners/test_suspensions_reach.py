"""What a suspended organisation still reaches, compared with lists written by hand; suspended by the procedure."""

import pytest
from django.urls import reverse

from organisations.actions import end_standing
from organisations.models import Standing
from tests.cast import signed_in
from tests.factories.incidents import file_report
from tests.visibility.arguments import ARGUMENTS
from tests.visibility.oracle import SUSPENDED
from tests.visibility.urls import PAGES

from .suspension_ways import agreed, before_the_committee, closed_by_committee

pytestmark = pytest.mark.django_db
ALWAYS = {"home", "incidents:list", "incidents:file", "incidents:export_list", "incidents:exports"}
ALWAYS |= {"partners:home", "partners:suspensions"}
ALWAYS |= {"feedback:home", "feedback:start", "feedback:file"}  # still heard (F1)
ALWAYS |= {"overview:dashboard"}  # with what is its own
ALWAYS |= {"incidents:consents"}  # what is asked about its own reports
ALWAYS |= {f"restricted:{name}" for name in ("support", "channels", "report", "call", "mine")}  # help is for everybody
# In an area the pages stay, with nothing of the area's on them; everywhere also what is for members goes.
OF_MEMBERS = {"areas:list", "areas:detail", "organisations:people", "overview:statistics", "overview:statistics_file"}
OF_MEMBERS |= {"areas:history", "implementation_levels:area", "feedback:lessons"}
OF_MEMBERS |= {"overview:measures", "overview:measures_file", "overview:reports"}
OF_MEMBERS |= {f"implementation_levels:{name}" for name in ("world", "world_file", "lists", "list_check")}
OWN_REPORT = {"detail", "receipt", "report", "follow_up", "audience", "withdraw", "readers", "desk_page", "attachments"}
OWN_REPORT |= {"export_one"}
NOT_NOW = {"ask", "decide", "propose"}


def pages_reached(client) -> set[str]:
    return {name for name in PAGES if client.get(reverse(name, kwargs=ARGUMENTS.get(name))).status_code in {200, 302}}


def reached_of(client, report, names) -> set[str]:
    found = set()
    for name in names:
        kwargs = {"ref": report.incident.item.ref} | ({"number": 1} if name == "report" else {})
        if client.get(reverse(f"incidents:{name}", kwargs=kwargs)).status_code == 200:
            found.add(name)
    return found


def test_what_a_suspended_organisation_still_reaches(cast):
    end_standing(Standing.objects.on().get(organisation=cast.organisations["suspended"], kind="suspended"), by=None)
    client, known = signed_in(cast[SUSPENDED]), set(PAGES)
    own = file_report(cast, by=SUSPENDED, organisation="suspended")
    of_alba = {area: file_report(cast, area=area, marking="TLP:GREEN", choices=["community"]) for area in cast.areas}
    in_area = agreed(cast, "suspended")
    assert pages_reached(client) == (ALWAYS | OF_MEMBERS) & known
    assert reached_of(client, own, {*OWN_REPORT, *NOT_NOW}) == OWN_REPORT | {
        "ask"
    }  # its headquarters may still ask DSS about its own report
    assert {area for area, report in of_alba.items() if reached_of(client, report, {"detail"})} == {"chad", "kenya"}
    row = before_the_committee(cast, "suspended", area=None)
    closed_by_committee(cast, row.decision, "suspend")
    assert pages_reached(client) == ALWAYS & known
    assert reached_of(client, own, {*OWN_REPORT, *NOT_NOW}) == OWN_REPORT
    assert not any(reached_of(client, report, {"detail", "readers", "export_one"}) for report in of_alba.values())
    for procedure in (in_area, row):
        assert client.get(reverse("partners:suspension", args=[procedure.ref])).status_code == 200
