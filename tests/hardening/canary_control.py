"""Canaries into what originators decide about a report: kept back, made coarser, passed on, opened in an emergency; and
into the restricted track, in which every line that can be written is sealed (C3, C4, C5, C8, C10).
"""

from .canaries import LATIN, told_by
from .canary_portal import ALBA, ALBA_HQ, BENU, BENU_HQ, DSS, HANDLER, LAKE, OFFICER, REPORT, SECOND

FROM_OTHERS = {"occurred_on": "2026-03-14", "marking": "TLP:AMBER", "source": "host_authority"}
KEPT_BACK = {"occurred_on": "2026-03-14", "is_withheld": "on", "ground": "duty", "others_need_it": "on"}
GIVE = "Give this warning, without our name"
EMERGENCIES, TRACK = "/incidents/emergency/", "/support/track/"


def filed(portal, typed: dict) -> str:
    """A report by Alba that may tell who somebody is; returns its reference."""
    page = portal.visit(ALBA, REPORT).send("Send the report", {**typed, "what": told_by("report")})
    assert page.path.endswith("/receipt/"), page.words
    return page.path.split("/")[2]


# --- Kept back, and less exact (C5, C4) ----------------------------------------------------------------------------
def warned(portal) -> str:
    """Kept back, with a warning without source, looked at first; returns the reference."""
    page = portal.visit(ALBA, REPORT).send("Send the report", KEPT_BACK)
    page.send("See what readers get", {"warning-text": told_by("warning")}).send(GIVE)
    assert page.path.endswith("/receipt/"), page.words
    return page.path.split("/")[2]


def warned_again(portal, ref) -> None:
    """The warning in other words; the report is shared after all, and withdrawn but for a warning."""
    portal.visit(ALBA_HQ, f"/incidents/{ref}/warning/").send("See what readers get").send(GIVE)
    coarser(portal, ref)
    page = portal.visit(ALBA, f"/incidents/{ref}/withdraw/")
    page.send("Withdraw the report", {"ground": "risk", "others_need_it": "on"}).send(GIVE)
    assert page.has("readers get only this warning"), page.words


def coarser(portal, ref) -> None:
    """Another place for readers, and who gains it."""
    page = portal.visit(ALBA, f"/incidents/{ref}/audience/").send("See what readers get", {"time_limit": "month"})
    page.send("Change it")
    assert page.path == f"/incidents/{ref}/", page.words


# --- Passed on (C3) ------------------------------------------------------------------------------------------------
def asked_in_vain(portal, ref) -> None:
    """Whether others may have it: asked, and refused with reasons."""
    page = portal.visit(OFFICER, f"/incidents/{ref}/pass-on/")
    path = page.send("Ask the originator", {"recipients": "organisations", "organisations": "IO Lake"}).path
    portal.visit(ALBA, path).send("No, it may not be passed on", {"ground": "risk"})
    assert portal.visit(OFFICER, path).has(LATIN), "the reason is read by who asked"


def passed_on(portal, ref) -> None:
    """For a donor, with changes that the originator looks at first: handed on as a document, and withdrawn. For an
    organisation, as asked: read there."""
    page = portal.visit(BENU_HQ, f"/incidents/{ref}/pass-on/").send("Ask the originator", {"recipients": "donor"})
    path, accepted = page.path, {"accepted_on": "2026-03-15"}
    answer = portal.visit(ALBA_HQ, path).send("See what they get", accepted)
    answer.send("Yes, with these changes", accepted)
    page = portal.visit(BENU_HQ, path).send("Make the document (PDF)")
    assert page.path.endswith("/document/"), page.words
    portal.visit(ALBA, path).send("Withdraw the consent")
    page = portal.visit(BENU, f"/incidents/{ref}/pass-on/")
    path = page.send("Ask the originator", {"recipients": "organisations", "organisations": "IO Lake"}).path
    portal.visit(ALBA, path).send("Yes, as asked", accepted)
    assert portal.visit(LAKE, f"/incidents/{ref}/").has(LATIN)


# --- In an emergency (C8) ------------------------------------------------------------------------------------------
def asked_in_emergency(portal) -> str:
    """Why DSS of the area has to read what it was not chosen to read; returns the address of the request."""
    page = portal.visit(DSS, EMERGENCIES)
    return page.send("Ask a colleague to agree", {"area": "South Sudan", "days": "7"}).path


def opened_in_emergency(portal) -> None:
    """A second person agrees: both read what was closed to them, and its originator reads why."""
    closed = filed(portal, {"occurred_on": "2026-03-14", "audience": [], "organisations": "IO Lake"})
    path = asked_in_emergency(portal)
    portal.visit(SECOND, path).send("Agree")
    for who in (DSS, SECOND):
        assert portal.visit(who, f"/incidents/{closed}/").has(LATIN)
    assert portal.visit(ALBA, path).has(LATIN)
    portal.visit(DSS, path).send("Close it now")


# --- The restricted track (C10) ------------------------------------------------------------------------------------
def called(portal) -> str:
    """“Call me”, refused once; returns the reference of what was sent."""
    page = portal.visit(BENU, "/support/call/").send("Send it", {"readers": []}, status=422)
    return page.send("Send it", {"readers": "Sunita Rajapaksa"}).path.split("/")[3]


def helped(portal) -> None:
    """A few facts; what a handler does, and what its sender changes; the call is taken back, and so destroyed."""
    wish = {"harm": "threat", "wish": "call"}
    page = portal.visit(ALBA, "/support/report/").send("Send it", wish, status=422)
    own = page.send("Send it", {**wish, "consents": ["contact", "add"]}).path
    theirs = f"{TRACK}{own.split('/')[3]}/"
    handler = portal.visit(HANDLER, theirs).send("Take it on")
    assert handler.has(LATIN), "how to reach them"
    handler.send("Note it", {"what": "called"})
    portal.visit(ALBA, f"{own}choices/").send("Save", {"consents": ["contact"]})
    portal.visit(ALBA, f"{own}contact/").send("Save")
    portal.visit(ALBA, own)
    portal.visit(HANDLER, theirs).send("Close it")
    portal.visit(BENU, f"/support/mine/{called(portal)}/withdraw/").send("Destroy it")
